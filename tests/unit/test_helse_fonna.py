"""A year of the bodies of a local network, as the rule book tells it (story S4)."""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

import pytest

from domain.fact import Command
from domain.governance.activity import ReportActivity
from domain.governance.body import BodyKind, ChosenFrom
from domain.governance.chair import ElectChair
from domain.governance.chartering import CharterBody, ProposedSeat
from domain.governance.gathering import GatheringKind, RecordGathering
from domain.governance.holding import BodyView, body_on
from domain.governance.plan import AdoptFocusArea, AdoptPlan, ProposedMeasure
from domain.governance.seating import FillSeat, NominatePerson, VacateSeat
from domain.parties.network import EstablishNetwork
from domain.parties.participation import DeclareParticipation
from domain.refusal import Refusal
from domain.values import NetworkKind, NetworkModel
from tests.support.examples import organisation
from tests.support.scenario import Scenario

Row = Mapping[str, str]
YEAR_END: Final = date(2026, 12, 31)
ORGANISATIONS: Final = (
    *("983974724", "983974694", "940791901", "939866914", "920500633", "951812528"),
)
NETWORK: Final = EstablishNetwork(
    network="kreft",
    kind=NetworkKind.LOCAL,
    name_nb="Nettverk i kreftomsorg og lindrande behandling",
    name_en="",
    coordinating_trust="983974694",
    starts_on=date(2015, 2, 1),
    model=NetworkModel.COORDINATION_ONLY,
    coordination_budget_ore=0,
)
TABLES: Final = {
    "participants.csv": """\
participant,organisation,unit,represented_by,recorded_on
fonna,983974694,,,2025-11-02
stord,939866914,,,2025-11-02
ullensvang,920500633,,,2025-11-02
karmoy,940791901,,,2025-11-02
fousam,940791901,FOUSAM,,2025-11-02
klb,983974724,KLB,,2025-11-02
kf,951812528,Distriktskontor Stavanger,,2025-11-02
kor,951812528,Kreftomsorg Rogaland,kf,2025-11-02
""",
    "bodies.csv": """\
body,kind,network,organisation,field,reports_to,chair_excluded,rotation,plan_due,report_due,recorded_on
ssu,committee,,940791901,,,,,,,2025-11-03
fousam,coordinating_unit,kreft,940791901,,ssu,,,,02-28,2025-11-03
styring,steering_group,kreft,983974724,,fousam,kf,,11-30,01-31,2025-11-03
styring2,steering_group,kreft,983974724,,fousam,kf,,,,2025-11-03
drift,operating_group,kreft,983974724,nursing,styring,kf,,,01-15,2025-11-03
hardanger,network_group,kreft,983974694,nursing,drift,,fonna|ullensvang,,,2025-11-03
sunnhordland,network_group,kreft,983974694,nursing,drift,,stord|fonna,,,2025-11-03
felles,network_group,kreft,983974694,nursing,drift,,,,,2025-11-03
""",
    "seatings.csv": """\
body,seat,action,participant,person,effective_on,recorded_on
fousam,contact,filled,fousam,kopp,2025-11-05,2025-11-05
hardanger,ullensvang,filled,ullensvang,eide,2025-11-10,2025-11-10
sunnhordland,hospital,filled,fonna,sund,2025-11-10,2025-11-10
sunnhordland,stord,filled,stord,stord,2025-11-10,2025-11-10
drift,stord-hospital,filled,fonna,ny,2025-11-20,2025-11-20
drift,stord-hospital,filled,fonna,sund,2025-11-20,2025-11-21
drift,kf,filled,kf,kreft,2025-11-20,2025-11-21
drift,odda-municipal,filled,ullensvang,eide,2025-11-26,2025-11-26
styring,municipal,filled,stord,leder,2025-12-01,2025-12-01
styring,municipal,nominated,stord,leder,2025-12-02,2025-12-02
styring,municipal,filled,stord,leder,2025-12-03,2025-12-03
styring,kf,filled,kf,kreft,2025-12-03,2025-12-03
sunnhordland,stord,vacated,stord,,2026-03-01,2026-03-02
sunnhordland,stord,filled,stord,ny,2026-06-01,2026-06-01
""",
    "elections.csv": """\
body,seat,elected_on,recorded_on
drift,stord-hospital,2025-11-22,2025-11-22
drift,kf,2025-11-27,2025-11-27
drift,stord-hospital,2025-11-28,2025-11-28
styring,municipal,2025-12-05,2025-12-05
""",
    "focus_areas.csv": """\
area,body,text,valid_from,valid_until,recorded_on
heim,ssu,Lindrande behandling heime,2026-01-01,2027-12-31,2025-11-10
gammal,ssu,Pakkeforløp,2022-01-01,2025-12-31,2025-11-10
""",
    "gatherings.csv": """\
gathering,body,kind,held_on,host,co_organiser,attended,recorded_on
g1,hardanger,local,2026-04-10,ullensvang,,,2026-04-11
g2,sunnhordland,local,2026-07-02,stord,,,2026-07-03
g3,drift,joint,2026-09-15,fonna,fousam,hardanger,2026-09-16
g4,hardanger,employer_meeting,2026-10-01,,,hardanger/ullensvang,2026-10-01
g5,sunnhordland,expectation_meeting,2026-06-20,,,sunnhordland/stord,2026-06-21
""",
    "plans.csv": """\
body,year,area,recorded_on
styring,2026,gammal,2025-11-28
styring,2027,heim,2026-12-02
""",
    "activity_reports.csv": """\
of,year,recorded_on
styring,2026,2026-12-20
""",
}
"""In the order of the files; a plan with the area of its one measure."""

