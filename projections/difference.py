"""The difference of two days of a settlement, followed down to the entries between them.

The same rows and the same arithmetic as :func:`projections.settlement.settlement`,
once for each entry: nothing that was summed before is believed.
"""

from collections import defaultdict, namedtuple
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, Table

from domain.agreements.accrual import PostCost, post_costs, whole_year
from domain.closing.difference import Figure, parts
from domain.closing.settlement import (
    AgreementSettlement,
    Parties,
    Settlement,
    settle,
)
from domain.values import Period
from federation.signed.entry import entry_id
from projections import tables
from projections.readable import reads_of
from projections.settlement import (
    COLUMNS,
    SOME_AGREEMENTS,
    Ground,
    Named,
    Scope,
    ground,
    read_rows,
    select_rows,
    settlement,
)

UNFOLDED_AGREEMENTS_MAX: Final = 20
"""So many agreements that differ most are followed to their entries at once."""
_PLACED: Final = ("recorded_on", "recorded_at", "origin", "epoch", "position")
_ALWAYS: Final = frozenset({tables.organisation, tables.network})
"""Who there is moves no figure."""
_TOLD_BY: Final = (
    *(tables.document, tables.payment, tables.verdict, tables.staffing),
    *(tables.answer, tables.version, tables.termination),
)
"""What an entry is called by, the first of these that it has a row in."""
_BETWEEN_PARTIES: Final = frozenset({"document", "payment", "verdict"})


class OtherCause(StrEnum):
    """What moves a figure and is no entry that may be named."""

    DAYS = "days"
    """The days between the two: what is filled accrues."""
    PARTIES = "parties"
    """What lies between the parties, of whom the reader is none."""


class DocumentNamed(NamedTuple):
    """A document that an entry issues or is about."""

    payee: str
    year: int
    number: int


@dataclass(frozen=True, slots=True)
class DifferenceCause:
    """What moved a figure, and by how much."""

    kind: str
    """The table of its entry (``document``, ``payment``, ``staffing`` …), or :class:`OtherCause`."""
    difference_ore: int
    entry: str | None = None
    recorded_on: date | None = None
    document: DocumentNamed | None = None
    credits: bool = False
    period: Period | None = None
    post: str | None = None
    change: str | None = None
    """``filled`` or ``vacated``; ``accepted``; ``disputed`` or ``approved``."""
    effective_on: date | None = None
    version: int | None = None
    days_before: int | None = None
    """Days of the year until the second day on which the posts accrue, without and with it."""
    days_after: int | None = None


@dataclass(frozen=True, slots=True)
class AgreementDifference:
    """A figure of an agreement on both days, and what came between."""

    agreement: str
    parties: Parties
    first_ore: int
    second_ore: int
    causes: tuple[DifferenceCause, ...] | None
    """Their sum is the difference; None where they are not asked for here."""

    @property
    def difference_ore(self) -> int:
        """By how much the figure is another one."""
        return self.second_ore - self.first_ore


@dataclass(frozen=True, slots=True)
class SettlementDifference:
    """A figure of a year on two days, by agreement."""

    year: int
    first: date
    second: date
    figure: Figure
    agreements: tuple[AgreementDifference, ...]

    @property
    def first_ore(self) -> int:
        """Sum on the first day."""
        return sum(each.first_ore for each in self.agreements)

    @property
    def second_ore(self) -> int:
        """Sum on the second day."""
        return sum(each.second_ore for each in self.agreements)


class TwoDays(NamedTuple):
    """Between which days a figure of a year is compared."""

    year: int
    first: date
    second: date
    figure: Figure


Settling = Callable[[Connection, int, date, Scope | None], Settlement]
"""Settles a year as of a day."""


