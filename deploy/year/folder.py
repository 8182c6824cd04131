"""Reading a folder of CSV files, or of Excel workbooks with a sheet per file."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from api.written.names import NameOf, folded_name, meanings, near
from deploy.year.beside import FilesBeside
from deploy.year.csv_lines import csv_table
from deploy.year.form import Form
from deploy.year.forms import BY_NAME, FORMS
from deploy.year.headers import Heading, find_header, is_column
from deploy.year.lines import (
    FolderError,
    LineTable,
    ReadAllowance,
    printable_name,
)
from deploy.year.readers import Cell
from deploy.year.rows import BadRow, FolderNote, RowReader, SheetRow, repeatable
from deploy.year.workbook import Workbook
from federation.regular import NotRegularError, TooLargeError, open_regular

TABLES: Final = frozenset(
    {".csv", ".tsv", ".xls", ".xlsb", ".xlsm", ".xlsx", ".ods", ".numbers"}
)
"""How the names of files with tables end, of which some can be read."""
_WORKBOOKS: Final = frozenset({".xlsx", ".xlsm"})
_TEXTS: Final = frozenset({".csv", ".tsv", ".txt"})
"""Of which are read, where their names are a table's, as lines of text."""
FILES_MAX: Final = 10_000
FILE_BYTES_MAX: Final = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FolderYear:
    """All rows of a folder, file by file, in the order of their lines."""

    rows: Mapping[str, Sequence[SheetRow]]
    bad: Sequence[BadRow]
    notes: Sequence[FolderNote] = ()
    tables: Collection[str] = ()
    """The forms of which the folder has a table, be it empty."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Files beside the tables that rows name."""

    def cells_of(self, name: str) -> Iterator[Mapping[str, Cell]]:
        """Cells of a form's rows, also of what could be read of the others."""
        yield from (row.cells for row in self.rows[name])
        yield from (bad.cells for bad in self.bad if bad.form.name == name)


@dataclass(slots=True)
class _Tables:
    found: dict[str, LineTable] = field(default_factory=dict)
    """By the form's name."""
    notes: list[FolderNote] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """Files with tables of formats that are not read."""

    def add(self, name: str, table: LineTable) -> None:
        if name in self.found:
            other = self.found[name].place
            raise FolderError("twice", files=name, place=table.place, other=other)
        self.found[name] = table

    def leave(self, place: str, name: str) -> None:
        """Note that a table is none of the year's, and which it may be by a slip."""
        meant = near(name, NameOf.FILE, BY_NAME)
        values = {"file": place, **({"meant": meant} if meant else {})}
        key = "unplayed_near" if meant else "unplayed"
        self.notes.append(FolderNote(key, values))

    def leave_file(self, place: str, file: Path, form: str) -> None:
        """Note that a file is not read; raise where it is one of the year's."""
        if form:
            raise FolderError("other_format", file=place)
        self.leave(place, file.stem)
        if file.suffix.lower() not in _TEXTS:
            self.unread.append(place)

    def require_whole(self, path: Path) -> None:
        """Raise where a table is missing that a year cannot lack."""
        missing = [f.file for f in FORMS if f.required and f.name not in self.found]
        if missing and self.unread:
            raise FolderError("other_format", file=self.unread[0])
        values = {"path": str(path), "files": ", ".join(missing)}
        if missing and self.notes:
            others = ", ".join(str(note.values["file"]) for note in self.notes)
            raise FolderError("missing_file_others", **values, others=others)
        if missing:
            raise FolderError("missing_file", **values)


class SeenTable(NamedTuple):
    """A cut-out of a table."""

    columns: Sequence[Heading]
    lines: Mapping[int, Sequence[str]]


def read_year(path: Path, *, whole: bool = True) -> FolderYear:
    """Read a folder, or one workbook.

    ``whole`` asks for the tables that a year cannot lack; a part of one has at least
    one table. Raises :class:`FolderError` when a file is missing, is not what it should
    be, or lacks a column. Rows that cannot be read are returned as such.
    """
    allowance = ReadAllowance()
    with ExitStack() as opened:
        tables = _tables(path, opened, allowance)
        if whole or not tables.found:
            tables.require_whole(path)
        beside = FilesBeside(path if path.is_dir() else None, allowance)
        return _year(tables, allowance, beside)


