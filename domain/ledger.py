"""What documents and payments mean in the books of both parties, as double entry.

A voucher belongs to one organisation and balances; what one party owes, the
other is owed. Source: NS 4102 for the accounts; bokføringsloven § 4 (every line
refers to its voucher). The books themselves are kept in the trusts' own systems.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from domain.payment import PaymentRegistered
from domain.sales_document import InvoiceIssued
from domain.values import VatTreatment


class Account(StrEnum):
    """Accounts of NS 4102."""

    RECEIVABLES = "1500"
    BANK = "1920"
    PAYABLES = "2400"
    OUTPUT_VAT = "2700"
    INPUT_VAT = "2710"
    TAXABLE_INCOME = "3000"
    INCOME_OUTSIDE_VAT = "3200"
    HIRED_SERVICES = "6790"


class LedgerLine(NamedTuple):
    """One line of a voucher. ``amount_ore`` is debit where positive."""

    organisation: str
    counterpart: str
    network: str
    year: int
    """Of the period that was invoiced, whenever it is paid."""
    account: Account
    amount_ore: int


Side = tuple[str, str]
"""An organisation, and whom it deals with."""


def post_document(document: InvoiceIssued) -> tuple[LedgerLine, ...]:
    """Return the lines of a document: at its seller, then at its buyer."""
    taxed = document.vat_treatment is VatTreatment.STANDARD
    income = Account.TAXABLE_INCOME if taxed else Account.INCOME_OUTSIDE_VAT
    gross_ore = document.net_ore + document.vat_ore
    sold = [
        (Account.RECEIVABLES, gross_ore),
        (income, -document.net_ore),
        (Account.OUTPUT_VAT, -document.vat_ore),
    ]
    bought = [
        (Account.HIRED_SERVICES, document.net_ore),
        (Account.INPUT_VAT, document.vat_ore),
        (Account.PAYABLES, -gross_ore),
    ]
    return (
        *_lines(document, (document.payee, document.payer), sold),
        *_lines(document, (document.payer, document.payee), bought),
    )


def post_payment(
    payment: PaymentRegistered, document: InvoiceIssued
) -> tuple[LedgerLine, ...]:
    """Return the lines of a payment on a document: at its payer, then at its payee."""
    paid = payment.amount_ore
    out = [(Account.PAYABLES, paid), (Account.BANK, -paid)]
    received = [(Account.BANK, paid), (Account.RECEIVABLES, -paid)]
    return (
        *_lines(document, (document.payer, document.payee), out),
        *_lines(document, (document.payee, document.payer), received),
    )


def _lines(
    document: InvoiceIssued, side: Side, amounts: Sequence[tuple[Account, int]]
) -> tuple[LedgerLine, ...]:
    organisation, counterpart = side
    year = document.period_start.year
    return tuple(
        LedgerLine(
            organisation, counterpart, document.network, year, account, amount_ore
        )
        for account, amount_ore in amounts
        if amount_ore
    )


class Voucher(NamedTuple):
    """A document or a payment as it is booked."""

    reference: str
    """The id of its entry: it leads an auditor to the signed log."""
    booked_on: date
    document: str
    lines: tuple[LedgerLine, ...]
