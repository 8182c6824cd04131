"""The rows of one table: what could be read, what could not, and what is told of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from deploy.year.columns import Cell, FormColumn, UnreadableCellError
from deploy.year.forms import Form
from deploy.year.lines import (
    EMPTY,
    FolderError,
    Layout,
    Line,
    LineTable,
    ReadAllowance,
    SeenCell,
    letters,
    printable_name,
)
from domain.texts import text_without_national_id

_LISTED_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that could be read, and where it stands."""

    form: Form
    line: int
    cells: Mapping[str, Cell]

    @property
    def recorded_on(self) -> str:
        """The day on which it is recorded, or nothing where its file has none."""
        return str(self.cells.get("recorded_on", ""))


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that could not be read."""

    form: Form
    line: int
    reason: str
    """Names the words that say why."""
    values: Mapping[str, str | int]
    cells: Mapping[str, Cell]
    """What could be read of it."""


class FolderNote(NamedTuple):
    """What a reader should know of the files; ``key`` names the words that say it.

    A table that is none of the year's by its name, maybe misnamed; what is hidden and
    was read.
    """

    key: str
    values: Mapping[str, str | int]


class RowReader:
    """Reads the lines of one table as rows of its form."""

    def __init__(self, form: Form, table: LineTable) -> None:
        self._form = form
        self._table = table
        self._order: Sequence[FormColumn] = ()
        self.rows: list[SheetRow] = []
        self.bad: list[BadRow] = []
        self.notes: list[FolderNote] = []

    def read(self, allowance: ReadAllowance) -> None:
        """Read all lines."""
        lines = self._table.lines
        self._order = _header(self._form, self._table, next(lines, Line(1, ())))
        for line in lines:
            row = self._row(line)
            if isinstance(row, SheetRow):
                self.rows.append(row)
            else:
                self.bad.append(row)
        if self._table.layout is not None:
            self._take_out_merged(self._table.layout, allowance)
            self.notes += self._hidden(self._table.layout)

    def _row(self, line: Line) -> SheetRow | BadRow:
        form, order, number = self._form, self._order, line.number
        if line.fault:
            return BadRow(form, number, "not_csv", {"cause": line.fault}, {})
        width = len(order)
        lacking = [self._table.beyond] * (width - len(line.cells))
        seen = [*line.cells[:width], *lacking]
        cells: dict[str, Cell] = {}
        wrong: list[tuple[int, UnreadableCellError]] = []
        for index, column in enumerate(order):
            try:
                cells[column.name] = column.cell(seen[index])
            except UnreadableCellError as error:
                wrong.append((index, error))
        if any(cell.text or cell.fault for cell in line.cells[width:]):
            counts = {"cells": len(line.cells), "columns": width}
            return BadRow(form, number, "cell_count", counts, cells)
        if not wrong and form.ends_before_it_starts(cells):
            names = [column.name for column in order]
            wrong = [(names.index(form.span[1]), UnreadableCellError("ends_first"))]
        if wrong:
            # The first in the order in which the form has its columns.
            index, cause = min(wrong, key=lambda at: form.columns.index(order[at[0]]))
            values = self._told(number, index, seen[index])
            values["choices"] = cause.choices
            return BadRow(form, number, cause.key, values, cells)
        return SheetRow(form, number, cells)

    def _told(self, line: int, index: int, seen: SeenCell) -> dict[str, str | int]:
        """Return what a message says of a cell: its column, its place, what it has."""
        column = self._order[index]
        values: dict[str, str | int] = {"column": column.name}
        values["text"] = "" if column.personal else _repeatable(seen.text)
        if self._table.layout is not None:
            values["cell"] = self._table.at(line, index)
        return values

    def _take_out_merged(self, layout: Layout, allowance: ReadAllowance) -> None:
        """Refuse the rows that share a cell: nobody can tell whose value it is."""
        touched: dict[int, int] = {}
        last = max((row.line for row in self.rows), default=0)
        for area in layout.merged:
            if area.first_column < len(self._order):
                lines = range(max(area.first_row, 1), min(area.last_row, last) + 1)
                allowance.take(self._table.place, rows=len(lines))
                for line in lines:
                    touched.setdefault(line, area.first_column)
        kept, self.rows = self.rows, []
        for row in kept:
            if row.line not in touched:
                self.rows.append(row)
                continue
            index = touched[row.line]
            values = self._told(row.line, index, EMPTY)
            cells = {k: v for k, v in row.cells.items() if k != values["column"]}
            self.bad.append(BadRow(row.form, row.line, "merged", values, cells))

    def _hidden(self, layout: Layout) -> Iterator[FolderNote]:
        place = self._table.place
        if layout.hidden:
            yield FolderNote("hidden_sheet", {"sheet": place})
        read = {row.line for row in self.rows} | {row.line for row in self.bad}
        rows = sorted(layout.hidden_rows & read)
        if rows:
            yield FolderNote("hidden_rows", {"sheet": place, "rows": _listed(rows)})
        columns = sorted(layout.hidden_columns.intersection(range(len(self._order))))
        if columns:
            named = _listed([letters(column) for column in columns])
            yield FolderNote("hidden_columns", {"sheet": place, "columns": named})


def _listed(items: Sequence[int | str]) -> str:
    """Name the first of some, and how many there are where there are more."""
    more = f", … ({len(items)})" if len(items) > _LISTED_MAX else ""
    return ", ".join(map(str, items[:_LISTED_MAX])) + more


def _repeatable(text: str) -> str:
    """Return what a cell has, unless it may be somebody's identity number."""
    try:
        return printable_name(text_without_national_id(text))
    except ValueError:
        return ""


def _header(form: Form, table: LineTable, line: Line) -> Sequence[FormColumn]:
    header = [cell.text for cell in line.cells]
    while header and not header[-1]:
        header.pop()
    by_name = {column.name: column for column in form.columns}
    missing = [
        column.name
        for column in form.columns
        if column.name not in header and not column.may_be_missing
    ]
    if not missing and by_name.keys() >= {*header} and len({*header}) == len(header):
        return [by_name[name] for name in header]
    unknown = [printable_name(name) for name in header if name not in by_name]
    twice = {name for name in header if header.count(name) > 1 and name in by_name}
    key = "semicolons" if any(";" in name for name in header) else "wrong_columns"
    raise FolderError(
        key,
        place=table.place,
        missing=", ".join(missing) or "-",
        unknown=", ".join([*unknown, *sorted(twice)][:_LISTED_MAX]) or "-",
    )
