"""What is exported of read models, which are folded for it from a journal."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from api.sheet_files import csv_file, xlsx_file
from api.sheets import Sheet
from api.words import Language
from deploy.cli.choices import Format
from federation.journal.store import Journal
from federation.log.completeness import unheard
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.settlement import settlement


def sheet_files_of(
    name: str, as_format: Format, sheets: list[Sheet], day: date, words: Language
) -> Mapping[str, bytes]:
    """Sheets as a workbook, or as a file each."""
    if as_format is Format.XLSX:
        return {f"{name}.xlsx": xlsx_file(sheets, words, day)}
    return {
        f"{name if name == sheet.name else f'{name}-{sheet.name}'}.csv": csv_file(
            sheet, words
        )
        for sheet in sheets
    }


def settlement_files(
    views: Connection, journal: Journal, year: int, day: date, words: Language
) -> Iterator[tuple[str, bytes]]:
    """Give the settlement of all, and that of each trust that pays or is paid."""
    from api.pdf.settlement import read_settlement  # noqa: PLC0415 - of PDF alone
    from api.pdf.typesetting import typeset  # noqa: PLC0415

    settled = settlement(views, year, day)
    parties = [agreement.parties for agreement in settled.agreements]
    trusts = sorted({trust for pair in parties for trust in (pair.payer, pair.payee)})
    for trust in (None, *trusts):
        paper = read_settlement(views, year, day, trust, words, unheard(journal))
        name = f"settlement-{year}" if trust is None else f"settlement-{year}-{trust}"
        yield f"{name}.pdf", typeset(paper)


@contextmanager
def folded(journal: Journal) -> Iterator[Connection]:
    """Fold the journal into tables of its own; a node may run meanwhile."""
    with tempfile.TemporaryDirectory(prefix="fagnett-export-") as folder:
        views = open_sqlite(Path(folder) / "views.sqlite")
        projector = Projector(journal, views)
        projector.prepare()
        projector.rebuild()
        with reading(views) as connection:
            yield connection
