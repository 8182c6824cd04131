"""All rows of some agreements as a settlement reads them, each with its entry."""

from collections import namedtuple
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, Table

from domain.agreements.accrual import whole_year
from projections import tables
from projections.settlement import (
    COLUMNS,
    SOME_AGREEMENTS,
    read_rows,
    select_rows,
)

_PLACED: Final = ("recorded_on", "recorded_at", "origin", "epoch", "position")
ALWAYS: Final = frozenset({tables.organisation, tables.network})
"""Who there is moves no figure."""


class PlacedRow(NamedTuple):
    """A row as a settlement reads it, and the entry that it is of."""

    values: Any
    place: tuple[str, int, int]
    recorded_on: date
    recorded_at: str


PlacedRows = Mapping[Table, Sequence[PlacedRow]]


def placed_rows(
    connection: Connection, year: int, as_of: date, agreements: Collection[str]
) -> Mapping[str, PlacedRows]:
    """Read all rows of some agreements, by name; of who there is, those they name."""
    if not agreements:
        return {}
    members = {"agreements": sorted(agreements)}
    found = read_rows(connection, _selects(), whole_year(year), as_of, members)
    rows = {table: [*_split(table, each)] for table, each in found.items()}
    name_of: dict[tuple[Any, ...], str] = {}
    for table in (tables.version, tables.document):
        for row in rows[table]:
            name_of[row.place] = row.values.agreement
            if table is tables.document:
                name_of[_document_of(row)] = row.values.agreement
    grouped: dict[str, dict[Table, list[PlacedRow]]] = {
        name: {table: [] for table in rows} for name in agreements
    }
    for table, placed in rows.items():
        for row in placed if table not in ALWAYS else ():
            grouped[_name_of(row, name_of)][table].append(row)
    for each in grouped.values():
        between = [*each[tables.version], *each[tables.document]]
        _add_named(each, rows, [row.values for row in between])
    return grouped


def _document_of(row: PlacedRow) -> tuple[str, int, int]:
    return row.values.seller, row.values.year, row.values.number


def _name_of(row: PlacedRow, name_of: Mapping[tuple[Any, ...], str]) -> str:
    """Agreement that a row is about: by its own word, its document's, or its entry's."""
    values = row.values
    if hasattr(values, "agreement"):
        return str(values.agreement)
    return name_of[_document_of(row) if hasattr(values, "seller") else row.place]


def _add_named(
    grouped: dict[Table, list[PlacedRow]], rows: PlacedRows, between: Iterable[Any]
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


def _split(table: Table, rows: Iterable[Row[Any]]) -> Iterator[PlacedRow]:
    shape, width = _shape(table), len(COLUMNS[table])
    for row in rows:
        yield PlacedRow(
            shape._make(row[:width]),
            (row.placed_origin, row.placed_epoch, row.placed_position),
            row.placed_recorded_on,
            getattr(row, "placed_recorded_at", ""),
        )
