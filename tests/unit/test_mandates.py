"""Mandates: an administrator gives and ends them, and one is always left."""

from datetime import date, timedelta
from typing import Any

import pytest

from domain.fact import Command
from domain.parties.mandate import (
    MANDATES,
    GrantMandate,
    Mandate,
    MandateCode,
    MandateEnded,
    MandateGranted,
    Mandates,
)
from domain.refusal import Code
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, OrganisationKind, Region
from tests.support.examples import ORGANISATIONS, OSLO, UNKNOWN, organisation
from tests.support.mandates import ended, granted
from tests.support.scenario import Scenario

DAY = date(2026, 7, 10)
ONE_DAY = timedelta(days=1)


def oslo(*commands: Command) -> Scenario:
    """Return a history with some mandates of Oslo's, given on one day."""
    return Scenario().given(*ORGANISATIONS).given(*commands, today=DAY)


def end(scenario: Scenario, number: int, day: date = DAY) -> Scenario:
    """End a mandate, on the day on which the others were given."""
    return scenario.when(ended(number, day), today=DAY)


def mandates(scenario: Scenario) -> Mandates:
    """Return what the facts come to."""
    return scenario.state(MANDATES, OSLO)


def test_a_mandate_says_who_has_which_role_since_when_and_by_whom() -> None:
    scenario = oslo(granted(), granted("kari", Role.APPROVER, ends_on=DAY))
    scenario.then(
        MandateGranted(
            organisation=OSLO,
            number=2,
            person="kari",
            role=Role.APPROVER,
            starts_on=date(2025, 12, 1),
            ends_on=DAY,
            granted_by="controller",
        )
    )
    assert [str(each.stream) for each in scenario.appended] == [
        f"sorost:mandates:{OSLO}"
    ]


@pytest.mark.parametrize(
    "command",
    [
        granted(role=Role.CONTROLLER),
        granted(starts_on=DAY + ONE_DAY),
        granted(ends_on=DAY - ONE_DAY),
    ],
    ids=["of another role", "later", "over"],
)
def test_the_first_is_an_administrators_and_counts_at_once(
    command: GrantMandate,
) -> None:
    oslo().when(command, today=DAY).refused(MandateCode.FIRST_MANDATE, "role")


@pytest.mark.parametrize("bounds", [{"starts_on": DAY}, {"ends_on": DAY}], ids=str)
def test_a_mandate_counts_on_its_first_day_and_on_its_last(
    bounds: dict[str, Any],
) -> None:
    assert mandates(oslo(granted(**bounds))).has_administrator(DAY)


@pytest.mark.parametrize(
    ("said", "code", "member"),
    [
        ({"organisation": OSLO}, MandateCode.AUDITOR_OF_AUTHORITY, "role"),
        ({"ends_on": None}, MandateCode.ENGAGEMENT_INCOMPLETE, "ends_on"),
        ({"purpose": None}, MandateCode.ENGAGEMENT_INCOMPLETE, "purpose"),
    ],
)
def test_an_auditor_is_engaged_by_an_authority_until_a_day_for_a_purpose(
    said: dict[str, Any], code: MandateCode, member: str
) -> None:
    authority = REGIONAL_AUTHORITY[Region.SOROST]
    engagement: dict[str, Any] = {
        "organisation": authority,
        "ends_on": DAY,
        "purpose": "Revisjon av 2026",
    }
    known = organisation(authority, region=Region.SOROST, kind=OrganisationKind.RHF)
    scenario = oslo(granted(), known, granted(organisation=authority))
    asked = granted("eva", Role.AUDITOR, **{**engagement, **said})
    scenario.when(asked, today=DAY).refused(code, member)
    scenario.given(granted("eva", Role.AUDITOR, **engagement), today=DAY)
    given = scenario.state(MANDATES, authority).given
    assert given[1].granted.purpose == "Revisjon av 2026"
    scenario.when(granted("eva", Role.AUDITOR, **engagement), today=DAY).unchanged()
    other = {**engagement, "purpose": "Revisjon av 2027"}
    scenario.given(granted("eva", Role.AUDITOR, **other), today=DAY)
    assert len(scenario.state(MANDATES, authority).given) == 3


def test_whose_administrators_are_gone_begins_again() -> None:
    scenario = oslo(granted(ends_on=DAY))
    later = DAY + ONE_DAY
    scenario.when(granted("kari", Role.READER), today=later)
    scenario.refused(MandateCode.FIRST_MANDATE)
    scenario.given(granted("kari"), today=later)
    assert len(mandates(scenario).given) == 2


def test_what_was_given_and_not_ended_is_given_already() -> None:
    scenario = oslo(granted(), granted("kari"))
    scenario.when(granted("kari"), today=DAY, actor="kari").unchanged()
    scenario.given(granted("kari", Role.LEADER), granted("ola"), today=DAY)
    assert len(mandates(scenario).given) == 4
    end(scenario, 2).given(granted("kari"), today=DAY)
    assert mandates(scenario).given[4].granted.number == 5


def test_without_a_first_day_it_counts_from_today() -> None:
    kari = granted("kari", starts_on=None)
    scenario = oslo(granted(), kari)
    assert mandates(scenario).given[1].granted.starts_on == DAY
    later = DAY + ONE_DAY
    scenario.when(kari, today=later).unchanged()
    scenario.when(granted("kari", starts_on=later), today=DAY)
    assert len(mandates(scenario).given) == 3
    end(scenario, 3, later).given(granted("eva", starts_on=later), today=DAY)
    scenario.given(granted("eva", starts_on=None), today=DAY)
    assert len(mandates(scenario).given) == 5
    scenario.when(granted("per", starts_on=None, ends_on=DAY), today=later)
    scenario.refused(Code.INVALID_ROW, "ends_on")