def settlement_difference(
    connection: Connection,
    asked: TwoDays,
    scope: Scope | None = None,
    settle_year: Settling = settlement,
) -> SettlementDifference:
    """Compare a figure on two days; those that differ most are followed to entries."""
    days = asked.first, asked.second
    first, second = (
        {
            (each.agreement, each.parties): each
            for each in settle_year(connection, asked.year, day, scope).agreements
        }
        for day in days
    )
    figures = {
        named: (asked.figure.of(first.get(named)), asked.figure.of(second.get(named)))
        for named in sorted({*first, *second})
    }
    differing = [named for named, (one, other) in figures.items() if one != other]
    differing.sort(key=lambda named: -abs(figures[named][1] - figures[named][0]))
    unfolded = differing[:UNFOLDED_AGREEMENTS_MAX]
    rows_of = _placed_rows(connection, asked, {name for name, _ in unfolded})
    reads = reads_of(connection)
    found = []
    for named, (one, other) in figures.items():
        causes: tuple[DifferenceCause, ...] | None = () if one == other else None
        if named in unfolded:
            told = _causes(rows_of[named[0]], asked, named, one)
            causes = told if reads(named[1][:2]) else _for_others(told)
        found.append(AgreementDifference(*named, one, other, causes))
    return SettlementDifference(*asked, tuple(found))


def _for_others(causes: Iterable[DifferenceCause]) -> tuple[DifferenceCause, ...]:
    """Put in one what lies between the parties; the sum stays."""
    shown, hidden_ore = [], 0
    for cause in causes:
        if cause.kind in _BETWEEN_PARTIES:
            hidden_ore += cause.difference_ore
        else:
            shown.append(cause)
    if hidden_ore:
        shown.append(DifferenceCause(OtherCause.PARTIES.value, hidden_ore))
    return tuple(shown)


class _PlacedRow(NamedTuple):
    """A row as a settlement reads it, and the entry that it is of."""

    values: Any
    place: tuple[str, int, int]
    recorded_on: date
    recorded_at: str


_Placed = Mapping[Table, Sequence[_PlacedRow]]


def _causes(
    rows: _Placed, asked: TwoDays, named: Named, first_ore: int
) -> tuple[DifferenceCause, ...]:
    """Settle one agreement again after each entry, the days that passed first."""
    between: defaultdict[tuple[str, int, int], dict[Table, Any]] = defaultdict(dict)
    times: dict[tuple[str, int, int], tuple[str, date]] = {}
    for table, placed in rows.items():
        for each in placed:
            if each.recorded_at:
                times[each.place] = each.recorded_at, each.recorded_on
            if each.recorded_on > asked.first and table not in _ALWAYS:
                between[each.place].setdefault(table, each.values)
    order = sorted(between, key=lambda place: (times[place][0], place))
    told = []
    steps = [*_after_each(rows, order, asked, named)]
    after = [(number, step.ore) for number, step in enumerate(steps)]
    for number, ore in parts(first_ore, after):
        if number == 0:
            told.append(DifferenceCause(OtherCause.DAYS.value, ore))
            continue
        place = order[number - 1]
        days = steps[number - 1].days, steps[number].days
        told.append(_told(between[place], place, times[place][1], ore, days))
    return tuple(told)


class _Step(NamedTuple):
    """A figure after so many entries, and on how many days posts accrue."""

    ore: int
    days: int


def _after_each(
    rows: _Placed,
    order: Sequence[tuple[str, int, int]],
    asked: TwoDays,
    named: Named,
) -> Iterator[_Step]:
    """Settle an agreement on the second day, of none and of one more entry each time."""
    for known in range(len(order) + 1):
        later = {*order[known:]}
        cut = {
            table: [each.values for each in placed if each.place not in later]
            for table, placed in rows.items()
        }
        settled, days = _settled(ground(cut), asked, named)
        yield _Step(asked.figure.of(settled), days)


def _settled(
    found: Ground, asked: TwoDays, named: Named
) -> tuple[AgreementSettlement | None, int]:
    """Settle one agreement; also on how many days its posts accrue until the second day."""
    records = [e for e in found.records if (e.agreement, e.parties) == named]
    settled = settle(records, found.region_of, asked.year, asked.second).agreements
    days = sum(
        _accruing_days(cost, asked)
        for record in records
        for cost in post_costs(record.versions, record.staffing).values()
    )
    return (settled[0] if settled else None), days


def _accruing_days(cost: PostCost, asked: TwoDays) -> int:
    year = whole_year(asked.year)
    if asked.second < year.start:
        return 0
    until = Period(year.start, min(asked.second, year.end))
    return sum(each.days for each in cost.days_in(until))


