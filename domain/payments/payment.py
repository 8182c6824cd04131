"""Payments on documents, as each party knows them, each in its own region.

What the payer registers as paid is what counts in the settlement; what the payee
has received stands beside it, so that a difference is seen.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from domain.earlier import PAYMENT, PAYMENT_TAKEN_BACK, is_recorded_under
from domain.fact import Fact, unchanged
from domain.history import Append, Asked, Category, Decision, History
from domain.invoicing.invoice import (
    FoundInvoice,
    OnDocument,
    PeriodBilled,
    document_to_payer,
)
from domain.kind import Again, Asks, Authority, declare
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import AmountOre, Day, Name, OrganisationNumber

AHEAD_MAX: Final = timedelta(days=366)
"""How far ahead of the day of its recording a payment may be dated.

A bank's file may be imported where days are played and the clock stands months behind;
a date more than a year ahead is a slip.
"""
FIRST_DAY: Final = date(2000, 1, 1)
"""Earliest day of a payment: nothing was paid here before."""


class PaymentRegistered(
    Fact,
    name="payment.registered.v3",
    earlier=dict.fromkeys(PAYMENT_TAKEN_BACK, unchanged),
    found_by=("seller year number",),
):
    """The payer paid an amount, VAT included, on a document.

    Of the first version the day and the amount may be any; of the second it may take back
    more than was paid.
    """

    seller: OrganisationNumber
    year: int
    number: int
    amount_ore: AmountOre
    paid_on: Day


class PaymentReceived(
    Fact, name="payment.received.v1", found_by=("seller year number",)
):
    """The payee received an amount on a document; below zero where it gave it back."""

    seller: OrganisationNumber
    year: int
    number: int
    amount_ore: AmountOre
    received_on: Day
    reference: Name
    """Of the entry at the payee's bank."""


@dataclass(frozen=True, slots=True)
class Payments:
    """What has been paid on one document."""

    paid_ore: int = 0


def evolve(state: Payments, fact: Fact) -> Payments:
    """Fold one fact."""
    match fact:
        case PaymentRegistered() | PaymentReceived():
            return Payments(state.paid_ore + fact.amount_ore)
        case _:
            return state


PAYMENTS = Category("payments", Payments(), evolve, holds=(PaymentRegistered,))
RECEIPTS = Category("receipts", Payments(), evolve, holds=(PaymentReceived,))


class RegisterPayment(OnDocument):
    """Register a payment on a document, as the payer."""

    amount_ore: AmountOre
    """Øre, VAT included."""
    paid_on: Day


def is_plausible(day: date, today: date) -> bool:
    """Whether something that is recorded today may be paid or booked on a day.

    >>> [is_plausible(date(2027, 8, n), date(2026, 8, 8)) for n in (9, 10)]
    [True, False]
    """
    return FIRST_DAY <= day <= today + AHEAD_MAX


def register_payment(
    command: RegisterPayment, asked: Asked, history: History
) -> Decision:
    """Decide on a payment: by the payer, on a document that is there, of about today."""
    invoice = document_to_payer(command, asked, history)
    if not is_recorded_under(PAYMENT):
        _require_payment(command, asked.today)
    if not any(map(is_recorded_under, PAYMENT_TAKEN_BACK)):
        _require_paid(command, invoice, history)
    fact = PaymentRegistered(
        seller=invoice.id.seller,
        year=invoice.id.year,
        number=invoice.id.number,
        amount_ore=command.amount_ore,
        paid_on=command.paid_on,
    )
    return (Append(PAYMENTS.stream(invoice.payer_region, invoice.id.key), fact),)


def _require_payment(command: RegisterPayment, today: date) -> None:
    if not command.amount_ore:
        raise Refusal(Code.NO_AMOUNT, "amount_ore")
    if not is_plausible(command.paid_on, today):
        values = {"day": command.paid_on.isoformat()}
        raise Refusal(Code.DAY_NOT_PLAUSIBLE, "paid_on", values)


def _require_paid(
    command: RegisterPayment, invoice: FoundInvoice, history: History
) -> None:
    """Refuse to take back more than was paid; on a credit note the payer is paid."""
    paid_ore = history.state(PAYMENTS, invoice.id.key).paid_ore
    if invoice.issued.gross_ore < 0 or command.amount_ore > 0:
        return
    if paid_ore + command.amount_ore < 0:
        values = {"amount_ore": -command.amount_ore, "paid_ore": max(paid_ore, 0)}
        raise Refusal(Code.TAKES_BACK_TOO_MUCH, "amount_ore", values)


declare(
    RegisterPayment,
    register_payment,
    Authority(
        Asks.PAYER,
        {Role.CONTROLLER},
        {PeriodBilled: Code.UNKNOWN_INVOICE},
        "itself: the payee's own copy stands beside it",
        Again.ANEW,
    ),
    PaymentRegistered,
)
