"""Ranges: any node gives any region's entries, as a page under a signed checkpoint.

Who serves does not matter: what comes is verified as a page of the stream is.
A request is small, an answer is one page, and a node serves each asker only so
often: nobody can make it do more.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import orjson
import structlog
from eventsourcing.persistence import PersistenceError

from domain.values import Region
from federation.checks.incidents import Observation, Observed, observe
from federation.journal.shapes import DamagedEntryError
from federation.journal.store import Journal
from federation.log.epochs import begun
from federation.log.tree import Tree, check_leaf
from federation.signed.page import ENTRIES_MAX, Message, fit, note_of, pack
from federation.transport.ports import REQUEST_BYTES_MAX, Answering, Transport

log = structlog.get_logger()

POSITION_MAX: Final = 2**53
SERVED_PER_SECOND: Final = 50.0
"""Pages that one asker gets in a second: 25,000 entries at most."""
SERVED_AT_ONCE: Final = 100
FLOOD_TURNED_AWAY: Final = 1000
"""Requests of one asker turned away within :data:`FLOOD_SECONDS` before a flood is
reported. A node that waits when it is told to asks a twentieth of that."""
FLOOD_SECONDS: Final = 10.0

BLOCK_ENTRIES: Final = 4096
"""Most entries that one hash is told of."""

HELD_HEADER: Final = "Fagnett-Held"
HASH_HEADER: Final = "Fagnett-Hash"
BUSY_HEADER: Final = "Fagnett-Busy"


class BrokenRequestError(Exception):
    """Bytes are not a request for a range."""


@dataclass(frozen=True, slots=True)
class RangeRequest:
    """Asks for the entries of a log from ``first`` on, or for the hash of some."""

    origin: str
    epoch: int
    first: int
    hash_to: int = 0
    """Where it is not 0, only the hash of the entries up to this one is asked for."""

    @property
    def pages(self) -> int:
        """As many pages' work it is at most."""
        entries = self.hash_to - self.first + 1 if self.hash_to else ENTRIES_MAX
        return -(-entries // ENTRIES_MAX)

    def to_bytes(self) -> bytes:
        """Request as it is sent."""
        return orjson.dumps(self, option=orjson.OPT_SORT_KEYS)


def read_request(body: bytes) -> RangeRequest:
    """Read what :meth:`RangeRequest.to_bytes` wrote; else raise :class:`BrokenRequestError`."""
    try:
        members = orjson.loads(body) if len(body) <= REQUEST_BYTES_MAX else {}
        request = RangeRequest(**members)
        Region(request.origin)
    except (TypeError, ValueError):
        message = "this is not a request for a range"
        raise BrokenRequestError(message) from None
    numbers = ((request.epoch, 1), (request.first, 1), (request.hash_to, 0))
    if not all(
        type(it) is int and least <= it <= POSITION_MAX for it, least in numbers
    ):
        message = "a range starts at a position of an epoch"
        raise BrokenRequestError(message)
    entries = request.hash_to - request.first + 1
    if request.hash_to and not 1 <= entries <= BLOCK_ENTRIES:
        message = f"a hash is told of 1 to {BLOCK_ENTRIES} entries"
        raise BrokenRequestError(message)
    return request


def range_hash(journal: Journal, origin: str, first: int, last: int) -> bytes:
    """Merkle tree hash of some entries alone, from their bytes."""
    return Tree(journal, origin).subtree(first - 1, last)


def page_from(journal: Journal, origin: str, first: int) -> Message | None:
    """Page from a position to the furthest checkpoint that one page takes.

    None where no entry from there on is both here and signed for. Raises
    :class:`~federation.log.sealing.DamagedEntryError` instead of giving what is damaged.
    """
    rows = fit(journal.entries(origin, first - 1, ENTRIES_MAX))
    sealed = journal.sealed(origin, first - 1 + len(rows)) if rows else None
    if sealed is None or sealed.frontier.size < first:
        return None
    rows = rows[: sealed.frontier.size - first + 1]
    for row in rows:
        check_leaf(row)
    return pack(rows, sealed.note)


@dataclass(slots=True)
class RangesState:
    """What an operator asks of a node's answers to others."""

    served: int = 0
    turned_away: int = 0


@dataclass(slots=True)
class Allowance:
    """How often one asker is served: so many at once, so many in a second."""

    at: float
    left: float = SERVED_AT_ONCE
    since: float = 0.0
    turned_away: int = 0
    """Since a second, within :data:`FLOOD_SECONDS`."""

    def take(self, now: float, pages: int) -> bool:
        """Take some, if there are so many."""
        gained = max(0.0, now - self.at) * SERVED_PER_SECOND
        self.left = min(SERVED_AT_ONCE, self.left + gained)
        self.at = now
        if self.left < pages:
            return False
        self.left -= pages
        return True

    def turn_away(self, now: float) -> bool:
        """Count one that is not served; say whether it makes a flood of them."""
        if now - self.since > FLOOD_SECONDS:
            self.since, self.turned_away = now, 0
        self.turned_away += 1
        return self.turned_away == FLOOD_TURNED_AWAY


@dataclass
class RangeServer:
    """Answers the other regions' requests. One runs in a node."""

    journal: Journal
    transport: Transport
    seconds: Callable[[], float]
    """A clock that only goes forward."""
    keep_head: Callable[[str], None] = lambda _: None
    """Keeps the note of what leaves of the home log, outside of any backup."""
    others: Answering | None = None
    """Answers what is no request for a range."""
    state: RangesState = field(default_factory=RangesState)
    _allowances: dict[str, Allowance] = field(default_factory=dict)

    async def run(self) -> None:
        """Answer until cancelled."""
        await self.transport.serve(self.answer)

    async def answer(self, asker: str, body: bytes) -> Message | None:
        """Answer a region's request; say nothing to what is none."""
        try:
            request = read_request(body)
        except BrokenRequestError:
            answer = None if self.others is None else await self.others(asker, body)
            self.state.turned_away += answer is None
            return answer
        now = self.seconds()
        allowance = self._allowances.setdefault(asker, Allowance(now))
        if not allowance.take(now, request.pages):
            self.state.turned_away += 1
            if allowance.turn_away(now):
                await self._tell(asker)
            return Message({BUSY_HEADER: "1"}, b"")
        try:
            return await asyncio.to_thread(self._answer, request)
        except (PersistenceError, OSError) as error:
            log.warning("range_not_served", reason=type(error).__name__)
        except DamagedEntryError as error:
            self.journal.damage.found(request.origin, error)
        return None

    async def _tell(self, asker: str) -> None:
        text = f"{FLOOD_TURNED_AWAY} requests of {asker} were turned away"
        try:
            await asyncio.to_thread(
                observe,
                self.journal,
                asker,
                Observation(Observed.FLOOD, "ranges", text),
            )
        except PersistenceError as error:
            log.warning("flood_not_kept", reason=type(error).__name__)

    def _answer(self, request: RangeRequest) -> Message:
        epoch, position = self.journal.positions()[request.origin]
        headers = {HELD_HEADER: str(position)}
        first = self._first(request, epoch)
        if epoch < request.epoch or position < max(first, request.hash_to):
            return Message(headers, b"")
        if request.hash_to:
            if epoch != request.epoch:
                return Message(headers, b"")
            place = (request.origin, request.first, request.hash_to)
            digest = range_hash(self.journal, *place).hex()
            return Message({**headers, HASH_HEADER: digest}, b"")
        page = page_from(self.journal, request.origin, first)
        if page is None:
            return Message(headers, b"")
        if request.origin == self.journal.region.value:
            # It may be the first that anybody gets of these entries.
            self.keep_head(note_of(page))
        self.state.served += 1
        return Message({**page.headers, **headers}, page.body)

    def _first(self, request: RangeRequest, epoch: int) -> int:
        """Position from which on entries are given.

        Who holds more of an epoch than the next one goes on from is given how that
        began: so it learns that what it holds was declared lost.
        """
        if epoch <= request.epoch:
            return request.first
        after = begun(self.journal, request.origin, request.epoch + 1)
        return request.first if after is None else min(request.first, after.position)
