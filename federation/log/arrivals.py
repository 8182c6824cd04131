"""Waking those who wait for entries, and waiting until a journal holds some."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from federation.journal.store import Journal

POLL_SECONDS: Final = 0.5
"""What another process appended wakes nobody here, so look anyway."""


@contextmanager
def commits(journal: Journal, of: str | None = None) -> Iterator[asyncio.Event]:
    """Give an event that is set after each commit, or each of one region's entries."""
    loop = asyncio.get_running_loop()
    committed = asyncio.Event()

    def wake(origin: str) -> None:
        if of in {None, origin}:
            loop.call_soon_threadsafe(committed.set)

    journal.listeners.append(wake)
    try:
        yield committed
    finally:
        journal.listeners.remove(wake)


async def within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, and no longer than so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


async def arrived(
    journal: Journal, positions: Mapping[str, int], seconds: float
) -> dict[str, int]:
    """Wait for positions of regions' logs; return all that are held then."""
    until = asyncio.get_running_loop().time() + seconds
    with commits(journal) as committed:
        while True:
            committed.clear()
            ends = await asyncio.to_thread(_positions, journal)
            left = until - asyncio.get_running_loop().time()
            missing = [o for o, p in positions.items() if ends.get(o, 0) < p]
            if not missing or left <= 0:
                return ends
            await within(committed, min(left, POLL_SECONDS))


def _positions(journal: Journal) -> dict[str, int]:
    return {origin: end.position for origin, end in journal.positions().items()}
