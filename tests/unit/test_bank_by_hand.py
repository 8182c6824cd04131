"""What a person does with the entries of a bank: each is settled once."""

from datetime import date
from typing import Any

import pytest

from domain.payments.bank import (
    BankEntryMatched,
    BankEntrySetAside,
    MatchBankEntry,
    SetAsideCause,
    SetBankEntryAside,
)
from domain.payments.matching import Direction
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.refusal import Code
from tests.support.bank import SECOND, entry, imported, invoiced
from tests.support.examples import BERGEN, OSLO, TROMSO, TRONDHEIM, UNKNOWN, invoice


def by_hand(organisation: str = OSLO, **changes: Any) -> MatchBankEntry:
    """Match an entry by hand to Oslo's first document."""
    content = {
        "organisation": organisation,
        "reference": "B1",
        "payee": OSLO,
        "year": 2026,
        "number": 1,
    }
    return MatchBankEntry(**{**content, **changes})


def aside(organisation: str = OSLO, **changes: Any) -> SetBankEntryAside:
    """Set an entry aside."""
    content = {
        "organisation": organisation,
        "reference": "B1",
        "cause": SetAsideCause.TO_BE_RETURNED,
        "reason": "paid twice",
    }
    return SetBankEntryAside(**{**content, **changes})


def test_a_person_matches_what_found_no_document() -> None:
    scenario = invoiced()
    scenario.given(imported(OSLO, entry(scenario, kid="")))
    scenario.when(by_hand()).recorded(BankEntryMatched)
    scenario.recorded(PaymentReceived)
    scenario.when(by_hand()).unchanged()
    scenario.given(invoice(*SECOND), today=date(2026, 12, 31))
    scenario.when(by_hand(number=2)).refused(Code.ALREADY_SETTLED)
    scenario.when(aside()).refused(Code.ALREADY_SETTLED)


def test_what_is_matched_by_kid_is_settled() -> None:
    scenario = invoiced()
    scenario.given(imported(OSLO, entry(scenario)))
    scenario.when(by_hand()).unchanged()
    scenario.when(aside()).refused(Code.ALREADY_SETTLED)


@pytest.mark.parametrize(
    ("organisation", "direction", "kind", "amount_ore"),
    [
        (OSLO, Direction.CREDIT, PaymentReceived, 100),
        (OSLO, Direction.DEBIT, PaymentReceived, -100),
        (BERGEN, Direction.DEBIT, PaymentRegistered, 100),
        (BERGEN, Direction.CREDIT, PaymentRegistered, -100),
    ],
)
def test_what_is_given_back_is_matched_too(
    organisation: str,
    direction: Direction,
    kind: type[PaymentReceived] | type[PaymentRegistered],
    amount_ore: int,
) -> None:
    scenario = invoiced()
    given = entry(scenario, kid="", direction=direction, amount_ore=100)
    scenario.given(imported(organisation, given))
    fact = scenario.when(by_hand(organisation)).recorded(kind)
    assert isinstance(fact, PaymentReceived | PaymentRegistered)
    assert fact.amount_ore == amount_ore


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reference": "B2"}, Code.UNKNOWN_BANK_ENTRY),
        ({"number": 2}, Code.UNKNOWN_INVOICE),
        ({"payee": TRONDHEIM}, Code.UNKNOWN_INVOICE),
        ({"payee": UNKNOWN}, Code.UNKNOWN_INVOICE),
    ],
)
def test_a_match_is_of_what_is_there(changes: dict[str, Any], code: Code) -> None:
    scenario = invoiced()
    scenario.given(imported(OSLO, entry(scenario, kid="")))
    scenario.when(by_hand(**changes)).refused(code)


def test_a_match_is_to_a_document_of_the_organisation() -> None:
    scenario = invoiced()
    scenario.given(imported(TROMSO, entry(scenario)))
    scenario.when(by_hand(TROMSO)).refused(Code.OTHER_PARTY)
    scenario.when(by_hand(UNKNOWN)).refused(Code.UNKNOWN_ORGANISATION)


def test_a_person_sets_aside_what_pays_no_document() -> None:
    scenario = invoiced()
    scenario.given(imported(OSLO, entry(scenario, kid="")))
    scenario.when(aside()).then(
        BankEntrySetAside(
            organisation=OSLO,
            reference="B1",
            cause=SetAsideCause.TO_BE_RETURNED,
            reason="paid twice",
        )
    )
    scenario.when(aside()).unchanged()
    scenario.when(aside(cause=SetAsideCause.NOT_OURS)).refused(Code.ALREADY_SETTLED)
    scenario.when(by_hand()).refused(Code.ALREADY_SETTLED)
    scenario.when(aside(reference="B9")).refused(Code.UNKNOWN_BANK_ENTRY)
