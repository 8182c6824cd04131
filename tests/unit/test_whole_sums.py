"""What is booked of documents and payments, and the settlement of a year, whole."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from domain.agreements.accrual import PostTerms, StaffingChange, VersionTerms
from domain.closing.ledger import (
    Account,
    AccountBalance,
    Book,
    Imbalance,
    LedgerLine,
    NotConservedError,
    Sale,
    balances_of,
    check_conserved,
    imbalances,
    post_document,
    post_payment,
    sale_of,
)
from domain.closing.netting import Debt, net_debts, net_positions, transfers
from domain.closing.settlement import (
    AgreementRecord,
    AgreementSettlement,
    Credited,
    Parties,
    PostSettlement,
    RegionSettlement,
    SettledDocument,
    SettledLine,
    Settlement,
    settle,
)
from domain.invoicing.sales_document import (
    DocumentKind,
    InvoicedLine,
    InvoicedParty,
    InvoiceIssued,
)
from domain.payments.payment import PaymentRegistered
from domain.values import Period, Region, Vacancy, VatTreatment
from tests.support.examples import BERGEN, OSLO, TROMSO

FIRST: Final = Period(date(2026, 1, 1), date(2026, 6, 30))
SECOND: Final = Period(date(2026, 7, 1), date(2026, 12, 31))
SOLD: Final = (OSLO, BERGEN, "ms", 2026)
BOUGHT: Final = (BERGEN, OSLO, "ms", 2026)


def document(treatment: VatTreatment, vat_ore: int, **changes: Any) -> InvoiceIssued:
    """Return an invoice of two lines, 100 kroner in all, that is issued a year late."""
    content: dict[str, Any] = {
        "kind": DocumentKind.INVOICE,
        "agreement": "ms-ous",
        "version": 1,
        "network": "ms",
        "payer": BERGEN,
        "payee": OSLO,
        "period_start": SECOND.start,
        "period_end": SECOND.end,
        "issued_on": date(2027, 1, 10),
        "report": "r",
        "submission": 1,
        "vat_treatment": treatment,
        "lines": (
            InvoicedLine(post="chief", amount_ore=60_00),
            InvoicedLine(post="nurse", amount_ore=40_00),
        ),
        "net_ore": 100_00,
        "vat_ore": vat_ore,
        "seller": InvoicedParty(name="Oslo"),
        "buyer": InvoicedParty(name="Bergen"),
        "buyer_reference": "x",
    }
    return InvoiceIssued(**{**content, **changes})


def test_a_taxed_sale_is_booked_with_its_vat_at_both() -> None:
    sold = document(VatTreatment.STANDARD, 25_00)
    lines = post_document(sold)
    assert lines == (
        LedgerLine(*SOLD, Account.RECEIVABLES, 125_00, Book.SALES),
        LedgerLine(*SOLD, Account.TAXABLE_INCOME, -100_00, Book.SALES, "3", -25_00),
        LedgerLine(*SOLD, Account.OUTPUT_VAT, -25_00, Book.SALES),
        LedgerLine(*BOUGHT, Account.HIRED_SERVICES, 100_00, Book.PURCHASES, "1", 25_00),
        LedgerLine(*BOUGHT, Account.INPUT_VAT, 25_00, Book.PURCHASES),
        LedgerLine(*BOUGHT, Account.PAYABLES, -125_00, Book.PURCHASES),
    )
    assert balances_of(lines + lines) == [
        AccountBalance(*BOUGHT, Account.PAYABLES, -250_00),
        AccountBalance(*BOUGHT, Account.INPUT_VAT, 50_00),
        AccountBalance(*BOUGHT, Account.HIRED_SERVICES, 200_00),
        AccountBalance(*SOLD, Account.RECEIVABLES, 250_00),
        AccountBalance(*SOLD, Account.OUTPUT_VAT, -50_00),
        AccountBalance(*SOLD, Account.TAXABLE_INCOME, -200_00),
    ]


def test_income_comes_from_the_lines_and_what_is_owed_from_the_totals() -> None:
    sold = document(VatTreatment.STANDARD, 25_00, net_ore=99_00)
    assert sale_of(sold) == Sale(
        OSLO, BERGEN, "ms", 2026, VatTreatment.STANDARD, 100_00, 99_00, 25_00
    )


@pytest.mark.parametrize(
    ("treatment", "income", "sold", "bought"),
    [
        (VatTreatment.EXEMPT, Account.INCOME_OUTSIDE_VAT, "6", "0"),
        (VatTreatment.OUTSIDE_SCOPE, Account.OTHER_INCOME, "7", "0"),
        (VatTreatment.NOT_ASSESSED, Account.OTHER_INCOME, "", "0"),
    ],
)
def test_what_has_no_vat_has_no_lines_of_it(
    treatment: VatTreatment, income: Account, sold: str, bought: str
) -> None:
    assert post_document(document(treatment, 0)) == (
        LedgerLine(*SOLD, Account.RECEIVABLES, 100_00, Book.SALES),
        LedgerLine(*SOLD, income, -100_00, Book.SALES, sold),
        LedgerLine(*BOUGHT, Account.HIRED_SERVICES, 100_00, Book.PURCHASES, bought),
        LedgerLine(*BOUGHT, Account.PAYABLES, -100_00, Book.PURCHASES),
    )


def test_a_payment_is_booked_at_both() -> None:
    sold = document(VatTreatment.STANDARD, 25_00)
    paid = PaymentRegistered(
        seller=OSLO, year=2027, number=1, amount_ore=7, paid_on=date(2027, 2, 1)
    )
    assert post_payment(paid, sold) == (
        LedgerLine(*BOUGHT, Account.PAYABLES, 7, Book.BANK),
        LedgerLine(*BOUGHT, Account.BANK, -7, Book.BANK),
        LedgerLine(*SOLD, Account.BANK, 7, Book.BANK),
        LedgerLine(*SOLD, Account.RECEIVABLES, -7, Book.BANK),
    )
    assert post_payment(paid.model_copy(update={"amount_ore": 0}), sold) == ()


def test_a_book_that_does_not_balance_is_named() -> None:
    good = balances_of(post_document(document(VatTreatment.STANDARD, 25_00)))
    check_conserved(good)
    wrong = [*good, AccountBalance(OSLO, BERGEN, "als", 2026, Account.BANK, 3)]
    owing = [
        AccountBalance(BERGEN, OSLO, "ms", 2027, Account.PAYABLES, -5),
        AccountBalance(BERGEN, OSLO, "ms", 2027, Account.HIRED_SERVICES, 5),
        AccountBalance(OSLO, BERGEN, "ms", 2027, Account.RECEIVABLES, 4),
        AccountBalance(OSLO, BERGEN, "ms", 2027, Account.OTHER_INCOME, -4),
        AccountBalance(OSLO, BERGEN, "ms", 2028, Account.RECEIVABLES, 5),
        AccountBalance(OSLO, BERGEN, "ms", 2028, Account.OTHER_INCOME, -5),
    ]
    first = Imbalance(OSLO, BERGEN, "als", 2026, 3)
    assert imbalances([*wrong, *owing]) == [
        first,
        Imbalance(OSLO, BERGEN, "ms", 2027, -1),
        Imbalance(OSLO, BERGEN, "ms", 2028, 5),
    ]
    with pytest.raises(NotConservedError) as caught:
        check_conserved([*wrong, *owing])
    assert (caught.value.first, caught.value.args) == (first, (first,))


def test_debts_are_set_off_and_named_in_order() -> None:
    debts = [
        Debt("3", "1", 10),
        Debt("1", "3", 4),
        Debt("2", "1", 5),
        Debt("1", "2", 5),
        Debt("2", "3", 1),
        Debt("4", "3", 6),
    ]
    assert net_debts(debts) == [Debt("3", "1", 6), Debt("2", "3", 1), Debt("4", "3", 6)]
    assert list(net_positions(debts).items()) == [
        ("1", 6),
        ("2", -1),
        ("3", 1),
        ("4", -6),
    ]


def test_of_equal_sums_the_lower_number_comes_first() -> None:
    assert transfers({"4": -5, "3": 5, "2": -5, "1": 5, "0": 0}) == [
        Debt("2", "1", 5),
        Debt("4", "3", 5),
    ]
    assert transfers({"1": 0}) == []
    with pytest.raises(ValueError, match=r"^positions that do not sum to zero cannot"):
        transfers({"1": -1})


MS: Final = Parties(BERGEN, OSLO, "ms")
ALS: Final = Parties(TROMSO, BERGEN, "als")
REGION_OF: Final = {
    BERGEN: Region.VEST,
    OSLO: Region.SOROST,
    TROMSO: Region.NORD,
}
END: Final = date(2026, 12, 31)
TERMS: Final = VersionTerms(
    1,
    FIRST.start,
    FIRST.start,
    END,
    Vacancy.STOP,
    {
        "chief": PostTerms(FIRST.start, END, 730_00),
        "nurse": PostTerms(FIRST.start, END, 365_00),
    },
)
FILLED: Final = {
    post: [StaffingChange(FIRST.start, filled=True)] for post in ("chief", "nurse")
}


def issued(
    number: int, period: Period, *lines: SettledLine, **changes: Any
) -> SettledDocument:
    """Return a document of Oslo's."""
    credit = "credited" in changes
    content: dict[str, Any] = {
        "payee": OSLO,
        "year": 2026,
        "number": number,
        "kind": "credit_note" if credit else "invoice",
        "agreement": "ms-ous",
        "period": period,
        "issued_on": period.end,
        "net_ore": sum(each.amount_ore for each in lines),
        "vat_ore": 0,
        "lines": lines,
    }
    return SettledDocument(**{**content, **changes})


