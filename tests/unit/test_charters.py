"""A network's charter: its versions, what it rests on, what it is to reach."""

from datetime import date

import pytest

from domain.parties.charter import (
    CHARTER,
    CharterMilestone,
    Foundation,
    MilestoneReached,
    NetworkChartered,
    ReachMilestone,
)
from domain.refusal import Code
from domain.values import Region
from tests.support.authorities import EVERYBODY, charter, document
from tests.support.examples import BERGEN, OSLO, network
from tests.support.scenario import Scenario

ESTABLISHED = (*EVERYBODY, network())
DUE = date(2026, 6, 30)
REGISTRY = CharterMilestone(milestone="registry", due_on=DUE, text="A registry")
GUIDELINE = CharterMilestone(milestone="guideline", due_on=DUE, text="A guideline")
LAW = Foundation(title="Law", kind="law", clause="§ 3")
PLAN = Foundation(title="Plan", kind="plan", valid_until=date(2027, 12, 31))


def reach(name: str = "registry", day: date = date(2025, 12, 1)) -> ReachMilestone:
    """Say that a milestone is reached."""
    return ReachMilestone(network="ms", milestone=name, reached_on=day)


@pytest.mark.rule("S1-03")
def test_the_coordinating_trust_charters_its_network() -> None:
    scenario = Scenario().given(*ESTABLISHED).when(charter())
    scenario.then(NetworkChartered(**dict(charter())))
    assert scenario.held[-1].stream == CHARTER.stream(Region.VEST, "ms")
    scenario.when(charter()).unchanged()
    scenario.when(charter(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    scenario.when(charter(), organisation=BERGEN, region=Region.NORD).refused(
        Code.WRONG_REGION
    )
    scenario.when(charter(network="other")).refused(Code.UNKNOWN_NETWORK, "network")


def test_versions_follow_each_other_and_the_highest_counts() -> None:
    scenario = Scenario().given(*ESTABLISHED)
    scenario.when(charter(2)).refused(Code.INVALID_ROW, "version")
    changed = charter(2, clinic="Another")
    scenario.given(charter(), changed)
    scenario.when(charter(4)).refused(Code.INVALID_ROW, "version")
    scenario.when(charter(1)).unchanged()
    scenario.when(charter(1, clinic="Another")).refused(Code.CONFLICTING_ROW, "version")
    assert scenario.state(CHARTER, "ms").last == NetworkChartered(**dict(changed))


@pytest.mark.rule("S1-36")
def test_a_charter_may_be_recorded_again_as_the_next_version() -> None:
    scenario = Scenario().given(*ESTABLISHED, charter())
    scenario.when(charter(2)).recorded(NetworkChartered)


@pytest.mark.rule("S4-40")
def test_the_order_of_documents_and_milestones_says_nothing() -> None:
    one = charter(founded_on=(PLAN, LAW), milestones=(REGISTRY, GUIDELINE))
    other = charter(founded_on=(LAW, PLAN), milestones=(GUIDELINE, REGISTRY))
    scenario = Scenario().given(*ESTABLISHED).when(one)
    scenario.then(NetworkChartered(**dict(other)))
    scenario.when(other).unchanged()


@pytest.mark.rule("S4-40")
def test_what_stands_twice_in_a_charter_is_refused() -> None:
    scenario = Scenario().given(*ESTABLISHED)
    again = Foundation(title="Law", kind="regulation")
    scenario.when(charter(founded_on=(LAW, again))).refused(
        Code.INVALID_ROW, "founded_on"
    )
    scenario.when(charter(milestones=(REGISTRY, REGISTRY))).refused(
        Code.INVALID_ROW, "milestones"
    )


def test_texts_of_a_charter_are_documents() -> None:
    background = document("Why there is a network")
    scenario = Scenario().given(*ESTABLISHED).when(charter(background=background))
    assert dict(scenario.recorded(NetworkChartered))["background"] == background


@pytest.mark.rule("S1-39")
def test_a_milestone_of_the_charter_is_reached_once() -> None:
    chartered = charter(milestones=(REGISTRY,))
    scenario = Scenario().given(*ESTABLISHED, chartered, charter(2)).when(reach())
    scenario.then(MilestoneReached(**dict(reach())))
    scenario.when(reach()).unchanged()
    scenario.when(reach(day=date(2025, 11, 1))).refused(
        Code.CONFLICTING_ROW, "milestone"
    )


@pytest.mark.rule("S1-39")
def test_no_other_milestone_is_reached_and_none_in_advance() -> None:
    scenario = Scenario().given(*ESTABLISHED)
    scenario.when(reach()).refused(Code.INVALID_ROW, "milestone")
    scenario.given(charter(milestones=(REGISTRY,)))
    scenario.when(reach("guideline")).refused(Code.INVALID_ROW, "milestone")
    scenario.when(reach(day=DUE)).refused(Code.INVALID_ROW, "reached_on")
    scenario.when(reach(), organisation=OSLO).refused(Code.NOT_ENTITLED)
