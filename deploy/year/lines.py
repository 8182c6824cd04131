"""What a table's file gives: lines of cells, each as a person sees it."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from api.written.figures import Figures

BYTES_MAX: Final = 256 * 1024 * 1024
"""Bytes of all tables of one folder, workbooks unpacked."""
ROWS_MAX: Final = 250_000
"""Rows of all tables of one folder."""
TAGS_MAX: Final = 10_000_000
"""Tags of all workbooks of one folder: each costs time, however short it is."""
_SHOWN_CHARACTERS: Final = 60


class FolderError(Exception):
    """A folder cannot be played at all; ``key`` names the words that say why."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(slots=True)
class ReadAllowance:
    """What may still be read of one folder."""

    bytes_left: int = BYTES_MAX
    rows_left: int = ROWS_MAX
    tags_left: int = TAGS_MAX

    def take(self, file: str, *, size: int = 0, rows: int = 0, tags: int = 0) -> None:
        """Take some of it; raise :class:`FolderError` when it is used up."""
        self.bytes_left -= size
        self.rows_left -= rows
        self.tags_left -= tags
        if min(self.bytes_left, self.rows_left, self.tags_left) < 0:
            megabytes = BYTES_MAX // 1024**2
            raise FolderError(
                "too_large", file=file, rows=ROWS_MAX, megabytes=megabytes
            )


class CellKind(StrEnum):
    """As what a person sees a cell."""

    EMPTY = "empty"
    """Nothing is there."""
    BLANK = "blank"
    """Nothing is seen, and something is there: blanks, a text without any character,
    or a formula that gives none."""
    TEXT = "text"
    """Text; in a CSV file all cells are, whatever they say."""
    DIGITS = "digits"
    """A number that shows as its digits alone, leading zeros among them."""
    CODE = "code"
    """A number whose digits are parted as no amount's are, as those of an account."""
    NUMBER = "number"
    """Any other number, with a point."""
    PERCENT = "percent"
    """A number that shows as a percentage: that percentage, with a point."""
    DAY = "day"
    """A date, YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class SeenCell:
    """What a person sees in a cell."""

    kind: CellKind
    text: str = ""
    fault: str = ""
    """Names the words that say why it can be read as nothing."""


EMPTY: Final = SeenCell(CellKind.EMPTY)
BLANK: Final = SeenCell(CellKind.BLANK)


class TableLine(NamedTuple):
    """One row of a table."""

    number: int
    """From 1."""
    cells: Sequence[SeenCell]
    fault: str = ""
    """Why its cells could not be told apart."""

    @property
    def has_content(self) -> bool:
        """Whether anything is seen in it."""
        return any(cell.text or cell.fault for cell in self.cells)


class Area(NamedTuple):
    """Cells that are merged into one; rows from 1, columns from 0, both ends in it."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(slots=True)
class Layout:
    """What a sheet does with its cells; complete once its lines are read."""

    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LineTable:
    """A CSV file, or a sheet of a workbook."""

    place: str
    lines: Iterator[TableLine]
    layout: Layout | None = None
    """None where there are no cells but lines of text."""
    figures: Figures = field(default_factory=Figures)

    @property
    def beyond(self) -> SeenCell:
        """What stands behind the last cell of a line: in a file, nothing was said."""
        return BLANK if self.layout is None else EMPTY

    def at(self, line: int, column: int) -> str:
        """Where a cell stands, as Excel writes it."""
        return f"{self.place}!{letters(column)}{line}"


_ERROR: Final = re.compile(
    r"#(N/A|I/T|GETTING_DATA|[A-ZÆØÅ0-9_/]+[!?]|##+)|(Err|Feil):[0-9]{3}"
)
"""What spreadsheets put where they have no value, in English and in Norwegian."""
_SCIENTIFIC: Final = re.compile(r"-?[0-9]+([.,][0-9]+)?E[+-][0-9]{2,3}")
"""How they write a number that is too long to be shown; its digits are gone."""


def seen_cell(text: str) -> SeenCell:
    """Text as it is seen, also one that stands for what is not there."""
    if not text:
        return EMPTY
    text = _one_line(text)
    if not any(each.isprintable() and each != " " for each in text):
        return BLANK
    if _ERROR.fullmatch(text):
        return SeenCell(CellKind.TEXT, text, "error")
    if _SCIENTIFIC.fullmatch(text):
        return SeenCell(CellKind.TEXT, text, "scientific")
    return SeenCell(CellKind.TEXT, text)


def _one_line(text: str) -> str:
    return " ".join(text.split()) if len(text.splitlines()) > 1 else text.strip()


def printable_name(text: str) -> str:
    """Name or a text of somebody else's as it may stand in a message."""
    cut = text[:_SHOWN_CHARACTERS] + ("…" if len(text) > _SHOWN_CHARACTERS else "")
    return "".join(_printable(each) for each in cut)


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if unicodedata.category(character) == "Zs" else "\ufffd"


def letters(column: int) -> str:
    """Letters of a column, counted from 0.

    >>> [letters(n) for n in (0, 25, 26, 701, 702)]
    ['A', 'Z', 'AA', 'ZZ', 'AAA']
    """
    name, rest = "", column + 1
    while rest:
        rest, last = divmod(rest - 1, 26)
        name = chr(ord("A") + last) + name
    return name
