"""Every voucher balances, and what one owes the other is owed."""

from collections import Counter
from random import Random

import pytest

from domain.ledger import Account, LedgerLine, post_document, post_payment
from domain.payment import PaymentRegistered
from domain.values import VatTreatment
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
