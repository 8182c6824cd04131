"""The lines of a CSV file."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, Self

from deploy.year.lines import (
    CELL_CHARACTERS_MAX,
    COLUMNS_MAX,
    FolderError,
    Line,
    ReadAllowance,
    SeenCell,
    seen_cell,
)

ROW_CHARACTERS_MAX: Final = COLUMNS_MAX * CELL_CHARACTERS_MAX


def csv_lines(file: BinaryIO, name: str, allowance: ReadAllowance) -> Iterator[Line]:
    """Read a file's lines; raise :class:`FolderError` where it is not CSV in UTF-8."""
    content = file.read(allowance.bytes_left + 1)
    allowance.take(name, size=len(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_number = content[: error.start].count(b"\n") + 1
        raise FolderError("not_utf8", file=name, line=line_number) from None
    texts = _Texts(text)
    reader = csv.reader(texts, strict=True)
    while True:
        number = reader.line_num + 1
        texts.begin()
        try:
            line = Line(number, _cells(next(reader)))
        except StopIteration:
            return
        except csv.Error as error:
            cause = str(error)
            if number == 1 or reader.line_num > number or texts.left < 0:
                # The header, or a quote that swallows the lines after it.
                raise FolderError(
                    "not_csv", file=name, line=number, cause=cause
                ) from None
            line = Line(number, (), cause)
        if line.fault or line.has_content:
            allowance.take(name, rows=1)
            yield line


class _Texts:
    """Gives a file's lines, and no more for one row than it may have."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
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
    cells = [seen_cell(text) for text in near]
    return [*cells, seen_cell("".join(far))] if any(far) else cells
