"""The text of a CSV file, and what stands between its columns.

Excel saves UTF-8 with a mark before it, Windows-1252, and, as "Unicode text", UTF-16.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable
from itertools import islice
from typing import Final, NamedTuple

HEADER_WITHIN: Final = 30
"""Rows from the top in which the header is looked for."""
CELL_CHARACTERS_MAX: Final = 1000
LONG_CHARACTERS_MAX: Final = 32_767
"""Of a cell that becomes a document: as many as a spreadsheet's cell can have."""
COLUMNS_MAX: Final = 256
"""Cells of a row that are told apart; more are refused."""
ROW_CHARACTERS_MAX: Final = COLUMNS_MAX * CELL_CHARACTERS_MAX
SEPARATORS: Final = (",", ";", "\t")
"""What may stand between columns; of two that part a header alike, the first."""
_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_UTF8_WITHIN: Final = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")
"""Letters in UTF-8, as they stand in Norwegian text."""
_ODD: Final = "\u2020\u203a\u00bf\u00be\u00af\u0152"
_OTHER_LETTERS: Final = re.compile(
    f"[A-Za-z][{_ODD}]|[{_ODD}][a-z]|[A-Za-z]\u2018[a-z]"
)
"""What æ, ø and å of DOS and of old Macs are to who reads Windows-1252."""
_SAID: Final = re.compile(r'"?sep=([,;\t])"?\r?\n?', re.IGNORECASE)


class UnknownLettersError(Exception):
    """Nobody can tell which letters a file is written with; the ``line`` is the first."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


class Parted(NamedTuple):
    """A file's lines from ``first`` on, and what stands between their cells."""

    lines: io.StringIO
    first: int
    separator: str


def decoded(content: bytes) -> str:
    """Decode a file; raise :class:`UnknownLettersError` where nobody can tell how."""
    mark = next((each for each in _MARKS if content.startswith(each)), b"")
    try:
        text = content.decode(_MARKS.get(mark, "utf-8"))
    except UnicodeDecodeError as error:
        place = error.start
    else:
        if "\0" not in text:
            return text
        raise UnknownLettersError(1)  # UTF-16 that does not say so
    text = "" if mark else _windows_text(content)
    if not text:
        raise UnknownLettersError(content[:place].count(b"\n") + 1)
    return text


def _windows_text(content: bytes) -> str:
    """Decode Windows-1252; return nothing where the letters are some other's."""
    if b"\0" in content or _UTF8_WITHIN.search(content):
        return ""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "" if _OTHER_LETTERS.search(text) else text


def parted(text: str, knows: Callable[[str], bool]) -> Parted:
    """Find what stands between a file's columns.

    It is what a ``sep=`` line says, else what parts the header line into the most cells
    that are names of columns.
    """
    lines = io.StringIO(text, newline="")
    separator_line = _SAID.fullmatch(lines.readline())
    if separator_line is not None:
        return Parted(lines, 2, separator_line[1])
    lines.seek(0)
    top = list(islice(lines, HEADER_WITHIN))
    lines.seek(0)
    most = {
        separator: max((_known(line, separator, knows) for line in top), default=0)
        for separator in SEPARATORS
    }
    return Parted(lines, 1, max(SEPARATORS, key=lambda each: most[each]))


def _known(line: str, separator: str, knows: Callable[[str], bool]) -> int:
    """How many cells of a line are names of columns."""
    try:
        near = line[:ROW_CHARACTERS_MAX]
        cells = next(csv.reader([near], delimiter=separator), [])
    except csv.Error:
        return 0
    return len({cell for cell in cells if knows(cell)})
