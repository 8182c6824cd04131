"""Running the command line as people do, and seeing what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typer.main import get_command

from deploy.cli.app import app

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample"
RUNNING = 10
"""Programs of a local federation: five servers, four nodes, and what forks these."""
PATIENCE_SECONDS = 120
PAUSE = threading.Event()
"""Is never set: between two looks, other processes get the machine."""


def declared() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every command and group of commands, and its way from the top."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), get_command(app))]
    while waiting:
        path, command = waiting.pop()
        yield path, command
        below = getattr(command, "commands", {})
        waiting += [((*path, name), each) for name, each in below.items()]


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which everything is said in English."""
    return {**os.environ, "FAGNETT_LANGUAGE": "en", **more}


def fagnett(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(**more),
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@contextmanager
def started(
    *arguments: str | Path, by: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Start a command, maybe by another one, and end it with what it started."""
    process = subprocess.Popen(
        [*by, sys.executable, "-m", "deploy.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(reached: Callable[[], bool], what: str) -> None:
    """Wait for a state of another process."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < until, f"{what} did not come"
        PAUSE.wait(0.01)


def state(home: Path) -> dict[str, Any]:
    """Return what a home says of its federation; nothing while there is none."""
    try:
        found: dict[str, Any] = json.loads((home / "federation.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {"pids": {}, "nodes": {}}
    return found


def lives(pid: int) -> bool:
    """Say whether a process runs (and is not a zombie that nobody has buried)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return text.rpartition(")")[2].split()[0] not in ("Z", "X")


def none_left(pids: dict[str, int]) -> None:
    """Wait until none of some processes runs any more."""
    wait_for(lambda: not any(lives(pid) for pid in pids.values()), "the end of all")


def kill(pid: int) -> None:
    """End a process as a power cut would."""
    os.kill(pid, signal.SIGKILL)
