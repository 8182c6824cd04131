"""An event loop whose clock jumps: where nothing is to be done, the next timer is now.

What the nodes do in threads is done at once, and told a little later.
"""

import asyncio
import selectors
from collections.abc import Callable
from contextvars import Context
from random import Random
from typing import Any, Final, TypeVar, TypeVarTuple

from typing_extensions import override

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

WORK_SECONDS_MAX: Final = 0.02
"""So long may work in a thread take; others go on meanwhile."""


class NothingLeftError(Exception):
    """Everybody waits and no timer is set: the federation stands still for ever."""


class _Jumping(selectors.SelectSelector):
    """Watches no file, and never waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    @override
    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingLeftError
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs everything in one thread, in an order that a seed decides."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    @override
    def time(self) -> float:
        """Return the virtual seconds since the run began."""
        return self._jumping.now

    @override
    def call_soon_threadsafe(
        self,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Do as from this thread, which is the only one."""
        return self.call_soon(callback, *args, context=context)

    @override
    def run_in_executor(  # type: ignore[override]
        self, executor: object, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run the work now, and give its result after some time."""
        future: asyncio.Future[T] = self.create_future()
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits gets it
            finish: Callable[[], None] = _raising(future, error)
        else:
            finish = _giving(future, result)
        self.call_later(self._random.uniform(0.0, WORK_SECONDS_MAX), finish)
        return future


def _giving(future: asyncio.Future[T], result: T) -> Callable[[], None]:
    def give() -> None:
        if not future.done():
            future.set_result(result)

    return give


def _raising(future: asyncio.Future[T], error: Exception) -> Callable[[], None]:
    def give() -> None:
        if not future.done():
            future.set_exception(error)

    return give
