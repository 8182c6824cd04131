"""Entries of a bank: each finds its document by KID, or waits with the reason."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.invoicing.invoice import DocumentId
from domain.invoicing.kid_assignment import KidAssigned
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.kid import KidCheck, kid, may_be_kid
from domain.payments.bank import BankEntryImported
from domain.payments.bank_import import may_concern
from domain.payments.matching import Direction, Unmatched
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.payments.telling import BookedEntry
from domain.refusal import Code
from domain.values import Region
from tests.support.bank import (
    ACCOUNT,
    BOOKED,
    GROSS,
    OTHER_ACCOUNT,
    SECOND,
    SUMMER,
    details,
    entry,
    first_kid,
    imported,
    invoiced,
    second_payee,
)
from tests.support.examples import (
    BERGEN,
    OSLO,
    REPORTED,
    TROMSO,
    UNKNOWN,
    invoice,
    vacate,
)
from tests.support.scenario import Scenario


def outcome(
    scenario: Scenario, organisation: str, of: BookedEntry
) -> BankEntryImported:
    """Import one entry, and return what is recorded of it."""
    fact = scenario.when(imported(organisation, of)).recorded(BankEntryImported)
    assert isinstance(fact, BankEntryImported)
    return fact


def test_a_document_with_a_kid_says_whose_it_is() -> None:
    scenario = Scenario().given(*REPORTED, details())
    scenario.when(invoice(), today=SUMMER)
    assigned = scenario.recorded(KidAssigned)
    issued = scenario.recorded(InvoiceIssued)
    assert isinstance(assigned, KidAssigned)
    assert isinstance(issued, InvoiceIssued)
    assert assigned.kid == issued.kid
    assert (assigned.payer, assigned.seller) == (BERGEN, OSLO)
    assert (assigned.year, assigned.number) == (2026, 1)


def test_without_a_kid_and_on_a_credit_note_there_is_none() -> None:
    scenario = Scenario().given(*REPORTED).when(invoice(), today=SUMMER)
    assert not isinstance(scenario.outcome, tuple) or not [
        each for each in scenario.outcome if isinstance(each, KidAssigned)
    ]
    scenario = invoiced().given(vacate(date(2026, 1, 2)))
    scenario.when(invoice(*SECOND), today=date(2026, 12, 31))
    issued = scenario.recorded(InvoiceIssued)
    assert isinstance(issued, InvoiceIssued)
    assert issued.net_ore < 0
    assert isinstance(scenario.outcome, tuple)
    assert not [each for each in scenario.outcome if isinstance(each, KidAssigned)]


def test_what_came_in_is_received_by_the_payee() -> None:
    scenario = invoiced()
    scenario.when(imported(OSLO, entry(scenario, account=ACCOUNT)))
    found = scenario.recorded(BankEntryImported)
    assert isinstance(found, BankEntryImported)
    assert found.document == DocumentId(OSLO, 2026, 1)
    assert found.unmatched is None
    received = scenario.recorded(PaymentReceived)
    assert received == PaymentReceived(
        seller=OSLO,
        year=2026,
        number=1,
        amount_ore=GROSS,
        received_on=BOOKED,
        reference="B1",
    )
    assert {each.stream.region for each in scenario.appended} == {Region.SOROST}


def test_what_went_out_is_paid_by_the_payer() -> None:
    scenario = invoiced()
    debit = entry(
        scenario,
        direction=Direction.DEBIT,
        amount_ore=GROSS // 2,
        paid_to=ACCOUNT,
    )
    scenario.when(imported(BERGEN, debit))
    assert scenario.recorded(PaymentRegistered) == PaymentRegistered(
        seller=OSLO, year=2026, number=1, amount_ore=GROSS // 2, paid_on=BOOKED
    )
    assert {each.stream.region for each in scenario.appended} == {Region.VEST}


@pytest.mark.law(8)
def test_what_a_whole_account_pays_to_others_is_left_out() -> None:
    """Wages and rent are not the other regions' business."""
    scenario = invoiced()
    ours = entry(scenario, direction=Direction.DEBIT)
    wages = entry(scenario, direction=Direction.DEBIT, reference="B2", kid="")
    bill = entry(scenario, direction=Direction.DEBIT, reference="B3", kid="1234566")
    unread = entry(scenario, direction=Direction.DEBIT, reference="B4", kid="1234567")
    received = entry(scenario, reference="B5", kid="")
    whole = imported(BERGEN, ours, wages, bill, unread, received)
    scenario.when(whole.model_copy(update={"whole_account": True}))
    assert isinstance(scenario.outcome, tuple)
    recorded = {
        each.reference
        for each in scenario.outcome
        if isinstance(each, BankEntryImported)
    }
    assert recorded == {ours.reference, received.reference}
    scenario.when(imported(BERGEN, wages))
    assert isinstance(scenario.recorded(BankEntryImported), BankEntryImported)