BILLED: Final = issued(
    1,
    FIRST,
    SettledLine("chief", 362_00, 0),
    SettledLine("nurse", 181_00, 0),
    vat_ore=10,
    paid_ore=100_00,
    disputed_posts=frozenset({"chief"}),
)
GIVEN_UP: Final = issued(
    2,
    FIRST,
    SettledLine("chief", -2_00, -2_00, ((FIRST, -2_00),)),
    SettledLine("nurse", -30_00, -30_00, ((FIRST, -30_00),)),
    vat_ore=-3,
    credited=Credited(2026, 1, whole=False),
)
TAKEN_BACK: Final = issued(3, SECOND, SettledLine("nurse", 184_00, 0))
BACK: Final = issued(
    4,
    SECOND,
    SettledLine("nurse", -184_00, 0),
    credited=Credited(2026, 3, whole=True),
)
AGAIN: Final = issued(
    5,
    SECOND,
    SettledLine("gone", 7_00, 0),
    SettledLine("nurse", 169_00, -15_00, ((FIRST, -15_00),)),
)
NEXT_YEAR: Final = issued(
    6, Period(date(2027, 1, 1), date(2027, 6, 30)), SettledLine("nurse", 1, 0)
)
RECORD: Final = AgreementRecord(
    "ms-ous",
    MS,
    (TERMS,),
    # Vacant since 12 June: of 181 days 162 are filled.
    {
        **FILLED,
        "nurse": [*FILLED["nurse"], StaffingChange(date(2026, 6, 12), filled=False)],
    },
    (AGAIN, BACK, TAKEN_BACK, GIVEN_UP, BILLED, NEXT_YEAR),
)
OTHER: Final = AgreementRecord("als-hbe", ALS, (TERMS,), FILLED, ())


