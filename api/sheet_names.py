"""Names beside the organisation numbers of sheets, and who coordinates a network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from sqlalchemy import Connection

from api.pdf.names import organisation_names
from api.sheets import ColumnKind, Sheet, SheetCell
from domain.parties.network import NetworkEstablished
from projections.listed import first_facts

_NETWORK: Final = "network"
_COORDINATOR: Final = "coordinating_trust"
_NUMBERS: Final = frozenset(
    {
        *("organisation", "counterpart", "payer", "payee", "host", _COORDINATOR),
        *("trust", "funder"),
    }
)
"""Columns of organisation numbers."""
_BOOKS: Final = "organisation"
"""A sheet with this column is of one's books, whose counterpart needs no third."""


def with_names(
    sheets: Iterable[Sheet], connection: Connection, as_of: date
) -> list[Sheet]:
    """Put a column of names behind each of numbers, as they are known on a day.

    Behind a network stands the trust that coordinates it.
    """
    with_trusts = [_with_coordinators(sheet, connection, as_of) for sheet in sheets]
    numbers = {str(cell) for sheet in with_trusts for cell in _numbers(sheet) if cell}
    names = organisation_names(connection, as_of, sorted(numbers))
    return [_named(sheet, names) for sheet in with_trusts]


def _with_coordinators(sheet: Sheet, connection: Connection, as_of: date) -> Sheet:
    columns = [name for name, _ in sheet.columns]
    if _NETWORK not in columns or _BOOKS in columns:
        return sheet
    at = columns.index(_NETWORK)
    networks = sorted({str(row[at]) for row in sheet.rows})
    listed = first_facts(connection, NetworkEstablished, as_of, networks)
    trusts = {name: network.fact.coordinating_trust for name, network in listed.items()}
    cells = [trusts.get(str(row[at])) for row in sheet.rows]
    return _inserted(sheet, at + 1, (_COORDINATOR, ColumnKind.TEXT), cells)


def _numbers(sheet: Sheet) -> Iterator[SheetCell]:
    """Give the organisation numbers of a sheet."""
    for at, (name, _) in enumerate(sheet.columns):
        if name in _NUMBERS:
            yield from (row[at] for row in sheet.rows)


def _named(sheet: Sheet, names: Mapping[str, str]) -> Sheet:
    for at, (name, _) in reversed([*enumerate(sheet.columns)]):
        if name in _NUMBERS:
            cells = [names.get(str(row[at])) for row in sheet.rows]
            sheet = _inserted(sheet, at + 1, (f"{name}_name", ColumnKind.NAME), cells)
    return sheet


def _inserted(
    sheet: Sheet,
    at: int,
    column: tuple[str, ColumnKind],
    cells: Sequence[SheetCell],
) -> Sheet:
    columns = [*sheet.columns[:at], column, *sheet.columns[at:]]
    rows = [
        [*row[:at], cell, *row[at:]]
        for row, cell in zip(sheet.rows, cells, strict=True)
    ]
    return replace(sheet, columns=columns, rows=rows)
