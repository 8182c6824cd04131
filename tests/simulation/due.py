"""What is done some time later: what was broken is mended, and who was stopped starts."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from random import Random
from typing import NamedTuple

Act = Callable[[], Awaitable[None]]


class _Waiting(NamedTuple):
    at: float
    number: int
    act: Act
    hurries: bool


class Due:
    """Everything that waits for its time. ``clock`` gives virtual seconds."""

    def __init__(self, clock: Callable[[], float], random: Random) -> None:
        self._clock = clock
        self._random = random
        self._waiting: list[_Waiting] = []
        self._numbers = count(1)

    def later(
        self, seconds: tuple[float, float], act: Act, *, hurries: bool = True
    ) -> None:
        """Do something after so many seconds at least, and so many at most.

        What does not hurry waits for its time also when everything is mended.
        """
        at = self._clock() + self._random.uniform(*seconds)
        self._waiting.append(_Waiting(at, next(self._numbers), act, hurries))

    async def do_now(self) -> None:
        """Do what it is time for."""
        now = self._clock()
        ready = sorted(each for each in self._waiting if each.at <= now)
        self._waiting = [each for each in self._waiting if each.at > now]
        for each in ready:
            await each.act()

    async def do_next(self) -> bool:
        """Do what comes next, at once if it hurries; say whether there was anything."""
        if not self._waiting:
            return False
        found = min(self._waiting, key=lambda each: (not each.hurries, *each[:2]))
        self._waiting.remove(found)
        if not found.hurries:
            await asyncio.sleep(max(0.0, found.at - self._clock()))
        await found.act()
        return True
