"""The difference of two days of a settlement, followed down to the entries between them.

The same rows and the same arithmetic as :func:`projections.settlement.settlement`,
once for each entry: nothing that was summed before is believed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table

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
from projections.placed import ALWAYS, PlacedRows, placed_rows
from projections.readable import reads_of
from projections.settlement import (
    Ground,
    Named,
    Scope,
    ground,
    settlement,
)

UNFOLDED_AGREEMENTS_MAX: Final = 20
"""So many agreements that differ most are followed to their entries at once."""
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


KnownDifferences = Mapping[Named, AgreementDifference]
"""What is known of some agreements, by a comparison before."""


def settlement_difference(
    connection: Connection, asked: TwoDays, scope: Scope | None = None
) -> SettlementDifference:
    """Compare a figure on two days; those that differ most are followed to entries."""
    found = differences(connection, asked, scope, settlement, {})
    return readable_differences(connection, found)


def differences(
    connection: Connection,
    asked: TwoDays,
    scope: Scope | None,
    settle_year: Settling,
    known: KnownDifferences,
) -> SettlementDifference:
    """As :func:`settlement_difference`, for nobody to read yet."""
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
    unfolded = {*differing[:UNFOLDED_AGREEMENTS_MAX]}
    lacking = {name for name, _ in unfolded - known.keys()}
    rows_of = placed_rows(connection, asked.year, asked.second, lacking)
    found = []
    for named, (one, other) in figures.items():
        causes: tuple[DifferenceCause, ...] | None = () if one == other else None
        if named in unfolded:
            causes = (
                known[named].causes
                if named in known
                else _causes(rows_of[named[0]], asked, named, one)
            )
        found.append(AgreementDifference(*named, one, other, causes))
    return SettlementDifference(*asked, tuple(found))


def readable_differences(
    connection: Connection, found: SettlementDifference
) -> SettlementDifference:
    """Put in one what lies between parties of whom the reader is none."""
    reads = reads_of(connection)
    agreements = [
        each
        if not each.causes or reads(each.parties[:2])
        else replace(each, causes=_for_others(each.causes))
        for each in found.agreements
    ]
    return replace(found, agreements=tuple(agreements))


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


def _causes(
    rows: PlacedRows, asked: TwoDays, named: Named, first_ore: int
) -> tuple[DifferenceCause, ...]:
    """Settle one agreement again after each entry, the days that passed first."""
    between: defaultdict[tuple[str, int, int], dict[Table, Any]] = defaultdict(dict)
    times: dict[tuple[str, int, int], tuple[str, date]] = {}
    for table, placed in rows.items():
        for each in placed:
            if each.recorded_at:
                times[each.place] = each.recorded_at, each.recorded_on
            if each.recorded_on > asked.first and table not in ALWAYS:
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
    rows: PlacedRows,
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
