"""Closing: what two trusts sign, what stops it, and what comes after."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from domain.books import read_books
from domain.closing import (
    CarriedLine,
    DrawUpStatement,
    SignStatement,
    StatementDrawnUp,
    StatementRejected,
    StatementSigned,
    closed_statements,
)
from domain.credit import CreditedLine, CreditInvoice
from domain.day import ConfirmDay
from domain.fact import Command
from domain.invoice_decision import DecideInvoice, Verdict
from domain.notice import TerminateAgreement
from domain.pair import pair_of
from domain.payment import RegisterPayment
from domain.reconciliation import LineState
from domain.refusal import Code, Refusal
from domain.sales_document import InvoiceIssued
from domain.staffing import STAFFING
from domain.statement import Statement
from domain.values import Period, Region
from domain.year_correction import CorrectYear
from tests.support.examples import (
    AGREED,
    BERGEN,
    OSLO,
    REPORTED,
    UNKNOWN,
    accept,
    approve,
    fill,
    invoice,
    network,
    post,
    report,
    vacate,
    version,
)
from tests.support.scenario import Scenario

PAIR = pair_of(BERGEN, OSLO)
SUMMER = date(2026, 7, 10)
WINTER = date(2027, 1, 10)
FIRST = Period(date(2026, 1, 1), date(2026, 6, 30))
SECOND = Period(date(2026, 7, 1), date(2026, 12, 31))
HALF_YEAR_ORE = 181_000_00
"""1 000 kroner a day for 181 days."""


OTHER_WAY: Sequence[Command] = (
    network(network="als", coordinating_trust=OSLO),
    version(
        agreement="als-hbe",
        network="als",
        payer=OSLO,
        payee=BERGEN,
        posts=(post("doctor"),),
    ),
    accept(agreement="als-hbe"),
    fill(name="doctor"),
    report(report="als-2026", network="als", trust=BERGEN),
    approve("als-2026"),
    invoice(agreement="als-hbe"),
)
"""Oslo coordinates a network too, and Bergen hosts a post of it."""


def confirmed(day: date) -> Sequence[Command]:
    """Confirm a day in every region."""
    return [ConfirmDay(region=region, day=day) for region in Region]


def draw_up(period: Period = FIRST, **changes: Any) -> DrawUpStatement:
    """Draw up the statement of a period."""
    content = {
        "first": BERGEN,
        "second": OSLO,
        "period_start": period.start,
        "period_end": period.end,
    }
    return DrawUpStatement(**{**content, **changes})


def drawn(scenario: Scenario) -> StatementDrawnUp:
    """Return the statement that was drawn up last."""
    fact = scenario.recorded(StatementDrawnUp)
    assert isinstance(fact, StatementDrawnUp)
    return fact


def sign(found: StatementDrawnUp, **changes: Any) -> SignStatement:
    """Sign a statement."""
    content = {
        "first": PAIR.first,
        "second": PAIR.second,
        "period_end": found.statement.period_end,
        "fingerprint": found.fingerprint,
    }
    return SignStatement(**{**content, **changes})


def invoiced() -> Scenario:
    """Return a half-year that is agreed, reported and invoiced, and all days confirmed."""
    scenario = Scenario().given(*REPORTED)
    return scenario.given(invoice(), *confirmed(date(2026, 7, 9)), today=SUMMER)


def closed(scenario: Scenario, period: Period, today: date, **more: Any) -> Statement:
    """Draw up and sign the statement of a period."""
    scenario.given(*confirmed(today - timedelta(days=1)), today=today)
    scenario.given(draw_up(period, **more), today=today)
    found = drawn(scenario)
    scenario.given(sign(found), today=today)
    return found.statement


@pytest.mark.rule("S1-14")
def test_a_statement_says_what_accrued_was_billed_and_is_owed() -> None:
    scenario = invoiced().when(draw_up(), today=SUMMER)
    found = drawn(scenario)
    statement = found.statement
    assert found.fingerprint == statement.fingerprint
    assert found.drawn_up_by == "controller"
    assert (statement.number, statement.revision, statement.previous) == (1, 1, None)
    (line,) = statement.posts
    assert (line.agreement, line.post, line.accrued_ore) == (
        "ms-ous",
        "nurse",
        HALF_YEAR_ORE,
    )
    (document,) = statement.documents
    assert (document.seller, document.number) == (OSLO, 1)
    (balance,) = statement.balances
    assert (balance.payer, balance.payee) == (BERGEN, OSLO)
    assert balance.closing_ore == balance.undisputed_ore == HALF_YEAR_ORE
    assert not statement.open_lines


def test_both_sign_the_same_bytes_and_then_the_period_is_closed() -> None:
    scenario = invoiced().given(draw_up(), today=SUMMER)
    found = drawn(scenario)
    scenario.when(sign(found), today=SUMMER)
    signed = scenario.recorded(StatementSigned)
    assert isinstance(signed, StatementSigned)
    assert signed.fingerprint == found.fingerprint
    assert scenario.appended[0].stream.region is Region.SOROST, "in its own region"
    scenario.when(sign(found), today=SUMMER).unchanged()
    scenario.when(draw_up(), today=SUMMER).refused(Code.PERIOD_NOT_NEXT, "period_start")


def test_only_the_other_trust_signs_and_only_these_bytes() -> None:
    scenario = invoiced().given(draw_up(), today=SUMMER)
    found = drawn(scenario)
    scenario.when(sign(found), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    scenario.when(sign(found, fingerprint="0" * 64)).refused(Code.OUTDATED)
    scenario.when(sign(found, period_end=SECOND.end)).refused(
        Code.UNKNOWN_STATEMENT, "period_end"
    )
    scenario.when(draw_up(), organisation=OSLO).refused(Code.NOT_ENTITLED)


def test_a_rejected_statement_is_drawn_up_anew() -> None:
    scenario = invoiced().given(draw_up(), today=SUMMER)
    first = drawn(scenario)
    scenario.when(draw_up(), today=SUMMER).refused(Code.STATEMENT_NOT_ANSWERED)
    scenario.given(sign(first, reason="The vacancy in March is missing"), today=SUMMER)
    assert isinstance(scenario.recorded(StatementRejected), StatementRejected)
    scenario.when(sign(first), today=SUMMER).refused(Code.CONFLICTING_ROW)
    scenario.given(draw_up(), today=SUMMER)
    second = drawn(scenario)
    assert (second.statement.number, second.statement.revision) == (1, 2)
    scenario.given(sign(second), today=SUMMER)


def test_a_region_that_may_lack_facts_stops_the_closing_and_is_named() -> None:
    scenario = Scenario().given(*REPORTED)
    scenario.given(invoice(), today=SUMMER)
    scenario.when(draw_up(), today=SUMMER).refused(Code.REGION_INCOMPLETE, "period_end")
    scenario.when(draw_up(), today=FIRST.end).refused(Code.PERIOD_NOT_ENDED)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2026, 1, 2), date(2026, 6, 30)),
        (date(2026, 1, 1), date(2026, 6, 29)),
        (date(2025, 12, 1), date(2026, 1, 31)),
        (date(2026, 7, 1), date(2026, 6, 30)),
    ],
)
def test_a_statement_is_for_whole_months_of_one_year(start: date, end: date) -> None:
    command = draw_up(Period(start, end))
    invoiced().when(command, today=SUMMER).refused(Code.PERIOD_NOT_MONTHS)


def test_the_parties_are_two_registered_trusts() -> None:
    scenario = invoiced()
    scenario.when(draw_up(second=BERGEN)).refused(Code.SAME_PARTY, "second")
    scenario.when(draw_up(second=UNKNOWN)).refused(Code.UNKNOWN_ORGANISATION)


@pytest.mark.rule("S1-41")
def test_what_is_not_invoiced_is_open_and_may_be_carried_over_by_name() -> None:
    scenario = Scenario().given(*AGREED, fill())
    scenario.given(*confirmed(date(2026, 7, 9)), today=SUMMER)
    scenario.when(draw_up(), today=SUMMER).refused(Code.LINE_OPEN, "carry_over")
    carried = CarriedLine(agreement="ms-ous", post="nurse", period_start=FIRST.start)
    scenario.given(draw_up(carry_over=(carried,)), today=SUMMER)
    (line,) = drawn(scenario).statement.open_lines
    assert line.state is LineState.NOT_INVOICED
    assert (line.billed_ore, line.accrued_ore) == (0, HALF_YEAR_ORE)


def test_a_disputed_line_is_open_and_left_out_of_what_may_be_netted() -> None:
    scenario = invoiced().given(
        DecideInvoice(
            agreement="ms-ous", period_start=FIRST.start, verdict=Verdict.DISPUTED
        ),
        today=SUMMER,
    )
    scenario.when(draw_up(), today=SUMMER).refused(Code.LINE_OPEN)
    carried = CarriedLine(agreement="ms-ous", post="nurse", period_start=FIRST.start)
    scenario.given(draw_up(carry_over=(carried,)), today=SUMMER)
    (balance,) = drawn(scenario).statement.balances
    assert balance.closing_ore == balance.disputed_ore == HALF_YEAR_ORE
    assert balance.undisputed_ore == 0


@pytest.mark.rule("S1-14")
def test_closing_then_correcting_shows_exactly_the_correction_in_the_next() -> None:
    scenario = invoiced()
    first = closed(scenario, FIRST, SUMMER)
    bytes_then = first.to_bytes()
    scenario.given(vacate(date(2026, 6, 1)), today=date(2026, 8, 1))
    (cause,) = scenario.entries(STAFFING, ["nurse"])["nurse"][1:]
    scenario.given(invoice(*SECOND), today=WINTER)
    second = closed(scenario, SECOND, WINTER)
    (line,) = second.posts
    (restated,) = line.restatements
    assert (restated.old_ore, restated.new_ore) == (HALF_YEAR_ORE, 151_000_00)
    assert [(each.entry, each.region, each.rule) for each in restated.causes] == [
        (str(cause.place), Region.SOROST, "S1-12")
    ]
    assert line.accrued_ore == 0, "vacant all the second half"
    assert second.previous == first.fingerprint
    kept = closed_statements(PAIR, scenario)[0].statement
    assert kept.to_bytes() == bytes_then, "it never changes"
    year = sum(each.accrued_ore for each in (*first.posts, *second.posts))
    year += restated.new_ore - restated.old_ore
    assert year == 151_000_00, "the periods and their corrections are the year"
    (balance,) = second.balances
    assert balance.opening_ore == HALF_YEAR_ORE
    assert balance.closing_ore == 151_000_00


def test_a_change_after_the_invoice_is_open_until_it_is_restated() -> None:
    scenario = invoiced().given(vacate(date(2026, 6, 1)), today=SUMMER)
    scenario.when(draw_up(), today=SUMMER).refused(Code.LINE_OPEN)
    carried = CarriedLine(agreement="ms-ous", post="nurse", period_start=FIRST.start)
    scenario.given(draw_up(carry_over=(carried,)), today=SUMMER)
    (line,) = drawn(scenario).statement.open_lines
    assert line.state is LineState.AMOUNT_DIFFERS
    (cause,) = line.causes
    assert cause.type == "post.vacated.v1"


@pytest.mark.parametrize(
    ("change", "state"),
    [({"version": 2}, "version_differs"), ({"submission": 2}, "report_differs")],
)
def test_a_document_that_rests_on_something_else_is_found_out(
    change: dict[str, int], state: str
) -> None:
    """Only a seller that bends its own node writes such a document."""
    scenario = Scenario().given(*REPORTED).when(invoice(), today=SUMMER)
    scenario.bend(InvoiceIssued, **change)
    scenario.given(*confirmed(date(2026, 7, 9)), today=SUMMER)
    scenario.when(draw_up(), today=SUMMER).refused(Code.LINE_OPEN)
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values["state"] == state


def test_a_version_that_came_later_and_changes_no_amount_opens_nothing() -> None:
    scenario = invoiced().given(version(2), accept(2), today=SUMMER)
    scenario.given(draw_up(), today=SUMMER)
    assert not drawn(scenario).statement.open_lines


@pytest.mark.rule("S1-11")
def test_what_a_termination_cuts_is_no_longer_owed_and_names_it() -> None:
    scenario = Scenario().given(*REPORTED)
    notice = TerminateAgreement(agreement="ms-ous", ends_on=SUMMER, reason="x")
    scenario.given(notice, today=SUMMER)
    (books,) = read_books(PAIR, SUMMER, scenario)
    assert books.costs["nurse"].amount_ore(SECOND) == 10_000_00, "ten days of July"
    (change,) = [each for each in books.changes if each.rule == "S1-11"]
    assert change.effective_on == date(2026, 7, 11)


def test_payments_stand_in_the_statement_that_first_knows_them() -> None:
    paid = RegisterPayment(
        agreement="ms-ous",
        period_start=FIRST.start,
        amount_ore=81_000_00,
        paid_on=date(2026, 6, 30),
    )
    scenario = invoiced()
    first = closed(scenario, FIRST, SUMMER)
    scenario.given(paid, invoice(*SECOND), today=WINTER)
    second = closed(scenario, SECOND, WINTER)
    assert not first.payments
    assert [each.amount_ore for each in second.payments] == [81_000_00]
    (balance,) = second.balances
    assert (balance.opening_ore, balance.paid_ore) == (HALF_YEAR_ORE, 81_000_00)
    assert balance.closing_ore == 365_000_00 - 81_000_00


def test_two_directions_have_a_balance_each() -> None:
    scenario = invoiced()
    scenario.given(
        *OTHER_WAY,
        today=SUMMER,
    )
    found = closed(scenario, FIRST, SUMMER)
    assert [(each.payer, each.payee) for each in found.balances] == [
        (BERGEN, OSLO),
        (OSLO, BERGEN),
    ]


def test_a_post_that_the_document_lacks_is_open_once_it_accrued() -> None:
    """Filled in July, back from January: the first half-year's invoice has no line."""
    posts = (post(), post("doctor"))
    given = [each for each in REPORTED if each != version()]
    where = given.index(network()) + 1
    scenario = Scenario().given(*given[:where], version(posts=posts), *given[where:])
    scenario.given(invoice(), *confirmed(date(2026, 7, 9)), today=SUMMER)
    scenario.given(fill(date(2026, 6, 1), name="doctor"), today=SUMMER)
    scenario.when(draw_up(), today=SUMMER).refused(Code.LINE_OPEN)
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values["post"] == "doctor"
    line = CarriedLine(agreement="ms-ous", post="doctor", period_start=FIRST.start)
    scenario.given(draw_up(carry_over=(line,)), today=SUMMER)
    (opened,) = drawn(scenario).statement.open_lines
    assert (opened.billed_ore, opened.accrued_ore) == (0, 30_000_00)
    assert [each.rule for each in opened.causes] == ["S1-12"]


