"""The sheets of what is exported, read from read models and the journal."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from sqlalchemy import Connection

from api.exported import What
from api.settlement import settlement_document
from api.sheet_names import with_names
from api.sheets import (
    Sheet,
    invoices_sheet,
    ledger_sheets,
    posts_sheet,
    settlement_sheets,
)
from federation.journal.store import Journal
from federation.log.completeness import unheard
from projections.asof import Slice
from projections.invoices import Invoice, InvoiceFilter, invoices
from projections.ledger import recorded_vouchers
from projections.posts import Post, posts
from projections.readable import reads_of
from projections.settlement import settlement

PAGE_ITEMS: Final = 500


def sheets(
    connection: Connection, journal: Journal, what: What, year: int, day: date
) -> list[Sheet]:
    """Sheets as known on a day."""
    plain = _sheets(connection, journal, what, year, day)
    return with_names(plain, connection, day)


def _sheets(
    connection: Connection, journal: Journal, what: What, year: int, day: date
) -> list[Sheet]:
    match what:
        case What.INVOICES:
            return [invoices_sheet(_all_invoices(connection, day))]
        case What.POSTS:
            return [posts_sheet(_all_posts(connection, day))]
        case What.LEDGER:
            reads = reads_of(connection)
            vouchers = recorded_vouchers(journal, day)
            return ledger_sheets([one for one in vouchers if reads(one.parties)])
        case What.SETTLEMENT:
            settled = settlement(connection, year, day)
            document = settlement_document(settled, unheard(journal))
            return settlement_sheets(document, settled.idle)


def _all_invoices(connection: Connection, day: date) -> Iterator[Invoice]:
    after = ("", 0, 0)
    while page := invoices(connection, day, InvoiceFilter(), after, PAGE_ITEMS):
        yield from page
        after = (page[-1].payee, page[-1].year, page[-1].number)


def _all_posts(connection: Connection, day: date) -> Iterator[Post]:
    after = ""
    while page := posts(connection, day, Slice(after, PAGE_ITEMS)):
        yield from page
        after = page[-1].post
