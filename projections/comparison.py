"""Every row of the read models held against what the journal folds to.

The rows of an entry come of that entry alone, and their keys begin with its place. So
both are gone through side by side, a batch of entries at a time: nothing is built, and
nothing is written anywhere. What a region's rows end with is taken as it stands: those
that are behind the journal are right as far as they go.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, inspect, select, tuple_, type_coerce
from sqlalchemy.types import NULLTYPE

from domain.values import Region
from federation.journal.shapes import Position
from federation.journal.store import Journal
from federation.signed.entry import Row
from projections import tables
from projections.rows import SILENT, RowValues, rows_of

BATCH_ENTRIES: Final = 1000
_OF_ROWS: Final = tuple(
    table
    for table in tables.metadata.sorted_tables
    if table not in {tables.about, tables.projected}
)


class How(StrEnum):
    """How the read models differ from the journal at one place."""

    NO_TABLE = "no_table"
    """The table is not there, or has other columns."""
    MISSING = "missing"
    """A row is not there."""
    MORE = "more"
    """A row is there of which no entry tells."""
    OTHER = "other"
    """A row has another value."""


class Difference(NamedTuple):
    """The first place at which the read models are not what the journal says."""

    how: How
    table: str
    key: str = ""
    """``vest/1/17``: region, epoch and position of the entry, and perhaps an item."""
    column: str = ""


class HeldRows(NamedTuple):
    """What came of holding all rows against the journal."""

    rows: int
    """That were the same."""
    behind: Mapping[str, int]
    """How many entries of a region's log are not folded yet, where any are."""
    first: Difference | None


class _DifferenceError(Exception):
    """The rows differ; the rest need not be looked at."""

    def __init__(self, difference: Difference) -> None:
        super().__init__()
        self.difference = difference


def is_comparable(connection: Connection) -> bool:
    """Whether read models are there, and of this version."""
    if not inspect(connection).has_table(tables.about.name):
        return False
    shape = connection.scalar(select(tables.about.c.schema_version))
    return shape == tables.SCHEMA_VERSION


def compare_rows(journal: Journal, connection: Connection) -> HeldRows | None:
    """Hold every row against what the journal folds to, as far as both are told of.

    Rows of some thousand entries are in memory at once. Returns None where the read
    models are not there, or are of another version. The connection sees one moment, and
    the journal is opened later, or goes on. Raises as :func:`projections.rows.rows_of` does.
    """
    if not is_comparable(connection):
        return None
    count, behind = 0, {}
    try:
        _check_shapes(connection)
        ends = journal.positions()
        folded = _folded(connection)
        for origin, reached in folded.items():
            _check_reached(journal, origin, reached, ends)
        for origin in (region.value for region in Region):
            last = folded[origin].position if origin in folded else 0
            if ends[origin].position > last:
                behind[origin] = ends[origin].position - last
            count += _compare_log(journal, connection, origin, last)
        _check_origins(connection)
    except _DifferenceError as error:
        return HeldRows(count, behind, error.difference)
    return HeldRows(count, behind, None)


def _folded(connection: Connection) -> Mapping[str, Position]:
    """How far each region's log is folded."""
    return {
        row.origin: Position(row.epoch, row.position)
        for row in connection.execute(select(tables.projected))
    }


def _check_shapes(connection: Connection) -> None:
    there = inspect(connection)
    for table in tables.metadata.sorted_tables:
        columns = there.get_columns(table.name) if there.has_table(table.name) else ()
        if [column["name"] for column in columns] != table.c.keys():
            raise _DifferenceError(Difference(How.NO_TABLE, table.name))


def _check_reached(
    journal: Journal, origin: str, reached: Position, ends: Mapping[str, Position]
) -> None:
    """Refuse that more is folded than there is, or of an epoch that was given up."""
    name = tables.projected.name
    if origin not in ends or not 0 < reached.position <= ends[origin].position:
        raise _DifferenceError(Difference(How.MORE, name, origin))
    for entry in journal.entries(origin, reached.position - 1, 1):
        if entry.epoch != reached.epoch:
            raise _DifferenceError(Difference(How.OTHER, name, origin, "epoch"))


