"""Ingest: a page of a region's log is verified, classified and stored.

- Nothing of a page is stored before its signature, its places, its entries and its
  Merkle root are verified (law 4); who gave it does not matter.
- Only exactly the next entries are stored (law 3). A page that is here already is a
  duplicate, one beyond a hole is a gap, another history is a fork.
- Entries, checkpoint and position are one transaction (law 5).
- Nothing is stored of a region about which an incident waits for a decision.
- What a region signed for and must not have is an incident where that can be proved;
  else the refusal says what was seen.

It is synchronous. The inbox runs it in a thread, and so does the restore of the
home region's own log, which stores what it verifies in another way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from eventsourcing.persistence import DataError, IntegrityError

from domain.values import instant_text
from federation.checks.accusing import evidence_in_page, observation_of_page
from federation.checks.evidence import EntryEvidence, against_page
from federation.checks.incidents import Observation, Observed, is_proved
from federation.journal.shapes import (
    ContradictionError,
    OutOfSequenceError,
    Position,
    Sealed,
)
from federation.journal.store import Journal
from federation.journal.witnessing import count_undecided
from federation.log.admission import refusal
from federation.log.epochs import goes_on
from federation.log.tree import Tree
from federation.signed.checkpoint import claimed
from federation.signed.entry import Row
from federation.signed.keys import Verifier
from federation.signed.merkle import root
from federation.signed.page import (
    BrokenPageError,
    Message,
    Page,
    UnsignedPageError,
    correlations,
    unpack,
)
from federation.signed.sequence import Arrival, Held, Offered, arrival
from federation.transport.ports import TransportError

log = structlog.get_logger()

OF_WHO_GAVE_IT: Final = {Observed.NOT_SIGNED, Observed.NOT_ITS_ROOT, Observed.TOO_LARGE}
"""Observations about who gave a page: anybody can make it of what the region signed."""

Store = Callable[[Journal, Sequence[Row], Sealed], None]
"""Appends verified entries and their checkpoint in one transaction."""


class RefusedPageError(Exception):
    """A page is not this region's history as it is known here."""

    def __init__(self, text: str, kind: Observed = Observed.UNPROVED) -> None:
        super().__init__(text)
        self.kind = kind
        """What it is where the region signed for the page, and nothing is proved."""
        self.seen: Observation | None = None
        """What was seen, unless it is proved or known."""
        self.foreign = False
        """Nothing shows that the region made it: who adds to its stream may have."""
        self.by_unknown_key = False
        """It may be the region's all the same: by a key that is not known here yet."""


