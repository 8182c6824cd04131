"""Organisations and networks: who may establish what, and how it is called."""

from datetime import date

import pytest

from domain.history import Append
from domain.parties.network import NetworkEstablished, coordinator, periods
from domain.parties.network import last_day as last_day_of
from domain.parties.network import years as years_of
from domain.parties.organisation import ORGANISATION, OrganisationRegistered
from domain.refusal import Code
from domain.values import (
    REGIONAL_AUTHORITY,
    NetworkKind,
    NetworkModel,
    OrganisationKind,
    Period,
    Region,
)
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    TRONDHEIM,
    UNKNOWN,
    network,
    organisation,
    version,
)
from tests.support.scenario import FIRST, Scenario


def test_an_organisation_is_registered_once() -> None:
    scenario = Scenario().when(organisation())
    assert isinstance(scenario.recorded(OrganisationRegistered), OrganisationRegistered)
    scenario.when(organisation()).unchanged()
    scenario.when(organisation(name="Another")).refused(Code.CONFLICTING_ROW)


def test_the_same_number_in_another_region_is_a_conflict() -> None:
    Scenario().given(organisation()).when(organisation(region=Region.NORD)).refused(
        Code.CONFLICTING_ROW
    )


@pytest.mark.parametrize("member", ["org_number", "parent_org_number"])
def test_a_number_that_fails_modulus_11_is_refused(member: str) -> None:
    Scenario().when(organisation(**{member: "983974725"})).refused(
        Code.INVALID_ORGANISATION_NUMBER, member
    )


def test_what_another_region_records_of_a_known_number_changes_nothing() -> None:
    scenario = Scenario().given(*ORGANISATIONS)
    first = scenario.state(ORGANISATION, BERGEN)
    assert first.registered is not None
    other = first.registered.model_copy(update={"region": Region.NORD})
    scenario.receive(Append(ORGANISATION.stream(Region.NORD, BERGEN), other))
    assert scenario.state(ORGANISATION, BERGEN) == first


def test_only_the_regions_authority_registers_at_the_regions_node() -> None:
    scenario = Scenario()
    scenario.when(organisation(), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    authority = REGIONAL_AUTHORITY[Region.VEST]
    scenario.when(organisation(), organisation=authority, region=Region.NORD).refused(
        Code.WRONG_REGION
    )


@pytest.mark.rule("S1-17")
def test_exactly_one_trust_coordinates_a_network_at_any_time() -> None:
    scenario = Scenario().given(*ORGANISATIONS, network())
    rival = network(coordinating_trust=OSLO)
    for today in (FIRST, date(2029, 12, 31), date(2030, 1, 1)):
        scenario.when(rival, today=today).refused(Code.CONFLICTING_ROW, "network")
        assert coordinator("ms", scenario)[0].coordinating_trust == BERGEN


@pytest.mark.rule("S1-17")
def test_of_two_that_took_a_name_at_once_the_first_coordinates_for_everybody() -> None:
    """Neither region had heard of the other's network."""
    bare = Scenario().given(*ORGANISATIONS)
    rival = network(coordinating_trust=OSLO)
    ours, theirs = bare.copy().given(network()), bare.copy().given(rival)
    scenario = bare.copy()
    scenario.receive(*ours.appended, *theirs.appended)
    assert coordinator("ms", scenario)[0].coordinating_trust == BERGEN
    scenario.when(version(payer=OSLO, payee=BERGEN)).refused(Code.PAYER_NOT_COORDINATOR)
    other = version(payer=OSLO, payee=TRONDHEIM)
    scenario.when(other, organisation=OSLO, region=Region.SOROST)
    scenario.refused(Code.NOT_ENTITLED)


@pytest.mark.rule("S1-26")
def test_a_network_is_established_by_its_one_coordinating_trust() -> None:
    scenario = Scenario().given(*ORGANISATIONS).when(network())
    established = scenario.recorded(NetworkEstablished)
    assert isinstance(established, NetworkEstablished)
    assert established.coordinating_trust == BERGEN
    scenario.when(network()).unchanged()
    scenario.when(network(), organisation=UNKNOWN).refused(Code.NOT_ENTITLED)
    scenario.when(network(network="other"), organisation=UNKNOWN).refused(
        Code.NOT_ENTITLED
    )


def test_a_network_is_established_once() -> None:
    scenario = Scenario().given(*ORGANISATIONS, network()).when(network()).unchanged()
    scenario.when(network(name_nb="Noe annet")).refused(Code.CONFLICTING_ROW, "network")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("983974725", Code.INVALID_ORGANISATION_NUMBER),
        (UNKNOWN, Code.UNKNOWN_ORGANISATION),
    ],
)
def test_the_coordinating_trust_is_registered(number: str, code: Code) -> None:
    Scenario().given(*ORGANISATIONS).when(network(coordinating_trust=number)).refused(
        code, "coordinating_trust"
    )