def test_a_person_is_spelled_in_one_way_and_is_no_identity_number() -> None:
    assert granted("Kari-1").person == "kari-1"
    with pytest.raises(ValueError, match="person"):
        granted("13097248022")
    with pytest.raises(ValueError, match="ends_on"):
        granted(ends_on=date(2025, 11, 30))


def test_an_end_is_the_first_day_on_which_it_counts_no_more() -> None:
    scenario = end(oslo(granted(), granted("kari")), 2, DAY + ONE_DAY)
    fact = MandateEnded(
        organisation=OSLO, number=2, ended_on=DAY + ONE_DAY, ended_by="controller"
    )
    scenario.then(fact)
    kari = mandates(scenario).given[1]
    assert (kari.ended, kari.last_day) == (fact, DAY)
    assert (kari.counts_on(DAY), kari.counts_on(DAY + ONE_DAY)) == (True, False)
    end(scenario, 2, DAY + ONE_DAY).unchanged()
    end(scenario, 2, DAY + 2 * ONE_DAY).refused(MandateCode.MANDATE_OVER, "ended_on")
    end(scenario, 2)
    assert mandates(scenario).given[1].last_day == DAY - ONE_DAY


def test_what_was_done_on_it_stands() -> None:
    scenario = oslo(granted(), granted("kari"))
    end(scenario, 2, DAY - ONE_DAY).refused(MandateCode.MANDATE_WAS_GOOD, "ended_on")


def test_what_ends_by_itself_is_not_ended_later() -> None:
    scenario = oslo(granted(), granted("kari", ends_on=DAY))
    end(scenario, 2, DAY + ONE_DAY).refused(MandateCode.MANDATE_OVER, "ended_on")
    end(scenario, 2, DAY)
    assert mandates(scenario).given[1].last_day == DAY - ONE_DAY


@pytest.mark.parametrize("number", [1, 2, 3])
def test_nobody_ends_what_was_not_given(number: int) -> None:
    scenario = oslo(granted(), granted("kari"))
    end(scenario, number + 2).refused(MandateCode.UNKNOWN_MANDATE, "number")


def test_somebody_else_stays_administrator_for_no_less_long() -> None:
    scenario = oslo(granted(), granted("kari", Role.CONTROLLER))
    end(scenario, 1).refused(MandateCode.LAST_ADMINISTRATOR, "number")
    scenario.given(granted("ola", ends_on=DAY + ONE_DAY), today=DAY)
    end(scenario, 1).refused(MandateCode.LAST_ADMINISTRATOR)
    scenario.given(granted("eva", starts_on=DAY + ONE_DAY), today=DAY)
    end(scenario, 1).refused(MandateCode.LAST_ADMINISTRATOR)
    end(scenario, 1, DAY + ONE_DAY)
    assert mandates(scenario).given[0].last_day == DAY
    end(scenario, 3).refused(MandateCode.LAST_ADMINISTRATOR)
    end(scenario, 3, DAY + ONE_DAY)
    assert mandates(scenario).given[2].last_day == DAY
    end(scenario, 4, DAY + ONE_DAY).refused(MandateCode.LAST_ADMINISTRATOR)
    end(scenario, 2)
    assert mandates(scenario).given[1].ended is not None


def test_only_what_is_registered_has_mandates() -> None:
    for command in (granted(organisation=UNKNOWN), ended(1, organisation=UNKNOWN)):
        scenario = oslo().when(command, today=DAY)
        scenario.refused(Code.UNKNOWN_ORGANISATION, "organisation")


def test_who_may_act_on_it() -> None:
    mandate = Mandate(
        MandateGranted(
            organisation=OSLO,
            number=1,
            person="kari",
            role=Role.LEADER,
            starts_on=DAY,
            ends_on=DAY,
            granted_by="kari",
        )
    )
    both = {Role.LEADER, Role.APPROVER}
    assert mandate.lets("kari", both, DAY)
    assert not mandate.lets("ola", both, DAY)
    assert not mandate.lets("kari", {Role.APPROVER}, DAY)
    assert not mandate.lets("kari", both, DAY - ONE_DAY)
    assert not mandate.lets("kari", both, DAY + ONE_DAY)
    held = Mandates((mandate,))
    assert [*held.of("kari", DAY)] == [mandate]
    assert not [*held.of("ola", DAY), *held.of("kari", DAY + ONE_DAY)]
    assert [held.numbered(n) for n in (-1, 0, 1, 2)] == [None, None, mandate, None]


def test_what_no_decision_led_to_changes_nothing() -> None:
    """A number out of order, an end of nothing, an end after the end."""
    scenario = oslo(granted(), granted("kari", ends_on=DAY))
    before = mandates(scenario)
    first = before.given[0].granted
    said = {"organisation": OSLO, "ended_by": "kari"}
    for fact in (
        first,
        first.model_copy(update={"number": 4}),
        MandateEnded(number=3, ended_on=DAY, **said),
        MandateEnded(number=2, ended_on=DAY + ONE_DAY, **said),
    ):
        assert MANDATES.evolve(before, fact) == before
