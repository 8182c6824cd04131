"""What may be wrong with a payment: told, and taken; what takes back too much is refused."""

from datetime import date
from typing import Any

import pytest

from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.payments.doubt import PaymentDoubt, doubts
from domain.payments.payment import PAYMENTS, PaymentRegistered, RegisterPayment
from domain.refusal import Code
from domain.values import Region
from tests.support.examples import BERGEN, OSLO, REPORTED, invoice
from tests.support.scenario import Scenario

ISSUED = date(2026, 7, 10)
TODAY = date(2026, 8, 10)
GROSS = 181_000_00


def invoiced() -> Scenario:
    """Return a scenario with an invoice to Bergen."""
    return Scenario().given(*REPORTED).given(invoice(), today=ISSUED)


def payment(amount_ore: int, paid_on: date = TODAY, number: int = 1) -> RegisterPayment:
    """Pay on a document of Oslo's."""
    return RegisterPayment(
        seller=OSLO, year=2026, number=number, amount_ore=amount_ore, paid_on=paid_on
    )


def told(scenario: Scenario, *paid: RegisterPayment) -> list[PaymentDoubt]:
    """Register payments, and return what is doubtful of the last one."""
    for each in paid:
        scenario.given(each, today=TODAY)
    fact = scenario.recorded(PaymentRegistered)
    assert isinstance(fact, PaymentRegistered)
    stream = PAYMENTS.stream(Region.VEST, f"{OSLO}:2026:{fact.number}")
    found = doubts(fact, scenario.version(stream), TODAY, scenario)
    return [each.doubt for each in found]


@pytest.mark.parametrize(
    ("paid", "wanted"),
    [
        ([payment(GROSS)], []),
        ([payment(100_00), payment(GROSS - 100_00)], []),
        ([payment(GROSS), payment(-GROSS)], []),
        ([payment(GROSS), payment(-GROSS), payment(GROSS)], []),
        ([payment(10 * GROSS)], [PaymentDoubt.BEYOND]),
        ([payment(GROSS), payment(1, ISSUED)], [PaymentDoubt.BEYOND]),
        ([payment(1, ISSUED)], []),
        ([payment(1, date(2026, 7, 9))], [PaymentDoubt.BEFORE_ISSUE]),
        ([payment(1, date(2025, 8, 10))], [PaymentDoubt.BEFORE_ISSUE]),
        ([payment(1, date(2026, 8, 11))], [PaymentDoubt.AHEAD]),
        ([payment(1), payment(1)], [PaymentDoubt.TWICE]),
        ([payment(1), payment(1, ISSUED)], []),
        ([payment(GROSS), payment(GROSS)], [PaymentDoubt.BEYOND, PaymentDoubt.TWICE]),
    ],
)
def test_a_payment_that_may_be_mistyped_is_told(
    paid: list[RegisterPayment], wanted: list[PaymentDoubt]
) -> None:
    assert told(invoiced(), *paid) == wanted


def credited(amount_ore: int) -> Scenario:
    """Return a scenario with a credit note of some of a line."""
    line = CreditedLine(post="nurse", amount_ore=amount_ore)
    of: dict[str, Any] = {"seller": OSLO, "year": 2026, "number": 1}
    command = CreditInvoice(**of, lines=(line,), reason="too much")
    return invoiced().given(command, today=ISSUED)


def test_credits_are_set_off_against_what_may_be_paid() -> None:
    assert told(credited(50_00), payment(GROSS - 50_00)) == []
    assert told(credited(50_00), payment(GROSS)) == [PaymentDoubt.BEYOND]


def test_on_a_credit_note_the_payer_is_paid() -> None:
    assert told(credited(50_00), payment(-50_00, number=2)) == []
    assert told(credited(50_00), payment(-50_01, number=2)) == [PaymentDoubt.BEYOND]
    assert told(credited(50_00), payment(50_00, number=2)) == [PaymentDoubt.BEYOND]
    undone = [payment(-50_00, number=2), payment(50_00, number=2)]
    assert told(credited(50_00), *undone) == []


def test_no_more_is_taken_back_than_was_paid() -> None:
    scenario = invoiced()
    refused = scenario.when(payment(-5_00), today=TODAY, organisation=BERGEN)
    refused.refused(Code.TAKES_BACK_TOO_MUCH, "amount_ore")
    scenario.given(payment(5_00), today=TODAY)
    scenario.when(payment(-5_01), today=TODAY).refused(Code.TAKES_BACK_TOO_MUCH)
    scenario.given(payment(-5_00), today=TODAY)
