"""A payment that the bank tells under another reference is not taken twice."""

from typing import Any

import pytest

from domain.payments.bank import BankEntryImported
from domain.payments.telling import BankEntry, EntryVerdict, ImportBankEntries
from domain.refusal import Code
from domain.texts import as_recorded
from tests.support.bank import (
    ACCOUNT,
    OTHER_ACCOUNT,
    SUMMER,
    entry,
    first_kid,
    imported,
    invoiced,
)
from tests.support.examples import OSLO
from tests.support.scenario import Scenario
from tests.unit.test_bank_known import DEBIT, K, N, file, judged, plain, recorded, said

CHECK = "conflicting_row"


@pytest.fixture
def scenario() -> Scenario:
    """Give Oslo an invoice."""
    return invoiced()


def beside(scenario: Scenario, command: ImportBankEntries) -> ImportBankEntries:
    """Add the names of all that is recorded."""
    names = tuple(
        append.fact.reference
        for append in scenario.recorded_so_far
        if isinstance(append.fact, BankEntryImported)
    )
    return command.model_copy(update={"beside": names})


def told(scenario: Scenario, *entries: BankEntry) -> list[EntryVerdict]:
    """Import a file beside all that is recorded."""
    return judged(scenario, beside(scenario, file(*entries)))


def batch(scenario: Scenario) -> list[BankEntry]:
    """Return the two payments of one entry."""
    return [
        plain(scenario, reference="E78", transaction=name, amount_ore=amount_ore)
        for name, amount_ore in (("TX2", 100), ("TX3", 200))
    ]


def alone(scenario: Scenario) -> list[BankEntry]:
    """Return the same payments, each by itself."""
    return [
        plain(scenario, reference=name, amount_ore=amount_ore)
        for name, amount_ore in (("TX2", 100), ("TX3", 200))
    ]


def test_payments_of_a_batch_are_known_alone_and_the_other_way(
    scenario: Scenario,
) -> None:
    assert said(told(scenario, *batch(scenario))) == [N, N]
    found = told(scenario, *alone(scenario))
    assert said(found) == [K, K]
    assert recorded(found) == ["E78", "E78~2"]
    other = invoiced()
    assert said(told(other, *alone(other))) == [N, N]
    assert recorded(told(other, *batch(other))) == ["TX2", "TX3"]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, K),
        ({"account": ACCOUNT}, K),
        ({"kid": ""}, CHECK),
        ({"kid": "2345676"}, N),
        ({"amount_ore": 101}, N),
        ({"amount_ore": -100}, N),
        ({"booked_on": SUMMER}, N),
        ({"reference": "TX9"}, N),
        ({"reference": "E79", "transaction": "TX2"}, CHECK),
        (DEBIT, N),
    ],
)
def test_it_is_the_same_where_the_rest_is(
    scenario: Scenario, changes: dict[str, Any], verdict: str
) -> None:
    kid = first_kid(scenario)
    first = entry(scenario, reference="E78", transaction="TX2", amount_ore=100)
    other = {"reference": "TX2", "amount_ore": 100, "kid": kid, **changes}
    if "direction" in changes:
        scenario.given(imported(OSLO, first))
        command = imported(OSLO, entry(scenario, **other))
        assert said(judged(scenario, beside(scenario, command))) == [verdict]
        return
    assert said(told(scenario, first)) == [N]
    assert said(told(scenario, entry(scenario, **other))) == [verdict]


def test_at_another_account_it_is_another(scenario: Scenario) -> None:
    one = plain(scenario, reference="E78", transaction="TX2", account=ACCOUNT)
    command = imported(
        OSLO, one, plain(scenario, reference="TX2", account=OTHER_ACCOUNT, **DEBIT)
    )
    assert said(judged(scenario, beside(scenario, command))) == [N, N]


@pytest.mark.parametrize("name", ["1", "007", "0000123", "NONREF"])
def test_what_runs_within_an_entry_or_names_nothing_is_no_payments_own_name(
    scenario: Scenario, name: str
) -> None:
    first, other = (
        plain(scenario, reference=reference, transaction=name)
        for reference in ("E78", "E79")
    )
    assert said(told(scenario, first)) == [N]
    assert said(told(scenario, other)) == [N]


def test_what_one_file_tells_twice_is_two_and_known_once_each(
    scenario: Scenario,
) -> None:
    both = [batch(scenario)[0], alone(scenario)[0]]
    assert said(told(scenario, *both)) == [N, N]
    assert said(told(scenario, *both)) == [K, K]
    other = invoiced()
    assert said(told(other, batch(other)[0])) == [N]
    twice = alone(other)[:1] * 2
    assert said(told(other, *twice)) == [K, N]
    assert said(told(other, *twice)) == [K, K]


def test_a_payment_that_is_told_in_parts_elsewhere_is_to_be_checked(
    scenario: Scenario,
) -> None:
    parts = [
        plain(scenario, reference="E78", transaction="TX2", amount_ore=amount_ore)
        for amount_ore in (60, 40)
    ]
    assert said(told(scenario, *parts)) == [N, N]
    assert said(told(scenario, alone(scenario)[0])) == [CHECK]
    other = invoiced()
    assert said(told(other, alone(other)[0])) == [N]
    assert said(told(other, *parts)) == [CHECK, CHECK]


def test_by_hand_it_is_known_too_or_refused(scenario: Scenario) -> None:
    scenario.given(imported(OSLO, batch(scenario)[0]))
    known = imported(OSLO, alone(scenario)[0])
    scenario.when(beside(scenario, known)).unchanged()
    unclear = entry(scenario, reference="TX2", amount_ore=100)
    command = beside(scenario, imported(OSLO, unclear))
    scenario.when(command).refused(Code.CONFLICTING_ROW, "entries.0")
    lost = known.model_copy(update={"beside": ("nothing",)})
    assert said(judged(scenario, lost)) == [N]


def test_a_duplicate_of_what_an_earlier_release_recorded_is_to_be_checked(
    scenario: Scenario,
) -> None:
    earlier = plain(scenario, reference=f"20260808-{'a' * 32}")
    again = plain(scenario, reference=f"report-{'b' * 32}")
    assert said(told(scenario, earlier)) == [N]
    assert said(told(scenario, again)) == [CHECK]
    other = again.model_copy(update={"amount_ore": 1})
    assert said(told(scenario, other)) == [N]


def test_an_account_that_was_taken_with_points_is_the_same(scenario: Scenario) -> None:
    told_once = plain(scenario, account="8601.11.17947")
    assert told_once.account == ACCOUNT
    with as_recorded():
        earlier = plain(scenario, account="8601.11.17947", **DEBIT)
    scenario.given(imported(OSLO, earlier))
    again = imported(OSLO, plain(scenario, account=ACCOUNT, **DEBIT))
    scenario.when(again).unchanged()
