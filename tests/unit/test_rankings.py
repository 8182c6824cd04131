"""A trust's ranking of its applications in a call."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.grants.application import APPLICATION, ApplicationWithdrawn
from domain.grants.applying import WithdrawApplication
from domain.grants.assessment import ASSESSMENT, ApplicationAssessed, Conflict
from domain.grants.codes import GrantCode
from domain.grants.ranking import RANKING, RankingRecorded, ranking_key
from domain.grants.rules import RankerRole
from domain.history import Append, Asked
from domain.redeciding import decision_fault, restored
from domain.refusal import Code
from domain.values import Region
from tests.support.applications import (
    AALESUND,
    APPLICANT,
    COLLABORATION,
    DEADLINE,
    PUBLISHED,
    SAFETY,
    checked,
    decided,
    endorsed,
    present,
    publish,
    published,
    rank,
    submit,
)
from tests.support.examples import TROMSO, TRONDHEIM, UNKNOWN
from tests.support.scenario import Scenario

FIRST, LAST = PUBLISHED[SAFETY], DEADLINE[SAFETY]
TODAY = LAST + timedelta(days=1)


def applied(*names: str, preset: str = SAFETY, **rules: Any) -> Scenario:
    """Submit applications of Trondheim, and one of Ålesund."""
    scenario = published(preset, **rules)
    day = PUBLISHED[preset]
    for name in names:
        scenario.given(*endorsed(preset, application=name), submit(name), today=day)
    elsewhere = endorsed(preset, application="elsewhere", trust=AALESUND)
    return scenario.given(*elsewhere, submit("elsewhere"), today=day)


def assessed(application: str, conflict: Conflict | None = None) -> Append:
    """Say that the funder's assessor has scored it, or declared a conflict."""
    fact = ApplicationAssessed(
        application=application, revision=1, assessor="p-a", conflict=conflict
    )
    return Append(ASSESSMENT.stream(Region.MIDT, application), fact)


@pytest.mark.rule("S2-28")
def test_a_trust_ranks_all_its_applications() -> None:
    scenario = applied("a", "b", "c").when(rank("b", "c", "a"), today=TODAY)
    fact = scenario.recorded(RankingRecorded)
    assert restored([fact], scenario) == rank("b", "c", "a")
    rankings = scenario.state(RANKING, ranking_key(SAFETY, TRONDHEIM))
    assert [rankings.rank(name) for name in "abc"] == [3, 1, 2]
    assert rankings.rank("elsewhere") is None
    other = rank("b", "c", "a")
    scenario.when(other, organisation=AALESUND, region=Region.MIDT)
    scenario.refused(Code.NOT_ENTITLED)
    scenario.when(other, organisation=TRONDHEIM, region=Region.VEST)
    scenario.refused(Code.WRONG_REGION)


def test_the_last_ranking_counts_and_none_is_said_twice() -> None:
    scenario = applied("a", "b")
    scenario.given(rank("a", "b"), rank("b", "a"), today=TODAY)
    scenario.when(rank("a", "b"), today=TODAY).unchanged()
    rankings = scenario.state(RANKING, ranking_key(SAFETY, TRONDHEIM))
    assert rankings.rank("b") == 1
    scenario.when(rank("a", "b", ranked_by="p-other"), today=TODAY)
    scenario.recorded(RankingRecorded)


@pytest.mark.rule("S2-28")
@pytest.mark.parametrize(
    "order", [(), ("a",), ("a", "b", "c"), ("a", "elsewhere"), ("a", "b", "elsewhere")]
)
def test_a_ranking_has_all_applications_of_the_trust_and_no_others(
    order: tuple[str, ...],
) -> None:
    scenario = applied("a", "b")
    scenario.when(rank(*order), today=TODAY).refused(
        GrantCode.RANKING_INCOMPLETE, "order"
    )


def test_nothing_stands_twice_in_a_ranking() -> None:
    scenario = applied("a").when(rank("a", "a"), today=TODAY)
    scenario.refused(Code.INVALID_ROW, "order")


@pytest.mark.rule("S2-28")
@pytest.mark.parametrize("role", RankerRole)
def test_a_ranking_is_by_whom_the_call_names(role: RankerRole) -> None:
    scenario = applied("a", rankers=(role,))
    for other in {*RankerRole} - {role}:
        scenario.when(rank("a", role=other), today=TODAY)
        scenario.refused(GrantCode.ROLE_NOT_ALLOWED, "role")
    scenario.when(rank("a", role=role), today=TODAY).recorded(RankingRecorded)


def test_a_ranking_is_not_asked_for_everywhere() -> None:
    scenario = applied("a", preset=COLLABORATION)
    command = rank("a", preset=COLLABORATION)
    day = DEADLINE[COLLABORATION] + timedelta(days=1)
    scenario.when(command, today=day).refused(GrantCode.RANKING_NOT_ASKED, "call")


@pytest.mark.rule("S0-09")
@pytest.mark.rule("S2-28")
def test_nothing_is_ranked_while_the_call_is_open() -> None:
    scenario = applied("a")
    scenario.when(rank("a"), today=LAST).refused(GrantCode.CALL_OPEN, "call")
    scenario.when(rank("a"), today=TODAY).recorded(RankingRecorded)


def test_a_call_whose_deadline_is_moved_is_open_again() -> None:
    later = publish(SAFETY, version=2, deadline=TODAY)
    scenario = applied("a").given(later, today=LAST)
    scenario.when(rank("a"), today=TODAY).refused(GrantCode.CALL_OPEN)
    always = publish(SAFETY, version=3, deadline=None)
    scenario.given(always, today=LAST)
    scenario.when(rank("a"), today=FIRST).recorded(RankingRecorded)


