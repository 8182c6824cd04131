"""Programs that are forked from one process, which has read their modules once.

Each of four nodes would read the same modules anew, which is nearly all that its start
costs. A fork of a process that has read them, and has begun no thread, no loop and no
connection, has them at once and shares their memory.

The two sides speak by a socket, a message each: what is to be forked and the file of its
log, answered by its process id; a process id, answered by how that process has ended.
A child stays a zombie until its end is asked for, so its id is nobody else's before.
"""

import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

MESSAGE_BYTES_MAX: Final = 128 * 1024
"""An environment is a message; the kernel's own bound is above this."""
ANSWER_SECONDS_MAX: Final = 60.0
READY: Final = b"ready"
"""Said once, by a nursery that has read its modules."""
WATCH_SECONDS: Final = 0.02
GONE: Final = -signal.SIGKILL
"""The kernel kills what was forked when the nursery has gone."""


class Nursery:
    """The process that forks, as whoever started it asks it: by one thread."""

    def __init__(self) -> None:
        self._socket, self.theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET
        )
        """Its standard input, which whoever starts it closes then."""
        self._socket.settimeout(ANSWER_SECONDS_MAX)
        self._ready = False

    def is_ready(self) -> bool:
        """Whether it has read all that it forks."""
        if not self._ready and select.select([self._socket], [], [], 0)[0]:
            self._ready = bool(self._socket.recv(MESSAGE_BYTES_MAX))
        return self._ready

    def fork(self, log: int, environment: Mapping[str, str]) -> "Forked":
        """Fork a program; ``log`` is the file that it writes to.

        Raises :class:`OSError` where the nursery has gone.
        """
        pid = self._ask({"environment": dict(environment)}, [log])
        assert pid is not None, "what is forked has an id"
        return Forked(self, pid)

    def ended(self, pid: int) -> int | None:
        """How what was forked has ended, as subprocess has it; None while it runs."""
        try:
            return self._ask({"pid": pid}, [])
        except OSError:
            return GONE

    def close(self) -> None:
        """Ask nothing more."""
        self._socket.close()

    def _ask(self, message: Mapping[str, Any], files: Sequence[int]) -> int | None:
        if not self._ready:
            self._ready = bool(self._socket.recv(MESSAGE_BYTES_MAX))
        socket.send_fds(self._socket, [json.dumps(message).encode()], files)
        answer = self._socket.recv(MESSAGE_BYTES_MAX)
        if not answer:
            raise ConnectionResetError
        said: int | None = json.loads(answer)
        return said


class Forked:
    """A program that was forked; asked as a process of subprocess is."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self._ended: int | None = None
        self.pid = pid

    def poll(self) -> int | None:
        """How it has ended; None while it runs."""
        if self._ended is None:
            self._ended = self._nursery.ended(self.pid)
        return self._ended

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raise as subprocess does where it does not come in time."""
        until = None if timeout is None else time.monotonic() + timeout
        pause = threading.Event()
        while (ended := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            pause.wait(WATCH_SECONDS)
        return ended

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def fork_as_asked(end_with_parent: Callable[[int], None]) -> bool:
    """Fork what is asked for at standard input, until nobody asks any more.

    Returns twice: True in each child, which is now to do its work; False at the end.
    ``end_with_parent`` has the kernel end a child when the process of that id has gone.
    """
    asked = socket.socket(fileno=os.dup(0))
    asked.send(READY)
    while True:
        message, files, _, _ = socket.recv_fds(asked, MESSAGE_BYTES_MAX, 1)
        if not message:
            return False
        wanted = json.loads(message)
        if "pid" in wanted:
            answer = _ended(wanted["pid"])
        else:
            parent = os.getpid()
            answer = os.fork()
            if not answer:
                asked.close()
                end_with_parent(parent)
                _become(files[0], wanted["environment"])
                return True
            os.close(files[0])
        asked.send(json.dumps(answer).encode())


def _ended(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(log: int, environment: Mapping[str, str]) -> None:
    """Be a process of one's own: another session, output and environment."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number in (1, 2):
        os.dup2(log, number)
    os.close(nothing)
    os.close(log)
    os.environ.clear()
    os.environ.update(environment)
