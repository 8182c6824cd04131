"""Settlements that were asked for before, brought forward by what was recorded since.

A settlement is a function of the rows, and the rows are one of the positions that they
are folded to. Each agreement is settled by itself, so after an entry only those that it
is about are settled anew, by the same arithmetic on the same rows.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    literal,
    or_,
    select,
    union,
)

from domain.agreements.accrual import whole_year
from domain.closing.settlement import (
    AgreementOfYear,
    Settlement,
    settle_each,
    together,
)
from domain.values import Region
from federation.journal.shapes import Position
from projections import tables
from projections.claims import DOCUMENT
from projections.settlement import (
    COLUMNS,
    OF_DOCUMENT,
    SOME_AGREEMENTS,
    Scope,
    ground,
    read_rows,
    select_rows,
)

DAYS_MAX: Final = 8
"""So many pairs of a year and a day are kept, those that were asked for last."""
_MOMENTS_MAX: Final = 3
"""Of each, so many moments: a question that has begun goes on where it began."""
TOUCHED_MAX: Final = 200
"""Where more agreements are touched, all are settled anew."""
_Positions = Mapping[str, Position]


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


class _Moment(NamedTuple):
    """What the rows say that were folded until some positions."""

    positions: _Positions
    whole: _Whole

    def leads_to(self, positions: _Positions) -> bool:
        """Whether the rows at other positions are these and more: nothing was given up."""
        return self.positions.keys() == positions.keys() and all(
            here.epoch == positions[origin].epoch
            and here.position <= positions[origin].position
            for origin, here in self.positions.items()
        )


class _Asked(NamedTuple):
    """A year and a day, of some moments; held by whoever settles it next."""

    moments: deque[_Moment]
    lock: Lock


@dataclass(frozen=True, slots=True)
class KeptSettlements:
    """The settlements of one node's read models, for whoever asks; thread-safe.

    What is kept is of all parties: who may read what is asked of the answer, as of any
    other.
    """

    _asked: OrderedDict[tuple[int, date], _Asked] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def settlement(
        self, connection: Connection, year: int, as_of: date, scope: Scope | None = None
    ) -> Settlement:
        """As :func:`projections.settlement.settlement`, at the moment of a connection."""
        whole = self._whole(connection, year, as_of)
        return whole.narrowed(scope) if scope and scope.members else whole.settlement

    def _whole(self, connection: Connection, year: int, as_of: date) -> _Whole:
        found = connection.execute(select(tables.projected)).all()
        positions = {row.origin: Position(row.epoch, row.position) for row in found}
        moments, lock = self._of(year, as_of)
        with lock:
            for moment in moments:
                if moment.positions == positions:
                    return moment.whole
            before = [each for each in moments if each.leads_to(positions)]
            whole = (
                _brought_forward(connection, before[-1])
                if before
                else _settled(connection, year, as_of)
            )
            moments.append(_Moment(positions, whole))
            return whole

    def _of(self, year: int, as_of: date) -> _Asked:
        new = _Asked(deque(maxlen=_MOMENTS_MAX), Lock())
        with self._lock:
            asked = self._asked.setdefault((year, as_of), new)
            self._asked.move_to_end((year, as_of))
            while len(self._asked) > DAYS_MAX:
                self._asked.popitem(last=False)
        return asked


def _settled(connection: Connection, year: int, as_of: date) -> _Whole:
    selects = select_rows(frozenset())
    rows = read_rows(connection, selects, whole_year(year), as_of, {})
    records, region_of = ground(rows)
    each = _by_name(settle_each(records, year, as_of))
    return _Whole(year, as_of, each, region_of)


def _brought_forward(connection: Connection, before: _Moment) -> _Whole:
    """Settle anew what was touched since; everything where who there is has changed."""
    whole = before.whole
    year, as_of = whole.year, whole.as_of
    touched = _touched(connection, before.positions, as_of)
    if not touched:
        return whole
    if None in touched or len(touched) > TOUCHED_MAX:
        return _settled(connection, year, as_of)
    members = {"agreements": sorted(filter(None, touched))}
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


def _touched(connection: Connection, since: _Positions, as_of: date) -> set[str | None]:
    """Agreements of the rows after some positions; None among them where a row has none."""
    values: dict[str, object] = {"as_of": as_of}
    for origin, place in since.items():
        values |= {f"{origin}_epoch": place.epoch, f"{origin}_after": place.position}
    statement = _rows_since(frozenset(since))
    return {*connection.execute(statement, values).scalars()}


@lru_cache
def _rows_since(origins: frozenset[str]) -> CompoundSelect[Any]:
    """Select the agreements of all rows that a settlement reads, after some positions."""
    selects = []
    for table in COLUMNS:
        of_document = table in OF_DOCUMENT
        agreement: ColumnElement[Any] = literal(None, Text)
        if "agreement" in table.c or of_document:
            agreement = (tables.document if of_document else table).c.agreement
        statement = select(agreement).where(
            table.c.recorded_on <= bindparam("as_of", type_=Date),
            or_(*(_is_after(table, origin) for origin in sorted(origins))),
        )
        if of_document:
            same = (table.c[name] == tables.document.c[name] for name in DOCUMENT)
            statement = statement.join_from(table, tables.document, and_(*same))
        selects.append(statement)
    return union(*selects)


def _is_after(table: Table, origin: str) -> ColumnElement[bool]:
    return and_(
        table.c.origin == origin,
        table.c.epoch == bindparam(f"{origin}_epoch", type_=Integer),
        table.c.position > bindparam(f"{origin}_after", type_=BigInteger),
    )
