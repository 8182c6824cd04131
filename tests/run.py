"""All tests, in lanes side by side, and how much of the pure code they reach.

``python -m tests.run [--soak] [more arguments of pytest]``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

COVERAGE: Final = (sys.executable, "-m", "coverage")
PYTEST: Final = ("-m", "pytest")
COVERED: Final = (
    "unit",
    "contract/test_damage.py",
    "contract/test_executor.py",
    "contract/test_given_up.py",
    "contract/test_groups.py",
    "contract/test_hostile.py",
    "contract/test_membership.py",
    "contract/test_sealing.py",
)
"""The tests that are to reach the pure code: to measure all would take half as long again."""
UNMEASURED: Final = ("contract", "projections", "chaos")
"""Those that run after them, but for what has run."""
BESIDE: Final = (
    ("acceptance", "simulation", "api", "deploy"),
    ("integration", "oidc", "browser"),
)
"""Those that run beside, unmeasured: years within a process; whole nodes and pages."""
COVERED_MIN_PERCENT: Final = 95
PURE: Final = {
    "domain": ("domain/*", "domain/*/*"),
    "federation, its pure part": (
        "federation/signed/*",
        "federation/log/arrivals.py",
        "federation/log/executor.py",
        "federation/log/sealing.py",
        "federation/log/tree.py",
        "federation/transport/ports.py",
        "federation/checks/verification.py",
    ),
}
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only a folder within it is used
MEMORY_FREE_MIN_BYTES: Final = 4 * 2**30


def main(arguments: list[str]) -> int:
    """Run the tests, in memory where there is room; return their status."""
    # A disk that is waited for would take a quarter of the time: there are
    # thousands of databases, and each commit is brought to the disk.
    folder = Path(tempfile.mkdtemp(prefix="fagnett-tests-", dir=_memory()))
    # As any folder for what is temporary: where the tests run as root, some is nobody's.
    folder.chmod(0o1777)
    os.environ["TMPDIR"] = str(folder)
    # Hundreds of processes are started: each would compile all modules again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    status = _run(arguments)
    if status:
        print(f"\nWhat failed left its files in {folder}.")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return status


def _memory() -> Path | None:
    """Return a folder in memory that has room; None where there is none."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_FREE_MIN_BYTES:
        return None
    return MEMORY


def _run(arguments: list[str]) -> int:
    """Run the tests, then the two reports; return the first status that is not 0."""
    with ExitStack() as stack:
        lanes = []
        for folders in BESIDE:
            output = stack.enter_context(tempfile.TemporaryFile())
            lane = _beside(folders, arguments, output)
            stack.callback(lane.terminate)
            lanes.append((lane, output))
        covered = [*COVERAGE, "run", *PYTEST, *_folders(COVERED), *arguments]
        status = subprocess.call(covered)
        ignored = (f"--ignore={each}" for each in _folders(COVERED))
        rest = [*_unmeasured(), *_folders(UNMEASURED), *ignored, *arguments]
        status = subprocess.call(rest) or status
        for lane, output in lanes:
            status = lane.wait() or status
            print("\nBeside these:", flush=True)
            output.seek(0)
            sys.stdout.buffer.write(output.read())
            sys.stdout.flush()
    return status or _report()


def _beside(
    folders: tuple[str, ...], arguments: list[str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Begin a lane that is not measured, and prints elsewhere."""
    return subprocess.Popen(
        [*_unmeasured(), *_folders(folders), *arguments],
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def _unmeasured() -> list[str]:
    return [sys.executable, *PYTEST, "-p", "no:cacheprovider"]


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