@pytest.mark.rule("S1-42")
@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("Norwegian National Network for MS", True),
        ("Norwegian National Network for ", False),
        ("Norwegian National Network for", False),
        ("National Competence Network for MS", False),
        ("The Norwegian National Network for MS", False),
        ("norwegian national network for MS", False),
        ("", False),
    ],
)
def test_a_national_network_has_its_english_name(name: str, *, allowed: bool) -> None:
    scenario = Scenario().given(*ORGANISATIONS).when(network(name_en=name))
    if allowed:
        scenario.recorded(NetworkEstablished)
    else:
        scenario.refused(Code.NAME_NOT_ALLOWED, "name_en")


def test_other_networks_are_called_as_they_like() -> None:
    for kind in (NetworkKind.REGIONAL, NetworkKind.LOCAL):
        Scenario().given(*ORGANISATIONS).when(
            network(kind=kind, name_en="", coordination_budget_ore=9_000_000_00)
        ).recorded(NetworkEstablished)


@pytest.mark.rule("S1-30")
@pytest.mark.parametrize("model", list(NetworkModel))
def test_coordination_costs_at_most_a_million(model: NetworkModel) -> None:
    scenario = Scenario().given(*ORGANISATIONS)
    scenario.when(network(model=model, coordination_budget_ore=1_000_000_01)).refused(
        Code.FRAME_EXCEEDED, "coordination_budget_ore"
    )
    scenario.when(network(model=model)).recorded(NetworkEstablished)


@pytest.mark.rule("S1-35")
@pytest.mark.parametrize(
    ("starts_on", "last_day", "years"),
    [
        (date(2025, 1, 1), date(2029, 12, 31), range(2025, 2030)),
        (date(2024, 7, 1), date(2029, 6, 30), range(2024, 2030)),
        (date(2024, 2, 29), date(2029, 2, 27), range(2024, 2030)),
    ],
)
def test_a_national_network_lasts_five_years(
    starts_on: date, last_day: date, years: range
) -> None:
    scenario = Scenario().given(*ORGANISATIONS).when(network(starts_on=starts_on))
    established = scenario.recorded(NetworkEstablished)
    assert isinstance(established, NetworkEstablished)
    assert established.first_period == Period(starts_on, last_day)
    assert last_day_of(established, scenario) == last_day
    assert years_of(periods(established, scenario)) == years


def test_other_networks_have_no_end_and_no_frame() -> None:
    scenario = Scenario().given(*ORGANISATIONS).when(network(kind=NetworkKind.LOCAL))
    established = scenario.recorded(NetworkEstablished)
    assert isinstance(established, NetworkEstablished)
    assert last_day_of(established, scenario) is None
    assert established.frame_ore is None
    assert list(years_of(periods(established, scenario))) == []


@pytest.mark.parametrize("kind", OrganisationKind)
def test_only_the_four_authorities_are_of_their_kind(kind: OrganisationKind) -> None:
    for region, number in REGIONAL_AUTHORITY.items():
        authority = organisation(number, region=region, kind=kind)
        Scenario().when(authority).recorded(OrganisationRegistered)
    other = Scenario().when(organisation(kind=kind))
    if kind is OrganisationKind.RHF:
        other.refused(Code.NOT_AN_AUTHORITY, "kind")
    else:
        other.recorded(OrganisationRegistered)
