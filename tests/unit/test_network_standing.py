"""Where a network stands on a day, and what it is lacking."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

import pytest

from domain.agreements.answer import VersionAccepted
from domain.fact import Fact
from domain.governance.body import BodyChartered, BodyKind
from domain.governance.seat import SeatFilled
from domain.governance.standing import (
    NetworkStanding,
    NetworkView,
    evaluated_from,
    network_view,
    standing,
)
from domain.history import Append
from domain.parties.authority import AUTHORITY, NetworkAuthorised
from domain.parties.charter import CharterNetwork, NetworkChartered
from domain.parties.participation import (
    PARTICIPATION,
    ParticipationDeclared,
    ParticipationEnded,
)
from domain.refusal import Code, Refusal
from domain.values import NetworkKind, NetworkModel, Period, Region
from tests.support.authorities import (
    AUTHORISED,
    EAST,
    EVERYBODY,
    HELD_UNTIL,
    KARMOY,
    LOCAL,
    active,
    authorise,
    bodies,
    body,
    charter,
    close,
    evaluate,
    governed,
    local_charter,
    renew,
    seated,
)
from tests.support.examples import STAVANGER, accept, network, terminate, version
from tests.support.scenario import Scenario

DAY: Final = date(2026, 1, 1)
LATE, OVER = date(2028, 12, 31), date(2030, 3, 1)


def lacking(scenario: Scenario, name: str = "ms", day: date = DAY) -> tuple[str, ...]:
    """Return the rules that a network lacks."""
    return standing(name, scenario, day).lacking


def stands(scenario: Scenario, name: str = "ms", day: date = DAY) -> NetworkStanding:
    """Return where a network stands."""
    return standing(name, scenario, day).standing


# A national network

OF_NATIONAL: Final = ("S1-02", "S1-03", "S1-18", "S1-32", "S1-36")


@pytest.mark.rule("S1-02")
@pytest.mark.rule("S1-03")
@pytest.mark.rule("S1-18")
@pytest.mark.rule("S1-32")
@pytest.mark.rule("S1-36")
def test_a_national_network_with_all_that_it_needs_is_active() -> None:
    view = network_view("ms", active(), DAY)
    assert view == NetworkView("ms", NetworkStanding.ACTIVE, ())


def test_a_network_that_nobody_has_authorised_is_proposed() -> None:
    scenario = Scenario().given(*EVERYBODY, network())
    assert standing("ms", scenario, DAY) == (NetworkStanding.PROPOSED, OF_NATIONAL)
    scenario.given(charter(), version(), accept())
    assert standing("ms", scenario, DAY) == (NetworkStanding.PROPOSED, ("S1-02",))
    assert stands(scenario.given(authorise())) is NetworkStanding.ACTIVE


@pytest.mark.rule("S1-02")
def test_the_authority_of_another_region_authorises_nothing() -> None:
    scenario = active().without(NetworkAuthorised)
    scenario.receive(*_said_by(EAST))
    assert standing("ms", scenario, DAY) == (NetworkStanding.PROPOSED, ("S1-02",))


def _said_by(number: str) -> list[Append]:
    fact = NetworkAuthorised(network="ms", authority=number)
    return [Append(AUTHORITY.stream(Region.SOROST, "ms"), fact)]


LACKING_TEXT: Final[Mapping[str, CharterNetwork]] = {
    "S1-03": charter(2, clinic=" "),
    "S1-32": charter(2, posts_reason=None),
    "S1-36": charter(2, exit_plan=None),
}


@pytest.mark.rule("S1-03")
@pytest.mark.rule("S1-32")
@pytest.mark.rule("S1-36")
@pytest.mark.parametrize("rule", LACKING_TEXT)
def test_what_the_last_charter_does_not_say_is_lacking(rule: str) -> None:
    scenario = active().given(LACKING_TEXT[rule])
    assert standing("ms", scenario, DAY) == (NetworkStanding.ESTABLISHING, (rule,))
    assert stands(scenario.given(charter(3))) is NetworkStanding.ACTIVE


@pytest.mark.rule("S1-32")
def test_without_part_time_posts_there_is_no_reason_to_give() -> None:
    model = NetworkModel.COORDINATION_ONLY
    scenario = Scenario().given(*EVERYBODY, network(model=model), authorise())
    scenario.given(charter(posts_reason=None), version(posts=()), accept())
    assert standing("ms", scenario, DAY) == (NetworkStanding.ACTIVE, ())


@pytest.mark.rule("S1-18")
def test_an_agreement_counts_once_accepted_and_with_another_region() -> None:
    scenario = active().without(VersionAccepted)
    assert standing("ms", scenario, DAY) == (NetworkStanding.ESTABLISHING, ("S1-18",))
    near = version(agreement="ms-sus", payee=STAVANGER, posts=())
    scenario.given(near, accept(agreement="ms-sus"))
    assert lacking(scenario) == ("S1-18",)
    assert lacking(scenario.given(accept())) == ()


@pytest.mark.rule("S1-18")
def test_an_agreement_that_is_over_counts() -> None:
    scenario = active().given(terminate(DAY))
    assert lacking(scenario, day=date(2029, 1, 1)) == ()


@pytest.mark.rule("S1-37")
def test_a_network_is_under_evaluation_from_a_year_before_its_last_day() -> None:
    assert evaluated_from(Period(DAY, date(2028, 2, 29))) == date(2027, 2, 28)
    scenario = active()
    assert stands(scenario, day=LATE - timedelta(days=1)) is NetworkStanding.ACTIVE
    for day in (LATE, OVER):
        assert stands(scenario, day=day) is NetworkStanding.UNDER_EVALUATION
    scenario.given(evaluate(), renew(), today=LATE)
    assert stands(scenario, day=LATE) is NetworkStanding.ACTIVE
    assert stands(scenario, day=date(2033, 12, 31)) is NetworkStanding.UNDER_EVALUATION


@pytest.mark.rule("S1-38")
def test_a_network_is_closed_from_the_day_that_was_said() -> None:
    scenario = active().given(evaluate(), close(closes_on=OVER), today=LATE)
    assert (
        stands(scenario, day=OVER - timedelta(days=1))
        is NetworkStanding.UNDER_EVALUATION
    )
    assert stands(scenario, day=OVER) is NetworkStanding.CLOSED
    scenario = scenario.without(NetworkChartered)
    assert standing("ms", scenario, OVER) == (
        NetworkStanding.CLOSED,
        ("S1-03", "S1-32", "S1-36"),
    )


def test_nothing_is_asked_of_a_regional_network() -> None:
    scenario = Scenario().given(*EVERYBODY, network(kind=NetworkKind.REGIONAL))
    assert standing("ms", scenario, OVER) == (NetworkStanding.ACTIVE, ())
    scenario.given(close(closes_on=OVER))
    assert stands(scenario, day=OVER) is NetworkStanding.CLOSED


def test_an_unknown_network_stands_nowhere() -> None:
    with pytest.raises(Refusal) as refused:
        standing("other", active(), DAY)
    assert refused.value.code is Code.UNKNOWN_NETWORK


# A local network

OF_LOCAL: Final = (
    "S4-06",
    "S4-17",
    "S4-30",
    "S4-31",
    "S4-35",
    "S4-40",
    "S4-46",
    "S4-72",
)


@pytest.mark.rule("S4-06")
@pytest.mark.rule("S4-17")
@pytest.mark.rule("S4-30")
@pytest.mark.rule("S4-31")
@pytest.mark.rule("S4-35")
@pytest.mark.rule("S4-40")
@pytest.mark.rule("S4-46")
@pytest.mark.rule("S4-72")
def test_a_local_network_with_all_that_it_needs_is_active() -> None:
    scenario = governed(AUTHORISED, local_charter())
    assert standing(LOCAL, scenario, DAY) == (NetworkStanding.ACTIVE, ())


def test_a_local_network_begins_with_nothing() -> None:
    scenario = governed(recorded=[])
    assert standing(LOCAL, scenario, DAY) == (NetworkStanding.PROPOSED, OF_LOCAL)


MISSING: Final[Mapping[str, list[dict[str, Any]]]] = {
    "S4-30": [{"organisation": None}, {"leadership": None}],
    "S4-31": [{"user_benefit": None}],
    "S4-35": [{"background": None}],
    "S4-40": [{"founded_on": ()}],
}


@pytest.mark.rule("S4-30")
@pytest.mark.rule("S4-31")
@pytest.mark.rule("S4-35")
@pytest.mark.rule("S4-40")
@pytest.mark.parametrize("rule", MISSING)
def test_what_the_charter_does_not_say_is_lacking(rule: str) -> None:
    for changes in MISSING[rule]:
        scenario = governed(AUTHORISED, local_charter(**changes))
        assert standing(LOCAL, scenario, DAY) == (NetworkStanding.ESTABLISHING, (rule,))


RECORDED: Final[Mapping[str, tuple[type[Fact], Mapping[str, object]]]] = {
    "S4-17": (SeatFilled, {}),
    "S4-46": (ParticipationDeclared, {}),
    "S4-72": (BodyChartered, {"body": "steering"}),
}


@pytest.mark.rule("S4-17")
@pytest.mark.rule("S4-46")
@pytest.mark.rule("S4-72")
@pytest.mark.parametrize("rule", RECORDED)
def test_what_nobody_has_recorded_is_lacking(rule: str) -> None:
    kind, said = RECORDED[rule]
    scenario = governed(AUTHORISED, local_charter()).without(kind, **said)
    assert standing(LOCAL, scenario, DAY) == (NetworkStanding.ESTABLISHING, (rule,))


@pytest.mark.rule("S4-06")
def test_a_local_network_that_no_committee_has_authorised_is_proposed() -> None:
    scenario = governed(local_charter())
    assert standing(LOCAL, scenario, DAY) == (NetworkStanding.PROPOSED, ("S4-06",))


@pytest.mark.rule("S4-17")
def test_the_contact_holds_the_seat_that_day() -> None:
    scenario = governed(AUTHORISED, local_charter())
    assert lacking(scenario, LOCAL, HELD_UNTIL) == ()
    after = HELD_UNTIL + timedelta(days=1)
    assert lacking(scenario, LOCAL, after) == ("S4-17",)
    scenario.receive(seated("steering", "contact", after, OVER))
    assert lacking(scenario, LOCAL, after) == ("S4-17",)


@pytest.mark.rule("S4-72")
def test_there_are_an_operating_group_and_no_more_than_one_steering_group() -> None:
    scenario = governed(AUTHORISED, local_charter())
    alone = scenario.without(BodyChartered, body="operating")
    assert lacking(alone, LOCAL) == ("S4-72",)
    another = body("operating-2", BodyKind.OPERATING_GROUP, KARMOY)
    scenario.receive(*another)
    assert lacking(scenario, LOCAL) == ()
    scenario.receive(*body("steering-2", BodyKind.STEERING_GROUP, KARMOY))
    assert lacking(scenario, LOCAL) == ("S4-72",)


@pytest.mark.rule("S4-46")
def test_a_participant_that_has_left_takes_no_part() -> None:
    scenario = governed(AUTHORISED, local_charter(), recorded=bodies())
    ended = ParticipationEnded(network=LOCAL, participant="unit", ends_on=DAY)
    scenario.receive(Append(PARTICIPATION.stream(Region.VEST, LOCAL), ended))
    assert lacking(scenario, LOCAL) == ()
    assert lacking(scenario, LOCAL, DAY + timedelta(days=1)) == ("S4-46",)
