"""What a funder finds in applications: formally, and by its assessors."""

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.grants.application import APPLICATION, ApplicationWithdrawn
from domain.grants.assessing import CheckApplication
from domain.grants.assessment import (
    ApplicationAssessed,
    ApplicationChecked,
    CheckOutcome,
    Conflict,
    Score,
)
from domain.grants.codes import GrantCode
from domain.grants.rules import RankerRole
from domain.history import Append
from domain.refusal import Code
from domain.values import Region
from tests.support.awards import (
    DEADLINE,
    DECIDED,
    FUNDER,
    applied,
    assessed,
    criterion,
    decided,
    everybody,
    points,
    presented,
    published,
    ranked,
    returned,
    seat,
    submitted,
)
from tests.support.examples import BERGEN, TRONDHEIM
from tests.support.scenario import Scenario

COMPLETE = CheckApplication(application="a", outcome=CheckOutcome.COMPLETE)
RANKERS = (RankerRole.QUALITY_MANAGER,)
S3 = ("degree", "benefit", "relevance", "quality", "feasibility", "user_involvement")
CRITERIA = (*map(criterion, S3), criterion("spread", of="portfolio"))
RULES = ("S3-13", "S3-14", "S3-15", "S3-16", "S3-17", "S3-20")
EACH_CRITERION = pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=pytest.mark.rule(rule))
        for key, rule in zip(S3, RULES, strict=True)
    ],
)


def withdrawn(scenario: Scenario) -> Scenario:
    """Let the trust withdraw."""
    fact = ApplicationWithdrawn(application="a", reason="")
    scenario.receive(Append(APPLICATION.stream(Region.MIDT, "a"), fact))
    return scenario


def test_the_funder_checks_what_was_submitted() -> None:
    scenario = applied()
    scenario.when(COMPLETE, organisation=TRONDHEIM, region=Region.MIDT).refused(
        Code.NOT_ENTITLED
    )
    scenario.when(COMPLETE, organisation=FUNDER, region=Region.VEST).refused(
        Code.WRONG_REGION
    )
    fact = ApplicationChecked(
        application="a", revision=1, outcome=CheckOutcome.COMPLETE, missing=""
    )
    scenario.when(COMPLETE).then(fact)
    scenario.when(COMPLETE.model_copy(update={"revision": 1})).unchanged()
    scenario.when(returned()).recorded(ApplicationChecked)
    scenario.when(returned()).unchanged()
    scenario.when(COMPLETE).unchanged()
    later = returned(complete_by=date(2025, 3, 1))
    scenario.when(later).refused(GrantCode.NOT_SUBMITTED, "application")


def test_what_is_checked_is_known_submitted_and_not_decided() -> None:
    scenario = everybody()
    scenario.when(COMPLETE).refused(GrantCode.UNKNOWN_APPLICATION, "application")
    scenario.receive(published(), presented())
    scenario.when(COMPLETE).refused(GrantCode.NOT_SUBMITTED, "application")
    withdrawn(applied()).when(COMPLETE).refused(GrantCode.NOT_SUBMITTED)
    scenario = applied().given(decided(), today=DECIDED)
    scenario.when(COMPLETE).refused(GrantCode.ALREADY_DECIDED, "application")


def test_what_is_returned_has_a_reason_and_a_day() -> None:
    for missing in ("", " "):
        scenario = applied().when(returned(missing=missing))
        scenario.refused(GrantCode.REASON_MISSING, "missing")
    scenario = applied().when(returned(complete_by=None))
    scenario.refused(GrantCode.REASON_MISSING, "complete_by")


def test_a_check_is_of_the_last_submission() -> None:
    scenario = applied().given(returned())
    scenario.receive(presented(revision=2))
    scenario.when(COMPLETE).refused(GrantCode.NOT_SUBMITTED)
    scenario = applied().given(returned())
    scenario.receive(*submitted(revision=2))
    scenario.when(returned(revision=1)).unchanged()
    other = returned(revision=1, missing="Another")
    scenario.when(other).refused(Code.OUTDATED, "revision")
    checked = scenario.when(returned()).recorded(ApplicationChecked)
    assert isinstance(checked, ApplicationChecked)
    assert checked.revision == 2


def test_an_assessor_assesses_a_revision_once_after_the_deadline() -> None:
    scenario = applied()
    scenario.when(assessed(), today=DEADLINE).refused(GrantCode.CALL_OPEN)
    after = DEADLINE + timedelta(days=1)
    fact = ApplicationAssessed(application="a", revision=1, assessor="p-one")
    scenario.when(assessed(), today=after).then(fact)
    scenario.when(assessed(), today=after).unchanged()
    other = assessed(*points("degree"))
    scenario.when(other, today=after).refused(Code.CONFLICTING_ROW, "assessor")
    scenario.when(assessed(assessor="p-two"), today=after).recorded(ApplicationAssessed)
    scenario.given(returned(), today=after)
    scenario.receive(*submitted(revision=2))
    scenario.when(assessed(), today=after).recorded(ApplicationAssessed)
    scenario.when(assessed(revision=1), today=after).unchanged()
    wrong = assessed(assessor="p-two", revision=3)
    scenario.when(wrong, today=after).refused(Code.OUTDATED, "revision")


