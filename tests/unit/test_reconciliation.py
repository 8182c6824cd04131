"""Settlement lines as both have them: matched, or open with what explains it."""

from datetime import date

import pytest

from domain.agreements.notice import TerminateAgreement
from domain.closing.books import read_books
from domain.closing.closing import (
    CarriedLine,
)
from domain.closing.reconciliation import LineState
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.sales_document import InvoiceIssued
from domain.invoicing.year_correction import CorrectYear
from domain.refusal import Code, Refusal
from domain.values import Period
from tests.support.closing import (
    FIRST,
    HALF_YEAR_ORE,
    PAIR,
    SECOND,
    SUMMER,
    WINTER,
    closed,
    confirmed,
    draw_up,
    drawn,
    invoiced,
)
from tests.support.examples import (
    AGREED,
    REPORTED,
    accept,
    fill,
    invoice,
    network,
    post,
    vacate,
    version,
)
from tests.support.scenario import Scenario


def test_what_is_not_invoiced_is_open_and_may_be_carried_over_by_name() -> None:
    scenario = Scenario().given(*AGREED, fill())
    scenario.given(*confirmed(date(2026, 7, 9)), today=SUMMER)
    scenario.when(draw_up(), today=SUMMER).refused(Code.LINE_OPEN, "carry_over")
    carried = CarriedLine(agreement="ms-ous", post="nurse", period_start=FIRST.start)
    scenario.given(draw_up(carry_over=(carried,)), today=SUMMER)
    (line,) = drawn(scenario).statement.open_lines
    assert line.state is LineState.NOT_INVOICED
    assert (line.billed_ore, line.accrued_ore) == (0, HALF_YEAR_ORE)


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
    [
        pytest.param(
            {"version": 2}, "version_differs", marks=pytest.mark.rule("S1-14")
        ),
        pytest.param(
            {"submission": 2}, "report_differs", marks=pytest.mark.rule("S1-41")
        ),
    ],
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


def test_what_a_termination_cuts_is_no_longer_owed_and_names_it() -> None:
    scenario = Scenario().given(*REPORTED)
    notice = TerminateAgreement(agreement="ms-ous", ends_on=SUMMER, reason="x")
    scenario.given(notice, today=SUMMER)
    (books,) = read_books(PAIR, SUMMER, scenario)
    assert books.costs["nurse"].amount_ore(SECOND) == 10_000_00, "ten days of July"
    (change,) = [each for each in books.changes if each.rule == "S1-11"]
    assert change.effective_on == date(2026, 7, 11)


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
