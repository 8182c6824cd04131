"""The header of a table: where it stands, and which column each of its cells names."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from api.written.csv_text import HEADER_WITHIN, SEPARATORS
from api.written.names import NameOf, folded_name, meanings, near
from deploy.year.columns import FormColumn
from deploy.year.form import Form
from deploy.year.forms import BY_NAME
from deploy.year.lines import (
    FolderError,
    LineTable,
    TableLine,
    letters,
    printable_name,
)
from deploy.year.units import says_other_unit

LISTED_MAX: Final = 8
_ROW_OF_A_TABLE: Final = 3
"""Filled cells from which a line is no title."""
_TITLE_CHARACTERS_MAX: Final = 80


class Heading(NamedTuple):
    """A column of a table."""

    title: str
    """As its header says it, or the column's letter where that says nothing."""
    column: FormColumn | None
    """Which of the form's it is; None where it is left out."""


class TableHeader(NamedTuple):
    """A header, and what stands above it."""

    line: int
    columns: Sequence[Heading]
    above: Sequence[int] = ()
    """Lines above it that are no titles, since they have several cells."""


@cache
def names_of(form: str) -> Mapping[str, str]:
    """Which column of a form each spelling means."""
    return meanings(NameOf.COLUMN, [column.name for column in BY_NAME[form].columns])


def is_column(form: str, title: str) -> bool:
    """Whether a text is the name of a column."""
    return len(title) <= _TITLE_CHARACTERS_MAX and folded_name(title) in names_of(form)


def find_header(form: Form, table: LineTable) -> TableHeader:
    """Take a table's lines until its header has come.

    Raises :class:`FolderError` where there is none, or one that leaves doubt.
    """
    above: list[int] = []
    titles: list[str] = []
    best, number = TableLine(1, ()), 0
    for line in table.lines:
        number = line.number
        named = _meant(form, line)
        whole = not _missing(form, named)
        if number > HEADER_WITHIN or (whole and _is_half(form, _meant(form, best))):
            break
        if whole:
            header = TableHeader(number, headings(form, table, line), above)
            beside = (column.title for column in header.columns if not column.column)
            _require_kroner(form, table, [*titles, *beside])
            return header
        titles += [cell.text for cell in line.cells]
        if not best.cells or _count(named) > _count(_meant(form, best)):
            best = line
        if sum(bool(cell.text) for cell in line.cells) >= _ROW_OF_A_TABLE:
            above.append(number)
    if number > HEADER_WITHIN and not any(_meant(form, best)):
        raise FolderError("no_header", place=table.place, rows=HEADER_WITHIN)
    raise _refusal(form, table, best)


def _require_kroner(form: Form, table: LineTable, texts: Sequence[str]) -> None:
    """Raise where a title says that amounts are something else."""
    for text in texts:
        if form.has_money and says_other_unit(text):
            place, shown = table.place, printable_name(text)
            raise FolderError("other_unit", place=place, text=shown)


def is_header(form: Form, line: TableLine) -> bool:
    """Whether a line names all columns that there must be."""
    return not _missing(form, _meant(form, line))


def _meant(form: Form, line: TableLine) -> list[str]:
    """Columns that a line's cells name, or nothing where one names none."""
    names = names_of(form.name)
    return [names.get(folded_name(cell.text), "") for cell in line.cells]


def _missing(form: Form, named: Sequence[str]) -> list[str]:
    return [
        column.name
        for column in form.columns
        if column.name not in named and not column.may_be_missing
    ]


def _count(named: Sequence[str]) -> int:
    return len({*named} - {""})


def _is_half(form: Form, named: Sequence[str]) -> bool:
    """Whether a line may have been meant as a header."""
    return _count(named) * 2 > len(form.columns)


def headings(form: Form, table: LineTable, line: TableLine) -> Sequence[Heading]:
    """Columns of a table by its header; raise where one leaves doubt."""
    named = _meant(form, line)
    by_name = {column.name: column for column in form.columns}
    titles = [cell.text for cell in line.cells]
    while titles and not titles[-1]:
        titles.pop()
    headings = [
        Heading(title or letters(index), by_name.get(named[index]))
        for index, title in enumerate(titles)
    ]
    lacking = [name for name in by_name if name not in named]
    left_out = any(_near(of.title, lacking) for of in headings if not of.column)
    if _count(named) < sum(map(bool, named)) or left_out:
        raise _refusal(form, table, line)
    return headings


def _near(title: str, names: Sequence[str]) -> str:
    return near(title, NameOf.COLUMN, names)


def _refusal(form: Form, table: LineTable, line: TableLine) -> FolderError:
    """Say what is wrong with the line that is most like a header."""
    named, place = _meant(form, line), table.place
    missing = ", ".join(_missing(form, named)) or "-"
    lacking = [column.name for column in form.columns if column.name not in named]
    unknown = [
        cell.text
        for cell, name in zip(line.cells, named, strict=True)
        if cell.text and not name
    ]
    for title in unknown:
        if _is_parted_otherwise(form, title):
            return FolderError("separators", place=place, text=printable_name(title))
        if meant := _near(title, lacking):
            return FolderError(
                "near_columns",
                place=place,
                missing=missing,
                text=printable_name(title),
                meant=meant,
            )
    twice = [
        cell.text
        for cell, name in zip(line.cells, named, strict=True)
        if name and named.count(name) > 1
    ]
    if missing == "-" and twice:
        names = ", ".join(printable_name(each) for each in dict.fromkeys(twice))
        return FolderError("named_twice", place=place, names=names)
    told = [printable_name(each) for each in dict.fromkeys([*unknown, *twice])]
    return FolderError(
        "wrong_columns",
        place=place,
        missing=missing,
        unknown=", ".join(told[:LISTED_MAX]) or "-",
    )


def _is_parted_otherwise(form: Form, title: str) -> bool:
    """Whether a cell holds several names, with another sign between them."""
    names = names_of(form.name)
    parts = [title.split(separator) for separator in SEPARATORS]
    return any(sum(folded_name(part) in names for part in each) > 1 for each in parts)
