"""``fagnett export``: what a home holds, as files for other programs."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final

import typer
from sqlalchemy import Connection

from api.completeness import unheard
from api.ehf.document import ehf_document
from api.ehf.writing import write
from api.exported import What
from api.pdf.invoice import file_name, invoice_paper
from api.pdf.settlement import read_settlement
from api.pdf.typesetting import typeset
from api.routes.exports import sheets
from api.sheet_files import csv_file, xlsx_file
from api.sheets import Sheet
from api.words import Language, sentence
from deploy.cli.choices import Format
from deploy.cli.progress import told
from deploy.cli.upkeep import explained, stored
from deploy.databases import last_known, open_journal
from domain.values import EARLIEST_DAY, business_day, parse_instant
from federation.journal.store import Journal
from projections.database import open_sqlite, reading
from projections.documents import Issued, issued_documents
from projections.engine import Projector
from projections.settlement import settlement

AS: Final = {
    Format.EHF: frozenset({What.INVOICES}),
    Format.PDF: frozenset({What.INVOICES, What.SETTLEMENT}),
}
"""What is exported as some formats; everything as the others."""


def export(  # noqa: PLR0913 - the options of the command
    what: What,
    *,
    home: Path,
    to: Path,
    as_format: Format,
    year: int | None,
    as_of: datetime | None,
    words: Language,
) -> None:
    """Write invoices, the settlement, the register of posts or the ledger to files.

    The same history gives the same bytes, whichever node it is read from.
    """
    if what not in AS.get(as_format, frozenset(What)):
        values = {"what": what.value, "format": as_format.value}
        told(sentence(words, "export", "not_as", values))
        raise typer.Exit(2)
    with explained(words), stored(home, words) as databases:
        store = next(iter(databases.values()))
        with closing(open_journal(store.database, store.region)) as journal:
            files: Mapping[str, bytes]
            day = _last_day(journal) if as_of is None else as_of.date()
            if as_format is Format.EHF:
                files = dict(ehf_files(journal, day))
            elif as_format is Format.PDF and what is What.INVOICES:
                files = dict(_pdf_files(journal, day, words))
            else:
                of_year = day.year if year is None else year
                with folded(journal) as views:
                    if as_format is Format.PDF:
                        files = dict(
                            _settlement_files(views, journal, of_year, day, words)
                        )
                    else:
                        tables = sheets(views, journal, what, of_year, day)
                        files = _sheet_files(what.value, as_format, tables, day, words)
    _keep(files, to, words)


def _issued(journal: Journal, day: date) -> Iterator[Issued]:
    """Give the documents that were recorded until a day."""
    for issued in issued_documents(journal):
        if business_day(parse_instant(issued.entry.recorded_at)) <= day:
            yield issued


def ehf_files(journal: Journal, day: date) -> Iterator[tuple[str, bytes]]:
    """Give each document that was recorded until a day as EHF, under its name."""
    for document, fact, _ in _issued(journal, day):
        content = write(ehf_document(fact, document.number))
        yield f"{file_name(document)}.xml", content


def _pdf_files(
    journal: Journal, day: date, words: Language
) -> Iterator[tuple[str, bytes]]:
    for issued in _issued(journal, day):
        content = typeset(invoice_paper(issued, words))
        yield f"{file_name(issued.document)}.pdf", content


def _sheet_files(
    name: str, as_format: Format, sheets: list[Sheet], day: date, words: Language
) -> Mapping[str, bytes]:
    if as_format is Format.XLSX:
        return {f"{name}.xlsx": xlsx_file(sheets, words, day)}
    return {
        f"{name if name == sheet.name else f'{name}-{sheet.name}'}.csv": csv_file(
            sheet, words
        )
        for sheet in sheets
    }


def _settlement_files(
    views: Connection, journal: Journal, year: int, day: date, words: Language
) -> Iterator[tuple[str, bytes]]:
    """Give the settlement of all, and that of each trust that pays or is paid."""
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


def _last_day(journal: Journal) -> date:
    """Last business day on which any region recorded something."""
    last = last_known(journal)
    return business_day(parse_instant(last)) if last else EARLIEST_DAY


def _keep(files: Mapping[str, bytes], to: Path, words: Language) -> None:
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_whole(to / name, content)
    except OSError as error:
        values: dict[str, str | int] = {
            "folder": str(to),
            "reason": str(error.strerror),
        }
        told(sentence(words, "export", "unwritable", values))
        raise typer.Exit(1) from None
    values = {"folder": str(to), "count": len(files)}
    key = "written_one" if len(files) == 1 else "written"
    typer.echo(sentence(words, "export", key, values))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that has its name only when it is whole: nobody sends half of one."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
