"""The receiver: takes another region's pages, verified, next after next.

Nothing of a page is kept before its signature, its places and its Merkle root
are checked (law 4); entries, checkpoint and position are one transaction (law 5).
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from eventsourcing.persistence import DataError, IntegrityError, PersistenceError

from domain.values import instant_text
from federation.carrier.ports import Carrier, CarrierError, locate
from federation.exchange.pacing import unpaced
from federation.exchange.repair import AccusedPageError, RefusedPageError, Repair
from federation.exchange.silence import ListenerState
from federation.journal.shapes import (
    ContradictionError,
    OutOfSequenceError,
    Position,
    Sealed,
)
from federation.journal.store import Journal
from federation.journal.witnessing import count_undecided
from federation.log.admission import is_ahead, misfit, unreadable
from federation.log.epochs import BEGUN, begins
from federation.log.membership import absent
from federation.log.sealing import DamagedEntryError, frontier_at
from federation.signed.checkpoint import BrokenCheckpointError, said
from federation.signed.entry import Row, entry_id
from federation.signed.keys import Verifier
from federation.signed.merkle import extend, root
from federation.signed.page import BrokenPageError, Message, Page, correlations, unpack
from federation.signed.sequence import Arrival, Held, Offered, arrival
from federation.tasks import first_of
from federation.trust.accusing import look_at_page
from federation.trust.evidence import EntryEvidence, NoEvidenceError, against_page
from federation.trust.incidents import Observed, Seen, observe, raise_incident

log = structlog.get_logger()

RETRY_SECONDS: Final = 0.2
REFUSED_RETRY_SECONDS: Final = 5.0
REPAIR_SECONDS: Final = 2.0
"""Between two repairs of which the first brought nothing."""
BEHIND_SECONDS: Final = 1.0
"""How long the stream may lack what the region has signed for."""
WITHHELD_HEARTBEATS: Final = 120
"""So often, in ten minutes, must a region be heard while nobody gives what it signed
for, before that is told: a node that is down or cut off is not heard."""
_OF_WHO_GAVE_IT: Final = {
    Observed.NOT_SIGNED,
    Observed.NOT_ITS_ROOT,
    Observed.TOO_LARGE,
}


class MissingEntriesError(CarrierError):
    """Nobody gives entries that the region has signed for."""


@dataclass(slots=True)
class Missing:
    """How often a region was heard while what follows a position was missing."""

    position: int = -1
    heard_at: float | None = None
    heartbeats: int = 0

    def at(self, position: int, heard_at: float | None) -> int:
        """Return how often, now that it was heard last at a second."""
        if position != self.position:
            self.position, self.heartbeats = position, 0
        elif heard_at != self.heard_at:
            self.heartbeats += 1
        self.heard_at = heard_at
        return self.heartbeats


@dataclass(slots=True)
class ReceiverState:
    """What an operator asks of a receiver."""

    received: int = 0
    trouble: str | None = None
    refused: str | None = None
    """Why the region's history is not taken any further."""
    repaired: int = 0
    """Entries that were asked for, since the stream did not give them."""
    missing: Missing = field(default_factory=Missing)


