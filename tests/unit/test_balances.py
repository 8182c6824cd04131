"""Balances that two trusts assert, and what explains a difference."""

from datetime import date
from typing import Any

from domain.closing.balance import (
    AssertBalance,
    BalanceAsserted,
    BalanceCheck,
    check_balances,
)
from domain.closing.books import read_books
from domain.payments.payment import RegisterPayment
from domain.refusal import Code
from tests.support.closing import HALF_YEAR_ORE, PAIR
from tests.support.examples import BERGEN, OSLO, REPORTED, TROMSO, UNKNOWN, invoice
from tests.support.scenario import Scenario

JULY = date(2026, 7, 31)
AUGUST = date(2026, 8, 5)


def owed(by: str = BERGEN, ore: int = HALF_YEAR_ORE, **changes: Any) -> AssertBalance:
    """Assert a balance at the end of July."""
    other = OSLO if by == BERGEN else BERGEN
    content = {"organisation": by, "counterpart": other, "day": JULY, "owed_ore": ore}
    return AssertBalance(**{**content, **changes})


def invoiced() -> Scenario:
    """Return a half-year that is invoiced in July."""
    return Scenario().given(*REPORTED).given(invoice(), today=date(2026, 7, 10))


def checks(scenario: Scenario) -> list[BalanceCheck]:
    """Return what the assertions show."""
    books = read_books(PAIR, AUGUST, scenario)
    return check_balances(PAIR, books, scenario)


def test_both_assert_what_the_log_says() -> None:
    scenario = invoiced().given(owed(), owed(OSLO, -HALF_YEAR_ORE), today=AUGUST)
    (check,) = checks(scenario)
    assert check.agrees
    assert check.logged_ore == HALF_YEAR_ORE
    assert not check.lacking
    assert [each.organisation for each in check.assertions] == [BERGEN, OSLO]


def test_a_voucher_that_one_of_them_did_not_have_explains_the_difference() -> None:
    scenario = invoiced().given(owed(OSLO, -HALF_YEAR_ORE), today=AUGUST)
    paid = RegisterPayment(
        agreement="ms-ous",
        period_start=date(2026, 1, 1),
        amount_ore=81_000_00,
        paid_on=JULY,
    )
    scenario.given(paid, owed(BERGEN, 100_000_00), today=AUGUST)
    (check,) = checks(scenario)
    assert not check.agrees
    (voucher,) = check.lacking
    assert voucher.amount_ore == -81_000_00
    assert voucher.entry.fact.TYPE == "payment.registered.v3"
    assert [each.asserted_ore for each in check.assertions] == [
        100_000_00,
        HALF_YEAR_ORE,
    ]
    assert all(each.asserted_ore == each.logged_ore for each in check.assertions)


def test_an_assertion_that_its_own_log_does_not_say_stands_alone() -> None:
    scenario = invoiced().given(owed(BERGEN, 5), today=AUGUST)
    (check,) = checks(scenario)
    (assertion,) = check.assertions
    assert (assertion.asserted_ore, assertion.logged_ore) == (5, HALF_YEAR_ORE)
    assert not check.agrees, "and the other has not asserted anything"


def test_the_last_assertion_of_a_day_counts() -> None:
    scenario = invoiced().given(owed(ore=5), today=AUGUST)
    scenario.when(owed(ore=5), today=AUGUST).unchanged()
    scenario.given(owed(), owed(OSLO, -HALF_YEAR_ORE), today=AUGUST)
    (check,) = checks(scenario)
    assert check.agrees


def test_what_is_dated_later_belongs_to_a_later_balance() -> None:
    scenario = invoiced().given(owed(day=date(2026, 6, 30), ore=0), today=AUGUST)
    (check,) = checks(scenario)
    assert check.logged_ore == 0


def test_a_trust_asserts_its_own_books_of_a_day_that_is_over() -> None:
    scenario = invoiced()
    scenario.when(owed(), today=AUGUST, organisation=OSLO).refused(Code.NOT_ENTITLED)
    scenario.when(owed(), today=JULY).refused(Code.PERIOD_NOT_ENDED, "day")
    scenario.when(owed(counterpart=BERGEN), today=AUGUST).refused(Code.SAME_PARTY)
    scenario.when(owed(counterpart=UNKNOWN), today=AUGUST).refused(
        Code.UNKNOWN_ORGANISATION, "counterpart"
    )
    scenario.when(owed(counterpart=TROMSO, ore=0), today=AUGUST)
    assert isinstance(scenario.recorded(BalanceAsserted), BalanceAsserted)
