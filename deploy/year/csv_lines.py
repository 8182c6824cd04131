"""The lines of a CSV file."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from deploy.year.lines import (
    COLUMNS_MAX,
    Allowance,
    FolderError,
    Line,
    Seen,
    seen_text,
)


def csv_lines(file: BinaryIO, name: str, allowance: Allowance) -> Iterator[Line]:
    """Read a file's lines; raise :class:`FolderError` where it is not CSV in UTF-8."""
    content = file.read(allowance.bytes_left + 1)
    allowance.take(name, size=len(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_number = content[: error.start].count(b"\n") + 1
        raise FolderError("not_utf8", file=name, line=line_number) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            line = Line(number, _cells(next(reader)))
        except StopIteration:
            return
        except csv.Error as error:
            cause = str(error)
            if number == 1 or reader.line_num > number:
                # The header, or a quote that swallows the lines after it.
                raise FolderError(
                    "not_csv", file=name, line=number, cause=cause
                ) from None
            line = Line(number, (), cause)
        if line.fault or line.has_content:
            allowance.take(name, rows=1)
            yield line


def _cells(texts: Sequence[str]) -> Sequence[Seen]:
    near, far = texts[:COLUMNS_MAX], texts[COLUMNS_MAX:]
    cells = [seen_text(text) for text in near]
    return [*cells, seen_text("".join(far))] if any(far) else cells
