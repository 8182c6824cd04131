"""Settlements and their differences as they are asked for again and again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial

from sqlalchemy import Connection

from domain.agreements.accrual import whole_year
from domain.closing.settlement import (
    AgreementOfYear,
    Settlement,
    settle_each,
    together,
)
from domain.values import Region
from projections.difference import (
    KnownDifferences,
    SettlementDifference,
    TwoDays,
    differences,
    readable_differences,
)
from projections.kept import AnswerBefore, Kept
from projections.settlement import (
    SOME_AGREEMENTS,
    Scope,
    ground,
    read_rows,
    select_rows,
)


@dataclass(frozen=True)
class _Whole:
    """All agreements of a year as of a day."""

    year: int
    as_of: date
    each: Mapping[str, tuple[AgreementOfYear, ...]]
    """By name: another may have had it."""
    region_of: Mapping[str, Region]

    @cached_property
    def settlement(self) -> Settlement:
        """All of them together."""
        return self.narrowed(Scope())

    def narrowed(self, scope: Scope) -> Settlement:
        """Those in scope together."""
        held = (
            one
            for of_name in self.each.values()
            for one in of_name
            if scope.holds(one.settled)
        )
        return together(held, self.region_of, self.year, self.as_of)


@dataclass(frozen=True, slots=True)
class KeptSettlements:
    """The settlements of one node's read models, for whoever asks; thread-safe."""

    _wholes: Kept[tuple[int, date], _Whole] = field(default_factory=Kept)
    _differences: Kept[tuple[TwoDays, Scope], SettlementDifference] = field(
        default_factory=Kept
    )

    def settlement(
        self, connection: Connection, year: int, as_of: date, scope: Scope | None = None
    ) -> Settlement:
        """As :func:`projections.settlement.settlement`, at the moment of a connection."""
        make = partial(_settled, connection, year, as_of)
        whole = self._wholes.answer(connection, (year, as_of), as_of, make)
        return whole.narrowed(scope) if scope and scope.members else whole.settlement

    def difference(
        self, connection: Connection, asked: TwoDays, scope: Scope
    ) -> SettlementDifference:
        """As :func:`projections.difference.settlement_difference`, likewise."""

        def make(
            before: AnswerBefore[SettlementDifference] | None,
        ) -> SettlementDifference:
            known: KnownDifferences = {}
            if before is not None:
                answer, touched = before
                known = {
                    (each.agreement, each.parties): each
                    for each in answer.agreements
                    if each.causes and each.agreement not in touched
                }
            return differences(connection, asked, scope, self.settlement, known)

        key = (asked, scope)
        found = self._differences.answer(connection, key, asked.second, make)
        return readable_differences(connection, found)


def _settled(
    connection: Connection, year: int, as_of: date, before: AnswerBefore[_Whole] | None
) -> _Whole:
    if before is None:
        selects = select_rows(frozenset())
        rows = read_rows(connection, selects, whole_year(year), as_of, {})
        records, region_of = ground(rows)
        each = _by_name(settle_each(records, year, as_of))
        return _Whole(year, as_of, each, region_of)
    whole, touched = before
    if not touched:
        return whole
    members = {"agreements": sorted(touched)}
    selects = select_rows(SOME_AGREEMENTS)
    rows = read_rows(connection, selects, whole_year(year), as_of, members)
    anew = _by_name(settle_each(ground(rows).records, year, as_of))
    kept = {name: of for name, of in whole.each.items() if name not in touched}
    return _Whole(year, as_of, {**kept, **anew}, whole.region_of)


def _by_name(
    settled: Iterable[AgreementOfYear],
) -> dict[str, tuple[AgreementOfYear, ...]]:
    found: dict[str, tuple[AgreementOfYear, ...]] = {}
    for one in settled:
        name = one.settled.agreement
        found[name] = (*found.get(name, ()), one)
    return found
