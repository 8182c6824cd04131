"""The settlement from the journal itself, for whoever believes no read model.

It is folded in memory in one pass, by the same handlers, and years are settled
from it one after the other. Nothing is kept. What the read models answer is held
against it.
"""

import sys
from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Table, select

from domain.closing.settlement import Settlement, settle
from domain.values import Region
from federation.journal.store import Journal
from federation.signed.entry import Row
from projections import tables
from projections.asof import order_of
from projections.comparison import is_comparable
from projections.documents import BATCH_ENTRIES
from projections.rows import SILENT, RowValues, rows_of
from projections.settlement import COLUMNS, Ground, TableRows, ground, settlement


class Compared(NamedTuple):
    """Years in which read models were held against the journal."""

    years: Sequence[int]
    differing: Sequence[int]


def compare_replayed(journal: Journal, connection: Connection) -> Compared | None:
    """Settle all years from the journal and from the read models.

    The journal is read as far as the read models are, so both may go on meanwhile.
    Returns None where the read models are not there, or are of another version.
    Raises as :func:`settlements` does.
    """
    if not is_comparable(connection):
        return None
    until = {
        row.origin: row.position for row in connection.execute(select(tables.projected))
    }
    facts = ground(_folded(journal, date.max, until))
    years = _years(facts)
    differing = [
        year
        for year in years
        if settle(*facts, year, date.max) != settlement(connection, year, date.max)
    ]
    return Compared(years, differing)


def _years(facts: Ground) -> Sequence[int]:
    """Years in which something accrues or is billed, without a gap."""
    starts = [
        terms.term.start.year for record in facts.records for terms in record.versions
    ]
    billed = [bill.period for record in facts.records for bill in record.documents]
    ends = [period.end.year for period in billed]
    return range(min(starts), max(ends, default=min(starts)) + 1) if starts else ()


def settlements(
    journal: Journal, years: Iterable[int], as_of: date
) -> Iterator[Settlement]:
    """Settle calendar years from what was recorded up to and including a day.

    Raises :class:`~projections.settlement.UnknownPartyError`, and what
    :func:`~projections.fold.rows_of` raises.
    """
    facts = ground(_folded(journal, as_of))
    for year in years:
        yield settle(*facts, year, as_of)


def _folded(
    journal: Journal, as_of: date, until: Mapping[str, int] | None = None
) -> TableRows:
    """Rows of the entries that were recorded until a day."""
    rows: dict[Table, list[RowValues]] = {table: [] for table in COLUMNS}
    for entry in _entries(journal, until):
        for table, values in rows_of(entry):
            if table in rows:
                rows[table].append(values)
    return {table: _as_of(table, values, as_of) for table, values in rows.items()}


def _entries(journal: Journal, until: Mapping[str, int] | None) -> Iterator[Row]:
    for region in Region:
        after = 0
        last = sys.maxsize if until is None else until.get(region.value, 0)
        while entries := journal.entries(
            region.value, after, BATCH_ENTRIES, without=SILENT
        ):
            yield from (entry for entry in entries if entry.position <= last)
            after = entries[-1].position
            if after >= last:
                break


def _as_of(table: Table, values: Iterable[RowValues], as_of: date) -> Iterator[Any]:
    """Do with rows in memory what :func:`projections.asof.rows_as_of` does in a database."""
    index = {name: number for number, name in enumerate(table.c.keys())}
    day = index["recorded_on"]
    place = itemgetter(*(index[name] for name in order_of(table)))
    cells = itemgetter(*(index[name] for name in COLUMNS[table]))
    row_of = cast("Any", namedtuple)(table.name, COLUMNS[table])._make  # noqa: PYI024
    recorded = sorted((row for row in values if row[day] <= as_of), key=place)
    return map(row_of, map(cells, recorded))
