"""Parts that run in the background: kept going, watched, and ended.

A part that fails is begun again. So is one that stands still: nothing of it has gone
on for two minutes, whatever it waits for. So no part waits without end; who has nothing
to do looks up every few seconds.
"""

import asyncio
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Mapping,
)
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from typing_extensions import override

from federation.moves import MOVES, Pulse

log = structlog.get_logger()
T = TypeVar("T")
Yielded = TypeVar("Yielded")

CANCEL_AGAIN_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 10.0
"""Pause between two looks whether a part goes on; who waits for long looks up as
often."""
STILL_LOOKS: Final = 12
"""Looks without a move after which a part stands still. Time by itself says nothing: of
a machine that slept, nothing has moved."""
AGAIN_SECONDS: Final = 1.0
ENDED: Final = "ended"
"""Reason of a part that has ended by its own decision: going on would do harm."""
STANDARD: Final = Path(asyncio.__file__).parents[1].parts[-1:]
"""Folder of Python's own modules."""
STILL: Final = "still"
"""Reason of a part that stands still."""


async def end_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended.

    Once is not enough: on Python 3.11 ``asyncio.wait_for`` swallows a
    cancellation that comes in the same turn as its result. A cancellation of this
    waits for the tasks too: nobody else would end them.
    """
    cancelled = None
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running, timeout=CANCEL_AGAIN_SECONDS)
        except asyncio.CancelledError as error:
            cancelled = error
    await asyncio.gather(*tasks, return_exceptions=True)
    if cancelled is not None:
        raise cancelled


async def bounded(awaited: Coroutine[Any, Any, T], seconds: float) -> T:
    """Wait for something and no longer, also where it swallows its cancellation.

    Raises ``TimeoutError`` where it took too long.
    """
    task = asyncio.ensure_future(awaited)
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        await end_all([task])
    if task.cancelled():
        raise TimeoutError
    return task.result()


async def happened(event: asyncio.Event) -> None:
    """Wait for an event, however long that takes, and look up meanwhile."""
    while not event.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await event.wait()


async def first_of(*parts: Awaitable[None]) -> None:
    """Run some parts until one ends, end the others, and raise what it raised."""
    tasks = [asyncio.ensure_future(_watched(part)) for part in parts]
    try:
        while not any(task.done() for task in tasks):
            await asyncio.wait(
                tasks, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        done = [task for task in tasks if task.done()]
    finally:
        await end_all(tasks)
    for task in done:
        task.result()


async def all_of(*parts: Awaitable[None]) -> None:
    """Run some parts until all have ended; they end with who runs them."""
    tasks = [asyncio.ensure_future(_watched(part)) for part in parts]
    try:
        while not all(task.done() for task in tasks):
            await asyncio.wait(tasks, timeout=LOOK_SECONDS)
    finally:
        await end_all(tasks)
    for task in tasks:
        task.result()


async def in_own_thread(run: Callable[[], None], stop: Callable[[], None]) -> None:
    """Run something in a thread until it ends; ``stop`` asks it to.

    It says itself that it goes on (:func:`federation.moves.moved`). No thread can be aborted: this ends
    with it, and not before.
    """
    running = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        if not running.done():
            stop()
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        raise


_TOGETHER: Final = ContextVar[set[Pulse] | None]("_TOGETHER", default=None)
"""What is watched of the part that is at work here."""


class _Watched(Coroutine[Any, Any, T]):
    """A coroutine that is seen each time it goes on, however it waits."""

    def __init__(self, inner: Coroutine[Any, Any, T], together: set[Pulse]) -> None:
        self._inner = inner
        self._together = together
        self._moves = Pulse()
        together.add(self._moves)

    @override
    def send(self, value: Any) -> Any:
        return self._go_on(self._inner.send, value)

    @override
    def throw(self, *error: Any) -> Any:
        return self._go_on(self._inner.throw, *error)

    @override
    def close(self) -> None:
        self._together.discard(self._moves)
        self._inner.close()

    @override
    def __await__(self) -> Generator[Any, Any, T]:
        return self._inner.__await__()

    def _go_on(self, step: Callable[..., Yielded], *given: object) -> Yielded:
        # Within the task's own context, which its threads get a copy of.
        MOVES.set(self._moves)
        _TOGETHER.set(self._together)
        self._moves.moved = True
        try:
            return step(*given)
        except BaseException:
            self._together.discard(self._moves)
            raise


def _watched(part: Awaitable[T]) -> Awaitable[T]:
    """Watch a coroutine together with the part that runs it, if that is watched."""
    together = _TOGETHER.get()
    if together is None or not isinstance(part, Coroutine):
        return part
    return _Watched(part, together)


@dataclass(slots=True)
class Part:
    """What an operator asks of a part."""

    name: str
    reason: str | None = None
    """Why it does not go on: :data:`ENDED`, :data:`STILL`, or the type of an error."""
    faults: int = 0
    """How often it was begun again."""
    _looks: int = 0

    def fail(self, reason: str, where: str) -> None:
        """Tell why it goes on no more; not again while that stays so."""
        if self.reason != reason:
            log.critical("background_ended", part=self.name, reason=reason, where=where)
        self.reason = reason
        self.faults += reason != ENDED
        # Of what stands still again nobody would know sooner.
        self._looks = STILL_LOOKS + 1 if reason == STILL else 1

    def seen(self) -> None:
        """Note that at one more look it had not failed again."""
        self._looks -= 1
        if self.reason is not None and self._looks <= 0:
            self.reason = None
            log.info("background_goes_on", part=self.name)


class Background:
    """Keeps the parts of a node going."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}

    @property
    def down(self) -> Mapping[str, str]:
        """The parts that do not go on, and why."""
        parts = tuple(self.parts.values())
        return {part.name: part.reason for part in parts if part.reason is not None}

    async def keep(
        self, name: str, run: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Run a part until it is cancelled; where it fails or stands still, run it again.

        One that returns has ended by its own decision, and that is told.
        """
        part = self.parts[name] = Part(name)
        goes_on = True
        try:
            while True:
                goes_on = goes_on and await _fails(part, run)
                await asyncio.sleep(AGAIN_SECONDS if goes_on else LOOK_SECONDS)
        finally:
            del self.parts[name]


async def _fails(part: Part, run: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Run a part once; say whether it failed, or else ended by itself."""
    together: set[Pulse] = set()
    task = asyncio.ensure_future(_Watched(run(), together))
    still = 0
    try:
        while not task.done() and still < STILL_LOOKS:
            await asyncio.wait([task], timeout=LOOK_SECONDS)
            still = max((moves.still() for moves in tuple(together)), default=0)
            if not task.done() and still < STILL_LOOKS:
                part.seen()
        if not task.done():
            part.fail(STILL, "")
    finally:
        await end_all([task])
    if still >= STILL_LOOKS:
        return True
    error = asyncio.CancelledError() if task.cancelled() else task.exception()
    if error is None:
        part.fail(ENDED, "")
        return False
    # The type alone: a driver's message may hold what stood in a row.
    part.fail(type(error).__name__, _where(error))
    return True


def _where(error: BaseException) -> str:
    """Line of this program's own that raised it last."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if not {"site-packages", *STANDARD}.intersection(file.parts):
            where = f"{file.name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where