def test_the_settlement_of_a_year_says_all_of_each_post_agreement_and_region() -> None:
    ms = AgreementSettlement(
        "ms-ous",
        MS,
        (
            PostSettlement("ms-ous", "chief", MS, 730_00, 546_00, 360_00, 360_00, 2_00),
            PostSettlement("ms-ous", "gone", MS, 0, 0, 7_00, 0, 0),
            PostSettlement("ms-ous", "nurse", MS, 365_00, 162_00, 320_00, 0, 26_00),
        ),
        vat_ore=7,
        paid_ore=100_00,
    )
    als = AgreementSettlement(
        "als-hbe",
        ALS,
        (
            PostSettlement("als-hbe", "chief", ALS, 730_00, 546_00, 0, 0, 0),
            PostSettlement("als-hbe", "nurse", ALS, 365_00, 273_00, 0, 0, 0),
        ),
        vat_ore=0,
        paid_ore=0,
    )
    as_of = date(2026, 9, 30)
    outstanding_ore = 687_00 + 7 - 100_00
    found = settle([RECORD, OTHER], REGION_OF, 2026, as_of)
    assert found == Settlement(
        2026,
        as_of,
        (als, ms),
        (BILLED, GIVEN_UP, TAKEN_BACK, BACK, AGAIN),
        {
            Region.MIDT: RegionSettlement(0, 0, 0),
            Region.NORD: RegionSettlement(0, 0, 1),
            Region.SOROST: RegionSettlement(outstanding_ore, 0, 1),
            Region.VEST: RegionSettlement(0, outstanding_ore, 2),
        },
    )
    assert found.idle == {Region.MIDT}
    assert (ms.committed_ore, ms.accrued_ore, ms.invoiced_ore) == (
        1095_00,
        708_00,
        687_00,
    )
    assert (ms.conceded_ore, ms.unbilled_ore, ms.disputed_ore) == (28_00, -7_00, 360_00)
    assert ms.outstanding_ore == outstanding_ore
    assert found.regions[Region.VEST].net_ore == -outstanding_ore


def test_what_is_given_up_of_a_post_without_a_cost_is_not_set_off() -> None:
    """Credits of documents of a later name: nothing accrues, and so nothing is due."""
    bare = replace(RECORD, versions=(), documents=(BILLED, GIVEN_UP))
    (found,) = settle([bare], REGION_OF, 2026, END).agreements
    assert [
        (each.post, each.committed_ore, each.accrued_ore, each.conceded_ore)
        for each in found.posts
    ] == [("chief", 0, 0, 0), ("nurse", 0, 0, 0)]


def test_agreements_of_one_name_are_sorted_by_their_parties() -> None:
    records = [
        replace(OTHER, agreement="x", parties=parties)
        for parties in (ALS, MS, MS._replace(network="a"))
    ]
    found = settle(records, REGION_OF, 2026, END)
    assert [each.parties for each in found.agreements] == sorted(
        [ALS, MS, MS._replace(network="a")]
    )


def test_a_credit_of_what_is_not_here_is_disputed_by_nobody() -> None:
    """Its document's period is of another year."""
    alone = replace(RECORD, documents=(GIVEN_UP,))
    (found,) = settle([alone], REGION_OF, 2026, END).agreements
    assert [(each.invoiced_ore, each.disputed_ore) for each in found.posts] == [
        (-2_00, 0),
        (-30_00, 0),
    ]
