"""Repair: what the stream does not give is asked for, range by range.

The owner is asked first, then whoever else holds it. Nothing is remembered of
a repair but the journal itself, so it goes on from wherever it was broken off.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from domain.values import Region
from federation.checks.ingest import RefusedPageError
from federation.journal.shapes import Position
from federation.journal.store import Journal
from federation.log.membership import absent
from federation.node.ranges import BUSY_HEADER, HELD_HEADER, RangeRequest
from federation.signed.page import CHECKPOINT_HEADER, Message
from federation.signed.sequence import Arrival
from federation.transport.ports import Transport, TransportError

log = structlog.get_logger()

BUSY_SECONDS: Final = 0.2
BUSY_MAX: Final = 25
"""Attempts at one busy peer before another is asked."""


@dataclass(frozen=True, slots=True)
class RangeAnswer:
    """A peer's answer: how much it says it holds, and the page if it gave one."""

    size: int
    page: Message | None


async def ask(transport: Transport, peer: str, request: RangeRequest) -> RangeAnswer:
    """Ask a peer for a range; raise :class:`TransportError` where it does not answer."""
    for _ in range(BUSY_MAX):
        reply = await transport.ask(peer, request.to_bytes())
        if BUSY_HEADER in reply.headers:
            await asyncio.sleep(BUSY_SECONDS)
            continue
        size = reply.headers.get(HELD_HEADER, "")
        page = reply if CHECKPOINT_HEADER in reply.headers else None
        is_number = size.isascii() and size.isdigit() and len(size) <= 18  # noqa: PLR2004
        return RangeAnswer(int(size) if is_number else 0, page)
    message = f"{peer} is busy"
    raise TransportError(message)


@dataclass(frozen=True, slots=True)
class Repair:
    """Fetches one region's log from the nodes that hold it."""

    journal: Journal
    transport: Transport
    origin: str
    take: Callable[[Message], Arrival]
    """Verifies a page and stores it; called in a thread."""
    tell: Callable[[str, RefusedPageError], None]
    """Told of whose answer was refused, and why; called in a thread."""

    def peers(self, away: Collection[str]) -> Sequence[str]:
        """Whom to ask: the owner first, who is away last, never ourselves."""
        others = [
            region.value for region in Region if region is not self.journal.region
        ]
        return sorted(
            others, key=lambda region: (region in away, region != self.origin)
        )

    def _held(self) -> Position:
        return self.journal.positions()[self.origin]

    async def fetch(self, until: int | None = None) -> int:
        """Take what follows, up to a position or to the end; return how many entries.

        Raises :class:`RefusedPageError` where the owner gives what is not its
        history; what others give is dropped, and the next is asked.
        """
        began = (await asyncio.to_thread(self._held)).position
        for peer in self.peers(await asyncio.to_thread(absent, self.journal)):
            try:
                whole = await self._from(peer, until)
            except TransportError:
                continue
            except RefusedPageError as error:
                if peer == self.origin:
                    raise
                await asyncio.to_thread(self.tell, peer, error)
                log.warning(
                    "range_refused", origin=self.origin, peer=peer, reason=str(error)
                )
                continue
            if whole:
                break
        last = (await asyncio.to_thread(self._held)).position
        if last > began:
            log.info("range_repaired", origin=self.origin, first=began + 1, last=last)
        return last - began

    async def _from(self, peer: str, until: int | None) -> bool:
        """Take all that a peer gives; say whether there is no more to ask for."""
        while True:
            epoch, position = await asyncio.to_thread(self._held)
            if until is not None and position >= until:
                return True
            request = RangeRequest(self.origin, epoch, position + 1)
            answer = await ask(self.transport, peer, request)
            if answer.page is None:
                # An owner that holds less than we do has lost something itself.
                return peer == self.origin and answer.size >= position
            if await asyncio.to_thread(self.take, answer.page) is not Arrival.NEXT:
                return False
