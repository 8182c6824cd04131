"""What is said of applications in regions that had not heard of each other."""

from domain.grants.application import (
    APPLICATION,
    ApplicationWithdrawn,
)
from domain.grants.applying import WithdrawApplication
from domain.grants.assessment import CheckOutcome
from domain.grants.award import AwardOutcome
from domain.grants.codes import GrantCode
from domain.grants.standing import ApplicationStatus, application_named
from domain.history import Append
from domain.refusal import Code
from domain.values import Region
from tests.support.applications import (
    NETWORKS,
    PUBLISHED,
    checked,
    decided,
    endorse,
    present,
    published,
    submit,
    submitted,
)
from tests.support.examples import TROMSO, TRONDHEIM
from tests.support.scenario import Scenario

TODAY = PUBLISHED[NETWORKS]
WITHDRAW = WithdrawApplication(application="kols-25", reason="No time")


def standing(scenario: Scenario, name: str = "kols-25") -> ApplicationStatus:
    return application_named(name, scenario).status


def crossed(*, heard: bool) -> Scenario:
    """Return how Trondheim's withdrawal crosses an award of Helse Nord.

    ``heard`` says whether Helse Nord had heard of the withdrawal.
    """
    scenario = published(applicant_regions=(Region.MIDT,))
    own = present(trust=TRONDHEIM)
    scenario.given(own, endorse(), submit(), today=TODAY)
    before = scenario.copy()
    scenario.given(WITHDRAW, today=TODAY)
    (withdrawal,) = scenario.appended
    if heard:
        scenario.receive(decided())
        return scenario
    before.receive(decided())
    award = before.held[-1]
    scenario.receive(award)
    assert not withdrawal.known_to(award)
    return scenario


def test_an_award_wins_over_a_withdrawal_that_crosses_it() -> None:
    scenario = crossed(heard=False)
    assert standing(scenario) is ApplicationStatus.GRANTED
    scenario.when(WITHDRAW, today=TODAY).unchanged()
    other = WithdrawApplication(application="kols-25", reason="Another")
    scenario.when(other, today=TODAY).refused(GrantCode.ALREADY_DECIDED)


def test_an_award_of_what_it_knew_to_be_withdrawn_is_none() -> None:
    assert standing(crossed(heard=True)) is ApplicationStatus.WITHDRAWN


def taken_twice() -> Scenario:
    """Return how Trondheim took a name first, and Tromsø had not heard of it.

    Nor had Helse Nord, which made Tromsø an award.
    """
    common = published(applicant_regions=(Region.NORD, Region.MIDT))
    common.given(present(application="more"), today=TODAY)
    both = common.copy().given(present(trust=TRONDHEIM), today=TODAY)
    unaware = common.copy().given(present(), endorse(), submit(), today=TODAY)
    unaware.receive(checked(CheckOutcome.COMPLETE), decided())
    assert standing(unaware) is ApplicationStatus.GRANTED
    both.receive(*unaware.held[len(common.held) :])
    return both


def test_a_name_is_the_first_trusts_where_two_take_it_unaware_of_each_other() -> None:
    """What the other said, and a funder of that, counts for nothing."""
    scenario = taken_twice()
    assert application_named("kols-25", scenario).trust == TRONDHEIM
    assert standing(scenario) is ApplicationStatus.PRESENTED
    scenario.when(submit(), organisation=TROMSO, region=Region.NORD, today=TODAY)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.given(endorse(), submit(), today=TODAY)
    assert standing(scenario) is ApplicationStatus.SUBMITTED
    scenario.receive(decided(AwardOutcome.REJECTED))
    assert standing(scenario) is ApplicationStatus.REJECTED


def test_a_withdrawal_of_who_lost_the_name_is_none() -> None:
    scenario = submitted()
    fact = ApplicationWithdrawn(application="kols-25", reason="No time")
    scenario.receive(Append(APPLICATION.stream(Region.MIDT, "kols-25"), fact))
    assert standing(scenario) is ApplicationStatus.SUBMITTED


def test_what_only_another_region_says_of_an_application_is_not_the_funders() -> None:
    scenario = submitted()
    scenario.receive(checked(region=Region.MIDT), decided(region=Region.MIDT))
    assert standing(scenario) is ApplicationStatus.SUBMITTED


def test_an_award_or_check_of_another_application_is_not_of_this_one() -> None:
    scenario = submitted()
    scenario.receive(decided(application="other"), checked(revision=2))
    assert standing(scenario) is ApplicationStatus.SUBMITTED
    scenario.receive(decided(AwardOutcome.REJECTED), decided(AwardOutcome.GRANTED))
    assert standing(scenario) is ApplicationStatus.REJECTED


def test_a_submission_that_nobody_presented_is_no_application() -> None:
    scenario = published()
    fact = submitted().state(APPLICATION, "kols-25").submissions[0]
    scenario.receive(Append(APPLICATION.stream(Region.NORD, "kols-25"), fact))
    scenario.when(submit(), today=TODAY).refused(GrantCode.UNKNOWN_APPLICATION)
