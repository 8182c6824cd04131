"""Why an amount is what it is: the lines of invoices that rest on an entry."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import select

from api.pages.history.entry_subject import entry_document
from api.pages.invoices.invoice_days import WhyBilled, billed_posts
from api.pages.invoices.one_invoice import OneInvoice, one_invoice
from api.pages.saying import EntryAsTold
from api.pages.visit import Visit
from api.problems import ProblemError
from domain.invoicing.invoice import DocumentId
from domain.invoicing.sales_document import InvoiceIssued
from domain.posts.staffing import PostFilled, PostVacated
from domain.values import business_day, parse_instant
from projections import tables

DOCUMENTS_MAX: Final = 3
"""Documents that are read: the first ones that an entry came to count in."""
SECTION: Final = "page_invoice"


class AmountRow(NamedTuple):
    """What a document bills for one period, and the entries that it rests on."""

    seller: str
    number: int
    label: str
    address: str
    whys: Sequence[WhyBilled]
    before: str
    days: int | None
    amount_ore: int


def amounts_by(visit: Visit, entry: EntryAsTold) -> list[AmountRow]:
    """Tell what an issued document comes to, or what rests on a change of staffing.

    Empty for all other entries, and for whoever may not read the documents.
    """
    match entry.fact:
        case InvoiceIssued():
            document = entry_document(entry)
            found = [] if document is None else [DocumentId(*document)]
            this = ""
        case PostFilled(agreement=agreement) | PostVacated(agreement=agreement):
            recorded = business_day(parse_instant(entry.row.recorded_at))
            found, this = _documents(visit, agreement, recorded), entry.row.id
        case _:
            return []
    try:
        read = [one_invoice(visit, *each) for each in found]
    except ProblemError:  # they lie between others
        return []
    return [row for one in read for row in _rows(one, this)]


def _documents(visit: Visit, agreement: str, since: date) -> list[DocumentId]:
    table = tables.document
    statement = (
        select(table.c.seller, table.c.year, table.c.number)
        .where(
            table.c.agreement == agreement,
            table.c.recorded_on.between(since, visit.day),
            table.c.credited_year.is_(None),
        )
        .order_by(table.c.recorded_on, table.c.year, table.c.number)
        .limit(DOCUMENTS_MAX)
    )
    with visit.views() as connection:
        return [DocumentId(*row) for row in connection.execute(statement)]


def _rows(one: OneInvoice, this: str) -> Iterator[AmountRow]:
    """Lines of a document; of those the ones that rest on an entry, if it is named."""
    seller = one.known.get(one.document.seller)
    for post in billed_posts(one, one.visit.speaker(SECTION)):
        for part in post.parts:
            if not this or any(why.entry == this for why in part.whys):
                yield AmountRow(
                    seller.short_name if seller else one.document.seller,
                    one.document.number,
                    part.label,
                    one.address,
                    part.whys,
                    part.before,
                    part.days,
                    part.amount_ore,
                )
