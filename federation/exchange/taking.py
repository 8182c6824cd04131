"""Taking a page of a region's log: verified, and kept or refused.

Nothing of a page is kept before its signature, its places and its Merkle root
are checked (law 4); entries, checkpoint and position are one transaction (law 5).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from eventsourcing.persistence import DataError, IntegrityError

from domain.values import instant_text
from federation.carrier.ports import CarrierError
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
from federation.log.sealing import frontier_at
from federation.signed.checkpoint import said
from federation.signed.entry import Row, entry_id
from federation.signed.keys import Verifier
from federation.signed.merkle import extend, root
from federation.signed.page import (
    BrokenPageError,
    Message,
    Page,
    UnsignedPageError,
    correlations,
    unpack,
)
from federation.signed.sequence import Arrival, Held, Offered, arrival
from federation.trust.accusing import look_at_page, seen_of_page
from federation.trust.evidence import EntryEvidence, NoEvidenceError, against_page
from federation.trust.incidents import Observed, Seen, raise_incident

log = structlog.get_logger()

OF_WHO_GAVE_IT: Final = {
    Observed.NOT_SIGNED,
    Observed.NOT_ITS_ROOT,
    Observed.TOO_LARGE,
}
"""What says nothing of the region: anybody can make it of what the region signed."""


class RefusedPageError(Exception):
    """A page is not this region's history as it is known here."""

    def __init__(self, text: str, kind: Observed = Observed.UNPROVED) -> None:
        super().__init__(text)
        self.kind = kind
        """What it is where the region signed for the page, and nothing is proved."""
        self.seen: Seen | None = None
        """What was seen, unless it is proved or known."""
        self.foreign = False
        """Nothing shows that the region made it: who adds to its stream may have."""
        self.by_unknown_key = False
        """It may be the region's all the same: by a key that is not known here yet."""


class AccusedPageError(RefusedPageError):
    """A page is refused for an incident, which is raised or waits already."""


class Taking:
    """Takes the pages of one region's log into a journal."""

    def __init__(
        self,
        journal: Journal,
        origin: str,
        key: Verifier,
        latest: Callable[[], datetime] | None = None,
    ) -> None:
        """Prepare; after ``latest`` nothing can be recorded yet."""
        self._journal = journal
        self._origin = origin
        self._key = key
        self._latest = latest

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
            self._look_at(message, error)
            raise

    def _look_at(self, message: Message, error: RefusedPageError) -> None:
        """Raise an incident where a refused page proves one; else say what is seen."""
        found = look_at_page(self._journal, message, self._origin, self._key)
        if found is None:
            # What it says of the region can be known when it is no more news.
            error.foreign = True
        elif isinstance(found, Observed) and found in OF_WHO_GAVE_IT:
            error.kind, error.foreign = found, True
        if found is None or count_undecided(self._journal, self._origin):
            return
        if isinstance(found, EntryEvidence):
            try:
                raise_incident(self._journal, found, {self._origin: self._key})
            except NoEvidenceError:
                found = Observed.UNPROVED
            else:
                return
        error.seen = seen_of_page(message, self._origin, error.kind, str(error))

    def _take(self, message: Message) -> Arrival:
        try:
            page = unpack(message, self._origin, self._key)
        except UnsignedPageError as error:
            refused = RefusedPageError(str(error), Observed.NOT_SIGNED)
            refused.foreign, refused.by_unknown_key = True, error.claimed
            raise refused from None
        except BrokenPageError as error:
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

    def _why_not(
        self, page: Page, position: int, error: Exception
    ) -> CarrierError | RefusedPageError:
        """Return what an error says of a page: that somebody was faster, or its fault."""
        # Where another process stores the same entries, any of these comes of it.
        if (
            isinstance(error, OutOfSequenceError)
            or self._journal.positions()[self._origin].position != position
        ):
            return CarrierError("another receiver took these entries")
        if isinstance(error, ContradictionError):
            text = f"entry {error} does not follow what was recorded before"
            return RefusedPageError(text)
        text = f"entries {page.first}-{page.last} cannot be stored: "
        return RefusedPageError(text + type(error).__name__)
