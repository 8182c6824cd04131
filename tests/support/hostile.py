"""Runs `fagnett` over hostile files with little memory, and tells how each run ended.

Its own process, since the memory that a process may have is set once. Arguments are
read from standard input as JSON, a list for each run; exit code and what was said of
each go to standard output.
"""

import gc
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from deploy.cli.app import app

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = 250
MEMORY_BYTES: Final = 512 * 1024**2
"""Beyond what the program takes by itself."""


def run(*runs: Sequence[str | Path]) -> list[tuple[int, str]]:
    """Run `fagnett` with each arguments; return exit codes, and what was said."""
    asked = json.dumps([[str(each) for each in arguments] for arguments in runs])
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.hostile"],
        input=asked,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FAGNETT_LANGUAGE": "en"},
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [
        (code, err + out + (error if code == 1 else ""))
        for code, out, err, error in json.loads(done.stdout)
    ]


def main() -> None:
    """Run each, and tell."""
    CliRunner().invoke(app, ["settle", "no-such-folder"])
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    ended = []
    for arguments in json.load(sys.stdin):
        found = CliRunner().invoke(app, arguments)
        ended.append(
            [found.exit_code, found.stdout, found.stderr, repr(found.exception)]
        )
        # What one run leaves behind, or its error holds, is none of the next one's.
        del found
        gc.collect()
    json.dump(ended, sys.stdout)


if __name__ == "__main__":
    main()
