"""Child processes that end with their parent and are started again when they die."""

import ctypes
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Final

from deploy.local.forking import Forked, Nursery
from federation.private import make_folder

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None
WATCH_SECONDS: Final = 0.1
STOP_SECONDS: Final = 10.0
READY_SECONDS_MAX: Final = 60.0
START_AGAIN_SECONDS: Final = 0.3
STARTS_MAX: Final = 3
"""A program that ends so often before it is ready is told."""
HOST: Final = "127.0.0.1"
"""This machine alone."""
PORTS: Final = range(10_240, 32_768)
"""Below those that Linux gives to connections, and other systems too (RFC 6335)."""
LOG_LINES: Final = 20
"""Last lines that are told of a program that does not become ready."""

Still = Callable[[], None]
"""Raises :class:`NotReadyError` where there is nothing to wait for any more."""
WhenStarted = Callable[[Still], None]
"""Waits until a program is ready, and asks meanwhile whether it still may become so."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What to run, where its output goes, how it is asked to stop."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends it when this process dies, in whatever way."""
    forks: bool = False
    """Whether it is a nursery, which forks others."""
    forked_by: str | None = None
    """The name of the nursery that forks it instead of its own command."""


def free_ports(count: int, before: Sequence[int] = ()) -> list[int]:
    """Ports that nobody listens on at the moment: those of ``before``, if free.

    None of those that the system gives to whoever connects to somewhere: until a
    program listens on it, it would be anybody's.
    """
    with ExitStack() as stack:
        ports: list[int] = []
        for asked in [*before, *(0 for _ in range(count))][:count]:
            port = asked
            while not (port in PORTS and _is_free(port, stack)):
                port = secrets.choice(PORTS)
            ports.append(port)
    return ports


def _is_free(port: int, stack: ExitStack) -> bool:
    """Hold a port as long as the stack is open; say whether it could be."""
    listener = stack.enter_context(socket.socket())
    # What a server left that ended just now keeps nobody from its port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        return False
    return True


Process = subprocess.Popen[bytes] | Forked