def credit(*lines: CreditedLine) -> CreditInvoice:
    """Credit the first half-year's invoice, or some of its lines."""
    return CreditInvoice(
        agreement="ms-ous", period_start=FIRST.start, lines=lines, reason="Agreed"
    )


def test_what_is_given_up_by_line_leaves_the_period_matched() -> None:
    given_up = CreditedLine(post="nurse", amount_ore=1_000_00)
    scenario = invoiced().given(credit(given_up), today=SUMMER)
    scenario.given(draw_up(), today=SUMMER)
    statement = drawn(scenario).statement
    assert not statement.open_lines
    assert [each.net_ore for each in statement.documents] == [
        HALF_YEAR_ORE,
        -1_000_00,
    ]
    (balance,) = statement.balances
    assert balance.closing_ore == HALF_YEAR_ORE - 1_000_00


def test_a_document_that_is_taken_back_leaves_its_period_to_be_invoiced() -> None:
    scenario = invoiced().given(credit(), today=SUMMER)
    scenario.when(draw_up(), today=SUMMER).refused(Code.LINE_OPEN)
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values["state"] == "not_invoiced"
    scenario.given(invoice(), today=SUMMER).given(draw_up(), today=SUMMER)
    (balance,) = drawn(scenario).statement.balances
    assert balance.closing_ore == HALF_YEAR_ORE, "billed, taken back, billed anew"


def test_the_correction_of_an_earlier_year_stands_in_the_next_statement() -> None:
    scenario = invoiced().given(invoice(*SECOND), today=WINTER)
    year = Period(FIRST.start, SECOND.end)
    closed(scenario, year, WINTER)
    late = date(2027, 2, 10)
    scenario.given(vacate(date(2026, 12, 1)), today=late)
    scenario.given(CorrectYear(agreement="ms-ous", year=2026), today=late)
    january = Period(date(2027, 1, 1), date(2027, 1, 31))
    statement = closed(scenario, january, late)
    (line,) = statement.posts
    (restated,) = line.restatements
    assert restated.new_ore - restated.old_ore == -31_000_00
    (document,) = statement.documents
    assert document.net_ore == -31_000_00, "what is restated is what is credited"
    assert not statement.open_lines
