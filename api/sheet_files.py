"""Sheets as files: CSV as Norwegian Excel opens it, and workbooks.

The same sheets give the same bytes, whenever and wherever they are written.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final

import xlsxwriter

from api.section_titles import section_title
from api.sheets import AMOUNTS, Absent, ColumnKind, Sheet, SheetCell
from api.words import Language, day, sentence
from domain.values import KRONE

WRITTEN: Final = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""A workbook says when it was made; the same content must be the same bytes."""
_A4: Final = 9
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", *"\uff1d\uff0b\uff0d\uff20")
"""Also as full width, which some programs read alike."""
_WIDTH_MAX: Final = 40
_NAME_WIDTH: Final = 20
_MARGINS: Final = {"left": 0.3, "right": 0.3, "top": 0.6, "bottom": 0.6}
"""Inches."""
_ON_TWO_LINES: Final = 60
"""Rows up to which names take several lines, which is larger in print."""
_ON_TWO_PAGES: Final = 200
"""Rows that are scaled to two pages; more would be too small to be read."""
_DAY_WIDTH: Final = 11
_TEXTS: Final = (ColumnKind.TEXT, ColumnKind.NAME)


def csv_file(sheet: Sheet, language: Language) -> bytes:
    """Sheet with semicolons, decimal commas and a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_headings(sheet, language))
    for row in sheet.rows:
        cells = zip(row, sheet.columns, strict=True)
        writer.writerow([_text(cell, kind, language) for cell, (_, kind) in cells])
    return text.getvalue().encode("utf-8-sig")


def fingerprint_of(sheet: Sheet) -> str:
    """SHA-256 of the CSV file in English, so that two papers can be compared."""
    return sha256(csv_file(sheet, Language.EN)).hexdigest()


def _headings(sheet: Sheet, language: Language) -> list[str]:
    return [sentence(language, "column", name) for name, _ in sheet.columns]


def _text(cell: SheetCell, kind: ColumnKind, language: Language) -> str:
    shown = spoken_cell(cell, kind, language)
    # A program that opens the file would run what begins like a formula.
    return f"'{shown}" if kind in _TEXTS and shown.startswith(_FORMULA) else shown


def spoken_cell(cell: SheetCell, kind: ColumnKind, language: Language) -> str:
    """What stands in a cell, as a text."""
    if cell is None:
        return ""
    if isinstance(cell, Absent):
        return absent_text(cell, language)
    if kind in AMOUNTS:
        assert isinstance(cell, int)
        whole, decimals = divmod(abs(cell), KRONE)
        return f"{'-' if cell < 0 else ''}{whole},{decimals:02d}"
    if kind is ColumnKind.PERCENT:
        return str(cell).replace(".", ",")
    return _shown(cell, kind, language)


def absent_text(why: Absent, language: Language) -> str:
    """What stands where there is no figure."""
    return sentence(language, "absent", why.value)


def _shown(cell: SheetCell, kind: ColumnKind, language: Language) -> str:
    if kind is ColumnKind.WORD:
        word = str(cell).lower() if isinstance(cell, bool) else str(cell)
        return sentence(language, "word", word)
    if kind is ColumnKind.SECTIONS:
        return "; ".join(section_title(each, language) for each in str(cell).split())
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def xlsx_file(
    sheets: Sequence[Sheet], language: Language, as_of: date | None = None
) -> bytes:
    """Workbook of sheets, with formats and totals.

    As it is printed each page says what it is, as of which day, and the fingerprint of
    its sheet, see :func:`fingerprint_of`.
    """
    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False}
    )
    book.set_properties({"created": WRITTEN})
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
        "total": book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"}),
        "absent": book.add_format({"align": "right"}),
        ColumnKind.NAME: book.add_format({"text_wrap": True, "valign": "top"}),
        "count": book.add_format({"bold": True, "top": 1, "num_format": "0"}),
        ColumnKind.ORE: book.add_format({"num_format": "#,##0.00"}),
        ColumnKind.BALANCE: book.add_format({"num_format": "#,##0.00"}),
        ColumnKind.PERCENT: book.add_format({"num_format": "0.00"}),
        ColumnKind.DAY: book.add_format({"num_format": "yyyy-mm-dd"}),
    }
    for sheet in sheets:
        page = book.add_worksheet(sentence(language, "sheet", sheet.name))
        _write(page, sheet, language, formats)
        _print(page, sheet, language, as_of)
    book.close()
    return content.getvalue()


def _print(
    page: Any,  # noqa: ANN401 - xlsxwriter has no types
    sheet: Sheet,
    language: Language,
    as_of: date | None,
) -> None:
    """Lay a sheet out on landscape pages, as wide as it is, on two where that can be."""
    title = sentence(language, "sheet", sheet.name).replace("&", "&&")
    of_day = "" if as_of is None else day(as_of, language)
    digest = fingerprint_of(sheet)[:16]
    page.set_landscape()
    page.set_paper(_A4)
    page.set_margins(**_MARGINS)
    page.fit_to_pages(1, 2 if len(sheet.rows) <= _ON_TWO_PAGES else 0)
    page.repeat_rows(0)
    page.set_header(f"&L&B{title}&R{of_day}")
    page.set_footer(f"&LSHA-256 {digest}&R&P / &N")


def _write(
    page: Any,  # noqa: ANN401 - xlsxwriter has no types
    sheet: Sheet,
    language: Language,
    formats: dict[str, Any],
) -> None:
    for column, (heading, (_, kind)) in enumerate(
        zip(_headings(sheet, language), sheet.columns, strict=True)
    ):
        cells = [row[column] for row in sheet.rows]
        page.set_column(column, column, _width(heading, cells, kind, language))
        page.write_string(0, column, heading, formats["head"])
        for line, cell in enumerate(cells, 1):
            _write_cell(page, (line, column), cell, kind, language, formats)
        total = sheet.total(column)
        place = (len(cells) + 1, column)
        if isinstance(total, Absent):
            page.write_string(*place, absent_text(total, language), formats["absent"])
        elif total is not None and kind is ColumnKind.COUNT:
            page.write_number(*place, total, formats["count"])
        elif total is not None:
            page.write_number(*place, _kroner(total), formats["total"])
    if sheet.total(0) is None and any(
        sheet.total(column) is not None for column in range(1, len(sheet.columns))
    ):
        words = sentence(language, "settlement", "total")
        page.write_string(len(sheet.rows) + 1, 0, words, formats["total"])
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)


def _width(
    heading: str, cells: Sequence[SheetCell], kind: ColumnKind, language: Language
) -> int:
    """How many characters wide a column is; a heading may take several lines."""
    texts = [*heading.split()]
    if kind in AMOUNTS:
        amounts = [cell for cell in cells if isinstance(cell, int)]
        texts += [f"{_kroner(each):,.2f}" for each in (*amounts, sum(amounts))]
    elif kind is ColumnKind.DAY:
        return max(_DAY_WIDTH, *(len(text) + 2 for text in texts))
    else:
        texts += [_text(cell, kind, language) for cell in cells]
    several = kind is ColumnKind.NAME and len(cells) <= _ON_TWO_LINES
    most = _NAME_WIDTH if several else _WIDTH_MAX
    return min(max(map(len, texts)) + 2, most)


def _write_cell(
    page: Any,  # noqa: ANN401 - xlsxwriter has no types
    place: tuple[int, int],
    cell: SheetCell,
    kind: ColumnKind,
    language: Language,
    formats: dict[str, Any],
) -> None:
    if cell is None:
        return
    if isinstance(cell, Absent):
        page.write_string(*place, absent_text(cell, language), formats["absent"])
    elif kind in AMOUNTS:
        page.write_number(*place, _kroner(int(str(cell))), formats[kind])
    elif kind is ColumnKind.PERCENT:
        page.write_number(*place, Decimal(str(cell)), formats[kind])
    elif kind is ColumnKind.DAY:
        page.write_datetime(*place, cell, formats[kind])
    elif kind in {ColumnKind.NUMBER, ColumnKind.COUNT}:
        page.write_number(*place, cell)
    else:
        page.write_string(*place, _shown(cell, kind, language), formats.get(kind))


def _kroner(amount_ore: int) -> Decimal:
    # Excel keeps doubles; kroner and øre of fifteen digits are exact in them.
    return Decimal(amount_ore) / KRONE
