"""Waking those who wait for entries, and waiting until a journal holds some."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from federation.journal.audited import audited_in
from federation.journal.store import Journal
from federation.log.snapshot import moment

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
    """Wait for positions of regions' logs; return all that decisions rest on then.

    Of a log that is decided again here, what was.
    """
    until = asyncio.get_running_loop().time() + seconds
    with commits(journal) as committed:
        while True:
            committed.clear()
            ends = await asyncio.to_thread(_held, journal)
            left = until - asyncio.get_running_loop().time()
            missing = [o for o, p in positions.items() if ends.get(o, 0) < p]
            if not missing or left <= 0:
                return ends
            await within(committed, min(left, POLL_SECONDS))


def _held(journal: Journal) -> dict[str, int]:
    with journal.reading() as cursor:
        ends = moment(journal, cursor).ends
    return {origin: end.position for origin, end in ends.items()}


async def decided_again(journal: Journal, seconds: float) -> bool:
    """Wait until what is here now was decided again; say whether some of it was not.

    Whatever is found of it, and no longer than so many seconds.
    """
    behind = await asyncio.to_thread(_behind, journal)
    until = asyncio.get_running_loop().time() + seconds
    with commits(journal) as committed:
        while behind:
            committed.clear()
            looked = await asyncio.to_thread(_looked, journal)
            missing = [o for o, end in behind.items() if looked.get(o, end) < end]
            left = until - asyncio.get_running_loop().time()
            if not missing or left <= 0:
                break
            await within(committed, min(left, POLL_SECONDS))
    return bool(behind)


def _behind(journal: Journal) -> dict[str, int]:
    """By region, where a log ends of which not all was decided again."""
    with journal.reading() as cursor:
        audited, ends = audited_in(cursor), journal.positions_in(cursor)
    return {
        origin: ends[origin].position
        for origin, reached in audited.items()
        if reached.looked < ends[origin].position
    }


def _looked(journal: Journal) -> dict[str, int]:
    with journal.reading() as cursor:
        return {o: audited.looked for o, audited in audited_in(cursor).items()}
