"""Reading a folder of CSV files, or of Excel workbooks with a sheet per file."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from deploy.year.forms import BY_NAME, FORMS, Cell, Form, UnreadableCellError

TABLES: Final = frozenset(
    {".csv", ".tsv", ".xls", ".xlsb", ".xlsm", ".xlsx", ".ods", ".numbers"}
)
"""How the names of files with tables end, of which some can be read."""


class FolderError(Exception):
    """A folder cannot be played at all; ``key`` names the words that say why."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


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


@dataclass(frozen=True, slots=True)
class Year:
    """All rows of a folder, file by file, in the order of their lines."""

    rows: Mapping[str, Sequence[SheetRow]]
    bad: Sequence[BadRow]
    unplayed: Sequence[str] = ()
    """Tables that are none of the year's, by their names alone: maybe misnamed."""


class _Line(NamedTuple):
    number: int
    cells: list[str]
    fault: str = ""
    """Why its cells could not be told apart."""


@dataclass(slots=True)
class _Sheets:
    found: dict[str, tuple[str, list[_Line]]] = field(default_factory=dict)
    """Form name to where it was found, and its lines."""
    others: list[str] = field(default_factory=list)
    """Where tables were found that have no form."""

    def add(self, name: str, place: str, lines: list[_Line]) -> None:
        if name in self.found:
            other = self.found[name][0]
            raise FolderError("twice", name=name, place=place, other=other)
        self.found[name] = (place, lines)


def read_year(path: Path) -> Year:
    """Read a folder, or one workbook.

    Raises :class:`FolderError` when a file is missing, is not what it should
    be, or lacks a column. Rows that cannot be read are returned as such.
    """
    if not path.exists():
        raise FolderError("no_folder", path=str(path))
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    sheets = _Sheets()
    for file in files:
        suffix = file.suffix.lower()
        if suffix == ".csv" and file.stem.lower() in BY_NAME:
            sheets.add(file.stem.lower(), file.name, list(_csv_lines(file)))
        elif suffix == ".xlsx" and not file.name.startswith("~$"):
            for name, lines in _workbook(file, sheets.others):
                sheets.add(name, f"{file.name}, sheet {name}", lines)
        elif suffix in TABLES and not file.name.startswith(("~$", ".")):
            sheets.others.append(file.name)
    missing = [f.file for f in FORMS if f.required and f.name not in sheets.found]
    if missing:
        raise FolderError("missing_file", path=str(path), files=", ".join(missing))
    return _year(sheets)


def _csv_lines(path: Path) -> Iterator[_Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise FolderError("not_utf8", file=path.name, line=line) from None
    except OSError as error:
        cause = str(error.strerror)
        raise FolderError("unreadable", file=path.name, cause=cause) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = [_one_line(cell) for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            cause = str(error)
            if number == 1 or reader.line_num > number:
                # The header, or a quote that swallows the lines after it.
                raise FolderError(
                    "not_csv", file=path.name, line=number, cause=cause
                ) from None
            yield _Line(number, [], cause)
        else:
            if any(cells):
                yield _Line(number, cells)


def _one_line(text: str) -> str:
    return " ".join(text.split()) if len(text.splitlines()) > 1 else text.strip()


def _workbook(path: Path, others: list[str]) -> Iterator[tuple[str, list[_Line]]]:
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        for sheet_name in workbook.sheet_names:
            name = sheet_name.strip().lower().removesuffix(".csv")
            if name not in BY_NAME:
                others.append(f"{path.name}, sheet {sheet_name}")
                continue
            rows = workbook.get_sheet_by_name(sheet_name).to_python(
                skip_empty_area=False
            )
            lines = [
                _Line(n, [_cell(cell) for cell in row]) for n, row in enumerate(rows, 1)
            ]
            yield name, [line for line in lines if any(line.cells)]
    except (CalamineError, OSError) as error:
        cause = str(error)
        raise FolderError("not_a_workbook", file=path.name, cause=cause) from None


def _cell(value: object) -> str:
    """Return a workbook's cell as the CSV file would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        # Excel keeps 15 digits; those beyond are the binary number's, not the sheet's.
        return format(Decimal(f"{value:.15g}").normalize(), "f")
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return _one_line(str(value))


def _year(sheets: _Sheets) -> Year:
    rows: dict[str, list[SheetRow]] = {form.name: [] for form in FORMS}
    bad: list[BadRow] = []
    for form in FORMS:
        if form.name not in sheets.found:
            continue
        place, lines = sheets.found[form.name]
        order = _header(form, place, lines[0].cells if lines else [])
        for line in lines[1:]:
            row = _row(form, line, order)
            if isinstance(row, SheetRow):
                rows[form.name].append(row)
            else:
                bad.append(row)
    return Year(rows, bad, sheets.others)


def _header(form: Form, place: str, header: list[str]) -> list[str]:
    while header and not header[-1]:
        header = header[:-1]
    wanted = [column.name for column in form.columns]
    if sorted(header) == sorted(wanted):
        return header
    missing = [name for name in wanted if name not in header]
    unknown = [name[:40] for name in header if name not in wanted]
    twice = {name for name in header if header.count(name) > 1}
    key = "semicolons" if any(";" in name for name in header) else "wrong_columns"
    raise FolderError(
        key,
        place=place,
        missing=", ".join(missing) or "-",
        unknown=", ".join([*unknown, *sorted(twice)]) or "-",
    )


def _row(form: Form, line: _Line, order: Sequence[str]) -> SheetRow | BadRow:
    number, texts, fault = line
    if fault:
        return BadRow(form, number, "not_csv", {"cause": fault}, {})
    # Spreadsheets leave out the empty cells at the end of a line.
    texts = texts + [""] * (len(order) - len(texts))
    by_name = dict(zip(order, texts, strict=False))
    cells, wrong = _cells(form, by_name)
    if any(texts[len(order) :]):
        values = {"cells": len(texts), "columns": len(order)}
        return BadRow(form, number, "cell_count", values, cells)
    if wrong is not None:
        name, cause = wrong
        told = {"column": name, "choices": cause.choices}
        return BadRow(form, number, cause.key, told, cells)
    return SheetRow(form, number, cells)


def _cells(
    form: Form, texts: Mapping[str, str]
) -> tuple[Mapping[str, Cell], tuple[str, UnreadableCellError] | None]:
    """Read all cells; return what could be read, and the first that could not."""
    cells: dict[str, Cell] = {}
    wrong: tuple[str, UnreadableCellError] | None = None
    for column in form.columns:
        try:
            cells[column.name] = column.cell(texts[column.name])
        except UnreadableCellError as error:
            wrong = wrong or (column.name, error)
    if wrong is None and form.ends_before_it_starts(cells):
        wrong = (form.span[1], UnreadableCellError("ends_first"))
    return cells, wrong
