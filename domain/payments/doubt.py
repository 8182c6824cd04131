"""What may be wrong with a payment that is taken all the same.

The payer's own word counts in the settlement, and a bank's day is a bank's: nobody is
refused for it. But a figure or a year that was mistyped is said at once, since later
only the two books differ.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from domain.history import History, RecordedFact
from domain.invoicing.invoice import BILLING, DocumentId, document_of
from domain.invoicing.sales_document import InvoiceIssued
from domain.payments.payment import (
    PAYMENTS,
    RECEIPTS,
    PaymentReceived,
    PaymentRegistered,
)
from domain.refusal import ReasonValues


class PaymentDoubt(StrEnum):
    """Why a payment is doubtful."""

    BEYOND = "paid_beyond"
    """It is more than was outstanding, credits and other payments set off."""
    AHEAD = "paid_ahead"
    """Its day has not come."""
    BEFORE_ISSUE = "paid_before_issue"
    """Its day is before the document was there."""
    TWICE = "paid_twice"
    """The same amount of the same day is on the document already."""


class DoubtfulPayment(NamedTuple):
    """A doubt, and what its words need."""

    doubt: PaymentDoubt
    values: ReasonValues


class _Paid(NamedTuple):
    """A payment by either copy; what either gives back is below zero."""

    amount_ore: int
    day: date


def doubts(
    payment: PaymentRegistered | PaymentReceived,
    version: int,
    today: date,
    history: History,
) -> tuple[DoubtfulPayment, ...]:
    """List what is doubtful of a payment, by what was recorded before it.

    ``version`` is its own in its stream, ``today`` the day on which it is recorded.
    """
    document = DocumentId(payment.seller, payment.year, payment.number)
    issued = document_of(document, history)
    category = RECEIPTS if isinstance(payment, PaymentReceived) else PAYMENTS
    notes = () if issued.credited else _notes(document, issued, history)
    paid = history.entries(category, [each.key for each in (document, *notes)])
    before = [_paid(e) for e in paid[document.key] if e.version < version]
    gross_ore = sum(
        each.gross_ore
        for each in (issued, *(document_of(note, history) for note in notes))
    )
    on_notes = [_paid(e).amount_ore for note in notes for e in paid[note.key]]
    left_ore = gross_ore - sum(each.amount_ore for each in before) - sum(on_notes)
    of = {"invoice": f"{issued.agreement} {document.year}-{document.number}"}
    return tuple(
        DoubtfulPayment(doubt, {**of, **values})
        for doubt, values in (
            *_of_amount(_of(payment), before, issued, left_ore),
            *_of_day(_of(payment).day, issued.issued_on, today),
        )
    )


def _of_amount(
    paid: _Paid, before: Sequence[_Paid], issued: InvoiceIssued, left_ore: int
) -> Iterator[tuple[PaymentDoubt, ReasonValues]]:
    """Give what is doubtful of an amount: towards zero it puts another one right."""
    way = -1 if issued.gross_ore < 0 else 1
    so_far_ore = sum(each.amount_ore for each in before)
    amount_ore, most_ore = way * paid.amount_ore, max(way * left_ore, 0)
    puts_right = amount_ore < 0 and way * so_far_ore + amount_ore >= 0
    if amount_ore > most_ore or (amount_ore < 0 and not puts_right):
        values = {"amount_ore": paid.amount_ore, "outstanding_ore": way * most_ore}
        yield PaymentDoubt.BEYOND, values
    alike, undone = before.count(paid), before.count(_Paid(-paid.amount_ore, paid.day))
    if alike > undone:
        yield (
            PaymentDoubt.TWICE,
            {"amount_ore": paid.amount_ore, "day": paid.day.isoformat()},
        )


def _of_day(
    day: date, issued_on: date, today: date
) -> Iterator[tuple[PaymentDoubt, ReasonValues]]:
    if day > today:
        yield PaymentDoubt.AHEAD, {"day": day.isoformat(), "today": today.isoformat()}
    if day < issued_on:
        values = {"day": day.isoformat(), "issued_on": issued_on.isoformat()}
        yield PaymentDoubt.BEFORE_ISSUE, values


def _notes(
    document: DocumentId, issued: InvoiceIssued, history: History
) -> Sequence[DocumentId]:
    return history.state(BILLING, issued.agreement).credits.get(document, ())


def _paid(entry: RecordedFact) -> _Paid:
    assert isinstance(entry.fact, PaymentRegistered | PaymentReceived)
    return _of(entry.fact)


def _of(payment: PaymentRegistered | PaymentReceived) -> _Paid:
    if isinstance(payment, PaymentReceived):
        return _Paid(payment.amount_ore, payment.received_on)
    return _Paid(payment.amount_ore, payment.paid_on)
