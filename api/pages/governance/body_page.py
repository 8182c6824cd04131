"""A body: its seats, who covers which groups, plan, gatherings and elections; one seat."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from fastapi import APIRouter, Response

from api.access import name_read
from api.desk.contacts import ContactAbout
from api.known import known_until
from api.obligations import OwedOnDay
from api.pages.acting import may_send
from api.pages.governance.activity_report import ToldReport, told_reports
from api.pages.governance.governance_read import (
    SECTION,
    GovernanceTeller,
    ReadBody,
    ReadSeat,
    body_version,
    participants_of,
    read_bodies,
    seats_to_do,
)
from api.pages.obligations.owed_rows import OwedTeller, owed_to_show
from api.pages.register import Register, register
from api.pages.visit import TheVisit, Visit
from api.pages.whom_to_ask import contacts_shown, keeps_contacts
from api.problems import ProblemError
from api.routers import public
from domain.fact import Command
from domain.governance.activity import ReportActivity
from domain.governance.assignment import OrderAssignment
from domain.governance.body import BODY, BodyKind, CharteredBody
from domain.governance.chair import ElectChair
from domain.governance.chartering import CharterBody
from domain.governance.gathering import RecordGathering
from domain.governance.plan import PLAN, AdoptFocusArea, AdoptPlan, Plans
from domain.governance.seating import FillSeat, NominatePerson, VacateSeat
from domain.obligations.duty import Duty, duty_of
from domain.obligations.obligation import ObligationState
from domain.parties.participation import Participation
from domain.values import NewName

router: Final[APIRouter] = public()
_OPEN: Final = frozenset({ObligationState.OPEN, ObligationState.OVERDUE})
_REPORTED_TO_BY_NONE: Final = frozenset(
    {BodyKind.NETWORK_GROUP, BodyKind.WORKING_GROUP}
)
OF_THE_BODY: Final[tuple[tuple[str, type[Command]], ...]] = (
    ("gathering", RecordGathering),
    ("elect", ElectChair),
    ("plan", AdoptPlan),
    ("report", ReportActivity),
    ("charter", CharterBody),
)
OF_A_COMMITTEE: Final[tuple[tuple[str, type[Command]], ...]] = (
    ("area", AdoptFocusArea),
    ("assignment", OrderAssignment),
)
OF_A_SEAT: Final[Mapping[str, type[Command]]] = {
    "nominate": NominatePerson,
    "fill": FillSeat,
    "vacate": VacateSeat,
}


class _ReadOne(NamedTuple):
    body: ReadBody
    state: CharteredBody
    plans: Plans
    reports: list[ToldReport]
    taking_part: Participation
    known: Register
    owed: Sequence[OwedOnDay]
    appointing: Mapping[str, Collection[str]]
    """Bodies that appoint to seats here, by their organisation."""


def _read_one(visit: Visit, name: str) -> _ReadOne:
    with visit.views() as connection:
        known = register(connection, visit.day)
        owed = owed_to_show(visit, connection)
    with known_until(visit.node, visit.day) as history:
        version = body_version(name, history)
        if version is None:
            raise ProblemError("not_found")
        (body,) = read_bodies([version], history, visit.day)
        named = {s.appointed_by for s in version.seats if s.appointed_by}
        appointing: dict[str, set[str]] = defaultdict(set)
        for each, state in history.states(BODY, sorted(named)).items():
            if state.last is not None:
                appointing[state.last.organisation].add(each)
        return _ReadOne(
            body,
            history.state(BODY, name),
            history.state(PLAN, name),
            told_reports(name, history, visit.speaker(SECTION)),
            participants_of(version.network, history),
            known,
            [o for o in owed if _is_of(o, name)],
            appointing,
        )


def _is_of(owed: OwedOnDay, name: str) -> bool:
    kind, of, *_ = owed.obligation.id.split("/")
    return kind in {"body", "seat", "assignment"} and of == name


@router.get("/bodies/{body}", include_in_schema=False)
def body_page(body: NewName, visit: TheVisit) -> Response:
    """Show a body."""
    speaker = visit.speaker(SECTION)
    read = _read_one(visit, body)
    teller = GovernanceTeller(speaker, read.known, visit.day, read.taking_part)
    deadlines = OwedTeller(speaker, read.known, visit.day, visit.organisation)
    version = read.body.version
    return visit.page(
        "body.html",
        SECTION,
        "governance",
        body=read.body,
        version=version,
        organisation=teller.called(version.organisation),
        state=teller.state(read.body),
        chair=teller.chair(read.body),
        rows=[teller.seat_row(read.body, each) for each in read.body.seats],
        excluded=[teller.participant(each) for each in version.chair_excluded],
        rotation=[teller.participant(each) for each in version.rotation],
        vacancies=deadlines.rows(
            [
                o
                for o in read.owed
                if duty_of(o.obligation.id) is Duty.SEAT_VACANCY and o.state in _OPEN
            ]
        ),
        deadlines=deadlines.rows(
            [o for o in read.owed if o.obligation.due_on.year == visit.day.year]
        ),
        plans=sorted(read.plans.adopted.values(), key=lambda each: -each.year),
        reports=read.reports,
        elections=read.state.elections[::-1],
        assignments=read.state.assignments,
        acts=_acts(visit, read),
        contacts=contacts_shown(visit, ContactAbout.BODY, body),
        keeps_contacts=keeps_contacts(visit, version.organisation),
        compiles=version.kind not in _REPORTED_TO_BY_NONE,
    )


def _acts(visit: Visit, read: _ReadOne) -> list[str]:
    """What the visitor may do here, the main thing first."""
    version = read.body.version
    found: list[str] = []
    if version.organisation == visit.organisation:
        found += [act for act, command in OF_THE_BODY if may_send(visit, command)]
        if version.kind is BodyKind.COMMITTEE:
            found += [
                act for act, command in OF_A_COMMITTEE if may_send(visit, command)
            ]
    of_seats, is_due = _of_seats(visit, read, read.body.seats)
    found = [*of_seats, *found] if is_due else [*found, *of_seats]
    taking_part = read.taking_part.declared.values()
    if visit.organisation in {each.organisation for each in taking_part}:
        more = (("gathering", RecordGathering), ("report", ReportActivity))
        found += [a for a, of in more if a not in found and may_send(visit, of)]
    return [act for act in found if act != "elect" or read.body.has_chair]


def _of_seats(
    visit: Visit, read: _ReadOne, seats: Sequence[ReadSeat]
) -> tuple[list[str], bool]:
    """What the visitor may say of seats, and whether the first of it is due."""
    appointing = read.appointing[visit.organisation]
    found = seats_to_do(seats, read.taking_part, appointing, visit.organisation)
    return [a for a in found.acts if may_send(visit, OF_A_SEAT[a])], found.is_due


@router.get("/bodies/{body}/seats/{seat}", include_in_schema=False)
def seat_page(body: NewName, seat: NewName, visit: TheVisit) -> Response:
    """Show a seat; its holder's name only to those whose it is, and it is noted."""
    speaker = visit.speaker(SECTION)
    read = _read_one(visit, body)
    one = next((each for each in read.body.seats if each.seat.seat == seat), None)
    if one is None:
        raise ProblemError("not_found")
    teller = GovernanceTeller(speaker, read.known, visit.day, read.taking_part)
    deadlines = OwedTeller(speaker, read.known, visit.day, visit.organisation)
    prefix = f"seat/{body}/{seat}/"
    return visit.page(
        "seat.html",
        SECTION,
        "governance",
        body=read.body,
        seat=one,
        row=teller.seat_row(read.body, one),
        name=_name_of(visit, read, one),
        may_hold=[teller.participant(each) for each in one.seat.participants],
        nominated=[teller.participant(each.participant) for each in one.nominations],
        deadlines=deadlines.rows(
            [o for o in read.owed if o.obligation.id.startswith(prefix)]
        ),
        acts=_of_seats(visit, read, [one])[0],
    )


def _name_of(visit: Visit, read: _ReadOne, seat: ReadSeat) -> str | None:
    """Name of who holds a seat, for the participant and for the body's organisation."""
    if seat.term is None:
        return None
    declared = read.taking_part.declared.get(seat.term.participant)
    whose = {read.body.version.organisation}
    if declared is not None:
        whose.add(declared.organisation)
    if visit.organisation not in whose:
        return None
    return name_read(visit.node, visit.caller, seat.term.person)
