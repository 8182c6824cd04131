"""What documents and payments mean in the books of both parties, as double entry.

A voucher belongs to one organisation and balances; what one party owes, the
other is owed. Source: NS 4102 for the accounts; bokføringsloven § 4 (every line
refers to its voucher); Skatteetaten's standard tax codes of SAF-T Financial 1.30.
The books themselves are kept in the trusts' own systems.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from domain.invoicing.sales_document import InvoiceIssued
from domain.payments.payment import PaymentRegistered
from domain.values import Period, VatTreatment


class Account(StrEnum):
    """Accounts of NS 4102."""

    RECEIVABLES = "1500"
    BANK = "1920"
    PAYABLES = "2400"
    OUTPUT_VAT = "2700"
    INPUT_VAT = "2710"
    TAXABLE_INCOME = "3000"
    INCOME_OUTSIDE_VAT = "3200"
    OTHER_INCOME = "3900"
    HIRED_SERVICES = "6790"


class Book(StrEnum):
    """The journals of an organisation's ledger."""

    SALES = "sales"
    PURCHASES = "purchases"
    BANK = "bank"


_INCOME: Final = {
    VatTreatment.STANDARD: (Account.TAXABLE_INCOME, "3"),
    VatTreatment.EXEMPT: (Account.INCOME_OUTSIDE_VAT, "6"),
    VatTreatment.OUTSIDE_SCOPE: (Account.OTHER_INCOME, "7"),
    VatTreatment.NOT_ASSESSED: (Account.OTHER_INCOME, ""),
}
"""Account and standard tax code of sales.

Turnover that the act exempts (§ 3-2) is outside it: code 6, not 5, the zero rate of its
chapter 6. A payment without anything in return is no turnover: code 7. What is not
assessed is never invoiced; should a region let it through, it is booked.
"""
_COST_TAX_CODE: Final = {VatTreatment.STANDARD: "1"}
"""Standard tax codes of purchases; 0 where there is no VAT."""


TAXED: Final = frozenset({"1", "3"})
"""The standard tax codes with VAT, of 25 %."""

_CURRENT_ASSETS: Final = "balanseverdiForOmloepsmiddel"
_SHORT_TERM_DEBT: Final = "kortsiktigGjeld"
GROUPING: Final = {
    Account.RECEIVABLES: (_CURRENT_ASSETS, "1500"),
    Account.BANK: (_CURRENT_ASSETS, "1920"),
    Account.PAYABLES: (_SHORT_TERM_DEBT, "2400"),
    Account.OUTPUT_VAT: (_SHORT_TERM_DEBT, "2740"),
    Account.INPUT_VAT: (_SHORT_TERM_DEBT, "2740"),
    Account.TAXABLE_INCOME: ("salgsinntekt", "3000"),
    Account.INCOME_OUTSIDE_VAT: ("salgsinntekt", "3200"),
    Account.OTHER_INCOME: ("annenDriftsinntekt", "3900"),
    Account.HIRED_SERVICES: ("annenDriftskostnad", "6700"),
}
"""GroupingCategory and GroupingCode of SAF-T 1.30, which has no standard account ids."""


class LedgerLine(NamedTuple):
    """One line of a voucher. ``amount_ore`` is debit where positive."""

    organisation: str
    counterpart: str
    network: str
    year: int
    """Of the period that was invoiced, whenever it is paid."""
    account: Account
    amount_ore: int
    book: Book
    tax_code: str = ""
    """On the line that VAT is computed from."""
    tax_ore: int = 0
    """The VAT of that line, debit where positive."""


class Sale(NamedTuple):
    """A document, or several of the same parties, network, year and VAT, as booked."""

    seller: str
    buyer: str
    network: str
    year: int
    vat_treatment: VatTreatment
    billed_ore: int
    """The sum of the lines."""
    net_ore: int
    """What the document says that sum is."""
    vat_ore: int


def sale_of(document: InvoiceIssued) -> Sale:
    """Amounts of a document that are booked."""
    return Sale(
        document.payee,
        document.payer,
        document.network,
        document.period_start.year,
        document.vat_treatment,
        sum(line.amount_ore for line in document.lines),
        document.net_ore,
        document.vat_ore,
    )


