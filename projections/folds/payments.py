"""Payments, and the entries of bank accounts."""

from domain.payments.bank import BankEntryImported, BankEntryMatched, BankEntrySetAside
from domain.payments.payment import PaymentReceived, PaymentRegistered
from projections import tables
from projections.folds.place import Place, Rows


def payment(place: Place, fact: PaymentRegistered) -> Rows:
    """Return the row of a payment that the payer registered."""
    yield (
        tables.payment,
        (
            *place.start,
            fact.seller,
            fact.year,
            fact.number,
            fact.amount_ore,
            fact.paid_on,
        ),
    )


def payment_received(place: Place, fact: PaymentReceived) -> Rows:
    """Return the row of a payment that the payee received."""
    document = (fact.seller, fact.year, fact.number)
    said = (fact.amount_ore, fact.received_on, fact.reference)
    yield tables.payment_received, (*place.start, *document, *said)


def bank_entry(place: Place, fact: BankEntryImported) -> Rows:
    """Return the rows of an imported entry: itself, and its document if it has one."""
    entry = (fact.organisation, fact.reference)
    yield (
        tables.bank_entry,
        (
            *place.start,
            *entry,
            fact.direction.value,
            fact.amount_ore,
            fact.booked_on,
            fact.kid,
            fact.account,
            fact.unmatched and fact.unmatched.value,
        ),
    )
    if fact.document is not None:
        settled = (*place.start, *entry, *fact.document, None, "")
        yield tables.bank_entry_settled, settled


def bank_entry_matched(place: Place, fact: BankEntryMatched) -> Rows:
    """Return the row of an entry that a person matched."""
    entry = (fact.organisation, fact.reference)
    document = (fact.seller, fact.year, fact.number)
    yield tables.bank_entry_settled, (*place.start, *entry, *document, None, "")


def bank_entry_set_aside(place: Place, fact: BankEntrySetAside) -> Rows:
    """Return the row of an entry that a person set aside."""
    entry = (fact.organisation, fact.reference)
    why = (fact.cause.value, fact.reason)
    yield tables.bank_entry_settled, (*place.start, *entry, None, None, None, *why)