@pytest.mark.rule("S2-29")
def test_nothing_is_ranked_once_it_is_assessed_or_decided() -> None:
    """A declared conflict tells too that somebody has looked (S2-29)."""
    for entry in (
        assessed("b"),
        assessed("b", Conflict.FAMILY),
        decided(preset=SAFETY, application="b", region=Region.MIDT),
    ):
        scenario = applied("a", "b")
        scenario.given(rank("a", "b"), today=TODAY).receive(entry)
        scenario.when(rank("b", "a"), today=TODAY)
        scenario.refused(GrantCode.ALREADY_ASSESSED, "order")
        scenario.when(rank("b"), today=TODAY).refused(GrantCode.ALREADY_ASSESSED)
        scenario.when(rank("a"), today=TODAY).refused(GrantCode.RANKING_INCOMPLETE)
        scenario.when(rank("a", "b"), today=TODAY).unchanged()
    scenario = applied("a", "b")
    scenario.receive(assessed("elsewhere"))
    scenario.when(rank("b", "a"), today=TODAY).recorded(RankingRecorded)


def test_what_is_withdrawn_is_ranked_no_more_and_what_is_returned_is() -> None:
    scenario = applied("a", "b", "c")
    withdrawal = WithdrawApplication(application="a", reason="No time")
    scenario.given(withdrawal, today=FIRST)
    scenario.receive(checked(region=Region.MIDT, application="b"))
    scenario.when(rank("a", "b", "c"), today=TODAY)
    scenario.refused(GrantCode.RANKING_INCOMPLETE)
    scenario.when(rank("c"), today=TODAY).refused(GrantCode.RANKING_INCOMPLETE)
    scenario.when(rank("c", "b"), today=TODAY).recorded(RankingRecorded)


def test_what_another_region_withdraws_is_ranked_all_the_same() -> None:
    scenario = applied("a")
    fact = ApplicationWithdrawn(application="a", reason="Not ours")
    scenario.receive(Append(APPLICATION.stream(Region.VEST, "a"), fact))
    scenario.when(rank("a"), today=TODAY).recorded(RankingRecorded)


@pytest.mark.parametrize("call", [SAFETY, COLLABORATION])
def test_an_application_whose_name_is_anothers_is_not_ranked(call: str) -> None:
    """Tromsø took the name first, and Trondheim had not heard of it."""
    common = published(SAFETY).given(publish(COLLABORATION), today=FIRST)
    scenario, day = common.copy(), PUBLISHED[COLLABORATION]
    scenario.given(present(call, application="x", trust=TROMSO), today=day)
    unaware = common.copy()
    unaware.given(*endorsed(SAFETY, application="x"), submit("x"), today=FIRST)
    scenario.receive(*unaware.held[len(common.held) :])
    scenario.given(*endorsed(SAFETY, application="a"), submit("a"), today=FIRST)
    scenario.when(rank("a", "x"), today=TODAY).refused(GrantCode.RANKING_INCOMPLETE)
    scenario.when(rank("a"), today=TODAY).recorded(RankingRecorded)


@pytest.mark.rule("S2-28")
def test_nobody_ranks_an_application_of_their_own() -> None:
    scenario = applied("a", "b")
    own = rank("a", "b", ranked_by=APPLICANT)
    scenario.when(own, today=TODAY).refused(GrantCode.OWN_APPLICATION, "ranked_by")
    scenario.when(rank("a", "b"), today=TODAY).recorded(RankingRecorded)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"call": "other"}, GrantCode.UNKNOWN_CALL),
        ({"call": "other", "trust": UNKNOWN}, GrantCode.UNKNOWN_CALL),
        ({"trust": UNKNOWN}, Code.UNKNOWN_ORGANISATION),
    ],
)
def test_a_ranking_names_what_is_there(changes: dict[str, Any], code: Code) -> None:
    scenario = applied("a").when(rank("a", **changes), today=TODAY)
    scenario.refused(code)


def test_rankings_are_refused_in_the_order_of_the_rules() -> None:
    role = RankerRole.MEDICAL_DIRECTOR
    scenario = applied("a", "b", rankers=(role,))
    scenario.receive(assessed("a"))
    wrong = rank("a", ranked_by=APPLICANT)
    scenario.when(wrong, today=LAST).refused(GrantCode.CALL_OPEN)
    scenario.when(wrong, today=TODAY).refused(GrantCode.ROLE_NOT_ALLOWED)
    wrong = wrong.model_copy(update={"role": role})
    scenario.when(wrong, today=TODAY).refused(GrantCode.ALREADY_ASSESSED)
    wrong = rank("b", role=role, ranked_by=APPLICANT)
    scenario.when(wrong, today=TODAY).refused(GrantCode.RANKING_INCOMPLETE)


@pytest.mark.rule("S2-29")
def test_a_region_that_ranks_what_is_assessed_is_found_out() -> None:
    before = applied("a", "b")
    fact = RankingRecorded(**dict(rank("b", "a")))
    stream = RANKING.stream(Region.MIDT, ranking_key(SAFETY, TRONDHEIM))
    recorded = [Append(stream, fact)]

    def fault(day: date, scenario: Scenario) -> str | None:
        asked = Asked(Region.MIDT, TRONDHEIM, day, "p-rogue")
        return decision_fault(recorded, [asked], scenario)

    assert fault(TODAY, before) is None
    assert fault(LAST, before) == GrantCode.CALL_OPEN
    after = before.copy()
    after.receive(assessed("a"))
    assert fault(TODAY, after) == GrantCode.ALREADY_ASSESSED