class Receiver:
    """Takes one other region's log."""

    def __init__(  # noqa: PLR0913 - what is known beside the log has its defaults
        self,
        journal: Journal,
        carrier: Carrier,
        origin: str,
        key: Verifier,
        heard: ListenerState | None = None,
        latest: Callable[[], datetime] | None = None,
        *,
        rest: Callable[[float], float] = unpaced,
        cosigned: Callable[[], int] = lambda: 0,
    ) -> None:
        """Prepare; ``heard`` is what the region announces.

        ``cosigned`` is how much of its log others have cosigned and is not here: what
        a region shows to another one it hides from nobody.

        ``latest`` is the instant after which nothing can be recorded yet; it is
        left out where the regions' clocks are those of a played year. ``rest`` says
        how many seconds to rest after so many of work.
        """
        self._journal = journal
        self._carrier = carrier
        self._origin = origin
        self._key = key
        self._heard = heard or ListenerState()
        self._latest = latest
        self._rest = rest
        self._cosigned = cosigned
        self.state = ReceiverState()
        self._repair = Repair(
            *(carrier, journal.region.value, origin),
            *(self._held, self.take),
            away=lambda: absent(journal),
            tell=self._tell,
        )
        self._fruitless_at: float | None = None

    async def run(self) -> None:
        """Receive until cancelled, from wherever the journal stands."""
        try:
            while True:
                delay = RETRY_SECONDS
                for part in (self._listen, self._ask_again):
                    try:
                        await part()
                    except CarrierError as error:
                        self._trouble(str(error))
                        if isinstance(error, MissingEntriesError):
                            await asyncio.to_thread(self._miss, str(error))
                    except PersistenceError as error:
                        self._trouble(f"the database: {type(error).__name__}")
                    except (RefusedPageError, DamagedEntryError) as error:
                        self._refuse(str(error))
                        delay = REFUSED_RETRY_SECONDS
                        if isinstance(error, RefusedPageError):
                            await asyncio.to_thread(self._tell, self._origin, error)
                await asyncio.sleep(delay)
        finally:
            # Whoever receives from now on knows.
            self.state.trouble = self.state.refused = None

    def _trouble(self, reason: str) -> None:
        if self.state.trouble != reason:
            log.warning("receiver_waits", origin=self._origin, reason=reason)
        self.state.trouble = reason

    def _refuse(self, reason: str) -> None:
        if self.state.refused != reason:
            log.error("page_refused", origin=self._origin, reason=reason)
        self.state.refused = reason

    def _tell(self, giver: str, error: RefusedPageError) -> None:
        """Keep what was seen of what somebody gave."""
        if error.seen is not None:
            theirs = error.seen.kind in _OF_WHO_GAVE_IT
            self._observe(giver if theirs else self._origin, error.seen)

    def _miss(self, text: str) -> None:
        """Tell of what a region speaks of and nobody gives, when that has lasted."""
        try:
            held = self._held()
            known = count_undecided(self._journal, self._origin)
        except PersistenceError as error:
            self._trouble(f"the database: {type(error).__name__}")
            return
        count = self.state.missing.at(held.position, self._heard.heard_at)
        if count >= WITHHELD_HEARTBEATS and not known:
            self._observe(self._origin, Seen(Observed.WITHHELD, "log", text))

    def _observe(self, about: str, seen: Seen) -> None:
        try:
            observe(self._journal, about, seen, self._origin)
        except PersistenceError as error:
            self._trouble(f"the database: {type(error).__name__}")

    async def _listen(self) -> None:
        await first_of(self._follow(), self._behind())

    async def _follow(self) -> None:
        position = (await asyncio.to_thread(self._held)).position
        self.state.received = position
        start = await locate(self._carrier, self._origin, position + 1)
        clock = asyncio.get_running_loop().time
        self.state.trouble = None
        found = await self._carrier.get(self._origin, start)
        if found is None:
            await self._ask_again()
        async with aclosing(self._carrier.read(self._origin, start)) as pages:
            async for delivered in pages:
                message = delivered.message
                began = clock()
                arrived = await asyncio.to_thread(self.take, message)
                if rest := self._rest(clock() - began):
                    await asyncio.sleep(rest)
                if arrived is Arrival.GAP:
                    await self._ask_again(message.first - 1)
                    arrived = await asyncio.to_thread(self.take, message)
                if arrived is Arrival.GAP:
                    text = f"entries after {self.state.received} are missing"
                    raise MissingEntriesError(text)

    async def _behind(self) -> None:
        """End when the stream gives nothing of what the region has signed for."""
        while True:
            received = self.state.received
            await asyncio.sleep(BEHIND_SECONDS)
            announced = max(self._heard.size, self._cosigned())
            if announced > self.state.received == received:
                text = f"entries up to {announced} are signed for and missing"
                raise MissingEntriesError(text)

    async def _ask_again(self, until: int | None = None) -> None:
        """Ask for what follows, unless that was fruitless a moment ago."""
        now = asyncio.get_running_loop().time()
        if self._fruitless_at is not None and now - self._fruitless_at < REPAIR_SECONDS:
            return
        fetched = await self._repair.fetch(until)
        self._fruitless_at = None if fetched else now
        self.state.repaired += fetched

    def _held(self) -> Position:
        return self._journal.positions()[self._origin]

    def take(self, message: Message) -> Arrival:
        """Verify a message and keep what is new in it, in one transaction.

        Raises :class:`RefusedPageError` when it is not a page of this
        region's one history; then nothing of it is kept. What the region has
        signed for in it and what that proves is an incident.
        """
        try:
            return self._take(message)
        except AccusedPageError:
            raise
        except RefusedPageError as error:
            error.seen = self._look_at(message, error)
            raise

    def _look_at(self, message: Message, error: RefusedPageError) -> Seen | None:
        """Raise an incident where a refused page proves one; else say what is seen."""
        if count_undecided(self._journal, self._origin):
            return None
        found = look_at_page(self._journal, message, self._origin, self._key)
        if isinstance(found, EntryEvidence):
            try:
                raise_incident(self._journal, found, {self._origin: self._key})
            except NoEvidenceError:
                found = Observed.UNPROVED
            else:
                return None
        if found is None:
            return None
        kind = error.kind if found is Observed.UNPROVED else found
        return Seen(kind, "log", str(error), message.body)

    def _take(self, message: Message) -> Arrival:
        try:
            page = unpack(message, self._origin, self._key)
        except (BrokenPageError, BrokenCheckpointError) as error:
            raise RefusedPageError(str(error)) from None
        if count_undecided(self._journal, self._origin):
            text = f"an incident about {self._origin} waits for a decision"
            raise AccusedPageError(text)
        held = self._journal.positions()[self._origin]
        offered = Offered(
            page.checkpoint.epoch,
            page.first,
            page.last,
            self._agrees(page, held.position),
            self._begins(page, held),
        )
        arrived = arrival(Held(*held), offered)
        if arrived in {Arrival.FORK, Arrival.DUPLICATE}:
            self._accuse(page)
        if arrived is Arrival.FORK:
            text = f"another history is offered at {page.first}-{page.last}"
            raise RefusedPageError(text)
        if arrived is Arrival.NEXT:
            self._admit(page, held)
            self._keep(page, held.position)
            log.info(
                "page_received",
                origin=self._origin,
                first=held.position + 1,
                last=page.last,
                correlation_ids=correlations(message),
            )
        return arrived

    def _accuse(self, page: Page) -> None:
        """Raise an incident where the region signed for this page and for another."""
        evidence = against_page(self._journal, page)
        if evidence is None:
            return
        keys = {self._origin: self._key}
        try:
            # Of an epoch that is over nothing is sent any more, declared lost or not.
            raise_incident(self._journal, evidence, keys, known=True)
        except NoEvidenceError:
            # A key that was revoked since has signed for what is here.
            text = (
                f"{self._origin} signed for other entries than are here, and the keys "
                "that are good now do not prove it"
            )
            raise RefusedPageError(text) from None
        text = f"{self._origin} signed two histories"
        if said(evidence.first).epoch != said(evidence.second).epoch:
            text = f"{self._origin} signed for other entries of another epoch"
        raise AccusedPageError(text)

    def _begins(self, page: Page, held: Position) -> bool:
        """Say whether a page begins the next epoch after what is held."""
        if page.checkpoint.epoch == held.epoch or page.first != held.position + 1:
            return False
        frontier = frontier_at(self._journal, self._origin, held.position)
        return begins(page.rows[0], held, root(frontier))

    def _admit(self, page: Page, held: Position) -> None:
        latest = None if self._latest is None else instant_text(self._latest())
        for row in page.rows:
            reason, kind = misfit(row) or unreadable(row), Observed.UNPROVED
            if row.type == BEGUN and row.position > held.position:
                first = (row.position, row.epoch) == (held.position + 1, held.epoch + 1)
                reason = reason if first else "begins no epoch"
            if row.recorded_at > page.checkpoint.complete_to:
                reason = "is recorded after the instant to which its page is complete"
            if reason is None and is_ahead(row, latest):
                reason = f"is recorded at {row.recorded_at}, which has not come"
                kind = Observed.NOT_COME
            if reason is not None:
                place = entry_id(row.origin, row.epoch, row.position)
                text = f"entry {place} {reason}"
                raise RefusedPageError(text, kind)

    def _store(self, rows: Sequence[Row], sealed: Sealed) -> None:
        self._journal.receive(rows, sealed)

    def _agrees(self, page: Page, position: int) -> bool:
        """Say whether the entries of a page that are here already are the same."""
        known = page.rows[: max(0, position - page.first + 1)]
        if not known:
            return True
        ours = self._journal.entries(self._origin, page.first - 1, len(known))
        return [row.leaf for row in ours] == [row.leaf for row in known]

    def _keep(self, page: Page, position: int) -> None:
        frontier = frontier_at(self._journal, self._origin, position)
        rows = page.rows[position - page.first + 1 :]
        grown = extend(frontier, (row.leaf for row in rows))
        if root(grown) != page.checkpoint.root:
            text = f"entries {page.first}-{page.last} do not hash to the signed root"
            raise RefusedPageError(text)
        try:
            self._store(rows, Sealed(grown, page.note))
        except (
            *(OutOfSequenceError, ContradictionError),
            *(IntegrityError, DataError),
        ) as error:
            raise self._why_not(page, position, error) from None
        self.state.received = page.last
        self.state.refused = None

    def _why_not(
        self, page: Page, position: int, error: Exception
    ) -> CarrierError | RefusedPageError:
        """Return what an error says of a page: that somebody was faster, or its fault."""
        # Where another process stores the same entries, any of these comes of it.
        if isinstance(error, OutOfSequenceError) or self._held().position != position:
            return CarrierError("another receiver took these entries")
        if isinstance(error, ContradictionError):
            text = f"entry {error} does not follow what was recorded before"
            return RefusedPageError(text)
        text = f"entries {page.first}-{page.last} cannot be stored: "
        return RefusedPageError(text + type(error).__name__)
