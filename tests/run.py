"""All tests, in two lanes side by side, and how much of the pure code they reach.

``python -m tests.run [--soak] [more arguments of pytest]``.
"""

import subprocess
import sys
import tempfile
from typing import Final

COVERAGE: Final = (sys.executable, "-m", "coverage")
PYTEST: Final = ("-m", "pytest")
COVERED: Final = ("unit", "contract", "projections", "acceptance", "simulation")
"""The folders whose tests are to reach the pure code."""
BESIDE: Final = ("api", "chaos", "deploy", "integration")
"""Those of whole nodes and commands, which wait much; they run beside, unmeasured."""
COVERED_MIN_PERCENT: Final = 95
PURE: Final = {
    "domain": ("domain/*", "domain/*/*"),
    "federation, its pure part": (
        "federation/signed/*",
        "federation/log/arrivals.py",
        "federation/log/executor.py",
        "federation/log/sealing.py",
        "federation/carrier/ports.py",
        "federation/trust/verification.py",
    ),
}


def main(arguments: list[str]) -> int:
    """Run the tests, then the two reports; return the first status that is not 0."""
    with tempfile.TemporaryFile() as output:
        uncovered = [sys.executable, *PYTEST, "-p", "no:cacheprovider"]
        beside = subprocess.Popen(
            [*uncovered, *_folders(BESIDE), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            covered = [*COVERAGE, "run", *PYTEST, *_folders(COVERED), *arguments]
            status = subprocess.call(covered)
            print("\nBeside these:", flush=True)
            status = beside.wait() or status
        finally:
            beside.terminate()
        output.seek(0)
        sys.stdout.buffer.write(output.read())
        sys.stdout.flush()
    return status or _report()


def _folders(names: tuple[str, ...]) -> list[str]:
    return [f"tests/{name}" for name in names]


def _report() -> int:
    """Tell how much is covered; return a status that is not 0 where it is too little."""
    status = 0
    for name, files in PURE.items():
        print(f"\nCoverage of {name}, lines and branches:", flush=True)
        report = (
            "report",
            "--skip-covered",
            f"--include={','.join(files)}",
            f"--fail-under={COVERED_MIN_PERCENT}",
        )
        status = subprocess.call([*COVERAGE, *report]) or status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
