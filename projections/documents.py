"""Sales documents from the journal itself: the facts that EHF is written from."""

from collections.abc import Iterator
from typing import Final

from domain.catalogue import decode
from domain.invoice import SERIES, DocumentId
from domain.sales_document import InvoiceIssued
from domain.values import Region
from federation.entry import Row, data_of
from federation.journal.mapper import MAPPER
from federation.journal.store import Journal

BATCH_ENTRIES: Final = 1000
ISSUED: Final = "invoice.issued."


def issued_document(journal: Journal, document: DocumentId) -> InvoiceIssued | None:
    """Return a document by its seller, year and number, whatever the region."""
    with journal.reading() as cursor:
        for region in Region:
            stream = str(SERIES.stream(region, document.series))
            event = journal.event_in(cursor, stream, document.number)
            if event is not None:
                fact = MAPPER.to_domain_event(event).fact
                assert isinstance(fact, InvoiceIssued)
                return fact
    return None


def issued_documents(journal: Journal) -> Iterator[tuple[DocumentId, InvoiceIssued]]:
    """Return all documents of all regions, region by region in the order of issue."""
    for row in recorded(journal, ISSUED):
        fact = decode(row.type, data_of(row.body))
        assert isinstance(fact, InvoiceIssued)
        yield DocumentId(fact.payee, fact.issued_on.year, row.version), fact


def recorded(journal: Journal, *kinds: str) -> Iterator[Row]:
    """Return the entries of some kinds of facts, in whatever version, of all regions."""
    for region in Region:
        after = 0
        while rows := journal.entries(
            region.value, after, BATCH_ENTRIES, journal.epoch
        ):
            yield from (row for row in rows if row.type.startswith(kinds))
            after = rows[-1].position
