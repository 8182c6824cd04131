"""The ledger from the journal: a voucher for every document and payment."""

from datetime import date
from typing import Final

from domain.catalogue import decode
from domain.invoice import DocumentId
from domain.ledger import Voucher, post_document, post_payment
from domain.payment import PaymentRegistered
from domain.sales_document import InvoiceIssued
from domain.values import business_day, parse_instant
from federation.entry import Row, data_of, entry_id
from federation.journal.store import Journal
from projections.documents import ISSUED, issued_documents, recorded

PAID: Final = "payment.registered."


def vouchers(journal: Journal, as_of: date) -> list[Voucher]:
    """Return all vouchers recorded until a day, in the order of recording."""
    documents = {each.document: each.fact for each in issued_documents(journal)}
    found = [
        (row.recorded_at, row.origin, _voucher(row, documents))
        for row in recorded(journal, ISSUED, PAID)
        if business_day(parse_instant(row.recorded_at)) <= as_of
    ]
    return [voucher for *_, voucher in sorted(found, key=lambda each: each[:2])]


def _voucher(row: Row, documents: dict[DocumentId, InvoiceIssued]) -> Voucher:
    fact = decode(row.type, data_of(row.body))
    day = business_day(parse_instant(row.recorded_at))
    if isinstance(fact, InvoiceIssued):
        document = DocumentId(fact.payee, fact.issued_on.year, row.version)
        lines = post_document(fact)
    else:
        assert isinstance(fact, PaymentRegistered)
        document = DocumentId(fact.seller, fact.year, fact.number)
        lines = post_payment(fact, documents[document])
        day = fact.paid_on
    reference = entry_id(row.origin, row.epoch, row.position)
    return Voucher(reference, day, document.key, lines)
