"""The network of the tests of governance: a committee, groups, seats and people."""

from datetime import date
from typing import Any, Final

from domain.fact import Command
from domain.governance.body import BodyKind, ChosenFrom
from domain.governance.chair import ElectChair
from domain.governance.chartering import CharterBody, ProposedSeat
from domain.governance.gathering import GatheringKind, RecordGathering
from domain.governance.plan import AdoptFocusArea, AdoptPlan, ProposedMeasure
from domain.governance.seating import FillSeat, NominatePerson, VacateSeat
from domain.parties.participation import DeclareParticipation
from domain.values import NetworkKind, NetworkModel, OrganisationKind, Region
from tests.support.examples import BERGEN, OSLO, network, organisation
from tests.support.scenario import Scenario

STORD: Final = "939866914"
KARMOY: Final = "940791901"
CANCER: Final = "951812528"
"""An organisation that has its seats in two names, and no resource persons."""

START: Final = date(2026, 1, 1)
"""From when seats are filled, unless a test says otherwise."""

TODAY: Final = date(2026, 2, 1)
"""When all is recorded, unless a test says otherwise."""


def participant(
    name: str, number: str, represented_by: str | None = None, unit: str = ""
) -> DeclareParticipation:
    """Declare a participation in the network."""
    return DeclareParticipation(
        network="kreft",
        participant=name,
        organisation=number,
        unit=unit,
        represented_by=represented_by,
    )


def seat(name: str, *participants: str, **changes: Any) -> ProposedSeat:
    """Describe a seat, of the participant of its name unless others are named."""
    return ProposedSeat(seat=name, participants=participants or (name,), **changes)


def body(
    name: str, kind: BodyKind, *seats: ProposedSeat, **changes: Any
) -> CharterBody:
    """Charter a body of the network, whose organisation is Bergen."""
    content = {
        "body": name,
        "version": 1,
        "kind": kind,
        "network": "kreft",
        "organisation": BERGEN,
        "term_years": 2,
        "seats": seats,
    }
    return CharterBody(**{**content, **changes})


def fill(place: str, person: str, who: str = "", **changes: Any) -> FillSeat:
    """Fill ``body/seat``, for the participant of the seat's name unless one is named."""
    of, _, name = place.partition("/")
    content = {"body": of, "seat": name, "participant": who or name, "person": person}
    return FillSeat(**{**content, "from_on": START, **changes})


def vacate(place: str, left_on: date, who: str = "") -> VacateSeat:
    """Vacate ``body/seat``."""
    of, _, name = place.partition("/")
    return VacateSeat(body=of, seat=name, participant=who or name, left_on=left_on)


def nominate(place: str, person: str, who: str = "") -> NominatePerson:
    """Nominate a person for ``body/seat``."""
    of, _, name = place.partition("/")
    return NominatePerson(body=of, seat=name, participant=who or name, person=person)


def elect(place: str, elected_on: date = START) -> ElectChair:
    """Elect who holds ``body/seat``."""
    of, _, name = place.partition("/")
    return ElectChair(body=of, seat=name, elected_on=elected_on)


def area(name: str = "home", **changes: Any) -> AdoptFocusArea:
    """Adopt a focus area of two years."""
    content = {
        "area": name,
        "body": "ssu",
        "text": "At home",
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2027, 12, 31),
    }
    return AdoptFocusArea(**{**content, **changes})


def plan(year: int = 2026, *areas: str, **changes: Any) -> AdoptPlan:
    """Adopt a plan of the steering group with a measure for each area."""
    measures = tuple(
        ProposedMeasure(measure=f"m{place}", area=each, text="Teach")
        for place, each in enumerate(areas or ("home",))
    )
    content = {"body": "steering", "year": year, "measures": measures}
    return AdoptPlan(**{**content, **changes})


def gathering(name: str = "g1", **changes: Any) -> RecordGathering:
    """Hold a gathering of the hills."""
    content = {
        "body": "hills",
        "gathering": name,
        "kind": GatheringKind.LOCAL,
        "held_on": START,
    }
    return RecordGathering(**{**content, **changes})


HOME_OF: Final = {
    BERGEN: Region.VEST,
    OSLO: Region.SOROST,
    STORD: Region.VEST,
    KARMOY: Region.VEST,
    CANCER: Region.SOROST,
}
PARTIES: Final[tuple[Command, ...]] = (
    organisation(BERGEN),
    organisation(OSLO),
    organisation(STORD, kind=OrganisationKind.MUNICIPALITY),
    organisation(KARMOY, kind=OrganisationKind.MUNICIPALITY),
    organisation(CANCER, kind=OrganisationKind.USER_ORGANISATION, region=Region.SOROST),
)
NETWORK: Final[tuple[Command, ...]] = (
    network(
        network="kreft",
        kind=NetworkKind.LOCAL,
        name_en="",
        model=NetworkModel.COORDINATION_ONLY,
        coordination_budget_ore=0,
    ),
    participant("bergen", BERGEN),
    participant("oslo", OSLO),
    participant("stord", STORD),
    participant("karmoy", KARMOY),
    participant("kf", CANCER),
    participant("kor", CANCER, represented_by="kf"),
)
COMMITTEE: Final = body("ssu", BodyKind.COMMITTEE, network=None, organisation=KARMOY)
STEERING: Final = body(
    "steering",
    BodyKind.STEERING_GROUP,
    seat("municipal", "stord", "karmoy", appointed_by="ssu"),
    seat("bergen"),
    seat("kf"),
    chair_excluded=("kf",),
    reports_to="ssu",
)
HILLS: Final = body(
    "hills", BodyKind.NETWORK_GROUP, seat("bergen"), seat("oslo"), field="nursing"
)
COAST: Final = body(
    "coast", BodyKind.NETWORK_GROUP, seat("bergen"), seat("stord"), field="nursing"
)
OPERATING: Final = body(
    "operating",
    BodyKind.OPERATING_GROUP,
    seat("bergen", chosen_from=ChosenFrom.RESOURCE_PERSONS),
    seat("stord", chosen_from=ChosenFrom.RESOURCE_PERSONS),
    seat("kf"),
    chair_excluded=("kf",),
    reports_to="steering",
)
BODIES: Final[tuple[Command, ...]] = (COMMITTEE, STEERING, HILLS, COAST, OPERATING)
PEOPLE: Final[tuple[Command, ...]] = (
    fill("hills/bergen", "anne"),
    fill("hills/oslo", "odd"),
    fill("coast/stord", "stein"),
    fill("operating/bergen", "anne"),
    fill("operating/kf", "gro"),
)
"""Of whom only the hills are represented in the operating group."""


def governed(*commands: Command, today: date = TODAY) -> Scenario:
    """Return a history of the network with its bodies, and of some commands."""
    scenario = Scenario().given(*PARTIES, *NETWORK, *BODIES, today=START)
    return scenario.given(*commands, today=today)


def peopled(*commands: Command, today: date = TODAY) -> Scenario:
    """Return a history in which people hold seats, and of some commands."""
    return governed(*PEOPLE, *commands, today=today)