class AccusedPageError(RefusedPageError):
    """A page is refused for an incident, which is raised or waits already."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Takes the pages of one region's log into a journal."""

    journal: Journal
    origin: str
    key: Verifier
    latest: Callable[[], datetime] | None = None
    """The instant after which nothing can be recorded yet; not asked in a played year."""
    store: Store = Journal.receive

    def take(self, message: Message) -> Arrival:
        """Store what is new in a message, and return how it stands to what is here.

        Raises :class:`RefusedPageError` when it is not a page of this region's one
        history, and :class:`TransportError` where another process was faster.
        """
        try:
            page = self._verified(message)
            end = self._held()
            arrived = self._classified(page, end)
            if arrived is Arrival.NEXT:
                self._admit(page, end)
                self._add(page, end)
        except AccusedPageError:
            raise
        except RefusedPageError as error:
            self._look_at(message, error)
            raise
        if arrived is Arrival.NEXT:
            log.info(
                "page_received",
                origin=self.origin,
                first=end.position + 1,
                last=page.last,
                correlation_ids=correlations(message),
            )
        return arrived

    def _verified(self, message: Message) -> Page:
        try:
            return unpack(message, self.origin, self.key)
        except UnsignedPageError as error:
            refused = RefusedPageError(str(error), Observed.NOT_SIGNED)
            refused.foreign, refused.by_unknown_key = True, error.claimed
            raise refused from None
        except BrokenPageError as error:
            raise RefusedPageError(str(error)) from None

    def _held(self) -> Position:
        if count_undecided(self.journal, self.origin):
            text = f"an incident about {self.origin} waits for a decision"
            raise AccusedPageError(text)
        return self.journal.positions()[self.origin]

    def _classified(self, page: Page, end: Position) -> Arrival:
        leaves = [
            row.leaf for row in page.rows[: max(0, end.position - page.first + 1)]
        ]
        place = (self.origin, page.first - 1, len(leaves))
        ours = [row.leaf for row in self.journal.entries(*place)] if leaves else []
        offered = Offered(
            *(page.checkpoint.epoch, page.first, page.last),
            agrees=ours == leaves,
            begins=self._begins(page, end),
        )
        arrived = arrival(Held(*end), offered)
        if arrived in {Arrival.FORK, Arrival.DUPLICATE}:
            self._accuse(page)
        if arrived is Arrival.FORK:
            text = f"another history is offered at {page.first}-{page.last}"
            raise RefusedPageError(text)
        return arrived

    def _begins(self, page: Page, end: Position) -> bool:
        """Whether a page begins the next epoch after what is held."""
        if page.checkpoint.epoch == end.epoch or page.first != end.position + 1:
            return False
        return goes_on(page.rows[0], end, self._tree(end).frontier(end.position))

    def _tree(self, end: Position, leaves: Sequence[bytes] = ()) -> Tree:
        return Tree(self.journal, self.origin, end.position, leaves)

    def _admit(self, page: Page, end: Position) -> None:
        latest = None if self.latest is None else instant_text(self.latest())
        for row in page.rows:
            reason, kind = refusal(row, end, page.checkpoint), Observed.UNPROVED
            if reason is None and latest is not None and row.recorded_at > latest:
                reason = f"is recorded at {row.recorded_at}, which has not come"
                kind = Observed.NOT_COME
            if reason is not None:
                text = f"entry {row.id} {reason}"
                raise RefusedPageError(text, kind)

    def _add(self, page: Page, end: Position) -> None:
        rows = page.rows[end.position - page.first + 1 :]
        grown = self._tree(end, [row.leaf for row in rows]).frontier(page.last)
        if root(grown) != page.checkpoint.root:
            text = f"entries {page.first}-{page.last} do not hash to the signed root"
            raise RefusedPageError(text)
        try:
            self.store(self.journal, rows, Sealed(grown, page.note))
        except (
            *(OutOfSequenceError, ContradictionError),
            *(IntegrityError, DataError),
        ) as error:
            raise self._why_not(page, end, error) from None

    def _why_not(
        self, page: Page, end: Position, error: Exception
    ) -> TransportError | RefusedPageError:
        """Refusal of a page, or the error of who was slower than another process."""
        # Where another process stores the same entries, any of these comes of it.
        if (
            isinstance(error, OutOfSequenceError)
            or self.journal.positions()[self.origin].position != end.position
        ):
            return TransportError("another receiver took these entries")
        if isinstance(error, ContradictionError):
            text = f"entry {error} does not follow what was recorded before"
            return RefusedPageError(text)
        text = f"entries {page.first}-{page.last} cannot be stored: "
        return RefusedPageError(text + type(error).__name__)

    def _accuse(self, page: Page) -> None:
        """Raise an incident where the region signed for this page and for another."""
        evidence = against_page(self.journal, page)
        if evidence is None:
            return
        keys = {self.origin: self.key}
        # Of an epoch that is over nothing is sent any more, declared lost or not.
        if not is_proved(self.journal, evidence, keys, even_given_up=True):
            # A key that was revoked since has signed for what is here.
            text = (
                f"{self.origin} signed for other entries than are here, and the keys "
                "that are good now do not prove it"
            )
            raise RefusedPageError(text)
        text = f"{self.origin} signed two histories"
        if claimed(evidence.first).epoch != claimed(evidence.second).epoch:
            text = f"{self.origin} signed for other entries of another epoch"
        raise AccusedPageError(text)

    def _look_at(self, message: Message, error: RefusedPageError) -> None:
        """Raise an incident where a refused page proves one; else say what is seen."""
        evidence = evidence_in_page(self.journal, message, self.origin, self.key)
        if evidence is None:
            # What it says of the region can be known when it is no more news.
            error.foreign = True
        elif isinstance(evidence, Observed) and evidence in OF_WHO_GAVE_IT:
            error.kind, error.foreign = evidence, True
        if evidence is None or count_undecided(self.journal, self.origin):
            return
        keys = {self.origin: self.key}
        if not isinstance(evidence, EntryEvidence) or not is_proved(
            self.journal, evidence, keys
        ):
            error.seen = observation_of_page(
                message, self.origin, error.kind, str(error)
            )
