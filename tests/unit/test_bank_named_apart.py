"""Payments of one reference that the bank names apart, or pays to others, are apart."""

import pytest

from domain.payments.telling import BookedEntry
from tests.support.bank import (
    ACCOUNT,
    OTHER_ACCOUNT,
    entry,
    invoiced,
    second_payee,
)
from tests.support.examples import BERGEN
from tests.support.scenario import Scenario
from tests.unit.test_bank_known import (
    DEBIT,
    K,
    N,
    file,
    judged,
    plain,
    recorded,
    said,
)


@pytest.fixture
def scenario() -> Scenario:
    """Give Oslo an invoice."""
    return invoiced()


def named(scenario: Scenario, **amounts: int) -> list[BookedEntry]:
    """Return payments of one entry that the bank names apart."""
    return [
        plain(scenario, amount_ore=ore, transaction=name)
        for name, ore in amounts.items()
    ]


@pytest.mark.parametrize(
    ("first", "second", "verdicts"),
    [
        ({"T1": 100}, {"T2": 60, "T3": 40}, [N, N]),
        ({"T2": 60, "T3": 40}, {"T1": 100}, [N]),
        ({"T1": 100}, {"T1": 60, "T2": 40}, ["conflicting_row"] * 2),
        ({"T1": 60, "T2": 40}, {"T1": 100}, ["conflicting_row"]),
        ({"T1": 100}, {"T2": 60, "T3": 41}, [N, N]),
        ({"T1": 100}, {"T1": 100, "T2": 60}, [K, N]),
    ],
)
def test_payments_that_the_bank_names_apart_are_not_the_same_sum(
    scenario: Scenario,
    first: dict[str, int],
    second: dict[str, int],
    verdicts: list[str],
) -> None:
    assert said(judged(scenario, file(*named(scenario, **first)))) == [N] * len(first)
    told = file(*named(scenario, **second))
    assert said(judged(scenario, told)) == verdicts
    again = [K if each == N else each for each in verdicts]
    assert said(judged(scenario, told)) == again


def test_one_payment_told_in_parts_and_whole_is_the_same_money(
    scenario: Scenario,
) -> None:
    parts = [
        entry(scenario, amount_ore=60, transaction="T1"),
        plain(scenario, amount_ore=40, transaction="T1"),
    ]
    assert said(judged(scenario, file(*parts))) == [N, N]
    whole = plain(scenario, amount_ore=100, transaction="T1")
    assert said(judged(scenario, file(whole))) == [K]


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("are_named", [True, False])
def test_what_is_paid_to_another_payee_is_never_known(
    parts: int, *, are_named: bool
) -> None:
    scenario = second_payee(invoiced())
    first, *others = (
        entry(
            scenario,
            amount_ore=amount_ore,
            paid_to=account,
            transaction=name if are_named else None,
            **DEBIT,
        )
        for name, amount_ore, account in (
            ("T1", 100, ACCOUNT),
            *((f"P{n}", 100 // parts, OTHER_ACCOUNT) for n in range(parts)),
        )
    )
    assert said(judged(scenario, file(first, organisation=BERGEN))) == [N]
    told = file(*others, organisation=BERGEN)
    verdict = N if are_named else "conflicting_row"
    assert said(judged(scenario, told)) == [verdict] * parts
    silent = first.model_copy(update={"paid_to": ""})
    assert said(judged(scenario, file(silent, organisation=BERGEN))) == [K]


def test_payees_of_one_batch_are_each_known_again_in_any_order() -> None:
    scenario = second_payee(invoiced())
    both = [
        entry(scenario, amount_ore=100, paid_to=account, **DEBIT)
        for account in (ACCOUNT, OTHER_ACCOUNT)
    ]
    assert said(judged(scenario, file(*both, organisation=BERGEN))) == [N, N]
    both.reverse()
    found = judged(scenario, file(*both, organisation=BERGEN))
    assert recorded(found) == ["B1~2", "B1"]