def post_sale(sale: Sale) -> tuple[LedgerLine, ...]:
    """Lines of a sale: at its seller, then at its buyer.

    Income and cost come from the lines, what is owed from the totals: a document
    that does not add up does not balance.
    """
    gross_ore = sale.net_ore + sale.vat_ore
    income, tax_code = _INCOME[sale.vat_treatment]
    sold = _side(sale.seller, sale.buyer, sale, Book.SALES)
    bought = _side(sale.buyer, sale.seller, sale, Book.PURCHASES)
    lines = (
        sold._replace(account=Account.RECEIVABLES, amount_ore=gross_ore),
        sold._replace(
            account=income,
            amount_ore=-sale.billed_ore,
            tax_code=tax_code,
            tax_ore=-sale.vat_ore,
        ),
        sold._replace(account=Account.OUTPUT_VAT, amount_ore=-sale.vat_ore),
        bought._replace(
            account=Account.HIRED_SERVICES,
            amount_ore=sale.billed_ore,
            tax_code=_COST_TAX_CODE.get(sale.vat_treatment, "0"),
            tax_ore=sale.vat_ore,
        ),
        bought._replace(account=Account.INPUT_VAT, amount_ore=sale.vat_ore),
        bought._replace(account=Account.PAYABLES, amount_ore=-gross_ore),
    )
    return tuple(line for line in lines if line.amount_ore)


def post_paid(paid_ore: int, sale: Sale) -> tuple[LedgerLine, ...]:
    """Lines of a payment on a sale: at its payer, then at its payee."""
    out = _side(sale.buyer, sale.seller, sale, Book.BANK)
    received = _side(sale.seller, sale.buyer, sale, Book.BANK)
    lines = (
        out._replace(account=Account.PAYABLES, amount_ore=paid_ore),
        out._replace(account=Account.BANK, amount_ore=-paid_ore),
        received._replace(account=Account.BANK, amount_ore=paid_ore),
        received._replace(account=Account.RECEIVABLES, amount_ore=-paid_ore),
    )
    return tuple(line for line in lines if line.amount_ore)


def _side(organisation: str, counterpart: str, sale: Sale, book: Book) -> LedgerLine:
    network, year = sale.network, sale.year
    return LedgerLine(organisation, counterpart, network, year, Account.BANK, 0, book)


def post_document(document: InvoiceIssued) -> tuple[LedgerLine, ...]:
    """Lines of a document, as a sale."""
    return post_sale(sale_of(document))


def post_payment(
    payment: PaymentRegistered, document: InvoiceIssued
) -> tuple[LedgerLine, ...]:
    """Lines of a payment on a document."""
    return post_paid(payment.amount_ore, sale_of(document))


class VoucherKind(StrEnum):
    """What is booked."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"


class Voucher(NamedTuple):
    """A document or a payment as it is booked."""

    reference: str
    """The id of its entry: it leads an auditor to the signed log."""
    kind: VoucherKind
    booked_on: date
    recorded_on: date
    document: str
    agreement: str
    period: Period
    lines: tuple[LedgerLine, ...]

    @property
    def parties(self) -> set[str]:
        """The two organisations between which it is booked."""
        return {line.organisation for line in self.lines}


class AccountBalance(NamedTuple):
    """The sum of one account. ``amount_ore`` is debit where positive."""

    organisation: str
    counterpart: str
    network: str
    year: int
    account: Account
    amount_ore: int


def balances_of(lines: Iterable[LedgerLine]) -> list[AccountBalance]:
    """Sum of each account of each pair, network and year, sorted."""
    sums: defaultdict[tuple[str, str, str, int, Account], int] = defaultdict(int)
    for line in lines:
        sums[line[:5]] += line.amount_ore
    return [
        AccountBalance(*key, amount_ore) for key, amount_ore in sorted(sums.items())
    ]


class Imbalance(NamedTuple):
    """Where money came from nothing, or went there."""

    organisation: str
    counterpart: str
    network: str
    year: int
    amount_ore: int


class NotConservedError(Exception):
    """The books do not balance (law 7); no answer is given from them."""

    def __init__(self, first: Imbalance) -> None:
        super().__init__(first)
        self.first = first


def imbalances(balances: Sequence[AccountBalance]) -> list[Imbalance]:
    """Where books do not balance, or one is not owed what the other owes."""
    faults = []
    books: defaultdict[tuple[str, str, str, int], dict[Account, int]]
    books = defaultdict(dict)
    for balance in balances:
        books[balance[:4]][balance.account] = balance.amount_ore
    for key, sums in books.items():
        organisation, counterpart, network, year = key
        other = books.get((counterpart, organisation, network, year), {})
        owed_ore = sums.get(Account.RECEIVABLES, 0) + other.get(Account.PAYABLES, 0)
        wrong_ore = sum(sums.values()) or owed_ore
        if wrong_ore:
            faults.append(Imbalance(*key, wrong_ore))
    return faults


def check_conserved(balances: Sequence[AccountBalance]) -> None:
    """Raise :class:`NotConservedError` unless every øre has come from somewhere."""
    faults = imbalances(balances)
    if faults:
        raise NotConservedError(faults[0])
