"""The rows of one table: what could be read, what could not, and what is told of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from api.written.figures import COMMA
from deploy.year.beside import FilesBeside
from deploy.year.columns import FormColumn
from deploy.year.form import Form
from deploy.year.headers import (
    LISTED_MAX,
    TableHeader,
    find_header,
    headings,
    is_header,
)
from deploy.year.lines import (
    EMPTY,
    FolderError,
    Layout,
    LineTable,
    ReadAllowance,
    SeenCell,
    TableLine,
    letters,
    printable_name,
)
from deploy.year.readers import TWO_WAYS, Cell, UnreadableCellError, as_organisation
from deploy.year.totals import is_total
from deploy.year.units import is_other_unit
from domain.texts import text_without_national_id
from domain.values import is_organisation_number

_ORE_DIGITS: Final = 2


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that could be read, and where it stands."""

    form: Form
    line: int
    cells: Mapping[str, Cell]
    place: str = field(compare=False)
    """Its file or sheet, as whoever has the folder knows it."""

    @property
    def recorded_on(self) -> str:
        """The day on which it is recorded, or nothing where its file has none."""
        return str(self.cells.get("recorded_on", ""))


class CellFault(NamedTuple):
    """What is wrong with a cell: names the words that say it, and fills them."""

    reason: str
    values: Mapping[str, str | int]


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
    place: str = field(compare=False)
    """Its file or sheet, as whoever has the folder knows it."""
    others: tuple[CellFault, ...] = ()
    """What else is wrong with it, so that it is mended once."""

    def has(self, reason: str) -> bool:
        """Whether this is among what is wrong with it."""
        return reason in {self.reason, *(each.reason for each in self.others)}


class FolderNote(NamedTuple):
    """What a reader should know of the files; ``key`` names the words that say it.

    A table that is none of the year's by its name, maybe misnamed; what is hidden and
    was read.
    """

    key: str
    values: Mapping[str, str | int]