def test_what_the_bank_takes_back_counts_below_zero() -> None:
    scenario = invoiced()
    scenario.when(imported(OSLO, entry(scenario, amount_ore=-GROSS)))
    received = scenario.recorded(PaymentReceived)
    assert isinstance(received, PaymentReceived)
    assert received.amount_ore == -GROSS


def test_the_same_entry_twice_is_one_and_another_is_refused() -> None:
    scenario = invoiced()
    one = entry(scenario)
    scenario.given(imported(OSLO, one))
    scenario.when(imported(OSLO, one)).unchanged()
    two = entry(scenario, reference="B2")
    scenario.when(imported(OSLO, one, two))
    assert isinstance(scenario.outcome, tuple)
    assert len(scenario.outcome) == 2, "the new one, and what it pays"
    for changes in (
        {"amount_ore": GROSS + 1},
        {"direction": Direction.DEBIT},
        {"kid": ""},
        {"booked_on": SUMMER},
        {"booked_on": SUMMER, "amount_ore": GROSS + 1},
    ):
        other = entry(scenario, **changes)
        scenario.when(imported(OSLO, other)).refused(Code.CONFLICTING_ROW, "entries.0")


def test_one_reference_twice_in_a_file_is_refused_with_all_of_it() -> None:
    scenario = invoiced()
    one = entry(scenario)
    scenario.when(imported(OSLO, one, one)).refused(Code.CONFLICTING_ROW, "entries.1")


def test_the_same_reference_at_two_organisations_is_two_entries() -> None:
    scenario = invoiced()
    scenario.given(imported(OSLO, entry(scenario)))
    debit = entry(scenario, direction=Direction.DEBIT)
    scenario.when(imported(BERGEN, debit)).recorded(PaymentRegistered)


def test_only_the_organisation_itself_imports_at_its_own_node() -> None:
    scenario = invoiced()
    command = imported(OSLO, entry(scenario))
    scenario.when(command, organisation=BERGEN).refused(Code.NOT_ENTITLED)
    scenario.when(command, organisation=OSLO).refused(Code.WRONG_REGION)
    scenario.when(imported(UNKNOWN, entry(scenario))).refused(Code.UNKNOWN_ORGANISATION)


@pytest.mark.parametrize(
    ("changes", "organisation", "reason"),
    [
        ({"kid": ""}, OSLO, Unmatched.NO_KID),
        ({"kid": "123456789012"}, OSLO, Unmatched.WRONG_CHECK_DIGIT),
        ({"kid": "2345676"}, OSLO, Unmatched.UNKNOWN_KID),
        ({"kid": "0"}, OSLO, Unmatched.UNKNOWN_KID),
        ({"kid": "1"}, OSLO, Unmatched.WRONG_CHECK_DIGIT),
        ({}, TROMSO, Unmatched.OTHER_PAYEE),
        ({"direction": Direction.DEBIT}, TROMSO, Unmatched.OTHER_PAYER),
        (
            {"direction": Direction.DEBIT, "paid_to": OTHER_ACCOUNT},
            BERGEN,
            Unmatched.OTHER_PAYEE,
        ),
    ],
)
def test_what_matches_nothing_waits_with_the_reason(
    changes: dict[str, Any], organisation: str, reason: Unmatched
) -> None:
    scenario = invoiced()
    found = outcome(scenario, organisation, entry(scenario, **changes))
    assert found.document is None
    assert found.unmatched is reason
    assert OTHER_ACCOUNT not in found.to_bytes().decode(), "it may be a person's"


@pytest.mark.parametrize("check", list(KidCheck))
@pytest.mark.parametrize("length", range(4, 26))
def test_a_kid_of_any_length_finds_its_document(check: KidCheck, length: int) -> None:
    scenario = invoiced(kid_check=check, kid_length=length)
    expected = kid(2026, 1, check, length)
    assert first_kid(scenario) == expected
    found = outcome(scenario, OSLO, entry(scenario))
    assert found.document == DocumentId(OSLO, 2026, 1)