SEATS: Final = """\
body,seat,participants,unit,appointed_by,chosen_from
fousam,contact,fousam,,,anyone
styring,municipal,stord|ullensvang|karmoy,,ssu,anyone
styring,fonna,fonna,,,anyone
styring,kf,kf,,,anyone
styring2,kor,kor,,,anyone
drift,stord-hospital,fonna,Stord sjukehus,,resource_persons
drift,odda-municipal,ullensvang,,,resource_persons
drift,kf,kf,,,anyone
hardanger,odda,fonna,Odda sjukehus,,anyone
hardanger,ullensvang,ullensvang,,,anyone
sunnhordland,hospital,fonna,Stord sjukehus,,anyone
sunnhordland,stord,stord,,,anyone
felles,both,stord|ullensvang,,,anyone
"""


def rows(text: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table."""
    yield from csv.DictReader(text.splitlines())


def several(cell: str) -> tuple[str, ...]:
    """Return the values of a cell."""
    return tuple(filter(None, cell.split("|")))


def day(text: str) -> date:
    """Read a day."""
    return date.fromisoformat(text)


def participant(row: Row) -> Command:
    """Declare a participation."""
    return DeclareParticipation(
        network="kreft",
        participant=row["participant"],
        organisation=row["organisation"],
        unit=row["unit"],
        represented_by=row["represented_by"] or None,
    )


def chartered(row: Row) -> Command:
    """Charter a body with its seats."""
    seats = tuple(
        ProposedSeat(
            seat=seat["seat"],
            participants=several(seat["participants"]),
            unit=seat["unit"],
            appointed_by=seat["appointed_by"] or None,
            chosen_from=ChosenFrom(seat["chosen_from"]),
        )
        for seat in rows(SEATS)
        if seat["body"] == row["body"]
    )
    return CharterBody(
        body=row["body"],
        version=1,
        kind=BodyKind(row["kind"]),
        network=row["network"] or None,
        organisation=row["organisation"],
        field=row["field"] or None,
        reports_to=row["reports_to"] or None,
        term_years=2,
        chair_excluded=several(row["chair_excluded"]),
        rotation=several(row["rotation"]),
        plan_due=row["plan_due"] or None,
        report_due=row["report_due"] or None,
        seats=seats,
    )


def seating(row: Row) -> Command:
    """Nominate, fill or vacate."""
    place = {name: row[name] for name in ("body", "seat", "participant")}
    effective_on = day(row["effective_on"])
    if row["action"] == "vacated":
        return VacateSeat(**place, left_on=effective_on)
    if row["action"] == "nominated":
        return NominatePerson(**place, person=row["person"])
    return FillSeat(**place, person=row["person"], from_on=effective_on)


def election(row: Row) -> Command:
    """Elect a chair."""
    return ElectChair(
        body=row["body"], seat=row["seat"], elected_on=day(row["elected_on"])
    )


def area(row: Row) -> Command:
    """Adopt a focus area."""
    return AdoptFocusArea(
        area=row["area"],
        body=row["body"],
        text=row["text"],
        valid_from=day(row["valid_from"]),
        valid_until=day(row["valid_until"]),
    )


def plan(row: Row) -> Command:
    """Adopt a plan with its one measure."""
    measure = ProposedMeasure(measure="m1", area=row["area"], text="Opplæring")
    return AdoptPlan(
        body=row["body"],
        year=int(row["year"]),
        strategy="Felles strategi Helseregion Vest",
        measures=(measure,),
    )


def gathering(row: Row) -> Command:
    """Record a gathering."""
    return RecordGathering(
        body=row["body"],
        gathering=row["gathering"],
        kind=GatheringKind(row["kind"]),
        held_on=day(row["held_on"]),
        host=row["host"] or None,
        co_organiser=row["co_organiser"] or None,
        attended=several(row["attended"]),
    )


def activity(row: Row) -> Command:
    """Report on a year."""
    return ReportActivity(of=row["of"], year=int(row["year"]))


READ: Final[Mapping[str, Callable[[Row], Command]]] = {
    "participants.csv": participant,
    "bodies.csv": chartered,
    "seatings.csv": seating,
    "elections.csv": election,
    "focus_areas.csv": area,
    "gatherings.csv": gathering,
    "plans.csv": plan,
    "activity_reports.csv": activity,
}


class Played(NamedTuple):
    """A history, and each row that was refused: its file, line and code."""

    scenario: Scenario
    refused: list[tuple[str, int, str]]


@pytest.fixture(scope="module")
def played() -> Played:
    """Play all rows by day, and those of a day in the order of the files."""
    lines = [
        (day(row["recorded_on"]), place, line, READ[file](row), file)
        for place, (file, text) in enumerate(TABLES.items())
        for line, row in enumerate(rows(text), 2)
    ]
    found = Played(Scenario(), [])
    first = date(2025, 11, 1)
    found.scenario.given(*map(organisation, ORGANISATIONS), NETWORK, today=first)
    for today, _, line, command, file in sorted(lines, key=lambda each: each[:3]):
        found.scenario.when(command, today=today)
        if isinstance(found.scenario.outcome, Refusal):
            found.refused.append((file, line, found.scenario.outcome.code))
    return found


@pytest.mark.rule("S4-25", "S4-48", "S4-54", "S4-72", "S4-78", "S4-81")
def test_what_breaks_a_rule_is_refused(played: Played) -> None:
    files = [*TABLES]
    assert sorted(played.refused, key=lambda each: (files.index(each[0]), each[1])) == [
        ("bodies.csv", 5, "steering_group_exists"),
        ("bodies.csv", 9, "inter_municipal_not_allowed"),
        ("seatings.csv", 6, "not_resource_person"),
        ("seatings.csv", 10, "not_nominated"),
        ("elections.csv", 2, "group_not_covered"),
        ("elections.csv", 3, "chair_excluded"),
        ("plans.csv", 2, "focus_area_not_valid"),
        ("activity_reports.csv", 2, "period_not_ended"),
    ]


@pytest.mark.rule("S4-78", "S4-79", "S4-91")
def test_the_bodies_at_the_end_of_the_year(played: Played) -> None:
    names = ("drift", "fousam", "hardanger", "ssu", "styring", "sunnhordland")
    assert [body_on(name, played.scenario, YEAR_END) for name in names] == [
        BodyView("drift", "stord-hospital", (), ()),
        BodyView("fousam", None, (), ()),
        BodyView("hardanger", None, ("odda",), ()),
        BodyView("ssu", None, (), ()),
        BodyView("styring", "municipal", ("fonna",), ()),
        BodyView("sunnhordland", None, (), ()),
    ]
