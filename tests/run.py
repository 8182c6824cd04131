"""All tests in one process, and how much of the pure code they reach.

``python -m tests.run [--soak] [more arguments of pytest]``.
"""

import subprocess
import sys
from typing import Final

COVERAGE: Final = (sys.executable, "-m", "coverage")
COVERED_MIN_PERCENT: Final = 95
PURE: Final = {
    "domain": ("domain/*", "domain/*/*"),
    "federation, its pure part": tuple(
        f"federation/{name}.py"
        for name in (
            "arrivals",
            "checkpoint",
            "entry",
            "executor",
            "keyring",
            "keys",
            "merkle",
            "nkeys",
            "page",
            "ports",
            "sealing",
            "sequence",
            "verification",
        )
    ),
}


def main(arguments: list[str]) -> int:
    """Run the tests, then the two reports; return the first status that is not 0."""
    status = subprocess.call([*COVERAGE, "run", "-m", "pytest", *arguments])
    if status:
        return status
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
