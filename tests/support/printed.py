"""How a workbook is printed, by what its sheets say of pages, widths and heights."""

import io
import math
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from lxml import etree
from python_calamine import CalamineWorkbook

PIXELS_OF_A_CHARACTER: Final = 7
PADDING: Final = 5
INCH: Final = 96
LINE: Final = 20
"""Pixels of a line, in the font that workbooks have."""
WIDE: Final = 11.69 * INCH
"""A4, landscape."""
HIGH: Final = 8.27 * INCH
NAMESPACE: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Printed(NamedTuple):
    """On how many pages a sheet is printed, and how much smaller than on the screen."""

    pages: int
    scale: float


def printed(content: bytes) -> Mapping[str, Printed]:
    """Return how the sheets of a workbook are printed: each as wide as a page."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    files = zipfile.ZipFile(io.BytesIO(content))
    return {
        name: _printed(
            etree.fromstring(files.read(f"xl/worksheets/sheet{number}.xml")),
            book.get_sheet_by_name(name).to_python(),
        )
        for number, name in enumerate(book.sheet_names, 1)
    }


def _printed(sheet: etree._Element, rows: Sequence[Sequence[Any]]) -> Printed:
    setup, margins = (_part(sheet, name) for name in ("pageSetup", "pageMargins"))
    assert setup.get("orientation") == "landscape"
    assert setup.get("fitToWidth", "1") == "1"
    sides = {name: float(text) * INCH for name, text in margins.attrib.items()}
    wide = WIDE - sides["left"] - sides["right"]
    high = HIGH - sides["top"] - sides["bottom"]
    widths = [
        float(each.attrib["width"])
        for each in sheet.iter(f"{NAMESPACE}col")
        for _ in range(int(each.attrib["min"]), int(each.attrib["max"]) + 1)
    ]
    across = sum(width * PIXELS_OF_A_CHARACTER + PADDING for width in widths)
    head, *rest = (
        LINE * max(math.ceil(len(str(c)) / w) for c, w in zip(row, widths, strict=True))
        for row in rows
    )
    scale = min(1.0, wide / across)
    most = int(setup.get("fitToHeight", "1"))
    while most and _pages(head, rest, high / scale) > most:
        scale *= 0.99
    return Printed(_pages(head, rest, high / scale), scale)


def _part(sheet: etree._Element, name: str) -> etree._Element:
    found = sheet.find(f"{NAMESPACE}{name}")
    assert found is not None
    return found


def _pages(head: int, rows: Sequence[int], high: float) -> int:
    """Return on how many pages rows of some heights are, the header on each."""
    used, count = head, 1
    for height in rows:
        if used + height > high:
            used, count = head, count + 1
        used += height
    return count
