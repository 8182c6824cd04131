"""What an entry is about: the kind of its stream, and its document."""

from api.pages.saying import EntryAsTold
from domain.catalogue import STREAMS
from domain.fact import Fact
from domain.history import Category
from projections.claims import DocumentKey


def stream_kind_of(fact: Fact) -> str:
    """Kind of the stream that holds a fact."""
    category: Category[object] = STREAMS[type(fact)]
    return category.kind


def entry_document(entry: EntryAsTold) -> DocumentKey | None:
    """Seller, year and number of the document that an entry is about."""
    fact = entry.fact
    seller, number = getattr(fact, "seller", None), getattr(fact, "number", None)
    if isinstance(seller, str) and isinstance(number, int):
        return seller, getattr(fact, "year", 0), number
    if entry.row.stream.split(":")[1:2] == ["invoices"]:
        return _issued(entry)
    return None


def _issued(entry: EntryAsTold) -> DocumentKey | None:
    _, _, seller, year = entry.row.stream.split(":")
    return seller, int(year), entry.row.version