def rows_as_seen(
    path: Path, wanted: Mapping[str, Collection[int]]
) -> Mapping[str, SeenTable]:
    """Some lines of a folder's tables as people see them, by place, headers with them."""
    allowance = ReadAllowance()
    with ExitStack() as opened:
        found = _tables(path, opened, allowance).found
        return {
            table.place: _seen(BY_NAME[name], table, wanted[table.place])
            for name, table in found.items()
            if table.place in wanted
        }


def _seen(form: Form, table: LineTable, wanted: Collection[int]) -> SeenTable:
    header = find_header(form, table)
    width = len(header.columns)
    personal = {
        n for n, (_, each) in enumerate(header.columns) if each and each.personal
    }
    lines = {
        line.number: [
            "" if n in personal else repeatable(cell.text)
            for n, cell in enumerate(line.cells[:width])
        ]
        for line in table.lines
        if line.number in wanted
    }
    return SeenTable(header.columns, lines)


def _tables(path: Path, opened: ExitStack, allowance: ReadAllowance) -> _Tables:
    """Find the tables of a folder; their files stay open as long as ``opened``."""
    if not path.exists():
        raise FolderError("no_folder", path=str(path))
    tables = _Tables()
    for file in _files(path):
        name, suffix = file.name, file.suffix.lower()
        if suffix not in {*TABLES, *_TEXTS} or name.startswith(("~$", ".")):
            continue
        form, place = form_of(file.stem), printable_name(name)
        if suffix in _TEXTS and form:
            stream = opened.enter_context(_opened(file, follow=file == path))
            knows = partial(is_column, form)
            tables.add(form, csv_table(stream, place, allowance, knows))
        elif suffix in _WORKBOOKS:
            stream = opened.enter_context(_opened(file, follow=file == path))
            if not _add_sheets(Workbook(stream, place, allowance), tables):
                stream.close()
        elif suffix in TABLES:
            tables.leave_file(place, file, form)
    return tables


def form_of(name: str) -> str:
    """Form that a file or a sheet is called by, or nothing."""
    return _file_names().get(folded_name(name), "")


@cache
def _file_names() -> Mapping[str, str]:
    return meanings(NameOf.FILE, BY_NAME)


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    try:
        files = list(islice(path.iterdir(), FILES_MAX + 1))
    except OSError as error:
        cause = str(error.strerror)
        raise FolderError("unreadable", file=str(path), cause=cause) from None
    if len(files) > FILES_MAX:
        raise FolderError("too_many_parts", file=str(path), max=FILES_MAX)
    return sorted(files)


def _opened(path: Path, *, follow: bool) -> BinaryIO:
    """Open a file; a link in a folder that came from elsewhere is not followed."""
    name = printable_name(path.name)
    try:
        return open_regular(path, FILE_BYTES_MAX, follow=follow)
    except NotRegularError:
        raise FolderError("irregular", file=name) from None
    except TooLargeError:
        megabytes = FILE_BYTES_MAX // 1024**2
        raise FolderError("too_many_bytes", file=name, megabytes=megabytes) from None
    except OSError as error:
        raise FolderError("unreadable", file=name, cause=str(error.strerror)) from None


def _add_sheets(workbook: Workbook, tables: _Tables) -> bool:
    """Add a workbook's sheets; return whether any is of the year."""
    any_read = False
    for sheet in workbook.sheets:
        name = form_of(sheet.name.strip().lower().removesuffix(".csv"))
        if name:
            tables.add(name, workbook.table(sheet))
            any_read = True
        else:
            tables.leave(workbook.place(sheet), sheet.name)
    return any_read


def _year(tables: _Tables, allowance: ReadAllowance, beside: FilesBeside) -> FolderYear:
    rows: dict[str, Sequence[SheetRow]] = {form.name: [] for form in FORMS}
    bad: list[BadRow] = []
    for form in FORMS:
        if form.name in tables.found:
            sheet = RowReader(form, tables.found[form.name], beside)
            sheet.read(allowance)
            rows[form.name] = sheet.rows
            bad += sheet.bad
            tables.notes += sheet.notes
    return FolderYear(rows, bad, tables.notes, [*tables.found], beside.contents)