def _check_origins(connection: Connection) -> None:
    """Refuse rows of regions that there are not."""
    regions = [region.value for region in Region]
    for table in _OF_ROWS:
        statement = _rows(table).where(table.c.origin.not_in(regions)).limit(1)
        for row in connection.execute(statement):
            raise _DifferenceError(_difference(table, None, tuple(row)))


def _compare_log(
    journal: Journal, connection: Connection, origin: str, last: int
) -> int:
    """Compare the rows of a region's log to an entry; return how many they are."""
    count, after, start = 0, 0, None
    while True:
        batch = journal.entries(origin, after, BATCH_ENTRIES, without=SILENT)
        entries = [entry for entry in batch if entry.position <= last]
        whole = len(entries) == BATCH_ENTRIES
        end = (entries[-1].epoch, entries[-1].position) if whole else None
        folded = _folded_rows(entries)
        for table in _OF_ROWS:
            rows = sorted(folded.get(table, ()), key=lambda row: _place(table, row))
            stored = _stored(connection, table, (origin, start, end), len(rows) + 1)
            _compare(table, rows, stored)
            count += len(rows)
        if end is None:
            return count
        start, after = end, end[1]


def _folded_rows(entries: Iterable[Row]) -> Mapping[Table, list[RowValues]]:
    rows: defaultdict[Table, list[RowValues]] = defaultdict(list)
    for entry in entries:
        for table, values in rows_of(entry):
            rows[table].append(values)
    return rows


_Range = tuple[str, tuple[int, int] | None, tuple[int, int] | None]
"""A region's places after one, and to another; None where there is no end."""


def _stored(
    connection: Connection, table: Table, place: _Range, limit: int
) -> Iterator[RowValues]:
    """Give the rows of a part of a log, and no more of them than could be right."""
    origin, start, end = place
    statement = _rows(table).where(table.c.origin == origin).limit(limit)
    at = tuple_(table.c.epoch, table.c.position)
    if start is not None:
        statement = statement.where(at > start)
    if end is not None:
        statement = statement.where(at <= end)
    return map(tuple, connection.execute(statement))


def _rows(table: Table) -> Any:  # noqa: ANN401 - a statement of untyped columns
    """Ask for rows in the order of their keys, each value as the database has it."""
    columns = (type_coerce(column, NULLTYPE) for column in table.columns)
    return select(*columns).order_by(*table.primary_key.columns)


def _place(table: Table, row: RowValues) -> RowValues:
    return row[1 : len(table.primary_key.columns)]


def _compare(
    table: Table, folded: Iterable[RowValues], stored: Iterable[RowValues]
) -> None:
    for row, other in zip_longest(folded, stored):
        if row is None or other is None or _plain(row) != _plain(other):
            raise _DifferenceError(_difference(table, row, other))


def _plain(row: RowValues) -> Sequence[object]:
    """Days as SQLite has them."""
    return [each.isoformat() if isinstance(each, date) else each for each in row]


def _difference(
    table: Table, row: RowValues | None, other: RowValues | None
) -> Difference:
    """How the row that the journal folds to and the stored one differ."""
    keys = len(table.primary_key.columns)
    if row is None or (other is not None and _is_before(other[:keys], row[:keys])):
        assert other is not None, "one of them is there"
        return Difference(How.MORE, table.name, _key(other[:keys]))
    if other is None or row[:keys] != other[:keys]:
        return Difference(How.MISSING, table.name, _key(row[:keys]))
    pairs = zip(table.c.keys(), _plain(row), _plain(other), strict=True)
    column = next(name for name, cell, other_cell in pairs if cell != other_cell)
    return Difference(How.OTHER, table.name, _key(row[:keys]), column)


def _is_before(first: Sequence[object], second: Sequence[object]) -> bool:
    """Whether a key comes first; in SQLite, what is no number comes last."""

    def rank(key: Sequence[object]) -> list[tuple[bool, int]]:
        return [(False, e) if isinstance(e, int) else (True, 0) for e in key[1:]]

    return rank(first) < rank(second)


def _key(cells: Iterable[object]) -> str:
    return "/".join(str(cell) for cell in cells)
