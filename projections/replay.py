"""The settlement from the journal itself, for whoever believes no read model.

It is folded in memory in one pass, by the same handlers, and years are settled
from it one after the other. Nothing is kept.
"""

from collections import namedtuple
from collections.abc import Iterable, Iterator
from datetime import date
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Table

from domain.closing.settlement import Settlement, settle
from domain.values import Region
from federation.entry import Row
from federation.journal.store import Journal
from projections.asof import order_of
from projections.documents import BATCH_ENTRIES
from projections.fold import SILENT, rows_of
from projections.folds.place import Values
from projections.settlement import COLUMNS, Found, ground


def settlements(
    journal: Journal, years: Iterable[int], as_of: date
) -> Iterator[Settlement]:
    """Settle calendar years from what was recorded up to and including a day.

    Raises :class:`~projections.settlement.UnknownPartyError`, and what
    :func:`~projections.fold.rows_of` raises.
    """
    records, region_of = ground(_folded(journal, as_of))
    for year in years:
        yield settle(records, region_of, year, as_of)


def _folded(journal: Journal, as_of: date) -> Found:
    """Return the rows of all entries that were recorded until a day."""
    found: dict[Table, list[Values]] = {table: [] for table in COLUMNS}
    for entry in _entries(journal):
        for table, values in rows_of(entry):
            if table in found:
                found[table].append(values)
    return {table: _known(table, values, as_of) for table, values in found.items()}


def _entries(journal: Journal) -> Iterator[Row]:
    for region in Region:
        after = 0
        while entries := journal.entries(
            region.value, after, BATCH_ENTRIES, journal.epoch, without=SILENT
        ):
            yield from entries
            after = entries[-1].position


def _known(table: Table, values: Iterable[Values], as_of: date) -> Iterator[Any]:
    """Do with rows in memory what :func:`projections.asof.known` does in a database."""
    index = {name: number for number, name in enumerate(table.c.keys())}
    day = index["recorded_on"]
    place = itemgetter(*(index[name] for name in order_of(table)))
    cells = itemgetter(*(index[name] for name in COLUMNS[table]))
    row_of = cast("Any", namedtuple)(table.name, COLUMNS[table])._make  # noqa: PYI024
    recorded = sorted((row for row in values if row[day] <= as_of), key=place)
    return map(row_of, map(cells, recorded))