def start(program: Program, given: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start a program that ends when this process does; ``given`` is its input."""
    with _log(program) as log:
        return subprocess.Popen(  # noqa: S603 - our own programs
            program.command,
            stdin=given,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(program),
            user=program.user,
            cwd="/",
            start_new_session=True,
            preexec_fn=partial(end_with, os.getpid(), program.orphan_signal),  # noqa: PLW1509 - before any thread exists
        )


def end_with(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel end this process when the one that started it has gone."""
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os._exit(1)


def _log(program: Program) -> IO[bytes]:
    make_folder(program.log.parent)
    descriptor = os.open(program.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "ab")


def _environment(program: Program) -> Mapping[str, str]:
    return {**os.environ, **program.environment}


class NotReadyError(Exception):
    """A program does not become ready; its log says why."""


class Supervisor:
    """Keeps programs running. Its watching thread starts them, and outlives them.

    The kernel ties a child to the thread that started it, so no other does.
    """

    def __init__(self) -> None:
        self._groups: list[list[tuple[Program, WhenStarted]]] = []
        """What was asked for together; later groups need the earlier ones."""
        self._running: dict[str, Process] = {}
        self._nurseries: dict[str, Nursery] = {}
        """What is asked to fork, by the names of programs."""
        self._ready: set[str] = set()
        """Names of programs that have been ready once."""
        self._unready: set[str] = set()
        """Names of those that were started, and not waited for since."""
        self._ended: Counter[str] = Counter()
        """How often a program ended before it was ready for the first time."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._stopping = threading.Event()
        self._failure: Exception | None = None
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def keep(self, programs: Mapping[Program, WhenStarted]) -> None:
        """Start programs together and keep them running.

        What stands beside a program runs after each of its starts, the first
        included, in the watching thread; it waits until the program is ready.
        Raises :class:`NotReadyError` where one of them ends instead, again and again.
        """
        with self._changed:
            self._groups.append(list(programs.items()))
            self._changed.notify_all()
            while self._failure is None and any(
                program.name not in self._ready for program in programs
            ):
                if self._stopping.is_set():
                    message = "everything is being stopped"
                    raise NotReadyError(message)
                self._changed.wait()
            if self._failure is not None:
                raise self._failure

    def pid(self, name: str) -> int:
        """As it runs now, which a restart changes."""
        with self._lock:
            return self._running[name].pid

    def pids(self) -> dict[str, int]:
        """Process ids by program."""
        with self._lock:
            return {name: process.pid for name, process in self._running.items()}

    def _watch(self) -> None:
        self._keep_running()
        self._end_all()

    def _keep_running(self) -> None:
        while not self._stopping.is_set():
            programs, groups = self._wanted()
            dead = [each for each, _ in programs if not self._lives(each.name)]
            again = [each for each in dead if each.name in self._running]
            if again and self._stopping.wait(START_AGAIN_SECONDS):
                return
            for program in dead:
                self._start(program)
            for program, when_started in programs:
                if self._stopping.is_set():
                    return
                if program.name in self._unready:
                    self._make_ready(program, when_started)
            with self._changed:
                if len(self._groups) == groups:
                    self._changed.wait(WATCH_SECONDS)

    def _wanted(self) -> tuple[Sequence[tuple[Program, WhenStarted]], int]:
        """All that is to run, the first group first, and how many groups."""
        with self._lock:
            return list(itertools.chain.from_iterable(self._groups)), len(self._groups)

    def _start(self, program: Program) -> None:
        try:
            process = self._begin(program)
        except OSError as error:
            # Were it let through, all other programs would end with this thread.
            self._note(program, NotReadyError(f"{program.name}: {error.strerror}"))
            return
        with self._lock:
            self._running[program.name] = process
            self._unready.add(program.name)

    def _begin(self, program: Program) -> Process:
        if program.forked_by is not None:
            with _log(program) as log:
                nursery = self._nurseries[program.forked_by]
                return nursery.fork(log.fileno(), _environment(program))
        if not program.forks:
            return start(program)
        if program.name in self._nurseries:
            self._nurseries[program.name].close()
        self._nurseries[program.name] = nursery = Nursery()
        with nursery.theirs as theirs:
            return start(program, theirs.fileno())

    def nursery_ready(self, program: Program, still: Still) -> None:
        """Wait until a program that forks others has read what they run on."""

        def is_ready() -> bool:
            # Another one may have been started meanwhile.
            return self._nurseries[program.name].is_ready()

        wait_until(is_ready, program, still)

    def _lives(self, name: str) -> bool:
        process = self._running.get(name)
        return process is not None and process.poll() is None

    def _make_ready(self, program: Program, when_started: WhenStarted) -> None:
        self._unready.discard(program.name)
        failure = None
        try:
            when_started(partial(self._still, program))
        except Exception as error:  # noqa: BLE001 - raised where it was asked for
            failure = error
        else:
            self._unready.discard(program.name)
        self._note(program, failure)

    def _still(self, waited_for: Program) -> None:
        """Start again what has ended meanwhile, whether it was ready or is waited for.

        Raises where the program that is waited for cannot become ready.
        """
        for program, _ in self._wanted()[0]:
            if self._stopping.is_set():
                message = f"{waited_for.name} is being stopped"
                raise NotReadyError(message)
            if program.name in self._running and not self._lives(program.name):
                failure = self._begin_again(program)
                if failure is not None and program is waited_for:
                    raise failure

    def _begin_again(self, program: Program) -> NotReadyError | None:
        """Start a program again; return why not where it never was ready so often."""
        if program.name not in self._ready:
            self._ended[program.name] += 1
            if self._ended[program.name] >= STARTS_MAX:
                message = f"{program.name} ended before it was ready: {_tail(program)}"
                failure = NotReadyError(message)
                self._note(program, failure)
                return failure
        if not self._stopping.wait(START_AGAIN_SECONDS):
            self._start(program)
        return None

    def _note(self, program: Program, failure: Exception | None) -> None:
        """Remember how a start went; what was ready once is tried again."""
        with self._changed:
            if failure is None:
                self._ready.add(program.name)
            elif program.name not in self._ready:
                self._failure = failure
            self._changed.notify_all()

    def stop(self) -> None:
        """Stop all programs, the last group first; kill what does not end."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._watcher.join()

    def _end_all(self) -> None:
        for group in reversed(self._groups):
            running = [
                (program, self._running[program.name])
                for program, _ in group
                if program.name in self._running
            ]
            for program, process in running:
                if process.poll() is None:
                    process.send_signal(program.stop_signal)
            until = time.monotonic() + STOP_SECONDS
            for _, process in running:
                try:
                    process.wait(max(0.0, until - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        for nursery in self._nurseries.values():
            nursery.close()


def wait_until(
    ready: Callable[[], bool],
    program: Program,
    still: Still,
    seconds: float = READY_SECONDS_MAX,
) -> None:
    """Wait until a program is ready; raise :class:`NotReadyError` if it does not."""
    until = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        still()
        if ready():
            return
        if time.monotonic() > until:
            message = f"{program.name} is not ready after {seconds:.0f} s: "
            raise NotReadyError(message + str(_tail(program)))
        pause.wait(0.02)


def _tail(program: Program) -> list[str]:
    return program.log.read_text(errors="replace").splitlines()[-LOG_LINES:]


def listens(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
