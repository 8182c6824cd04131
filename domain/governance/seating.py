"""Who is nominated for a seat, fills it, leaves it: each by the participant's word.

Where a body appoints, it fills the seat among those whom participants have nominated.
A successor serves a full term (K-24).
"""

from domain.fact import Command
from domain.governance.body import (
    BodyChartered,
    BodyKind,
    ChosenFrom,
    Seat,
    bodies_of,
    body_named,
    require_body,
    seat_named,
)
from domain.governance.codes import GovernanceCode
from domain.governance.holding import holder, seatings
from domain.governance.seat import (
    SEAT,
    SeatFact,
    SeatFilled,
    Seating,
    SeatNominated,
    SeatVacated,
    seat_key,
)
from domain.governance.warned import warn_of_body
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, Needs, declare
from domain.parties.organisation import require_party
from domain.parties.participation import ParticipationDeclared, organisation_behind
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    Day,
    NewName,
    PersonReference,
    Region,
    last_of_years,
)

_SAID: Needs = {
    BodyChartered: GovernanceCode.UNKNOWN_BODY,
    ParticipationDeclared: GovernanceCode.NOT_PARTICIPANT,
}


class NominatePerson(Command):
    """Nominate a person for a seat that a body fills, as the participant."""

    body: NewName
    seat: NewName
    participant: NewName
    person: PersonReference = ""
    """Stays in the participant's region: only a pseudonym is recorded."""


def nominate(command: NominatePerson, asked: Asked, history: History) -> Decision:
    """Decide on a nomination: by one of the seat's participants."""
    body, seat = seat_named(command.body, command.seat, history)
    region = _participants_region(command.participant, body, asked, history)
    said = _seating(command.body, seat, history)
    if any(
        isinstance(each, SeatNominated) and _is(each, command) for each in said.facts
    ):
        return ()
    _require_person(command.person)
    _require_participant(command.participant, seat, body, history)
    return _append(SeatNominated(**dict(command)), region)


declare(
    NominatePerson,
    nominate,
    Authority(
        Asks.PARTICIPANT,
        {Role.SECRETARY},
        _SAID,
        "nobody: the body that fills the seat chooses among those nominated",
    ),
    SeatNominated,
)


class FillSeat(Command):
    """Fill a seat, as the participant or as the body that appoints (S4-48, S4-56)."""

    body: NewName
    seat: NewName
    participant: NewName
    person: PersonReference = ""
    """Stays in the participant's region: only a pseudonym is recorded."""
    from_on: Day
    """The first day of a whole term."""


def fill_seat(command: FillSeat, asked: Asked, history: History) -> Decision:
    """Decide on a term: of a vacant seat, by who may hold it, for the body's term."""
    body, seat = seat_named(command.body, command.seat, history)
    region = _appointing_region(command, body, seat, asked, history)
    said = _seating(command.body, seat, history)
    if any(isinstance(each, SeatFilled) and _is(each, command) for each in said.facts):
        return ()
    _require_person(command.person)
    _require_participant(command.participant, seat, body, history)
    if holder(said, command.from_on) is not None:
        raise Refusal(GovernanceCode.SEAT_TAKEN, "from_on")
    if seat.appointed_by is not None and not _was_nominated(command, said):
        raise Refusal(GovernanceCode.NOT_NOMINATED, "person")
    among_resource_persons = seat.chosen_from is ChosenFrom.RESOURCE_PERSONS
    if among_resource_persons and not _is_resource_person(command, body, history):
        raise Refusal(GovernanceCode.NOT_RESOURCE_PERSON, "person")
    until_on = last_of_years(command.from_on, body.term_years)
    return _append(SeatFilled(**dict(command), until_on=until_on), region)


declare(
    FillSeat,
    fill_seat,
    Authority(
        Asks.APPOINTING,
        {Role.SECRETARY},
        _SAID,
        "the participant: the person is there for it",
    ),
    SeatFilled,
    warns=warn_of_body,
)


class VacateSeat(Command):
    """Record that the holder of a seat has left it, as the participant (S4-11)."""

    body: NewName
    seat: NewName
    participant: NewName
    left_on: Day
    """The first day on which nobody holds it."""


def vacate(command: VacateSeat, asked: Asked, history: History) -> Decision:
    """Decide on the end of a term: of who holds the seat that day."""
    body, seat = seat_named(command.body, command.seat, history)
    region = _participants_region(command.participant, body, asked, history)
    said = _seating(command.body, seat, history)
    if any(isinstance(each, SeatVacated) and _is(each, command) for each in said.facts):
        return ()
    _require_participant(command.participant, seat, body, history)
    if holder(said, command.left_on) is None:
        raise Refusal(GovernanceCode.SEAT_VACANT, "left_on")
    return _append(SeatVacated(**dict(command)), region)


declare(
    VacateSeat,
    vacate,
    Authority(
        Asks.PARTICIPANT,
        {Role.SECRETARY},
        {**_SAID, SeatFilled: GovernanceCode.SEAT_VACANT},
        "itself: it owes a successor",
    ),
    SeatVacated,
    warns=warn_of_body,
)


def _participants_region(
    participant: str, body: BodyChartered, asked: Asked, history: History
) -> Region:
    """Region of the organisation behind a participant, for that organisation alone.

    Nobody is behind what is no participant; it has no seat, and is refused as such.
    """
    organisation = organisation_behind(participant, body.network, history)
    if organisation is None:
        return asked.region
    require_party(asked, organisation.org_number, organisation.region)
    return organisation.region


def _appointing_region(
    command: FillSeat, body: BodyChartered, seat: Seat, asked: Asked, history: History
) -> Region:
    """Region of the body that appoints, or else of the participant; refuse others."""
    if seat.appointed_by is None:
        return _participants_region(command.participant, body, asked, history)
    appointing = body_named(seat.appointed_by, history, "seat")
    return require_body(appointing, asked, history)


def _seating(body: str, seat: Seat, history: History) -> Seating:
    return seatings(body, (seat,), history)[seat.seat]


def _is(fact: SeatFact, command: Command) -> bool:
    """Whether a fact is what a command says; what is computed is no content."""
    return dict(command).items() <= dict(fact).items()


def _require_person(person: str) -> None:
    if not person:
        raise Refusal(Code.INVALID_ROW, "person")


def _require_participant(
    participant: str, seat: Seat, body: BodyChartered, history: History
) -> None:
    """Refuse whom the seat is not for (S4-56)."""
    is_theirs = participant in seat.participants
    if not is_theirs or organisation_behind(participant, body.network, history) is None:
        raise Refusal(GovernanceCode.NOT_PARTICIPANT, "participant")


def _was_nominated(command: FillSeat, said: Seating) -> bool:
    """Whether the participant has nominated the person for this seat (S4-48)."""
    return any(
        isinstance(each, SeatNominated)
        and (each.participant, each.person) == (command.participant, command.person)
        for each in said.facts
    )


def _is_resource_person(
    command: FillSeat, body: BodyChartered, history: History
) -> bool:
    """Whether the person holds a seat of a network group for the participant (S4-78)."""
    groups = bodies_of(body.network or "", history, BodyKind.NETWORK_GROUP)
    terms = (
        holder(said, command.from_on)
        for name, group in groups.items()
        for said in seatings(name, group.seats, history).values()
    )
    whom = command.participant, command.person
    return any(term and (term.participant, term.person) == whom for term in terms)


def _append(fact: SeatFact, region: Region) -> Decision:
    stream = SEAT.stream(region, seat_key(fact.body, fact.seat))
    return (Append(stream, fact),)
