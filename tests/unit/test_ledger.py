"""Every voucher balances, and what one owes the other is owed."""

from collections import Counter
from random import Random

import pytest

from domain.closing.ledger import (
    Account,
    AccountBalance,
    LedgerLine,
    NotConservedError,
    balances_of,
    check_conserved,
    imbalances,
    post_document,
    post_payment,
)
from domain.payments.payment import PaymentRegistered
from domain.values import VatTreatment
from tests.support.examples import BERGEN, OSLO
from tests.support.sales import ASSESSED, fact


def balances(lines: tuple[LedgerLine, ...]) -> Counter[str]:
    """Return the sum of each organisation's lines."""
    sums: Counter[str] = Counter()
    for line in lines:
        sums[line.organisation] += line.amount_ore
    return sums


@pytest.mark.law(7)
@pytest.mark.parametrize("treatment", ASSESSED)
def test_every_voucher_balances_at_both_parties(treatment: VatTreatment) -> None:
    random = Random(treatment.value)
    for number in range(1, 50):
        document = fact(random, treatment)
        payment = PaymentRegistered(
            seller=document.payee,
            year=2026,
            number=number,
            amount_ore=random.randrange(1, 10**8),
            paid_on=document.issued_on,
        )
        for lines in (post_document(document), post_payment(payment, document)):
            assert set(balances(lines).values()) == {0}
            owed = sum(x.amount_ore for x in lines if x.account is Account.RECEIVABLES)
            owes = sum(x.amount_ore for x in lines if x.account is Account.PAYABLES)
            assert owed + owes == 0
            assert imbalances(balances_of(lines)) == []


def test_income_is_booked_as_its_vat_is_treated() -> None:
    taxed = post_document(fact(Random(3), VatTreatment.STANDARD))
    exempt = post_document(fact(Random(3), VatTreatment.EXEMPT))
    assert {line.account for line in taxed} >= {
        Account.TAXABLE_INCOME,
        Account.OUTPUT_VAT,
        Account.INPUT_VAT,
    }
    assert {line.account for line in exempt} == {
        Account.RECEIVABLES,
        Account.INCOME_OUTSIDE_VAT,
        Account.HIRED_SERVICES,
        Account.PAYABLES,
    }


@pytest.mark.law(7)
def test_a_document_that_does_not_add_up_is_found() -> None:
    document = fact(Random(3), VatTreatment.STANDARD)
    wrong = document.model_copy(update={"net_ore": document.net_ore + 1})
    found = imbalances(balances_of(post_document(wrong)))
    assert [(each.organisation, each.amount_ore) for each in found] == [
        (document.payer, -1),
        (document.payee, 1),
    ]
    with pytest.raises(NotConservedError):
        check_conserved(balances_of(post_document(wrong)))


@pytest.mark.law(7)
def test_what_one_is_owed_another_owes() -> None:
    book = (BERGEN, OSLO, "ms", 2026)
    alone = [
        AccountBalance(*book, Account.RECEIVABLES, 5),
        AccountBalance(*book, Account.INCOME_OUTSIDE_VAT, -5),
    ]
    assert [each.amount_ore for each in imbalances(alone)] == [5]


@pytest.mark.parametrize(
    ("treatment", "sold", "bought"),
    [
        (VatTreatment.STANDARD, "3", "1"),
        (VatTreatment.EXEMPT, "6", "0"),
        (VatTreatment.OUTSIDE_SCOPE, "7", "0"),
    ],
)
def test_each_kind_of_vat_has_its_standard_tax_codes(
    treatment: VatTreatment, sold: str, bought: str
) -> None:
    document = fact(Random(3), treatment)
    lines = post_document(document)
    codes = [(line.organisation, line.tax_code) for line in lines if line.tax_code]
    assert codes == [(document.payee, sold), (document.payer, bought)]
    taxes = [line.tax_ore for line in lines if line.tax_code]
    assert taxes == [-document.vat_ore, document.vat_ore]
