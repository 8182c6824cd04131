"""Progress reports and the decisions on them."""

from collections.abc import Callable
from datetime import date

import pytest
from pydantic import ValidationError

from domain.posts.report import (
    DecideReport,
    Outcome,
    ReportApproved,
    ReportListed,
    ReportReturned,
    ReportSubmitted,
    approved_report,
    approved_reports,
)
from domain.refusal import Code
from domain.values import NetworkKind, Period, Region
from tests.support.examples import (
    AGREED,
    BERGEN,
    OSLO,
    TROMSO,
    UNKNOWN,
    approve,
    network,
    post,
    report,
    version,
)
from tests.support.scenario import Scenario


def give_back(submission: int | None = None) -> DecideReport:
    """Return a report to its trust."""
    return DecideReport(
        report="ms-ous-2026", outcome=Outcome.RETURNED, submission=submission
    )


@pytest.mark.rule("S1-41")
def test_a_trust_reports_and_the_coordinator_decides() -> None:
    scenario = Scenario().given(*AGREED).when(report())
    assert isinstance(scenario.outcome, tuple)
    submitted, listed = scenario.outcome
    assert isinstance(submitted, ReportSubmitted)
    assert submitted.submission == 1
    assert isinstance(listed, ReportListed)
    scenario.when(approve(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    scenario.when(approve(), organisation=BERGEN, region=Region.NORD).refused(
        Code.WRONG_REGION
    )
    scenario.when(approve()).then(ReportApproved(report="ms-ous-2026", submission=1))
    scenario.when(approve()).unchanged()
    scenario.when(give_back()).refused(Code.CONFLICTING_ROW)


def test_a_report_is_submitted_by_its_own_trust_at_its_own_node() -> None:
    scenario = Scenario().given(*AGREED)
    scenario.when(report(), organisation=TROMSO).refused(Code.NOT_ENTITLED)
    scenario.when(report(), organisation=OSLO).refused(Code.WRONG_REGION)


def test_a_report_is_submitted_again_only_after_it_was_returned() -> None:
    scenario = Scenario().given(*AGREED, report())
    scenario.when(report()).unchanged()
    scenario.when(report(period_end=date(2026, 6, 30))).refused(Code.CONFLICTING_ROW)
    scenario.when(give_back()).then(ReportReturned(report="ms-ous-2026", submission=1))
    scenario.when(approve()).refused(Code.CONFLICTING_ROW)
    again = scenario.when(report()).recorded(ReportSubmitted)
    assert isinstance(again, ReportSubmitted)
    assert again.submission == 2
    scenario.when(give_back(submission=1)).refused(Code.OUTDATED, "submission")
    scenario.when(give_back(submission=2)).recorded(ReportReturned)
    mended = scenario.when(report(period_end=date(2026, 6, 30))).recorded(
        ReportSubmitted
    )
    assert isinstance(mended, ReportSubmitted)
    assert (mended.submission, mended.period_end) == (3, date(2026, 6, 30))
    scenario.when(approve()).recorded(ReportApproved)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"trust": "1"}, Code.INVALID_ORGANISATION_NUMBER),
        ({"trust": UNKNOWN}, Code.UNKNOWN_ORGANISATION),
        ({"network": "other"}, Code.UNKNOWN_NETWORK),
    ],
)
def test_a_report_names_what_is_there(changes: dict[str, object], code: Code) -> None:
    Scenario().given(*AGREED).when(report(**changes)).refused(code)


def test_the_approved_reports_of_a_trust_are_found_by_name() -> None:
    """Each as it was submitted last; one covers a period or it does not."""
    half = report(report="a", period_end=date(2026, 6, 30))
    waits, back = report(report="b"), report(report="c")
    elsewhere = report(report="d", network="als")
    other = network(network="als", kind=NetworkKind.REGIONAL)
    scenario = Scenario().given(*AGREED, other, report(), half, waits, back, elsewhere)
    scenario.given(approve(), approve("a"), approve("c"), approve("d"))
    back = report(report="e")
    returned = DecideReport(report="e", outcome=Outcome.RETURNED)
    scenario.given(back, returned, report(report="e", period_end=date(2026, 7, 31)))

    def submitted(name: str, last_day: date) -> ReportSubmitted:
        return ReportSubmitted(
            report=name,
            submission=1,
            network="ms",
            trust=OSLO,
            period_start=date(2026, 1, 1),
            period_end=last_day,
        )

    end = date(2026, 12, 31)
    first = submitted("a", date(2026, 6, 30))
    third, whole = submitted("c", end), submitted("ms-ous-2026", end)
    assert approved_reports("ms", OSLO, scenario) == [first, third, whole]
    for period, found in (
        (Period(date(2026, 1, 1), date(2026, 6, 30)), first),
        (Period(date(2026, 7, 1), end), third),
        (Period(date(2026, 7, 1), date(2027, 1, 1)), None),
    ):
        assert approved_report("ms", OSLO, period, scenario) == found
    assert approved_reports("ms", BERGEN, scenario) == []
    assert [each.report for each in approved_reports("als", OSLO, scenario)] == ["d"]


def test_an_unknown_report_is_not_decided() -> None:
    Scenario().given(*AGREED).when(approve()).refused(Code.UNKNOWN_REPORT, "report")


def test_a_last_day_does_not_come_before_the_first() -> None:
    day = date(2025, 12, 31)
    acts: tuple[Callable[[], object], ...] = (
        lambda: report(period_end=day),
        lambda: version(ends_on=day),
        lambda: post(ends_on=day),
    )
    for act in acts:
        with pytest.raises(ValidationError, match="comes before"):
            act()


@pytest.mark.rule("S1-41")
def test_a_returned_report_is_its_trust_s_to_mend() -> None:
    scenario = Scenario().given(*AGREED, report(), give_back())
    theirs = report(trust=TROMSO)
    scenario.when(theirs, organisation=TROMSO, region=Region.NORD)
    scenario.refused(Code.CONFLICTING_ROW, "report")
    scenario.when(report()).recorded(ReportSubmitted)
