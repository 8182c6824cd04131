"""Each place at which a part of a node waits, found by itself, and made to fail or hang.

What runs in the background is driven step by step by :mod:`federation.tasks`. At each
step it waits for something; where that stands in the code is the place. So a new one
needs no line here.
"""

import asyncio
import gc
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from federation import tasks
from federation.transport.ports import TransportError

ROOT = Path(tasks.__file__).parents[1]
OURS = ("federation", "projections", "deploy")
MADE_UP = ("tests/simulation/node.py", "tests/simulation/network.py")
"""What stands for a node and its network here, and nobody who looks at them."""
NODE = ContextVar[str]("NODE", default="")
"""Whose part is at work."""
Place = tuple[str, ...]
"""The lines of our own that wait for each other, outermost first."""


Struck = tuple["Ill", Place]
"""How and where."""


class UnforeseenError(Exception):
    """What no part was written to meet."""


class Ill(StrEnum):
    """What becomes of something that is waited for."""

    HANGS = "hangs"
    CARRIER = "fails as the carrier does"
    DATABASE = "fails as the database does"
    DISK = "fails as a disk does"
    UNFORESEEN = "fails as nobody foresaw"


ERRORS: dict[Ill, Callable[[], Exception]] = {
    Ill.CARRIER: lambda: TransportError("no answer"),
    Ill.DATABASE: lambda: OperationalError("no answer"),
    Ill.DISK: lambda: OSError(5, "no answer"),
    Ill.UNFORESEEN: UnforeseenError,
}


@dataclass
class Awaits:
    """Sees where parts wait, and strikes each place once that it was told of.

    Of a node no two places of one part are struck at a time: the second, for which the
    part begins again, would heal what the first has left.
    """

    seen: set[Place] = field(default_factory=set)
    struck: dict[tuple[str, str], Struck] = field(default_factory=dict)
    """Node and part to how and where it was struck, until somebody takes that away."""
    wanted: dict[Ill, set[Place]] = field(default_factory=dict)
    """Where to strike yet."""
    on_the_loop: bool = False
    """A part is at work, and not in a thread: everything else waits for it."""
    held_up: set[Place] = field(default_factory=set)
    """Where a part has held up everything else for a disk or a database."""

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """See each step of each part from now on."""
        whole = tasks._Watched.send

        def send(part: Any, value: Any) -> Any:
            self.on_the_loop = True
            try:
                waits_for = whole(part, value)
            finally:
                self.on_the_loop = False
            place = place_of(part._inner)
            self.seen.add(place)
            ill = self._due(place)
            if ill is None:
                return waits_for
            if ill is Ill.HANGS:
                return never()
            return part.throw(ERRORS[ill]())

        monkeypatch.setattr(tasks._Watched, "send", send)

    def watch_threads(
        self, loop: type[asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """See also what is given to threads, before it is done."""
        whole = loop.run_in_executor

        def run(around: Any, executor: Any, work: Any, *given: Any) -> Any:
            place = (*reversed(list(stack(sys._getframe(1)))), "undone")
            if NODE.get():
                self.seen.add(place)
            ill = self._due(place)
            if ill is None:
                before, self.on_the_loop = self.on_the_loop, False
                try:
                    return whole(around, executor, work, *given)
                finally:
                    self.on_the_loop = before
            future = around.create_future()
            if ill is not Ill.HANGS:
                future.set_exception(ERRORS[ill]())
            return future

        monkeypatch.setattr(loop, "run_in_executor", run)

    def watch_stores(self, *looks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        """See who looks at a disk or a database; ``looks`` are classes and methods."""
        for kind, name in zip(looks[::2], looks[1::2], strict=True):
            monkeypatch.setattr(kind, name, self._seen_in(getattr(kind, name)))

    def _seen_in(self, whole: Callable[..., Any]) -> Callable[..., Any]:
        def look(*args: Any, **named: Any) -> Any:
            if self.on_the_loop:
                self.held_up.add(tuple(stack(sys._getframe(1))))
            return whole(*args, **named)

        return look

    def _due(self, place: Place) -> Ill | None:
        node = NODE.get()
        part = (node, place[0].partition(":")[0] if place else "")
        if not node or part in self.struck:
            return None
        for ill, places in self.wanted.items():
            if place in places:
                places.discard(place)
                self.struck[part] = ill, place
                return ill
        return None

    @property
    def left(self) -> int:
        """How often to strike yet."""
        return sum(map(len, self.wanted.values()))


def never() -> asyncio.Future[None]:
    """Return what a task waits for without end."""
    future = asyncio.get_running_loop().create_future()
    future._asyncio_future_blocking = True
    return future


def place_of(waits: Any) -> Place:
    """Return the lines at which a coroutine and what it waits for stand."""
    lines = []
    while waits is not None:
        frame = next(
            (
                found
                for name in ("cr_frame", "gi_frame", "ag_frame")
                if (found := getattr(waits, name, None)) is not None
            ),
            None,
        )
        if frame is not None:
            lines += line_of(frame)
            waits = next(
                (
                    getattr(waits, name)
                    for name in ("cr_await", "gi_yieldfrom", "ag_await")
                    if hasattr(waits, name)
                ),
                None,
            )
        else:
            waits = inside(waits)
    return tuple(lines)


def inside(wrapper: Any) -> Any:
    """Return what stands in an object that only leads on to it."""
    for each in gc.get_referents(wrapper):
        if any(hasattr(each, name) for name in ("cr_frame", "gi_frame", "ag_frame")):
            return each
    return None


def stack(frame: FrameType | None) -> Iterator[str]:
    """Return our own lines that have led to a frame, innermost first."""
    while frame is not None:
        yield from line_of(frame)
        frame = frame.f_back


_LINES: dict[tuple[int, int], tuple[CodeType, list[str]]] = {}
"""The code stands beside, so that no other one gets its number."""


def line_of(frame: FrameType) -> list[str]:
    """Return a line of our own, or nothing."""
    code = frame.f_code
    place = id(code), frame.f_lasti
    if place not in _LINES:
        file = ours(code.co_filename)
        _LINES[place] = code, [f"{file}:{frame.f_lineno}"] if file else []
    return _LINES[place][1]


@cache
def ours(name: str) -> str:
    """Return where a file of our own stands, or nothing."""
    path = Path(name)
    if not path.is_relative_to(ROOT):
        return ""
    file = path.relative_to(ROOT)
    own = file.parts[0] in OURS or str(file) in MADE_UP
    return str(file) if own and file.name != "tasks.py" else ""
