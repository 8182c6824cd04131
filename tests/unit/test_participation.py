"""An organisation takes part in a network by its own word, under a name in it."""

from datetime import date
from functools import reduce

import pytest

from domain.parties.participation import (
    PARTICIPATION,
    DeclareParticipation,
    EndParticipation,
    ParticipationCode,
    ParticipationDeclared,
    ParticipationEnded,
)
from domain.refusal import Code
from domain.values import Region
from tests.support.examples import BERGEN, OSLO, UNKNOWN
from tests.support.governed import CANCER, NETWORK, PARTIES, STORD, participant
from tests.support.scenario import Scenario

END = date(2026, 6, 30)


def declared(*commands: DeclareParticipation) -> Scenario:
    """Return a history of a network with some participants."""
    return Scenario().given(*PARTIES, NETWORK[0], *commands)


def ended(name: str = "oslo", network: str = "kreft") -> EndParticipation:
    """End a participation."""
    return EndParticipation(network=network, participant=name, ends_on=END)


@pytest.mark.rule("S4-46")
def test_a_participation_stands_in_the_region_of_the_organisation() -> None:
    scenario = declared(participant("oslo", OSLO, unit="Radium"))
    scenario.then(
        ParticipationDeclared(
            network="kreft", participant="oslo", organisation=OSLO, unit="Radium"
        )
    )
    assert [each.stream for each in scenario.appended] == [
        PARTICIPATION.stream(Region.SOROST, "kreft")
    ]


def test_nobody_declares_another() -> None:
    declared().when(participant("oslo", OSLO), organisation=BERGEN).refused(
        Code.NOT_ENTITLED
    )


def test_who_takes_part_and_in_what_is_known() -> None:
    strange = participant("oslo", UNKNOWN).model_copy(update={"network": "other"})
    declared().when(strange).refused(Code.UNKNOWN_ORGANISATION, "organisation")
    elsewhere = participant("oslo", OSLO).model_copy(update={"network": "other"})
    declared().when(elsewhere, organisation=BERGEN).refused(Code.UNKNOWN_NETWORK)


def test_a_name_has_one_participant() -> None:
    scenario = declared(participant("oslo", OSLO))
    scenario.when(participant("oslo", OSLO)).unchanged()
    scenario.when(participant("oslo", OSLO, unit="Radium")).refused(
        Code.CONFLICTING_ROW, "participant"
    )
    scenario.when(participant("oslo", STORD, "nobody")).refused(Code.CONFLICTING_ROW)


def test_one_organisation_is_several_participants_and_one_speaks_for_another() -> None:
    scenario = declared(participant("kf", CANCER), participant("kor", CANCER, "kf"))
    assert [*scenario.state(PARTICIPATION, "kreft").declared] == ["kf", "kor"]
    scenario.when(participant("stord", STORD, "nobody")).refused(
        ParticipationCode.UNKNOWN_PARTICIPANT, "represented_by"
    )


def test_a_participation_ends_once() -> None:
    scenario = declared(participant("oslo", OSLO)).given(ended())
    scenario.then(ParticipationEnded(network="kreft", participant="oslo", ends_on=END))
    assert scenario.state(PARTICIPATION, "kreft").ended["oslo"].ends_on == END
    scenario.when(ended()).unchanged()
    later = ended().model_copy(update={"ends_on": date(2026, 12, 31)})
    scenario.when(later).refused(Code.CONFLICTING_ROW, "ends_on")
    scenario.when(later, organisation=BERGEN).refused(Code.NOT_ENTITLED)


def test_only_a_participation_ends() -> None:
    scenario = declared(participant("oslo", OSLO))
    scenario.when(ended("bergen")).refused(
        ParticipationCode.UNKNOWN_PARTICIPANT, "participant"
    )
    scenario.when(ended(network="other")).refused(Code.UNKNOWN_NETWORK, "network")


def test_of_two_that_crossed_the_first_recorded_stays() -> None:
    theirs = ParticipationDeclared(
        network="kreft", participant="x", organisation=OSLO, unit=""
    )
    ours = theirs.model_copy(update={"organisation": BERGEN})
    end = ParticipationEnded(network="kreft", participant="x", ends_on=END)
    state = reduce(PARTICIPATION.evolve, (theirs, ours, end), PARTICIPATION.initial)
    assert state.declared == {"x": theirs}
    again = end.model_copy(update={"ends_on": date(2027, 1, 1)})
    assert PARTICIPATION.evolve(state, again) == state
