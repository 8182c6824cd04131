"""The lines of a CSV file."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import BinaryIO, Final, Self

from api.written.csv_text import (
    COLUMNS_MAX,
    ROW_CHARACTERS_MAX,
    Parted,
    UnknownLettersError,
    decoded,
    parted,
)
from api.written.figures import Figures
from deploy.year.lines import (
    FolderError,
    LineTable,
    ReadAllowance,
    SeenCell,
    TableLine,
    seen_cell,
)

_FORCED: Final = re.compile(r'\A="([^"]*)"\Z')
"""How a spreadsheet is made to keep a number's digits: it shows what is quoted."""


def csv_table(
    file: BinaryIO, place: str, allowance: ReadAllowance, knows: Callable[[str], bool]
) -> LineTable:
    """Lines of a file, which are read as they are taken.

    ``knows`` says whether a text is the name of a column. What is no CSV raises
    :class:`FolderError`.
    """
    figures = Figures()

    def lines() -> Iterator[TableLine]:
        content = file.read(allowance.bytes_left + 1)
        allowance.take(place, size=len(content))
        table = parted(_text(content, place), knows)
        figures.separator = table.separator
        yield from _lines(table, place, allowance)

    return LineTable(place, lines(), figures=figures)


def _text(content: bytes, name: str) -> str:
    try:
        return decoded(content)
    except UnknownLettersError as error:
        raise FolderError("unknown_encoding", file=name, line=error.line) from None


def _lines(table: Parted, name: str, allowance: ReadAllowance) -> Iterator[TableLine]:
    """Number the rows as a spreadsheet shows them: line breaks in a cell part none."""
    texts = _Texts(table)
    reader = csv.reader(texts, strict=True, delimiter=table.separator)
    for row in count(1):
        number = reader.line_num + table.first
        texts.begin()
        try:
            line = TableLine(row, _cells(next(reader)))
        except StopIteration:
            return
        except csv.Error as error:
            cause = str(error)
            last = reader.line_num + table.first - 1
            if row == 1 or last > number or texts.left < 0:
                # The header, or a quote that swallows the lines after it.
                raise FolderError(
                    "not_csv", file=name, line=number, cause=cause
                ) from None
            line = TableLine(row, (), cause)
        if line.fault or line.has_content:
            allowance.take(name, rows=1)
            yield line


class _Texts:
    """Gives a file's lines, and no more for one row than it may have."""

    def __init__(self, table: Parted) -> None:
        self._lines = table.lines
        self.begin()

    def begin(self) -> None:
        """Begin another row, which may go on over several lines."""
        self.left = ROW_CHARACTERS_MAX

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.left -= len(line)
        if self.left < 0:
            message = f"more than {ROW_CHARACTERS_MAX} characters"
            raise csv.Error(message)
        return line


def _cells(texts: Sequence[str]) -> Sequence[SeenCell]:
    near, far = texts[:COLUMNS_MAX], texts[COLUMNS_MAX:]
    cells = [seen_cell(_FORCED.sub(r"\1", text)) for text in near]
    return [*cells, seen_cell("".join(far))] if any(far) else cells