class RowReader:
    """Reads the lines of one table as rows of its form."""

    def __init__(self, form: Form, table: LineTable, beside: FilesBeside) -> None:
        self._form = form
        self._beside = beside
        self._table = table
        self._header = TableHeader(1, ())
        self._doubtful: list[TableLine] = []
        """Lines with a figure that can be read once all others have been."""
        self._left_out: set[int] = set()
        """Columns that are none of the form's and have something in them."""
        self.rows: list[SheetRow] = []
        self.bad: list[BadRow] = []
        self.notes: list[FolderNote] = []

    def read(self, allowance: ReadAllowance) -> None:
        """Read all lines."""
        self._header = find_header(self._form, self._table)
        last = TableLine(0, ())
        for last in self._table.lines:
            self._take(last)
        self._table.figures.complete = True
        self._take_doubtful()
        if self.bad and is_total(last, self._header.columns):
            self._leave_total(last.number)
        self.notes += self._left()
        if self._table.layout is not None:
            self._take_out_merged(self._table.layout, allowance)
            self.notes += self._hidden(self._table.layout)

    def _take(self, line: TableLine) -> None:
        row = self._row(line)
        if isinstance(row, SheetRow):
            self.rows.append(row)
        elif not self._table.figures.complete and row.has(TWO_WAYS):
            self._doubtful.append(line)
        else:
            self._refuse_another_header(line)
            self.bad.append(row)

    def _take_doubtful(self) -> None:
        """Read the lines that had to wait, and put them where they stand."""
        for line in self._doubtful:
            self._take(line)
        if self._doubtful:
            self.rows.sort(key=lambda row: row.line)
            self.bad.sort(key=lambda row: row.line)

    def _refuse_another_header(self, line: TableLine) -> None:
        """Raise where columns change their places: what is below would be misread."""
        if is_header(self._form, line):
            names = [column.column for column in self._header.columns]
            again = [of.column for of in headings(self._form, self._table, line)]
            if names != again:
                raise FolderError(
                    "header_twice",
                    place=self._table.place,
                    first=self._header.line,
                    second=line.number,
                )

    def _row(self, line: TableLine) -> SheetRow | BadRow:
        number = line.number
        if line.fault:
            return self._bad(number, "not_csv", {"cause": line.fault}, {})
        width = len(self._header.columns)
        lacking = [self._table.beyond] * (width - len(line.cells))
        seen = [*line.cells[:width], *lacking]
        cells, wrong = self._cells(seen)
        if any(cell.text or cell.fault for cell in line.cells[width:]):
            counts = {"cells": len(line.cells), "columns": width}
            return self._bad(number, "cell_count", counts, cells)
        form = self._form
        if form.ends_before_it_starts(cells):
            wrong.append((self._index(form.span[1]), UnreadableCellError("ends_first")))
        if wrong:
            for name in wrong_numbers(form, cells):
                fault = UnreadableCellError("wrong_check_digit")
                wrong.append((self._index(name), fault))
            for column in form.columns:
                if not column.fits(cells.get(column.name)):
                    fault = UnreadableCellError("unfit")
                    wrong.append((self._index(column.name), fault))
            first, *others = self._faults(number, seen, wrong)
            bad = self._bad(number, first.reason, first.values, cells)
            return replace(bad, others=tuple(others))
        return SheetRow(form, number, cells, self._table.place)

    def _index(self, name: str) -> int:
        columns = enumerate(self._header.columns)
        return next(at for at, (_, each) in columns if each and each.name == name)

    def _faults(
        self,
        line: int,
        seen: Sequence[SeenCell],
        wrong: Sequence[tuple[int, UnreadableCellError]],
    ) -> list[CellFault]:
        """What is wrong with a row's cells, in the order of the form's columns."""
        first_of = dict(reversed(wrong))
        return [
            CellFault(
                first_of[index].key,
                {**self._told(line, index, seen[index]), **first_of[index].values},
            )
            for index in sorted(first_of, key=self._order)
        ]

    def _bad(
        self,
        line: int,
        reason: str,
        values: Mapping[str, str | int],
        cells: Mapping[str, Cell],
    ) -> BadRow:
        return BadRow(self._form, line, reason, values, cells, self._table.place)

    def _cells(
        self, seen: Sequence[SeenCell]
    ) -> tuple[dict[str, Cell], list[tuple[int, UnreadableCellError]]]:
        """What could be read of a row's cells, and what could not, and why."""
        cells: dict[str, Cell] = {}
        wrong: list[tuple[int, UnreadableCellError]] = []
        for index, (_, column) in enumerate(self._header.columns):
            if column is None:
                if seen[index].text:
                    self._left_out.add(index)
                    wrong += self._other_unit(seen[index])
                continue
            try:
                self._require_whole(seen, index, column)
                cell = column.cell(seen[index], self._table.figures)
                if cell is not None and column.look is not None:
                    cell = column.look(str(cell), self._beside)
                cells[column.name] = cell
            except UnreadableCellError as error:
                wrong.append((index, error))
        return cells, wrong

    def _other_unit(
        self, beside: SeenCell
    ) -> Iterator[tuple[int, UnreadableCellError]]:
        """Give a row's first amount, where a cell beside says it is not in kroner."""
        if self._form.has_money and is_other_unit(beside.text):
            columns = enumerate(self._header.columns)
            index = next(at for at, (_, each) in columns if each and each.is_money)
            yield index, UnreadableCellError("other_unit", unit=beside.text)

    def _require_whole(
        self, seen: Sequence[SeenCell], index: int, column: FormColumn
    ) -> None:
        """Raise where a comma between columns may be one in a figure: ``100,50``."""
        if self._table.figures.separator != COMMA or not column.is_money:
            return
        if index + 1 < len(seen) and self._header.columns[index + 1].column is None:
            kroner, ore = seen[index].text, seen[index + 1].text
            if kroner.isdigit() and ore.isdigit() and len(ore) <= _ORE_DIGITS:
                raise UnreadableCellError(TWO_WAYS, one=kroner, other=f"{kroner},{ore}")

    def _order(self, index: int) -> int:
        column = self._header.columns[index].column
        assert column is not None, "only these are read"
        return self._form.columns.index(column)

    def _told(self, line: int, index: int, seen: SeenCell) -> dict[str, str | int]:
        """What a message says of a cell: its column, its place, what it has."""
        title, column = self._header.columns[index]
        values: dict[str, str | int] = {"column": printable_name(title)}
        personal = column is not None and column.personal
        values["text"] = "" if personal else repeatable(seen.text)
        if self._is_named_otherwise:
            values["cell"] = self._table.at(line, index)
        return values

    @property
    def _is_named_otherwise(self) -> bool:
        """Whether a row's place does not say where a person finds it."""
        name = self._table.place.casefold()
        return self._table.layout is not None or name != self._form.file

    def _leave_total(self, number: int) -> None:
        """Leave out the sum below all rows."""
        if self.bad[-1].line == number:
            self.bad.pop()
            at: Mapping[str, str | int] = {"sheet": self._table.place, "row": number}
            self.notes.append(FolderNote("total_row", at))

    def _left(self) -> Iterator[FolderNote]:
        """Give what is known to have been left out."""
        place = self._table.place
        titles = [
            repeatable(title)
            for index, (title, column) in enumerate(self._header.columns)
            if column is None and (index in self._left_out or title != letters(index))
        ]
        if titles:
            named = _listed([f"«{title}»" for title in titles])
            yield FolderNote("extra_columns", {"sheet": place, "columns": named})
        if self._header.above:
            rows = _listed(self._header.above)
            yield FolderNote("rows_above", {"sheet": place, "rows": rows})

    def _take_out_merged(self, layout: Layout, allowance: ReadAllowance) -> None:
        """Refuse the rows that share a cell: nobody can tell whose value it is."""
        touched: dict[int, int] = {}
        are_read = self._are_read()
        last = max((row.line for row in self.rows), default=0)
        for area in layout.merged:
            across = range(area.first_column, area.last_column + 1)
            first = next((index for index in are_read if index in across), None)
            if first is not None:
                lines = range(max(area.first_row, 1), min(area.last_row, last) + 1)
                allowance.take(self._table.place, rows=len(lines))
                for line in lines:
                    touched.setdefault(line, first)
        kept, self.rows = self.rows, []
        for row in kept:
            if row.line not in touched:
                self.rows.append(row)
                continue
            index = touched[row.line]
            values = self._told(row.line, index, EMPTY)
            column = self._header.columns[index].column
            name = "" if column is None else column.name
            cells = {k: v for k, v in row.cells.items() if k != name}
            self.bad.append(self._bad(row.line, "merged", values, cells))

    def _are_read(self) -> Sequence[int]:
        """Which columns are not left out, from 0."""
        columns = enumerate(self._header.columns)
        return [index for index, each in columns if each.column is not None]

    def _hidden(self, layout: Layout) -> Iterator[FolderNote]:
        place = self._table.place
        if layout.hidden:
            yield FolderNote("hidden_sheet", {"sheet": place})
        read = {row.line for row in self.rows} | {row.line for row in self.bad}
        rows = sorted(layout.hidden_rows & read)
        if rows:
            yield FolderNote("hidden_rows", {"sheet": place, "rows": _listed(rows)})
        columns = sorted(layout.hidden_columns.intersection(self._are_read()))
        if columns:
            named = _listed([letters(column) for column in columns])
            yield FolderNote("hidden_columns", {"sheet": place, "columns": named})


def wrong_numbers(form: Form, cells: Mapping[str, Cell]) -> Iterator[str]:
    """Give the columns of organisations whose number has another check digit."""
    for column in form.columns:
        number = "" if column.read is not as_organisation else cells.get(column.name)
        if number and not is_organisation_number(str(number)):
            yield column.name


def _listed(items: Sequence[int | str]) -> str:
    """Name the first of some, and how many there are where there are more."""
    more = f", … ({len(items)})" if len(items) > LISTED_MAX else ""
    return ", ".join(map(str, items[:LISTED_MAX])) + more


def repeatable(text: str) -> str:
    """What a cell has, unless it may be somebody's identity number."""
    try:
        return printable_name(text_without_national_id(text))
    except ValueError:
        return ""
