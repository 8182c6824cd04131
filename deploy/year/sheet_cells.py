"""The cells of a sheet, as lxml's parser tells them."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from typing_extensions import override

from api.written.csv_text import COLUMNS_MAX
from deploy.year.lines import (
    EMPTY,
    Area,
    CellKind,
    Layout,
    SeenCell,
    TableLine,
)
from deploy.year.number_formats import NumberFormat
from deploy.year.sheet_parts import (
    BrokenPartError,
    PackagePart,
    SharedTexts,
    Styles,
    WorkbookPart,
    cell_text,
    is_true,
    local,
)

LINES_MAX: Final = 1_048_576
SHEET_COLUMNS_MAX: Final = 16_384
MERGED_MAX: Final = 100_000
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBER: Final = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T.*)?", re.DOTALL)


class SheetCells(PackagePart):
    """Makes lines of a sheet's rows, and notes how it is laid out."""

    def __init__(
        self, texts: SharedTexts, styles: Styles, book: WorkbookPart, layout: Layout
    ) -> None:
        super().__init__()
        self._texts = texts
        self._styles = styles
        self._book = book
        self._layout = layout
        self._done: list[TableLine] = []
        self._line = 0
        self._cells: list[SeenCell] = []
        self._column = -1
        self._cell: Mapping[str, str] = {}
        self._said: dict[str, str] = {}
        """What the cell has of a value, a formula, and text of its own."""
        self._phonetic = 0

    def taken(self) -> Sequence[TableLine]:
        """Lines that are whole by now, once."""
        done, self._done = self._done, []
        return done

    @override
    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin a row, a cell, or what a cell holds."""
        match local(tag):
            case "c":
                self._cell = dict(attributes)
                self._said = {}
                self._column = self._next_column(attributes.get("r"))
            case "v" | "f" | "t" if not self._phonetic:
                self._begin_text()
            case "row":
                self._begin_row(attributes)
            case "rPh":
                self._phonetic += 1
            case "col":
                self._hide_columns(attributes)
            case "mergeCell":
                self._merge(attributes.get("ref", ""))
            case _:
                pass

    @override
    def end(self, tag: str) -> None:
        """End what a cell holds, a cell, or a row."""
        match local(tag):
            case "v" | "f" | "t" as name if self._text is not None:
                # The text of a cell may come in runs; of the others there is one.
                self._said[name] = self._said.get(name, "") + self._end_text()
            case "c":
                self._put(self._seen())
            case "row":
                line = TableLine(self._line, self._cells)
                if line.has_content:
                    self._done.append(line)
                self._cells = []
            case "rPh":
                self._phonetic -= 1
            case _:
                pass

    def _begin_row(self, attributes: Mapping[str, str]) -> None:
        text = attributes.get("r", str(self._line + 1))
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0  # noqa: PLR2004
        if not self._line < number <= LINES_MAX:
            message = f"the row after {self._line} has no number of its own"
            raise BrokenPartError(message)
        self._line, self._column, self._cells = number, -1, []
        if is_true(attributes, "hidden") or attributes.get("ht") == "0":
            self._layout.hidden_rows.add(number)

    def _next_column(self, reference: str | None) -> int:
        line, column = self._line, self._column + 1
        if reference is not None:
            line, column = _place(reference)
        if line != self._line or not self._column < column < SHEET_COLUMNS_MAX:
            message = f"the cells of row {self._line} are not in order"
            raise BrokenPartError(message)
        return column

    def _put(self, seen: SeenCell) -> None:
        """Keep a cell; of those too far to the right, that there is one."""
        if seen is not EMPTY:
            column = min(self._column, COLUMNS_MAX)
            self._cells += [EMPTY] * (column - len(self._cells))
            self._cells[column:] = [seen]

    def _seen(self) -> SeenCell:
        kind, value = self._cell.get("t", "n"), self._said.get("v")
        if "f" in self._said and self._is_uncomputed(kind, value):
            return SeenCell(CellKind.TEXT, f"={self._said['f']}", "not_computed")
        if kind == "inlineStr" and "t" in self._said:
            return cell_text(self._said["t"])
        if kind == "e":
            return SeenCell(CellKind.TEXT, value or "", "error")
        if value is None or (value == "" and kind != "str"):
            return EMPTY
        return self._value(kind, value)

    def _value(self, kind: str, value: str) -> SeenCell:
        match kind:
            case "n":
                return self._number(value)
            case "s":
                return self._texts.text(value)
            case "str":
                return cell_text(value)
            case "b":
                return SeenCell(
                    CellKind.TEXT, "TRUE" if value == "1" else "FALSE", "truth"
                )
            case "d" if (day := _day(value)) is not None:
                return self._style().seen_day(day)
        message = f"a cell in row {self._line} is of no kind that there is"
        raise BrokenPartError(message)

    def _is_uncomputed(self, kind: str, value: str | None) -> bool:
        """Whether a formula has no value yet.

        A program that writes formulas and computes none puts a zero there, and asks
        for all to be computed when the workbook is opened.
        """
        if value is None or (value == "" and kind != "str"):
            return True
        return self._book.uncomputed and kind == "n" and value == "0"

    def _number(self, value: str) -> SeenCell:
        if not _NUMBER.fullmatch(value):
            message = f"a cell in row {self._line} holds no number"
            raise BrokenPartError(message)
        return self._style().seen(float(value), from_1904=self._book.from_1904)

    def _style(self) -> NumberFormat:
        return self._styles.number_format(self._cell.get("s", "0"))

    def _hide_columns(self, attributes: Mapping[str, str]) -> None:
        if not is_true(attributes, "hidden") and attributes.get("width") != "0":
            return
        first, last = attributes.get("min", ""), attributes.get("max", "")
        if first.isdigit() and last.isdigit() and len(first + last) < 12:  # noqa: PLR2004
            columns = range(max(int(first) - 1, 0), min(int(last), COLUMNS_MAX))
            self._layout.hidden_columns.update(columns)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        (top, left), (bottom, right) = _place(first), _place(last or first)
        if len(self._layout.merged) >= MERGED_MAX:
            message = "too many merged cells"
            raise BrokenPartError(message)
        self._layout.merged.append(Area(top, left, bottom, right))


def _day(value: str) -> date | None:
    """Day of ``2026-01-01T00:00:00``, or None where it is none."""
    match = _DAY.fullmatch(value)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _place(reference: str) -> tuple[int, int]:
    """Row and column of ``B3``: (3, 1)."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        message = "a cell stands nowhere"
        raise BrokenPartError(message)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column - 1
