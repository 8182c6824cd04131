"""Sales documents from the journal itself: the facts that files are written from."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.invoicing.invoice import SERIES, DocumentId
from domain.invoicing.sales_document import InvoiceIssued
from domain.values import Region
from federation.journal.store import Journal
from federation.signed.entry import Row
from federation.signed.facts import fact_of

BATCH_ENTRIES: Final = 1000
ISSUED: Final = "invoice.issued."


class Issued(NamedTuple):
    """A document, what it says, and the entry that says it."""

    document: DocumentId
    fact: InvoiceIssued
    entry: Row


def issued_document(journal: Journal, document: DocumentId) -> Issued | None:
    """Document by its seller, year and number, whatever the region."""
    with journal.reading() as cursor:
        for region in Region:
            stream = str(SERIES.stream(region, document.series))
            entry = journal.entry_in(cursor, stream, document.number)
            if entry is not None:
                return _issued(entry)
    return None


def issued_documents(journal: Journal) -> Iterator[Issued]:
    """All documents of all regions, region by region in the order of issue."""
    return map(_issued, recorded_rows(journal, ISSUED))


def _issued(entry: Row) -> Issued:
    fact = fact_of(entry)
    assert isinstance(fact, InvoiceIssued)
    document = DocumentId(fact.payee, fact.issued_on.year, entry.version)
    return Issued(document, fact, entry)


def recorded_rows(journal: Journal, *kinds: str) -> Iterator[Row]:
    """Entries of some kinds of facts, in whatever version, of all regions."""
    for region in Region:
        after = 0
        while rows := journal.entries(region.value, after, BATCH_ENTRIES):
            yield from (row for row in rows if row.type.startswith(kinds))
            after = rows[-1].position
