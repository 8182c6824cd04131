"""Sales documents as files: of each its own, from the journal alone."""

from collections.abc import Iterator
from datetime import date

from api.ehf.document import ehf_document
from api.ehf.writing import write
from api.pdf.invoice import file_name, invoice_paper
from api.words import Language
from domain.values import business_day, parse_instant
from federation.journal.store import Journal
from projections.documents import Issued, issued_documents


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


def pdf_files(
    journal: Journal, day: date, words: Language
) -> Iterator[tuple[str, bytes]]:
    """Give each document that was recorded until a day as PDF, under its name."""
    from api.pdf.typesetting import typeset  # noqa: PLC0415 - of PDF alone

    for issued in _issued(journal, day):
        content = typeset(invoice_paper(issued, words))
        yield f"{file_name(issued.document)}.pdf", content