@pytest.mark.parametrize("check", list(KidCheck))
@pytest.mark.parametrize("length", [4, 5, 7, 8, 9, 12, 25])
@pytest.mark.parametrize("number", [1, 7, 42, 99])
def test_a_kid_that_a_payee_may_give_is_told(
    check: KidCheck, length: int, number: int
) -> None:
    digits = kid(2026, number, check, length)
    assert digits is not None
    assert may_be_kid(digits, check, length, [2025, 2026])
    assert not may_be_kid(digits, check, length + 1, [2026])
    last = (int(digits[-1]) + 1) % 10
    assert not may_be_kid(f"{digits[:-1]}{last}", check, length, [2026])
    if length >= 9:
        assert not may_be_kid(digits, check, length, [2024]), "it says its year"
    assert not may_be_kid(digits, check, length, [])


def test_no_document_has_the_number_nought() -> None:
    for digits in ("000000000000", "260000000000"):
        for last in range(10):
            text = f"{digits[:-1]}{last}"
            assert not may_be_kid(text, KidCheck.MOD_10, 12, [2026])
    assert not may_be_kid("", KidCheck.MOD_10, 12, [2026])


def test_what_may_concern_an_organisation() -> None:
    scenario = invoiced()
    paid = entry(scenario, direction=Direction.DEBIT)
    assert may_concern(paid, scenario)
    for kid_of_nobody in ("", "2345676"):
        other = paid.model_copy(update={"kid": kid_of_nobody})
        assert not may_concern(other, scenario)
        nothing = other.model_copy(update={"amount_ore": 0})
        assert not may_concern(nothing, scenario)
        back = other.model_copy(update={"amount_ore": -1})
        assert may_concern(back, scenario)
        received = other.model_copy(update={"direction": Direction.CREDIT})
        assert may_concern(received, scenario)


def test_payees_with_the_same_kid_are_told_apart_by_the_account_paid() -> None:
    scenario = second_payee(invoiced())
    for reference, paid_to, payee in (
        ("1", ACCOUNT, OSLO),
        ("2", OTHER_ACCOUNT, TROMSO),
    ):
        debit = entry(
            scenario, reference=reference, direction=Direction.DEBIT, paid_to=paid_to
        )
        found = outcome(scenario, BERGEN, debit)
        assert found.document == DocumentId(payee, 2026, 1)
    debit = entry(scenario, reference="3", direction=Direction.DEBIT)
    assert outcome(scenario, BERGEN, debit).unmatched is Unmatched.SEVERAL_DOCUMENTS
    found = outcome(scenario, TROMSO, entry(scenario))
    assert found.document == DocumentId(TROMSO, 2026, 1), "each payee knows its own"


def test_payees_with_the_same_kid_are_told_apart_by_the_amount() -> None:
    scenario = second_payee(invoiced(), annual_cost_ore=182_500_00)
    for amount_ore, payee in ((GROSS, OSLO), (GROSS // 2, TROMSO)):
        debit = entry(
            scenario,
            reference=payee,
            direction=Direction.DEBIT,
            amount_ore=amount_ore,
        )
        found = outcome(scenario, BERGEN, debit)
        assert found.document == DocumentId(payee, 2026, 1)


def test_what_came_in_is_on_an_account_of_the_organisation() -> None:
    scenario = invoiced()
    other = entry(scenario, account=OTHER_ACCOUNT)
    scenario.when(imported(OSLO, other)).refused(Code.OTHER_ACCOUNT, "entries.0")
    out = entry(
        scenario, reference="2", direction=Direction.DEBIT, account=OTHER_ACCOUNT
    )
    assert outcome(scenario, OSLO, out).unmatched is Unmatched.OTHER_PAYER
    scenario.given(details(account=OTHER_ACCOUNT))
    for reference, account in (("3", ACCOUNT), ("4", OTHER_ACCOUNT)):
        now = entry(scenario, reference=reference, account=account)
        assert outcome(scenario, OSLO, now).document, "the old one counts too"


@pytest.mark.law(8)
@pytest.mark.parametrize(
    "changes",
    [
        {"reference": "a/b"},
        {"reference": "01010112345678901234567890" * 4},
        {"reference": "15076500565"},
        {"kid": "12a4"},
        {"kid": "15076500565"},
        {"account": "15076\u200e500565"},
        {"paid_to": "1"},
        {"amount_ore": 1.5},
    ],
)
def test_what_an_entry_cannot_hold_is_no_entry(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        entry(invoiced(), **changes)


def test_an_import_holds_something() -> None:
    with pytest.raises(ValidationError):
        imported(OSLO)
