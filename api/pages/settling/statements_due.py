"""Statements of a year: those that are drawn up, those that are not, and why they wait."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from api.pages.visit import Visit, is_authority
from api.services import Node
from domain.parties.day import lacking_regions
from domain.parties.pair import Pair, pair_of
from domain.values import Period, Region, day_after
from projections.readable import reads_of
from projections.settlement import Scope
from projections.statements import (
    DrawnUp,
    StatementFilter,
    StatementState,
    statements_drawn_up,
)

HALF_YEARS: Final = ((6, 30), (12, 31))


class Waits(StrEnum):
    """How far the statement of a pair has come; keys of the words."""

    CLOSED = "closed"
    SIGNATURE = "signature"
    """The second of the two is to sign it."""
    REJECTED = "rejected"
    TO_DRAW_UP = "to_draw_up"
    """The first of the two is to draw it up."""
    INCOMPLETE = "incomplete"
    """A region is not complete to its end."""
    NOT_ENDED = "not_ended"


@dataclass(frozen=True, slots=True)
class DueStatement:
    """The statement of a pair for a period, drawn up or not."""

    pair: Pair
    period: Period
    waits: Waits
    on: str
    """The trust that is next to do something; nobody where it is empty."""
    drawn: DrawnUp | None = None
    regions: tuple[str, ...] = ()
    """Those that are not complete to its end."""
    disputed: bool = False
    """A line is disputed, and must be carried over by name."""

    @property
    def address(self) -> str:
        """Where it is read: as it was drawn up, or as it would be."""
        where = f"/statements/{self.pair.first}/{self.pair.second}"
        if self.waits in {Waits.CLOSED, Waits.SIGNATURE}:
            return f"{where}/{self.period.end}"
        return f"{where}/draft?start={self.period.start}&end={self.period.end}"

    def other(self, than: str) -> str:
        """The other one of the two."""
        return self.pair.second if self.pair.first == than else self.pair.first


def due_statements(
    visit: Visit, connection: Connection, year: int, region_of: Mapping[str, Region]
) -> list[DueStatement]:
    """Of the pairs that the visitor may read, by pair and period.

    A pair has one where something was agreed or billed for the year.
    """
    own = None if is_authority(visit) else visit.organisation
    settled = visit.node.settlements.settlement(
        connection, year, visit.day, Scope(trust=own)
    )
    may_read = reads_of(connection)
    disputed: dict[Pair, bool] = {}
    for each in settled.agreements:
        pair = pair_of(each.parties.payer, each.parties.payee)
        disputed[pair] = disputed.get(pair, False) or each.disputed_ore != 0
    of_pair: dict[Pair, list[DrawnUp]] = {pair: [] for pair in disputed}
    criteria = StatementFilter(trust=own)
    for drawn in _last_revisions(statements_drawn_up(connection, visit.day, criteria)):
        of_pair.setdefault(drawn.pair, []).append(drawn)
    listing = _Listing(visit, year, region_of)
    return [
        replace(due, disputed=disputed.get(pair, False))
        for pair in sorted(of_pair)
        if may_read(pair)
        for due in listing.of(pair, of_pair[pair])
    ]


def _last_revisions(found: Iterable[DrawnUp]) -> Iterable[DrawnUp]:
    return {(drawn.pair, drawn.number): drawn for drawn in found}.values()


class _Listing:
    """Says of each pair how far it has come in a year."""

    def __init__(
        self, visit: Visit, year: int, region_of: Mapping[str, Region]
    ) -> None:
        self._visit = visit
        self._year = year
        self._region_of = region_of
        self._lacking: dict[tuple[date, Region], tuple[str, ...]] = {}

    def of(self, pair: Pair, drawn: Sequence[DrawnUp]) -> Iterator[DueStatement]:
        """Yield what is drawn up for the year, and what comes next; oldest first."""
        start, last = date(self._year, 1, 1), None
        for last in drawn:
            period = last.period
            if last.state is StatementState.CLOSED:
                start = day_after(period.end)
            if period.end.year == self._year:
                yield DueStatement(pair, period, *_waits(last.state, pair), last)
        if start.year > self._year:
            return
        if last is None or last.state is StatementState.CLOSED:
            yield self._next(pair, Period(start, _proposed_end(start, self._visit.day)))

    def _next(self, pair: Pair, period: Period) -> DueStatement:
        if period.end >= self._visit.day:
            return DueStatement(pair, period, Waits.NOT_ENDED, "")
        lacking = self._lacking_to(period.end, self._region_of[pair.first])
        if lacking:
            return DueStatement(pair, period, Waits.INCOMPLETE, "", None, lacking)
        return DueStatement(pair, period, Waits.TO_DRAW_UP, pair.first)

    def _lacking_to(self, day: date, asking: Region) -> tuple[str, ...]:
        key = day, asking
        if key not in self._lacking:
            self._lacking[key] = lacking_to(self._visit.node, day, asking)
        return self._lacking[key]


def lacking_to(node: Node, day: date, asking: Region) -> tuple[str, ...]:
    """Regions for which drawing up a statement to a day must wait."""
    with node.executor.history() as history:
        return tuple(region.value for region in lacking_regions(day, asking, history))


def _waits(state: StatementState, pair: Pair) -> tuple[Waits, str]:
    match state:
        case StatementState.CLOSED:
            return Waits.CLOSED, ""
        case StatementState.AWAITS_SIGNATURE:
            return Waits.SIGNATURE, pair.second
        case StatementState.REJECTED:
            return Waits.REJECTED, pair.first


def _proposed_end(start: date, today: date) -> date:
    """Last day of the longest whole part of the year that has ended.

    It is a year or half a year; where neither has ended, the half-year that runs.
    """
    ends = [date(start.year, *end) for end in HALF_YEARS]
    ends = [end for end in ends if end > start]
    over = [end for end in ends if end < today]
    return over[-1] if over else ends[0]
