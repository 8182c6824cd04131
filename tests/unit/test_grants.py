"""What becomes of granted money: paid, used, reported on, carried over, lapsed, repaid."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import pytest
from pydantic import ValidationError

from domain.document import Document
from domain.fact import Command
from domain.grants.codes import GrantCode
from domain.grants.grant import (
    GrantCarriedOver,
    GrantDisbursed,
    GrantLapsed,
    GrantReportDecided,
    LapseCause,
)
from domain.grants.money import grant_on
from domain.grants.rules import ReportRule, UseRule
from domain.grants.use import (
    GRANT_USE,
    GrantCostRecorded,
    GrantRepaid,
    GrantReported,
)
from domain.posts.report import Outcome
from domain.refusal import Code, Refusal
from domain.values import Region
from tests.support.awards import (
    CARRIED,
    DECIDED,
    FUNDER,
    LAPSE,
    LAST_DAY,
    NEXT,
    answer,
    applied,
    awarded,
    carry,
    cost,
    decided,
    disburse,
    everybody,
    published,
    repay,
    report,
    submitted,
)
from tests.support.examples import TROMSO, TRONDHEIM
from tests.support.scenario import Scenario

HALF_YEAR: Final = date(2025, 8, 20)
"""Six months after the decision."""
TEXT: Final = Document(sha256="1" * 64, media_type="text/plain", size=3)


def reporting() -> Scenario:
    """Return a history with an award on which two reports are due."""
    rules = (
        ReportRule(key="status", words="Status", rule="S2-32", due_on=date(2025, 9, 1)),
        ReportRule(
            key="final",
            words="Final",
            rule="S2-32",
            due_days_after_project=60,
            declares=("no_operations", "none_else"),
        ),
    )
    return awarded(reports=rules)


OF_MONEY: Final = (
    *(disburse(), cost(), carry(), LAPSE),
    report(),
)
"""What can be said only where money was awarded."""


@pytest.mark.rule("S0-09")
@pytest.mark.parametrize("command", OF_MONEY, ids=lambda each: type(each).__name__)
def test_without_money_nothing_becomes_of_it(command: Command) -> None:
    everybody().when(command).refused(GrantCode.UNKNOWN_APPLICATION, "application")
    scenario = applied()
    scenario.when(command, today=DECIDED).refused(GrantCode.NOT_AWARDED, "application")
    scenario.given(decided(0), today=DECIDED)
    scenario.when(command, today=NEXT).refused(GrantCode.NOT_AWARDED, "application")


def test_unknown_applications_are_neither_repaid_nor_reported_on() -> None:
    for command in (repay(), answer(Outcome.APPROVED)):
        scenario = everybody().when(command)
        scenario.refused(GrantCode.UNKNOWN_APPLICATION, "application")


@pytest.mark.rule("S0-09", "S0-36", "S3-07")
def test_the_trust_is_paid_from_the_decision_on() -> None:
    scenario = awarded()
    first = GrantDisbursed(
        application="a", amount_ore=60_00, payee=TRONDHEIM, paid_on=DECIDED
    )
    scenario.when(disburse(60_00), today=DECIDED).then(first)
    scenario.when(disburse(60_00), today=DECIDED).unchanged()
    scenario.when(disburse(40_01)).refused(GrantCode.AWARD_EXCEEDED, "amount_ore")
    scenario.when(disburse(40_00)).recorded(GrantDisbursed)
    scenario = awarded()
    scenario.when(disburse(), organisation=TRONDHEIM, region=Region.MIDT)
    scenario.refused(Code.NOT_ENTITLED)


@pytest.mark.rule("S0-36", "S3-07")
def test_nobody_else_is_paid() -> None:
    scenario = awarded().when(disburse(payee=TROMSO))
    scenario.refused(GrantCode.OTHER_PAYEE, "payee")


@pytest.mark.rule("S0-09")
def test_nothing_is_paid_or_used_before_the_decision() -> None:
    before = DECIDED - timedelta(days=1)
    scenario = awarded().when(disburse(paid_on=before))
    scenario.refused(GrantCode.BEFORE_DECISION, "paid_on")
    scenario.when(cost(incurred_on=before))
    scenario.refused(GrantCode.BEFORE_DECISION, "incurred_on")
    at_once = UseRule(after_decision=False, remainder="lapses")
    scenario = awarded(use=at_once).when(cost(incurred_on=before))
    scenario.recorded(GrantCostRecorded)


@pytest.mark.parametrize("make", [disburse, repay])
def test_money_that_goes_over_is_never_below_zero(
    make: Callable[[int], Command],
) -> None:
    with pytest.raises(ValidationError):
        make(-1)


@pytest.mark.rule("S0-09")
def test_no_money_at_all_is_told_of_as_any_payment_is() -> None:
    nothing = applied().when(disburse(0), today=DECIDED)
    nothing.refused(GrantCode.NOT_AWARDED, "application")
    awarded().when(disburse(0)).recorded(GrantDisbursed)
    awarded().when(disburse(0, payee=TROMSO)).refused(GrantCode.OTHER_PAYEE, "payee")
    awarded().when(repay(0)).refused(GrantCode.NOTHING_TO_REPAY, "amount_ore")


@pytest.mark.rule("S0-09", "S0-37")
def test_a_cost_is_on_a_granted_line_and_known_by_its_name() -> None:
    scenario = awarded(trust=TROMSO)
    scenario.when(cost(), organisation=FUNDER, region=Region.MIDT)
    scenario.refused(Code.NOT_ENTITLED)
    fact = GrantCostRecorded(
        application="a",
        cost="c1",
        line="room",
        amount_ore=10_00,
        incurred_on=DECIDED,
        text="",
    )
    scenario.when(cost()).then(fact)
    assert scenario.appended[0].stream == GRANT_USE.stream(Region.NORD, "a")
    scenario.when(cost()).unchanged()
    scenario.when(cost(11_00)).refused(Code.CONFLICTING_ROW, "cost")
    scenario.when(cost(90_01, "c2")).refused(GrantCode.AWARD_EXCEEDED, "amount_ore")
    scenario.when(cost(90_00, "c2", line="speakers")).recorded(GrantCostRecorded)


@pytest.mark.rule("S0-37")
def test_a_cost_on_another_line_is_refused() -> None:
    scenario = awarded().when(cost(line="flowers"))
    scenario.refused(GrantCode.UNKNOWN_LINE, "line")


@pytest.mark.rule("S0-38", "S2-01")
def test_money_is_used_in_its_time() -> None:
    both = UseRule(first_day=DECIDED, last_day=LAST_DAY, remainder="lapses")
    scenario = awarded(use=both)
    for name, day in (("c1", DECIDED), ("c2", LAST_DAY)):
        scenario.when(cost(name=name, incurred_on=day), today=NEXT)
        scenario.recorded(GrantCostRecorded)


@pytest.mark.rule("S0-38", "S2-01")
def test_money_is_not_used_outside_its_time() -> None:
    after = LAST_DAY + timedelta(days=1)
    scenario = awarded().when(cost(incurred_on=after), today=NEXT)
    scenario.refused(GrantCode.OUTSIDE_USE_PERIOD, "incurred_on")
    later = UseRule(first_day=date(2025, 3, 1), remainder="lapses")
    scenario = awarded(use=later).when(cost(incurred_on=date(2025, 2, 28)))
    scenario.refused(GrantCode.OUTSIDE_USE_PERIOD, "incurred_on")


def test_the_last_day_of_use_is_that_of_the_project_where_no_other_is() -> None:
    scenario = lasting(date(2025, 6, 30))
    scenario.when(cost(incurred_on=date(2025, 7, 1)), today=NEXT)
    scenario.refused(GrantCode.OUTSIDE_USE_PERIOD)
    scenario.when(cost(incurred_on=date(2025, 6, 30)), today=NEXT)
    scenario.recorded(GrantCostRecorded)
    scenario = lasting(None).when(cost(incurred_on=date(2199, 1, 1)), today=NEXT)
    scenario.recorded(GrantCostRecorded)


def lasting(ends_on: date | None, use: UseRule | None = None) -> Scenario:
    """Return a history with money for a project until some day."""
    scenario = everybody()
    scenario.receive(published(use=use or UseRule(remainder="carried_by_decision")))
    scenario.receive(*submitted(project_ends_on=ends_on))
    return scenario.given(decided(), today=DECIDED)


@pytest.mark.rule("S3-09")
def test_the_first_use_is_within_the_months_and_what_comes_later_any_time() -> None:
    scenario = awarded(use=CARRIED)
    scenario.when(cost(incurred_on=HALF_YEAR), today=NEXT)
    scenario.recorded(GrantCostRecorded)
    scenario.when(cost(name="c2", incurred_on=NEXT), today=NEXT)
    scenario.recorded(GrantCostRecorded)
    at_the_end = applied(use=CARRIED).given(decided(), today=date(2025, 8, 31))
    late = date(2026, 3, 1)
    at_the_end.when(cost(incurred_on=late), today=late)
    at_the_end.refused(GrantCode.FIRST_USE_TOO_LATE)
    at_the_end.when(cost(incurred_on=date(2026, 2, 28)), today=late)
    at_the_end.recorded(GrantCostRecorded)


@pytest.mark.rule("S3-09")
def test_the_first_use_comes_no_later() -> None:
    too_late = cost(incurred_on=HALF_YEAR + timedelta(days=1))
    scenario = awarded(use=CARRIED).when(too_late, today=NEXT)
    scenario.refused(GrantCode.FIRST_USE_TOO_LATE, "incurred_on")


@pytest.mark.rule("S2-12", "S2-32")
def test_a_trust_reports_and_the_funder_decides() -> None:
    scenario = reporting()
    said = report("final", "none_else", "no_operations", document=TEXT)
    fact = GrantReported(
        application="a",
        report="final",
        submission=1,
        declares=("no_operations", "none_else"),
        document=TEXT,
    )
    scenario.when(said, organisation=FUNDER, region=Region.MIDT)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.when(said).then(fact)
    scenario.when(said).unchanged()
    scenario.when(report("status")).recorded(GrantReported)
    approved = GrantReportDecided(
        application="a", report="final", submission=1, outcome=Outcome.APPROVED
    )
    scenario.when(
        answer(Outcome.APPROVED), organisation=TRONDHEIM, region=Region.MIDT
    ).refused(Code.NOT_ENTITLED)
    scenario.when(answer(Outcome.APPROVED)).then(approved)
    scenario.when(answer(Outcome.APPROVED)).unchanged()
    scenario.when(answer(Outcome.RETURNED)).refused(Code.CONFLICTING_ROW, "outcome")
    scenario.when(said).unchanged()
    other = report("final", "none_else", "no_operations")
    scenario.when(other).refused(Code.CONFLICTING_ROW, "report")


@pytest.mark.rule("S2-12")
def test_a_report_declares_all_that_the_call_asks_for() -> None:
    for declares in ((), ("no_operations",), ("something_else", "none_else")):
        scenario = reporting().when(report("final", *declares))
        scenario.refused(Code.INCOMPLETE, "declares")


@pytest.mark.rule("S2-32")
def test_a_report_that_the_call_asks_for_not_is_unknown() -> None:
    reporting().when(report("other")).refused(Code.UNKNOWN_REPORT, "report")
    scenario = reporting().when(answer(Outcome.APPROVED))
    scenario.refused(Code.UNKNOWN_REPORT, "report")


def test_a_returned_report_is_submitted_again() -> None:
    scenario = reporting().given(report("status"), answer(Outcome.RETURNED, "status"))
    again = scenario.when(report("status", document=TEXT)).recorded(GrantReported)
    assert isinstance(again, GrantReported)
    assert again.submission == 2
    for submission, outcome in ((1, Outcome.RETURNED), (2, Outcome.APPROVED)):
        scenario.when(answer(outcome, "status", submission=submission))
        assert not isinstance(scenario.outcome, Refusal)
    scenario = reporting().given(report("status"))
    early = answer(Outcome.APPROVED, "status", submission=2)
    scenario.when(early).refused(Code.OUTDATED, "submission")


@pytest.mark.rule("S0-38")
def test_what_a_call_lets_be_carried_over_is_used_until_then() -> None:
    scenario = lasting(date(2025, 12, 31))
    scenario.when(carry(), organisation=TRONDHEIM, region=Region.MIDT)
    scenario.refused(Code.NOT_ENTITLED)
    for until in (None, date(2025, 12, 31)):
        scenario.when(carry(until)).refused(Code.INVALID_ROW, "use_until")
    fact = GrantCarriedOver(application="a", use_until=date(2026, 6, 30), reason="")
    scenario.when(carry()).then(fact)
    scenario.when(carry()).unchanged()
    for other in (carry(date(2026, 7, 1)), carry(reason="More"), carry(None)):
        scenario.when(other).refused(Code.CONFLICTING_ROW, "application")
    late = date(2026, 6, 30)
    scenario.when(cost(incurred_on=late), today=late).recorded(GrantCostRecorded)
    scenario.when(LAPSE, today=late).refused(GrantCode.USE_PERIOD_NOT_ENDED)
    scenario.when(LAPSE, today=date(2026, 7, 1)).recorded(GrantLapsed)
    scenario.when(carry(), today=date(2026, 7, 1)).unchanged()
    lasting(None).when(carry(DECIDED)).recorded(GrantCarriedOver)


@pytest.mark.rule("S0-38")
def test_what_lapses_is_not_carried_over() -> None:
    scenario = awarded().when(carry())
    scenario.refused(GrantCode.CARRY_OVER_NOT_ALLOWED, "application")
    lapsed = lasting(LAST_DAY).given(LAPSE, today=NEXT)
    lapsed.when(carry(), today=NEXT).refused(GrantCode.GRANT_LAPSED)


@pytest.mark.rule("S0-38")
def test_what_is_left_lapses_when_its_time_is_over() -> None:
    scenario = awarded(trust=TROMSO).given(
        disburse(80_00, payee=TROMSO), cost(30_00), today=NEXT
    )
    scenario.when(LAPSE, organisation=TROMSO, region=Region.NORD, today=NEXT)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.when(LAPSE, today=LAST_DAY).refused(GrantCode.USE_PERIOD_NOT_ENDED)
    fact = GrantLapsed(
        application="a",
        cause=LapseCause.USE_PERIOD_OVER,
        used_ore=30_00,
        costs=1,
        lapsed_ore=70_00,
        to_repay_ore=50_00,
    )
    scenario.when(LAPSE, today=LAST_DAY + timedelta(days=1)).then(fact)
    scenario.when(LAPSE, today=NEXT).unchanged()
    for command in (disburse(1, payee=TROMSO), cost(1, "c2")):
        scenario.when(command, today=NEXT).refused(GrantCode.GRANT_LAPSED)
    scenario.when(cost(30_00), today=NEXT).unchanged()
    scenario.when(disburse(80_00, payee=TROMSO), today=NEXT).unchanged()


@pytest.mark.rule("S0-38")
def test_what_is_used_does_not_lapse() -> None:
    scenario = awarded().given(cost(100_00))
    scenario.when(LAPSE, today=LAST_DAY).refused(GrantCode.USE_PERIOD_NOT_ENDED)
    scenario.when(LAPSE, today=NEXT).refused(GrantCode.NOTHING_TO_LAPSE)
    endless = lasting(None).when(LAPSE, today=NEXT)
    endless.refused(GrantCode.USE_PERIOD_NOT_ENDED)


@pytest.mark.rule("S3-09")
def test_what_was_not_taken_into_use_lapses() -> None:
    scenario = lasting(None, CARRIED).given(disburse(), today=DECIDED)
    used = scenario.copy().given(cost(incurred_on=HALF_YEAR), today=HALF_YEAR)
    used.when(LAPSE, today=NEXT).refused(GrantCode.USE_PERIOD_NOT_ENDED)
    scenario.when(LAPSE, today=HALF_YEAR).refused(GrantCode.USE_PERIOD_NOT_ENDED)
    lapsed = scenario.when(LAPSE, today=HALF_YEAR + timedelta(days=1))
    fact = lapsed.recorded(GrantLapsed)
    assert isinstance(fact, GrantLapsed)
    assert fact.cause is LapseCause.NOT_TAKEN_INTO_USE
    assert (fact.lapsed_ore, fact.to_repay_ore) == (100_00, 100_00)


def test_what_lapsed_after_it_was_paid_out_is_repaid() -> None:
    scenario = awarded().given(disburse(60_00), cost(10_00), today=NEXT)
    scenario.when(repay(), today=NEXT).refused(GrantCode.NOTHING_TO_REPAY, "amount_ore")
    scenario.given(LAPSE, today=NEXT)
    scenario.when(repay(), organisation=FUNDER, region=Region.MIDT)
    scenario.refused(Code.NOT_ENTITLED)
    fact = GrantRepaid(application="a", amount_ore=30_00, paid_on=NEXT)
    scenario.when(repay(30_00), today=NEXT).then(fact)
    scenario.when(repay(30_00), today=NEXT).unchanged()
    scenario.when(repay(20_01), today=NEXT).refused(GrantCode.NOTHING_TO_REPAY)
    scenario.when(repay(20_00), today=NEXT).recorded(GrantRepaid)
    view = grant_on("a", scenario)
    assert (view.to_repay, view.repaid) == (0, 50_00)