def _told(
    rows: Mapping[Table, Any],
    place: tuple[str, int, int],
    recorded_on: date,
    ore: int,
    days: tuple[int, int],
) -> DifferenceCause:
    """Name the entry of some rows."""
    table = next((each for each in _TOLD_BY if each in rows), next(iter(rows)))
    row = rows[table]
    members: dict[str, Any] = {}
    if table in {tables.document, tables.payment, tables.verdict}:
        members["document"] = DocumentNamed(row.seller, row.year, row.number)
    if table is tables.document:
        members["credits"] = row.credited_year is not None
        members["period"] = Period(row.period_start, row.period_end)
    if table is tables.verdict:
        members |= {"post": row.post}
        members["change"] = "disputed" if row.disputed else "approved"
    if table is tables.staffing:
        members |= {"post": row.post, "change": row.change}
        members["effective_on"] = row.effective_on
    if table is tables.answer:
        members |= {"version": row.version, "change": row.answer}
    if table is tables.termination:
        members["effective_on"] = row.ends_on
    if table in {tables.staffing, tables.answer, tables.termination}:
        members |= {"days_before": days[0], "days_after": days[1]}
    return DifferenceCause(table.name, ore, entry_id(*place), recorded_on, **members)


def _placed_rows(
    connection: Connection, asked: TwoDays, agreements: Collection[str]
) -> Mapping[str, _Placed]:
    """Read all rows of some agreements, by name; of who there is, those they name."""
    if not agreements:
        return {}
    members = {"agreements": sorted(agreements)}
    year = whole_year(asked.year)
    found = read_rows(connection, _selects(), year, asked.second, members)
    rows = {table: [*_split(table, each)] for table, each in found.items()}
    name_of: dict[tuple[Any, ...], str] = {}
    for table in (tables.version, tables.document):
        for row in rows[table]:
            name_of[row.place] = row.values.agreement
            if table is tables.document:
                name_of[_document_of(row)] = row.values.agreement
    grouped: dict[str, dict[Table, list[_PlacedRow]]] = {
        name: {table: [] for table in rows} for name in agreements
    }
    for table, placed in rows.items():
        for row in placed if table not in _ALWAYS else ():
            grouped[_name_of(row, name_of)][table].append(row)
    for each in grouped.values():
        between = [*each[tables.version], *each[tables.document]]
        _add_named(each, rows, [row.values for row in between])
    return grouped


def _document_of(row: _PlacedRow) -> tuple[str, int, int]:
    return row.values.seller, row.values.year, row.values.number


def _name_of(row: _PlacedRow, name_of: Mapping[tuple[Any, ...], str]) -> str:
    """Agreement that a row is about: by its own word, its document's, or its entry's."""
    values = row.values
    if hasattr(values, "agreement"):
        return str(values.agreement)
    return name_of[_document_of(row) if hasattr(values, "seller") else row.place]


def _add_named(
    grouped: dict[Table, list[_PlacedRow]], rows: _Placed, between: Iterable[Any]
) -> None:
    """Add the organisations and networks that some rows name."""
    parties: set[str] = set()
    networks: set[str] = set()
    for values in between:
        networks.add(values.network)
        parties |= {values.payer, getattr(values, "payee", None) or values.seller}
    for row in rows[tables.organisation]:
        if row.values.org_number in parties:
            grouped[tables.organisation].append(row)
    for row in rows[tables.network]:
        if row.values.network in networks:
            grouped[tables.network].append(row)


@cache
def _selects() -> Mapping[Table, Select[Any]]:
    """Select the columns of a settlement, and behind them the place of each row."""
    return {
        table: statement.add_columns(
            *(
                table.c[name].label(f"placed_{name}")
                for name in _PLACED
                if name in table.c
            )
        )
        for table, statement in select_rows(SOME_AGREEMENTS).items()
    }


@cache
def _shape(table: Table) -> Any:  # noqa: ANN401 - a class made of the columns
    return namedtuple(table.name, COLUMNS[table])  # noqa: PYI024 - known at run time


def _split(table: Table, rows: Iterable[Row[Any]]) -> Iterator[_PlacedRow]:
    shape, width = _shape(table), len(COLUMNS[table])
    for row in rows:
        yield _PlacedRow(
            shape._make(row[:width]),
            (row.placed_origin, row.placed_epoch, row.placed_position),
            row.placed_recorded_on,
            getattr(row, "placed_recorded_at", ""),
        )
