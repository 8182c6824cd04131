"""Gatherings are the body's word, a meeting with one's own person the participant's."""

from datetime import date, timedelta

import pytest

from domain.document import Document
from domain.governance.codes import GovernanceCode
from domain.governance.gathering import (
    GATHERINGS,
    LISTED_GATHERINGS,
    GatheringHeld,
    GatheringKind,
    GatheringListed,
    gatherings_with,
)
from domain.parties.participation import ParticipationCode
from domain.refusal import Code
from domain.values import Region
from tests.support.examples import BERGEN, OSLO
from tests.support.governed import (
    STORD,
    TODAY,
    fill,
    gathering,
    governed,
    nominate,
    peopled,
    vacate,
)

EMPLOYER = GatheringKind.EMPLOYER_MEETING
EXPECTATION = GatheringKind.EXPECTATION_MEETING
MINUTES = Document(sha256="a" * 64, media_type="text/plain", size=3)


@pytest.mark.rule("S4-69")
def test_a_gathering_is_recorded_where_the_body_is_at_home() -> None:
    held = gathering(
        host="oslo",
        co_organiser="anybody",
        attended=("hills", "coast"),
        minutes=MINUTES,
    )
    scenario = governed(held)
    scenario.then(
        GatheringHeld(
            body="hills",
            gathering="g1",
            kind=GatheringKind.LOCAL,
            held_on=date(2026, 1, 1),
            host="oslo",
            co_organiser="anybody",
            attended=("coast", "hills"),
            minutes=MINUTES,
        ),
        *(
            GatheringListed(of=of, body="hills", gathering="g1")
            for of in ("coast", "g1", "hills")
        ),
    )
    assert scenario.appended[0].stream == GATHERINGS.stream(Region.VEST, "hills")


def test_a_name_has_one_gathering() -> None:
    scenario = governed(gathering())
    scenario.when(gathering()).unchanged()
    scenario.when(gathering(held_on=TODAY)).refused(Code.CONFLICTING_ROW, "gathering")
    scenario.given(gathering("g2"), today=TODAY)
    held = scenario.state(GATHERINGS, "hills")
    assert [each.gathering for each in held.held] == ["g1", "g2"]
    other = GatheringHeld(**dict(gathering(held_on=TODAY)))
    assert GATHERINGS.evolve(held, other) == held


def test_a_name_has_one_gathering_in_all_bodies() -> None:
    scenario = governed(gathering())
    elsewhere = gathering(body="ssu")
    scenario.when(elsewhere).refused(Code.CONFLICTING_ROW, "gathering")
    scenario.given(gathering("g2", attended=("g3",)), today=TODAY)
    scenario.given(gathering("g3", body="ssu"), today=TODAY)
    listed = scenario.state(LISTED_GATHERINGS, "g1")
    assert listed.bodies == {"hills"}
    assert LISTED_GATHERINGS.evolve(listed, listed.listed[0]) == listed


@pytest.mark.rule("S4-70")
def test_a_gathering_is_found_by_each_that_attended_it() -> None:
    scenario = governed(
        gathering(body="ssu", kind=GatheringKind.JOINT, attended=("hills/oslo", "a:b"))
    )
    (held,) = gatherings_with("hills/oslo", GatheringKind.JOINT, scenario)
    assert (held.body, held.gathering) == ("ssu", "g1")
    assert not gatherings_with("hills/oslo", GatheringKind.LOCAL, scenario)
    assert not gatherings_with("a:b", GatheringKind.JOINT, scenario)
    assert not gatherings_with("g1", GatheringKind.JOINT, scenario)


def test_a_gathering_has_been_held() -> None:
    scenario = governed(gathering(held_on=TODAY))
    tomorrow = gathering("g2", held_on=TODAY + timedelta(days=1))
    scenario.when(tomorrow, today=TODAY).refused(Code.INVALID_ROW, "held_on")


def test_a_host_is_a_participant_of_the_network() -> None:
    for strange in (gathering(host="nobody"), gathering(body="ssu", host="oslo")):
        governed().when(strange, today=TODAY).refused(
            ParticipationCode.UNKNOWN_PARTICIPANT, "host"
        )


def test_the_body_is_known_and_says_so_itself() -> None:
    governed().when(gathering(body="other")).refused(GovernanceCode.UNKNOWN_BODY)
    governed().when(gathering(host="nobody"), organisation=OSLO).refused(
        Code.NOT_ENTITLED
    )


@pytest.mark.rule("S4-13", "S4-14")
@pytest.mark.parametrize("kind", [EMPLOYER, EXPECTATION])
def test_a_meeting_with_its_own_person_is_the_participants(kind: GatheringKind) -> None:
    meeting = gathering(kind=kind, attended=("hills", "hills/oslo"))
    scenario = peopled(meeting)
    assert scenario.appended[0].stream == GATHERINGS.stream(Region.SOROST, "hills")
    scenario.when(meeting, organisation=BERGEN).refused(Code.NOT_ENTITLED)


def test_of_any_other_kind_it_is_the_bodys() -> None:
    scenario = peopled(gathering(attended=("hills/oslo",)))
    assert scenario.appended[0].stream.region is Region.VEST


@pytest.mark.parametrize(
    "attended", [(), ("hills",), ("hills/other",), ("other/oslo",)]
)
def test_a_meeting_with_nobodys_person_is_the_bodys(attended: tuple[str, ...]) -> None:
    scenario = peopled(gathering(kind=EMPLOYER, attended=attended))
    assert scenario.appended[0].stream.region is Region.VEST


def test_of_a_seat_for_several_it_is_the_holders_or_else_the_firsts() -> None:
    meeting = gathering(
        body="steering", kind=EMPLOYER, attended=("steering/municipal",), held_on=TODAY
    )
    scenario = governed().when(meeting, organisation=BERGEN, today=TODAY)
    scenario.refused(Code.NOT_ENTITLED)
    assert scenario.copy().when(meeting, organisation=STORD, today=TODAY).outcome
    kari = nominate("steering/municipal", "kari", "karmoy")
    scenario.given(kari, fill("steering/municipal", "kari", "karmoy"))
    scenario.when(meeting, organisation=STORD, today=TODAY).refused(Code.NOT_ENTITLED)
    scenario.given(vacate("steering/municipal", TODAY, "karmoy"))
    scenario.when(meeting, organisation=STORD, today=TODAY)
    assert scenario.appended


def test_a_place_is_named_once_with_one_blank() -> None:
    assert gathering(attended=("hills  2 ", "coast")).attended == ("coast", "hills 2")
    with pytest.raises(ValueError, match="twice"):
        gathering(attended=("hills", "hills "))
