"""A region's log to measure with: the facts of part-time posts, in their mix."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, islice
from typing import Final

from eventsourcing.persistence import StoredEvent

from domain.fact import Fact
from domain.invoicing.invoice_decision import InvoiceApproved
from domain.invoicing.sales_document import (
    DocumentKind,
    InvoicedLine,
    InvoicedParty,
    InvoiceIssued,
)
from domain.payments.payment import PaymentRegistered
from domain.posts.staffing import PostFilled
from domain.values import VatTreatment
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.store import Journal
from federation.signed.entry import Envelope
from tests.support.examples import BERGEN, OSLO

AGREEMENTS: Final = 1000
APPENDED_AT_ONCE: Final = 500
ENVELOPE_SEEN: Final = "midt/1/123456 nord/1/123456 sorost/1/123456 vest/1/123456"


def recorded() -> Iterator[Recorded]:
    """Yield facts without end: for each document a verdict, a payment, a staffing."""
    lines = tuple(InvoicedLine(post=f"p{n}", amount_ore=100_00 + n) for n in range(2))
    for number in count(1):
        agreement = f"a{number % AGREEMENTS}"
        day = date(2026, 1, 1) + timedelta(days=number % 365)
        issued = InvoiceIssued(
            kind=DocumentKind.INVOICE,
            agreement=agreement,
            version=1,
            network="ms",
            payer=BERGEN,
            payee=OSLO,
            period_start=date(2026, 1, 1),
            period_end=date(2026, 1, 31),
            issued_on=day,
            report="ms-2026",
            submission=1,
            vat_treatment=VatTreatment.EXEMPT,
            lines=lines,
            net_ore=sum(line.amount_ore for line in lines),
            vat_ore=0,
            seller=InvoicedParty(name="Oslo universitetssykehus HF"),
            buyer=InvoicedParty(name="Helse Bergen HF"),
            buyer_reference=agreement,
        )
        yield _at("invoices", f"{OSLO}-2026", number, issued)
        approved = InvoiceApproved(seller=OSLO, year=2026, number=number)
        yield _at("invoice-decisions", f"{number}", 1, approved)
        paid = PaymentRegistered(
            seller=OSLO, year=2026, number=number, amount_ore=200_01, paid_on=day
        )
        yield _at("payments", f"{number}", 1, paid)
        filled = PostFilled(
            post=f"p{number}", agreement=agreement, effective_on=day, holder="0" * 32
        )
        yield _at("staffing", f"p{number}", 1, filled)


def _at(kind: str, key: str, version: int, fact: Fact) -> Recorded:
    return Recorded(f"vest:{kind}:{key}", version, fact)


def stored(number: int) -> Iterator[list[StoredEvent]]:
    """Yield so many events, in lists."""
    events = (MAPPER.to_stored_event(each) for each in islice(recorded(), number))
    while some := list(islice(events, APPENDED_AT_ONCE)):
        yield some


def fill(journal: Journal, number: int) -> None:
    """Append so many entries to a journal, each list under one command."""
    for index, events in enumerate(stored(number)):
        name = f"{OSLO}/{index}"
        envelope = Envelope("controller", OSLO, name, "0" * 32, "c" * 32, ENVELOPE_SEEN)
        journal.append(events, envelope=envelope)
