"""A sheet as people read it, on a page and on paper: its cells as texts in a language."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from babel.dates import format_date

from api.sheet_files import absent_text, fingerprint_of, spoken_cell
from api.sheets import AMOUNTS, SUMMED, Absent, ColumnKind, Sheet, SheetCell
from api.words import LOCALES, Language, kroner, sentence

_NUMBERS = AMOUNTS | SUMMED | {ColumnKind.NUMBER, ColumnKind.PERCENT}


class SpokenTable(NamedTuple):
    """A sheet in one language."""

    name: str
    """Key of the sheet."""
    title: str
    columns: Sequence[str]
    """Keys of its columns."""
    headings: Sequence[str]
    are_numbers: Sequence[bool]
    """By column, whether it is set to the right."""
    rows: Sequence[Sequence[str]]
    totals: Sequence[str]
    """Empty where nothing is summed."""
    fingerprint: str


def spoken_table(sheet: Sheet, language: Language) -> SpokenTable:
    """Put a sheet into words."""
    kinds = [kind for _, kind in sheet.columns]
    return SpokenTable(
        sheet.name,
        sentence(language, "sheet", sheet.name),
        [name for name, _ in sheet.columns],
        [sentence(language, "column", name) for name, _ in sheet.columns],
        [kind in _NUMBERS for kind in kinds],
        [
            [_said(cell, kind, language) for cell, kind in zip(row, kinds, strict=True)]
            for row in sheet.rows
        ],
        _totals(sheet, language),
        fingerprint_of(sheet),
    )


def _totals(sheet: Sheet, language: Language) -> Sequence[str]:
    totals = [sheet.total(column) for column in range(len(sheet.columns))]
    if all(total is None for total in totals):
        return ()
    said = [
        "" if total is None else _said(total, kind, language)
        for total, (_, kind) in zip(totals, sheet.columns, strict=True)
    ]
    return [said[0] or sentence(language, "settlement", "total"), *said[1:]]


def _said(cell: SheetCell, kind: ColumnKind, language: Language) -> str:
    if isinstance(cell, Absent):
        return absent_text(cell, language)
    if kind in AMOUNTS and isinstance(cell, int):
        return kroner(cell, language)
    if isinstance(cell, date):
        pattern = "dd/MM/yyyy" if language is Language.EN else "dd.MM.yyyy"
        return format_date(cell, pattern, locale=LOCALES[language])
    if kind is ColumnKind.PERCENT and language is Language.EN and cell is not None:
        return str(cell)
    return spoken_cell(cell, kind, language)
