"""What is warned of in networks' bodies, charters, calls and applications, not refused."""

from datetime import date

import pytest

from domain.catalogue import COMMANDS
from domain.fact import Command
from domain.governance.body import BodyKind
from domain.governance.gathering import GatheringKind
from domain.governance.warned import warnings_of_body, warnings_of_network
from domain.grants.call import warnings_of_call
from domain.grants.warned import warnings_of_application
from domain.history import Asked
from domain.parties.charter import CharterNetwork, Foundation
from domain.refusal import Refusal
from domain.values import Region
from tests.support import applications
from tests.support.applications import (
    COLLABORATION,
    NETWORKS,
    SAFETY,
    present,
    publish,
    submitted,
)
from tests.support.examples import BERGEN
from tests.support.governed import (
    TODAY,
    area,
    body,
    fill,
    gathering,
    governed,
    peopled,
    plan,
    seat,
    vacate,
)
from tests.support.scenario import Scenario


def warned(scenario: Scenario, command: Command, day: date = TODAY) -> list[str]:
    """Return the codes of what is warned of when a command is sent."""
    scenario.when(command, today=day)
    assert not isinstance(scenario.outcome, Refusal), scenario.outcome
    warns = COMMANDS[type(command)].warns
    assert warns is not None
    asked = Asked(Region.VEST, BERGEN, day, "controller")
    return [each.code for each in warns(command, asked, scenario, scenario.outcome)]


@pytest.mark.rule("S4-08")
@pytest.mark.rule("S4-50")
@pytest.mark.rule("S4-73")
def test_who_takes_part_has_somebody_in_a_seat_or_is_represented() -> None:
    found = warnings_of_network("kreft", TODAY, peopled())
    assert found is not None
    named = [w.values["participant"] for w in found if w.code == "no_holder"]
    assert named == ["karmoy"], "the one is represented by another"
    assert warnings_of_network("none", TODAY, peopled()) is None


@pytest.mark.rule("S4-73")
def test_a_mandatory_seat_is_to_be_filled() -> None:
    scenario = peopled()
    found = warnings_of_body("coast", TODAY, scenario) or ()
    assert [each.values["seat"] for each in found] == ["bergen"]
    assert warned(scenario, fill("coast/bergen", "berit")) == []
    left = vacate("coast/bergen", TODAY)
    assert warned(scenario, left) == ["mandatory_seat_vacant"]
    optional = body("open", BodyKind.WORKING_GROUP, seat("oslo", mandatory=False))
    assert not warnings_of_body("open", TODAY, governed(optional))
    assert warnings_of_body("none", TODAY, scenario) is None


@pytest.mark.rule("S4-82")
@pytest.mark.rule("S4-96")
@pytest.mark.parametrize(
    ("people", "code"),
    [
        (("anne", "odd"), ["none_replaced"]),
        (("new", "newer"), ["all_replaced"]),
        (("anne", "new"), []),
    ],
)
def test_at_renewal_some_go_on_and_some_are_new(
    people: tuple[str, str], code: list[str]
) -> None:
    scenario = peopled()
    day = date(2028, 1, 2)
    first, second = people
    scenario.given(fill("hills/bergen", first, from_on=date(2028, 1, 1)), today=day)
    last = fill("hills/oslo", second, from_on=date(2028, 1, 1))
    assert warned(scenario, last, day) == code


@pytest.mark.rule("S4-22")
def test_a_seminar_is_held_with_the_coordinating_unit() -> None:
    unit = body("unit", BodyKind.COORDINATING_UNIT, seat("contact", "karmoy"))
    scenario = governed(unit)
    alone = gathering(kind=GatheringKind.SEMINAR)
    assert warned(scenario, alone) == ["seminar_alone"]
    together = gathering("g2", kind=GatheringKind.SEMINAR, co_organiser="karmoy")
    assert warned(scenario, together) == []
    assert warned(scenario, gathering("g3")) == []


@pytest.mark.rule("S4-27")
def test_a_plan_says_its_strategy() -> None:
    scenario = governed(area())
    assert warned(scenario, plan(2026)) == ["no_strategy"]
    assert warned(scenario, plan(2027, strategy="Together")) == []


@pytest.mark.rule("S4-42")
@pytest.mark.rule("S4-44")
def test_what_a_charter_rests_on_is_valid() -> None:
    old = Foundation(title="Old", kind="strategy", valid_until=date(2025, 12, 31))
    new = Foundation(title="New", kind="strategy", valid_until=date(2027, 12, 31))
    command = CharterNetwork(network="kreft", version=1, founded_on=(old, new))
    assert warned(governed(), command) == ["document_expired"]
    later = CharterNetwork(network="kreft", version=2, founded_on=(new,))
    assert warned(governed(command), later) == []


@pytest.mark.rule("S2-22")
def test_a_call_follows_plans_that_are_valid() -> None:
    day = applications.PUBLISHED[SAFETY]
    assert warned(applications.published(NETWORKS), publish(SAFETY), day) == []
    scenario = applications.published(SAFETY)
    assert warnings_of_call(SAFETY, date(2023, 12, 31), scenario) == []
    (warning,) = warnings_of_call(SAFETY, date(2024, 1, 1), scenario) or ()
    assert (warning.code, warning.rule) == ("priority_expired", "S2-22")
    assert warnings_of_call("none", TODAY, scenario) is None


@pytest.mark.rule("S3-08")
def test_an_own_contribution_is_expected() -> None:
    scenario = submitted(COLLABORATION)
    (warning,) = warnings_of_application("kols-25", TODAY, scenario) or ()
    assert (warning.code, warning.rule) == ("no_own_contribution", "S3-08")
    assert warnings_of_application("none", TODAY, scenario) is None
    day = applications.PUBLISHED[COLLABORATION]
    given = applications.published(COLLABORATION)
    own = present(COLLABORATION, own_contribution_ore=1)
    assert warned(given, own, day) == []
