"""A payment that the bank tells under another reference is not taken twice."""

from itertools import permutations
from typing import Any

import pytest

from domain.history import Append, Asked
from domain.payments.bank import (
    BANK_ENTRIES,
    BankEntryImported,
    BankEntryNamed,
    entry_key,
)
from domain.payments.telling import BookedEntry, EntryVerdict, ImportBankEntries
from domain.redeciding import OTHER_FACTS, decision_fault
from domain.refusal import Code
from domain.texts import as_recorded
from domain.values import Region
from tests.support.bank import (
    ACCOUNT,
    OTHER_ACCOUNT,
    SUMMER,
    entry,
    first_kid,
    imported,
    invoiced,
)
from tests.support.examples import BERGEN, OSLO
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


def told(scenario: Scenario, *entries: BookedEntry) -> list[EntryVerdict]:
    """Import a file beside all that is recorded."""
    return judged(scenario, beside(scenario, file(*entries)))


def batch(scenario: Scenario) -> list[BookedEntry]:
    """Return the two payments of one entry."""
    return [
        plain(scenario, reference="E78", transaction=name, amount_ore=amount_ore)
        for name, amount_ore in (("TX2", 100), ("TX3", 200))
    ]


def alone(scenario: Scenario) -> list[BookedEntry]:
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


def forms(scenario: Scenario) -> dict[str, list[BookedEntry]]:
    """Return the two payments of a batch as banks tell them: three forms of one money."""
    return {
        "sum": [plain(scenario, reference="E78", amount_ore=300)],
        "parts": batch(scenario),
        "alone": alone(scenario),
    }


def once(scenario: Scenario) -> dict[str, list[BookedEntry]]:
    """Return one payment in three forms."""
    return {
        "entry": [plain(scenario, reference="E78", amount_ore=100)],
        "details": batch(scenario)[:1],
        "alone": alone(scenario)[:1],
    }


def taken_ore(scenario: Scenario) -> int:
    """Return what is recorded in all."""
    return sum(
        append.fact.amount_ore
        for append in scenario.recorded_so_far
        if isinstance(append.fact, BankEntryImported)
    )


LINKED = [
    order
    for all_forms in (("sum", "parts", "alone"), ("entry", "details", "alone"))
    for order in permutations(all_forms)
    # What links the two others comes before one of them.
    if order[2] not in {"parts", "details"}
]


@pytest.mark.parametrize("order", LINKED)
def test_three_forms_of_one_money_are_taken_once(order: tuple[str, ...]) -> None:
    """The one in the middle says that the others are the same, and is known itself."""
    scenario = invoiced()
    told_forms = forms(scenario) if "sum" in order else once(scenario)
    whole_ore = sum(each.amount_ore for each in told_forms[order[0]])
    for name in (*order, *order):
        found = told(scenario, *told_forms[name])
        assert set(said(found)) <= {N, K, CHECK}
        assert taken_ore(scenario) == whole_ore, name
    assert set(said(told(scenario, *told_forms["alone"]))) == {K}


def test_a_part_is_known_by_its_name_whatever_else_the_file_tells(
    scenario: Scenario,
) -> None:
    told_forms = forms(scenario)
    assert said(told(scenario, *told_forms["sum"])) == [N]
    found = told(scenario, *told_forms["parts"])
    assert (said(found), recorded(found)) == ([K, K], ["E78", "E78"])
    other = plain(scenario, reference="TX9", amount_ore=7)
    found = told(scenario, *told_forms["alone"], other)
    assert said(found) == [K, K, N]
    assert recorded(found) == ["E78", "E78", "TX9"]
    larger = plain(scenario, reference="TX2", amount_ore=101)
    twice = [told_forms["alone"][0]] * 2
    assert said(told(scenario, larger)) == [N]
    assert said(told(scenario, *twice)) == [K, CHECK]


def test_another_payment_of_the_same_batch_is_not_known_by_the_batchs_name(
    scenario: Scenario,
) -> None:
    first = plain(scenario, reference="E78", transaction="TX2", amount_ore=100)
    assert said(told(scenario, alone(scenario)[0])) == [N]
    assert said(told(scenario, first)) == [K]
    second = first.model_copy(update={"transaction": "TX8"})
    assert said(told(scenario, second)) == [N]
    assert taken_ore(scenario) == 200


def test_a_name_is_learned_once_and_by_everybody(scenario: Scenario) -> None:
    told_forms = once(scenario)
    told(scenario, *told_forms["entry"])
    scenario.when(beside(scenario, file(*told_forms["details"]))).then(
        BankEntryNamed(organisation=OSLO, reference="E78", name="TX2", amount_ore=100)
    )
    scenario.when(beside(scenario, file(*told_forms["details"]))).unchanged()
    scenario.when(beside(scenario, file(*told_forms["alone"]))).unchanged()


@pytest.mark.parametrize("name", ["7", "NONREF", "report-" + "b" * 32])
def test_what_names_no_payment_everywhere_is_not_learned(
    scenario: Scenario, name: str
) -> None:
    told_forms = once(scenario)
    told(scenario, *told_forms["entry"])
    named = told_forms["details"][0].model_copy(update={"transaction": name})
    scenario.when(beside(scenario, file(named))).unchanged()


def test_only_an_entry_that_is_recorded_has_a_name(scenario: Scenario) -> None:
    fact = BankEntryNamed(organisation=OSLO, reference="E", name="T", amount_ore=1)
    stream = BANK_ENTRIES.stream(Region.SOROST, entry_key(OSLO, "E"))
    asked = Asked(Region.SOROST, OSLO, SUMMER, "controller")
    named = [Append(stream, fact)]
    assert decision_fault(named, [asked], scenario) == Code.UNKNOWN_BANK_ENTRY
    scenario.given(imported(OSLO, plain(scenario, reference="E")))
    assert decision_fault(named, [asked], scenario) is None
    others = asked.__class__(Region.SOROST, BERGEN, SUMMER, "controller")
    assert decision_fault(named, [others], scenario) == Code.NOT_ENTITLED
    scenario.receive(*named)
    assert decision_fault(named, [asked], scenario) == OTHER_FACTS
