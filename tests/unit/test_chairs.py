"""A body elects its chair; an operating group when every network group is covered."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.fact import Command
from domain.governance.body import BodyKind, ChairElected
from domain.governance.codes import GovernanceCode
from domain.governance.holding import (
    BodyView,
    body_on,
    chair,
    covered,
    last_election,
    uncovered,
)
from domain.refusal import Code
from domain.values import Region
from tests.support.examples import OSLO
from tests.support.governed import (
    OPERATING,
    START,
    STEERING,
    TODAY,
    body,
    elect,
    fill,
    peopled,
    seat,
    vacate,
)
from tests.support.scenario import Scenario

ONE_DAY = timedelta(days=1)
LAST = date(2027, 12, 31)
STEIN = fill("operating/stord", "stein")


def complete(*commands: Command) -> Scenario:
    """Return a history in which each network group is covered."""
    return peopled(STEIN, *commands)


def steered(*commands: Command, **changes: Any) -> Scenario:
    """Return a history in which two people sit in the steering group."""
    first = fill("steering/bergen", "berit", **changes)
    return peopled(first, fill("steering/kf", "gro"), *commands)


@pytest.mark.rule("S4-80", "S4-94")
def test_who_holds_a_seat_is_elected_for_the_bodys_term() -> None:
    scenario = steered(elect("steering/bergen"))
    scenario.then(
        ChairElected(body="steering", seat="bergen", elected_on=START, until_on=LAST)
    )
    assert chair("steering", scenario, START) == "bergen"
    assert chair("steering", scenario, START - ONE_DAY) is None
    assert body_on("steering", scenario, TODAY) == BodyView(
        "steering", "bergen", ("municipal",), ()
    )


def test_a_chair_ends_with_its_term() -> None:
    day = date(2026, 2, 1)
    renewed = fill("steering/bergen", "berit", from_on=LAST + ONE_DAY)
    scenario = steered(elect("steering/bergen", day), renewed)
    assert chair("steering", scenario, date(2028, 1, 31)) == "bergen"
    assert chair("steering", scenario, date(2028, 2, 1)) is None


def test_body_and_seat_are_known_and_the_seat_is_held() -> None:
    scenario = steered()
    scenario.when(elect("other/bergen")).refused(GovernanceCode.UNKNOWN_BODY, "body")
    scenario.when(elect("steering/other")).refused(GovernanceCode.UNKNOWN_SEAT, "seat")
    for nobody in (elect("steering/municipal"), elect("steering/kf", LAST + ONE_DAY)):
        scenario.when(nobody).refused(GovernanceCode.SEAT_VACANT, "seat")


def test_nobody_else_elects() -> None:
    steered().when(
        elect("steering/bergen"), organisation=OSLO, region=Region.SOROST
    ).refused(Code.NOT_ENTITLED)


def test_the_same_election_changes_nothing_and_another_counts_from_then_on() -> None:
    first = elect("steering/bergen")
    helge = fill("steering/municipal", "helge", "stord")
    own = STEERING.model_copy(
        update={"version": 2, "seats": (seat("bergen"), seat("municipal", "stord"))}
    )
    scenario = steered(first).when(first).unchanged()
    scenario.given(own, helge, elect("steering/municipal", TODAY))
    assert chair("steering", scenario, TODAY) == "municipal"
    assert chair("steering", scenario, TODAY - ONE_DAY) is None
    scenario.when(first).unchanged()
    election = last_election("steering", scenario)
    assert election is not None
    assert election.elected is not None
    assert election.elected.person == "helge"


@pytest.mark.rule("S4-81", "S4-95")
@pytest.mark.parametrize("group", ["steering", "operating"])
def test_whoever_is_not_excluded_may_chair(group: str) -> None:
    scenario = steered(STEIN, elect(f"{group}/bergen"))
    assert chair(group, scenario, TODAY) == "bergen"


@pytest.mark.rule("S4-81", "S4-95")
@pytest.mark.parametrize("group", ["steering", "operating"])
def test_an_excluded_participant_has_no_chair(group: str) -> None:
    """Before it is asked whether every group is covered: in the operating group not."""
    steered().when(elect(f"{group}/kf")).refused(GovernanceCode.CHAIR_EXCLUDED, "seat")


@pytest.mark.rule("S4-78")
def test_an_operating_group_elects_when_each_network_group_is_covered() -> None:
    scenario = complete()
    assert covered("operating", scenario, TODAY) == ("coast", "hills")
    assert uncovered("operating", scenario, TODAY) == ()
    scenario.given(elect("operating/bergen"))
    assert chair("operating", scenario, TODAY) == "bergen"


@pytest.mark.rule("S4-78")
def test_an_operating_group_elects_nobody_while_a_network_group_is_not_covered() -> (
    None
):
    scenario = peopled()
    assert covered("operating", scenario, TODAY) == ("hills",)
    assert uncovered("operating", scenario, TODAY) == ("coast",)
    scenario.when(elect("operating/bergen")).refused(
        GovernanceCode.GROUP_NOT_COVERED, "elected_on"
    )
    late = complete(vacate("coast/stord", TODAY))
    assert uncovered("operating", late, TODAY - ONE_DAY) == ()
    late.when(elect("operating/bergen", TODAY)).refused(
        GovernanceCode.GROUP_NOT_COVERED
    )


@pytest.mark.rule("S4-78")
def test_one_person_covers_every_group_that_is_theirs() -> None:
    scenario = peopled(fill("coast/bergen", "anne"))
    assert uncovered("operating", scenario, TODAY) == ()


@pytest.mark.rule("S4-78")
def test_a_colleague_covers_no_group() -> None:
    scenario = peopled(fill("coast/bergen", "bodil"))
    assert body_on("operating", scenario, TODAY) == BodyView(
        "operating", None, ("stord",), ("coast",)
    )


@pytest.mark.rule("S4-78")
def test_a_group_without_a_holder_is_not_covered() -> None:
    empty = body("islands", BodyKind.NETWORK_GROUP, seat("karmoy"))
    assert uncovered("operating", complete(empty), TODAY) == ("islands",)


def test_a_person_is_the_same_within_one_organisation() -> None:
    """Between organisations a pseudonym says nothing; within one, participants do not."""
    unlike = body("islands", BodyKind.NETWORK_GROUP, seat("karmoy"))
    scenario = complete(unlike, fill("islands/karmoy", "stein"))
    assert uncovered("operating", scenario, TODAY) == ("islands",)
    alike = body("islands", BodyKind.NETWORK_GROUP, seat("kor"))
    scenario = complete(alike, fill("islands/kor", "gro"))
    assert uncovered("operating", scenario, TODAY) == ()


def test_only_an_operating_group_covers_any() -> None:
    scenario = peopled()
    for other in ("steering", "hills", "ssu", "nobody"):
        assert uncovered(other, scenario, TODAY) == ()
        assert covered(other, scenario, TODAY) == ()
    alone = body("alone", BodyKind.OPERATING_GROUP, network=None)
    assert uncovered("alone", scenario.given(alone), TODAY) == ()


def test_the_chair_is_who_was_elected_while_they_hold_the_seat() -> None:
    scenario = steered(elect("steering/bergen"), vacate("steering/bergen", TODAY))
    assert chair("steering", scenario, TODAY - ONE_DAY) == "bergen"
    assert chair("steering", scenario, TODAY) is None
    later = date(2026, 3, 1)
    scenario.given(fill("steering/bergen", "bodil", from_on=later))
    assert chair("steering", scenario, later) is None


def test_who_has_a_new_term_stays_in_the_chair() -> None:
    renewed = fill("steering/bergen", "berit", from_on=date(2026, 9, 1))
    scenario = steered(
        renewed, elect("steering/bergen", TODAY), from_on=date(2024, 9, 1)
    )
    assert chair("steering", scenario, date(2026, 9, 1)) == "bergen"


def test_nobody_comes_to_the_chair_by_what_is_recorded_afterwards() -> None:
    """That somebody else held the seat on the day is said after the election."""
    scenario = steered(elect("steering/bergen", TODAY))
    scenario.given(
        vacate("steering/bergen", START + ONE_DAY),
        fill("steering/bergen", "bodil", from_on=START + ONE_DAY),
    )
    assert chair("steering", scenario, TODAY) is None


def test_a_seat_that_is_gone_is_no_chair() -> None:
    without = OPERATING.model_copy(update={"version": 2, "seats": (seat("kf"),)})
    scenario = complete(elect("operating/bergen"), without)
    assert chair("operating", scenario, TODAY) is None


def test_a_body_without_an_election_or_a_charter_has_no_chair() -> None:
    assert body_on("hills", peopled(), TODAY) == BodyView("hills", None, (), ())
    assert body_on("nobody", peopled(), TODAY) == BodyView("nobody", None, (), ())


def test_the_checks_come_in_their_order() -> None:
    """An excluded participant's vacant seat, before every group is covered."""
    scenario = peopled()
    scenario.when(elect("operating/kf", LAST + ONE_DAY), organisation=OSLO).refused(
        Code.NOT_ENTITLED
    )
    for row, code in (
        (elect("operating/kf", LAST + ONE_DAY), GovernanceCode.SEAT_VACANT),
        (elect("operating/kf"), GovernanceCode.CHAIR_EXCLUDED),
        (elect("operating/bergen"), GovernanceCode.GROUP_NOT_COVERED),
    ):
        scenario.when(row).refused(code)
