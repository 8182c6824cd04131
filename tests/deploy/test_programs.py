"""Programs that are started together are told of, and stopped, at any moment."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from deploy.carrier.files import CarrierFiles
from deploy.local import nats
from deploy.local.process import (
    HOST,
    READY_SECONDS_MAX,
    NotReadyError,
    Program,
    Supervisor,
    WhenStarted,
    wait_until,
)
from domain.values import Region

AT_ONCE_SECONDS: Final = READY_SECONDS_MAX / 6


@contextmanager
def at_once() -> Iterator[None]:
    """Nothing waits for the time in which a program may become ready."""
    since = time.monotonic()
    yield
    assert time.monotonic() - since < AT_ONCE_SECONDS


def programs(
    folder: Path, *scripts: str, ready: Callable[[], bool] = lambda: False
) -> dict[Program, WhenStarted]:
    """Return programs of the shell, and what waits for each."""
    wanted: dict[Program, WhenStarted] = {}
    for number, script in enumerate(scripts, start=1):
        name = f"program-{number}"
        program = Program(name, ["sh", "-c", script], folder / f"{name}.log")
        wanted[program] = partial(wait_until, ready, program)
    return wanted


LASTING: Final = "exec sleep 3600"
ENDING: Final = "echo no port is left; exit 1"


@pytest.mark.parametrize("scripts", [(ENDING,), (LASTING, ENDING, LASTING)])
def test_a_program_that_ends_while_it_is_waited_for_is_told_at_once(
    tmp_path: Path, scripts: tuple[str, ...]
) -> None:
    supervisor = Supervisor()
    with at_once():
        try:
            with pytest.raises(NotReadyError, match="no port is left"):
                supervisor.keep(programs(tmp_path, *scripts))
        finally:
            supervisor.stop()


def test_a_stop_waits_for_no_program_to_become_ready(tmp_path: Path) -> None:
    supervisor, asked = Supervisor(), threading.Event()

    def never() -> bool:
        asked.set()
        return False

    told: list[BaseException] = []

    def keep() -> None:
        try:
            supervisor.keep(programs(tmp_path, LASTING, LASTING, ready=never))
        except NotReadyError as error:
            told.append(error)

    keeping = threading.Thread(target=keep, daemon=True)
    keeping.start()
    asked.wait()
    with at_once():
        supervisor.stop()
        keeping.join(AT_ONCE_SECONDS)
    assert told
    with pytest.raises(NotReadyError):
        supervisor.keep(programs(tmp_path, LASTING))


def test_a_stop_waits_for_no_program_that_is_started_again(tmp_path: Path) -> None:
    supervisor, again = Supervisor(), threading.Event()
    killed = threading.Event()

    def once() -> bool:
        if killed.is_set():
            again.set()
        return not killed.is_set()

    supervisor.keep(programs(tmp_path, LASTING, LASTING, ready=once))
    killed.set()
    for pid in supervisor.pids().values():
        os.kill(pid, signal.SIGKILL)
    again.wait()
    with at_once():
        supervisor.stop()


def test_a_program_that_ends_once_or_twice_as_it_starts_is_started_again(
    tmp_path: Path,
) -> None:
    """Somebody else may have had its port for a moment."""
    supervisor, marks = Supervisor(), tmp_path / "marks"
    third = f"echo x >> {marks}; [ $(wc -l < {marks}) -lt 3 ] && exit 1; {LASTING}"

    def ready() -> bool:
        return marks.exists() and len(marks.read_text().splitlines()) == 3

    try:
        supervisor.keep(programs(tmp_path, LASTING, third, ready=ready))
        assert len(supervisor.pids()) == 2
    finally:
        supervisor.stop()


FORKING: Final = """
import os, signal
from deploy.local.forking import fork_as_asked
from deploy.local.process import end_with
if fork_as_asked(end_with):
    print(os.environ["SAYS"], os.getpid(), flush=True)
    signal.pause()
"""


@contextmanager
def forked(folder: Path) -> Iterator[tuple[Supervisor, Path]]:
    """Run a program that a nursery forks; give the log in which it says its id."""
    supervisor = Supervisor()
    command = [sys.executable, "-c", FORKING]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    nursery = Program(
        "nursery", command, folder / "nursery.log", environment, forks=True
    )
    program = Program(
        "forked",
        ["never run"],
        folder / "forked.log",
        {"SAYS": "here"},
        forked_by=nursery.name,
    )

    def said() -> bool:
        return program.log.exists() and told_ids(program.log) != []

    try:
        supervisor.keep({nursery: partial(supervisor.nursery_ready, nursery)})
        supervisor.keep({program: partial(wait_until, said, program)})
        yield supervisor, program.log
    finally:
        supervisor.stop()


def told_ids(log: Path) -> list[int]:
    """Return the ids that what was forked has said, the last one last."""
    lines = [line.split() for line in log.read_text().splitlines()]
    return [int(number) for word, number in lines if word == "here"]


@pytest.mark.parametrize("killed", ["forked", "nursery"])
def test_what_is_forked_runs_apart_and_is_started_again(
    tmp_path: Path, killed: str
) -> None:
    with forked(tmp_path) as (supervisor, log):
        (first,) = told_ids(log)
        assert supervisor.pid("forked") == first
        assert os.getsid(first) == first
        os.kill(supervisor.pid(killed), signal.SIGKILL)
        while len(told_ids(log)) == 1:
            threading.Event().wait(0.01)
        second = told_ids(log)[-1]
    assert ended(first)
    assert ended(second)


def ended(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked how."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_what_was_ready_and_dies_while_others_start_is_started_again(
    tmp_path: Path,
) -> None:
    """The others may be waiting for just that."""
    supervisor, readied = Supervisor(), list[int]()
    first = Program("first", ["sh", "-c", LASTING], tmp_path / "first.log")

    def ready_again() -> bool:
        pid = supervisor.pid("first")
        if pid == readied[0]:
            os.kill(pid, signal.SIGKILL)
        return pid != readied[0]

    try:
        supervisor.keep({first: lambda _: readied.append(supervisor.pid("first"))})
        with at_once():
            supervisor.keep(programs(tmp_path, LASTING, LASTING, ready=ready_again))
        until = time.monotonic() + READY_SECONDS_MAX
        while len(readied) < 2:
            assert time.monotonic() < until, "it is waited for as at its first start"
        assert readied[1] == supervisor.pid("first")
    finally:
        supervisor.stop()


def test_a_stream_is_not_made_at_a_server_that_is_gone(tmp_path: Path) -> None:
    """Who answers nothing is waited for no longer than its program lives."""
    files = CarrierFiles(tmp_path / "keys")
    files.make(datetime.now(UTC), [HOST])
    program = Program("silent", ["true"], tmp_path / "silent.log")
    looks = iter(range(5))

    def still() -> None:
        if next(looks, None) is None:
            raise NotReadyError(program.name)

    with socket.create_server((HOST, 0)) as silent, at_once():
        port = silent.getsockname()[1]
        with pytest.raises(NotReadyError, match=program.name):
            nats.wait_and_declare(program, files, Region.VEST, port, still)