def test_what_is_assessed_is_known_submitted_and_not_decided() -> None:
    scenario = everybody().when(assessed(), today=DECIDED)
    scenario.refused(GrantCode.UNKNOWN_APPLICATION)
    scenario = applied().given(returned())
    scenario.when(assessed(), today=DECIDED).refused(GrantCode.NOT_SUBMITTED)
    scenario = applied().given(decided(), today=DECIDED)
    scenario.when(assessed(), today=DECIDED).refused(GrantCode.ALREADY_DECIDED)
    scenario = applied(deadline=None).when(assessed(), today=DEADLINE)
    scenario.recorded(ApplicationAssessed)


def test_a_moved_deadline_keeps_a_call_open_for_all() -> None:
    scenario = applied()
    scenario.receive(published(2, deadline=DECIDED))
    scenario.when(assessed(), today=DECIDED).refused(GrantCode.CALL_OPEN)


@pytest.mark.rule("S2-29")
def test_the_funder_assesses_what_the_trust_has_ranked() -> None:
    scenario = applied(("a", "b"), rankers=RANKERS)
    scenario.receive(ranked("b", "a"))
    scenario.when(assessed(), today=DECIDED).recorded(ApplicationAssessed)


@pytest.mark.rule("S2-29")
def test_the_funder_does_not_assess_what_the_last_ranking_is_without() -> None:
    scenario = applied(("a", "b"), rankers=RANKERS)
    scenario.when(assessed(), today=DECIDED).refused(GrantCode.NOT_RANKED)
    scenario.receive(ranked("a", trust=BERGEN))
    scenario.when(assessed(), today=DECIDED).refused(GrantCode.NOT_RANKED)
    scenario.receive(ranked("a"), ranked("b"))
    scenario.when(assessed(), today=DECIDED).refused(GrantCode.NOT_RANKED)


@pytest.mark.rule("S3-22")
def test_a_seat_of_the_panel_assesses() -> None:
    scenario = applied(panel=(seat("team"), seat("union")))
    scenario.when(assessed(seat="team"), today=DECIDED).recorded(ApplicationAssessed)
    scenario = applied().when(assessed(seat="anybody"), today=DECIDED)
    scenario.recorded(ApplicationAssessed)


@pytest.mark.rule("S3-22")
def test_nobody_else_assesses_where_there_is_a_panel() -> None:
    scenario = applied(panel=(seat("team"), seat("union")))
    for other in (None, "anybody"):
        scenario.when(assessed(seat=other), today=DECIDED)
        scenario.refused(GrantCode.SEAT_NOT_IN_PANEL, "seat")


def test_a_conflict_of_interest_is_declared_without_scores() -> None:
    scenario = applied(criteria=tuple(map(criterion, S3)))
    both = assessed(*points(*S3), conflict=Conflict.FAMILY)
    scenario.when(both, today=DECIDED).refused(GrantCode.CONFLICT_OF_INTEREST, "scores")
    declared = assessed(conflict=Conflict.OWN_UNIT)
    scenario.when(declared, today=DECIDED).recorded(ApplicationAssessed)


@pytest.mark.rule("S3-24")
@EACH_CRITERION
def test_each_criterion_has_points_or_a_reason_for_none(key: str) -> None:
    others = [each for each in S3 if each != key]
    for score in (
        Score(criterion=key, points=0),
        Score(criterion=key, points=5),
        Score(criterion=key, waived="Not of this kind"),
        Score(criterion=key, points=6, waived="Beyond all measure"),
    ):
        said = assessed(*points(*others), score, *points("unasked"))
        fact = (
            applied(criteria=CRITERIA)
            .when(said, today=DECIDED)
            .recorded(ApplicationAssessed)
        )
        assert isinstance(fact, ApplicationAssessed)
        assert score in fact.scores
        keys = [each.criterion for each in fact.scores]
        assert keys == sorted([*S3, "unasked"])


@pytest.mark.rule("S3-24")
@EACH_CRITERION
def test_a_criterion_without_points_or_reason_is_missed(key: str) -> None:
    others = points(*(each for each in S3 if each != key))
    for bad in (
        (),
        (Score(criterion=key),),
        (Score(criterion=key, points=6),),
        (Score(criterion=key, points=-1),),
        (Score(criterion=key, waived=" "),),
    ):
        scenario = applied(criteria=CRITERIA).when(
            assessed(*others, *bad), today=DECIDED
        )
        scenario.refused(GrantCode.CRITERIA_MISSING, "scores")


def test_a_criterion_has_one_score() -> None:
    with pytest.raises(ValidationError):
        assessed(*points("degree"), *points("degree", each=4))
