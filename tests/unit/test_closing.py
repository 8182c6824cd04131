"""Closing: what two trusts sign, what stops it, and what comes after."""

from datetime import date

import pytest

from domain.closing.closing import (
    CarriedLine,
    StatementRejected,
    StatementSigned,
    closed_statements,
    draft,
)
from domain.closing.statement import Statement
from domain.invoicing.invoice_decision import DecideInvoice, Verdict
from domain.payments.payment import RegisterPayment
from domain.posts.staffing import STAFFING
from domain.refusal import Code, Refusal
from domain.values import Period, Region
from tests.support.closing import (
    FIRST,
    HALF_YEAR_ORE,
    OTHER_WAY,
    PAIR,
    SECOND,
    SUMMER,
    WINTER,
    closed,
    draw_up,
    drawn,
    invoiced,
    sign,
)
from tests.support.examples import (
    BERGEN,
    OSLO,
    REPORTED,
    UNKNOWN,
    invoice,
    vacate,
)
from tests.support.refusals import answer
from tests.support.scenario import Scenario


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
    rejection = sign(first, reason="The vacancy in March is missing")
    scenario.given(rejection, today=SUMMER)
    assert isinstance(scenario.recorded(StatementRejected), StatementRejected)
    scenario.when(sign(first), today=SUMMER).refused(Code.CONFLICTING_ROW)
    scenario.when(rejection, today=SUMMER).unchanged()
    other = sign(first, reason="No")
    scenario.when(other, today=SUMMER).refused(Code.CONFLICTING_ROW)
    scenario.given(draw_up(), today=SUMMER)
    second = drawn(scenario)
    assert (second.statement.number, second.statement.revision) == (1, 2)
    scenario.given(sign(second), today=SUMMER)


def test_what_is_drawn_up_is_what_was_read() -> None:
    scenario = invoiced()
    read = draft(PAIR, FIRST, SUMMER, scenario)
    assert isinstance(read, Statement)
    stale = draw_up(fingerprint="0" * 64)
    scenario.when(stale, today=SUMMER).refused(Code.OUTDATED, "fingerprint")
    signed = draw_up(fingerprint=read.fingerprint)
    scenario.given(signed, today=SUMMER)
    assert drawn(scenario).statement == read
    unanswered = answer(draft, PAIR, FIRST, SUMMER, scenario)
    assert isinstance(unanswered, Refusal)
    assert unanswered.code is Code.STATEMENT_NOT_ANSWERED
    scenario.given(sign(drawn(scenario), reason="no"), today=SUMMER)
    scenario.when(signed, today=SUMMER).refused(Code.OUTDATED, "fingerprint")
    again = draft(PAIR, FIRST, SUMMER, scenario)
    assert isinstance(again, Statement)
    assert again.revision == 2


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
    carried = CarriedLine(agreement="ms-ous", post="nurse", period_start=FIRST.start)
    second = closed(scenario, SECOND, WINTER, carry_over=(carried,))
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
