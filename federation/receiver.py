"""The receiver: takes another region's pages, verified, next after next.

Nothing of a page is kept before its signature, its places and its Merkle root
are checked (law 4); entries, checkpoint and position are one transaction (law 5).
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import structlog
from eventsourcing.persistence import DataError, IntegrityError, PersistenceError

from federation.checkpoint import BrokenCheckpointError
from federation.journal.shapes import (
    ContradictionError,
    OutOfSequenceError,
    Sealed,
)
from federation.journal.store import Journal
from federation.keys import VerifierKey
from federation.merkle import extend, root
from federation.page import BrokenPageError, Message, Page, correlations, unpack
from federation.ports import Carrier, CarrierError, locate
from federation.sealing import DamagedEntryError, frontier_at
from federation.sequence import Arrival, Held, Offered, arrival

log = structlog.get_logger()

RETRY_SECONDS: Final = 0.2
REFUSED_RETRY_SECONDS: Final = 5.0


class RefusedPageError(Exception):
    """A page is not this region's history as it is known here."""


@dataclass(slots=True)
class ReceiverState:
    """What an operator asks of a receiver."""

    received: int = 0
    complete_to: str | None = None
    """The instant up to which the region vouches that this is all."""
    trouble: str | None = None
    refused: str | None = None
    """Why the region's history is not taken any further."""


class Receiver:
    """Takes one other region's log."""

    def __init__(
        self, journal: Journal, carrier: Carrier, origin: str, key: VerifierKey
    ) -> None:
        self._journal = journal
        self._carrier = carrier
        self._origin = origin
        self._key = key
        self.state = ReceiverState()

    async def run(self) -> None:
        """Receive until cancelled, from wherever the journal stands."""
        while True:
            delay = RETRY_SECONDS
            try:
                await self._follow()
            except CarrierError as error:
                self._trouble(str(error))
            except PersistenceError as error:
                self._trouble(f"the database: {type(error).__name__}")
            except (RefusedPageError, DamagedEntryError) as error:
                self._refuse(str(error))
                delay = REFUSED_RETRY_SECONDS
            await asyncio.sleep(delay)

    def _trouble(self, reason: str) -> None:
        if self.state.trouble != reason:
            log.warning("receiver_waits", origin=self._origin, reason=reason)
        self.state.trouble = reason

    def _refuse(self, reason: str) -> None:
        if self.state.refused != reason:
            log.error("page_refused", origin=self._origin, reason=reason)
        self.state.refused = reason

    async def _follow(self) -> None:
        position = await asyncio.to_thread(self._position)
        start = await locate(self._carrier, self._origin, position + 1)
        self.state.received, self.state.trouble = position, None
        async with aclosing(self._carrier.read(self._origin, start)) as pages:
            async for delivered in pages:
                arrived = await asyncio.to_thread(self.take, delivered.message)
                if arrived is Arrival.GAP:
                    message = f"entries after {self.state.received} are missing"
                    raise CarrierError(message)

    def _position(self) -> int:
        return self._journal.positions()[self._origin].position

    def take(self, message: Message) -> Arrival:
        """Verify a message and keep what is new in it, in one transaction.

        Raises :class:`RefusedPageError` when it is not a page of this
        region's one history; then nothing of it is kept.
        """
        try:
            page = unpack(message, self._origin, self._key)
        except (BrokenPageError, BrokenCheckpointError) as error:
            raise RefusedPageError(str(error)) from None
        held = self._journal.positions()[self._origin]
        offered = Offered(
            page.checkpoint.epoch,
            page.first,
            page.last,
            self._agrees(page, held.position),
        )
        arrived = arrival(Held(*held), offered)
        if arrived is Arrival.FORK:
            text = f"another history is offered at {page.first}-{page.last}"
            raise RefusedPageError(text)
        if arrived is Arrival.NEXT:
            self._keep(page, held.position)
            log.info(
                "page_received",
                origin=self._origin,
                first=held.position + 1,
                last=page.last,
                correlation_ids=correlations(message),
            )
        return arrived

    def _agrees(self, page: Page, position: int) -> bool:
        """Say whether the entries of a page that are here already are the same."""
        known = page.rows[: max(0, position - page.first + 1)]
        if not known:
            return True
        ours = self._journal.entries(
            self._origin, page.first - 1, len(known), page.checkpoint.epoch
        )
        return [row.leaf for row in ours] == [row.leaf for row in known]

    def _keep(self, page: Page, position: int) -> None:
        epoch = page.checkpoint.epoch
        frontier = frontier_at(self._journal, self._origin, epoch, position)
        rows = page.rows[position - page.first + 1 :]
        grown = extend(frontier, (row.leaf for row in rows))
        if root(grown) != page.checkpoint.root:
            text = f"entries {page.first}-{page.last} do not hash to the signed root"
            raise RefusedPageError(text)
        try:
            self._journal.receive(rows, Sealed(grown, page.note))
        except OutOfSequenceError:
            text = "another receiver took these entries"
            raise CarrierError(text) from None
        except ContradictionError as error:
            text = f"entry {error} does not follow what was recorded before"
            raise RefusedPageError(text) from None
        except (IntegrityError, DataError) as error:
            text = f"entries {page.first}-{page.last} cannot be stored: "
            raise RefusedPageError(text + type(error).__name__) from None
        self.state.received = page.last
        self.state.complete_to = page.checkpoint.complete_to
        self.state.refused = None
