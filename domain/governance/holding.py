"""Who holds a seat on a day, who chairs a body, which groups an operating group covers.

- A term is what ``seat.filled`` said; ``seat.vacated`` ends the term that holds its day.
- The holder on a day is whose term holds it; of several, the term recorded last.
- A seat that a body's last version leaves out is gone, whoever still has a term.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import NamedTuple

from domain.governance.body import (
    BODY,
    BodyChartered,
    BodyKind,
    ChairElected,
    Seat,
    bodies_of,
)
from domain.governance.seat import (
    SEAT,
    SeatFilled,
    Seating,
    SeatVacated,
    seat_key,
)
from domain.history import History
from domain.parties.organisation import OrganisationRegistered
from domain.parties.participation import PARTICIPATION, organisation_behind
from domain.values import day_before


@dataclass(frozen=True, slots=True)
class SeatTerm:
    """A person's term in a seat, and how it was ended if it was."""

    filled: SeatFilled
    vacated: SeatVacated | None = None

    @property
    def participant(self) -> str:
        """Whom the person represents."""
        return self.filled.participant

    @property
    def person(self) -> str:
        """Pseudonym of the holder."""
        return self.filled.person

    @property
    def from_on(self) -> date:
        """The first day."""
        return self.filled.from_on

    @property
    def until_on(self) -> date:
        """The last day; before ``from_on`` where it was vacated on its first."""
        if self.vacated is None:
            return self.filled.until_on
        return day_before(self.vacated.left_on)

    def holds(self, day: date) -> bool:
        """Whether the day is one of the term."""
        return self.from_on <= day <= self.until_on


def terms(seating: Seating) -> tuple[SeatTerm, ...]:
    """Terms of a seat, in the order in which they were recorded."""
    found: list[SeatTerm] = []
    for fact in seating.facts:
        if isinstance(fact, SeatFilled):
            found.append(SeatTerm(fact))
        elif isinstance(fact, SeatVacated):
            place = _holding(found, fact.left_on)
            if place is not None:
                found[place] = replace(found[place], vacated=fact)
    return tuple(found)


def holder(seating: Seating, day: date) -> SeatTerm | None:
    """SeatTerm that holds a day; of several, the one recorded last."""
    found = terms(seating)
    place = _holding(found, day)
    return None if place is None else found[place]


def _holding(found: Collection[SeatTerm], day: date) -> int | None:
    places = (place for place, term in enumerate(found) if term.holds(day))
    return max(places, default=None)


def seatings(
    name: str, seats: Collection[Seat], history: History
) -> dict[str, Seating]:
    """All that was said of some seats of a body, by seat."""
    keys = {seat.seat: seat_key(name, seat.seat) for seat in seats}
    states = history.states(SEAT, keys.values())
    return {seat: states[key] for seat, key in keys.items()}


def vacant(name: str, history: History, day: date) -> tuple[str, ...]:
    """Seats of a body that nobody holds on a day, by name."""
    version = history.state(BODY, name).last
    said = seatings(name, () if version is None else version.seats, history)
    return tuple(sorted(seat for seat in said if holder(said[seat], day) is None))


class SeatWord(NamedTuple):
    """A participant that speaks for a seat, and the organisation behind it."""

    participant: str
    organisation: OrganisationRegistered


def speaks_for(place: str, history: History, day: date) -> SeatWord | None:
    """Participant of whoever holds ``body/seat`` on a day, or else the seat's first.

    None where there is no such seat, or where it is for no participant.
    """
    name, _, seat_name = place.partition("/")
    body = history.state(BODY, name)
    seat = body.seat(seat_name)
    if body.last is None or seat is None:
        return None
    term = holder(seatings(name, (seat,), history)[seat_name], day)
    participant = (
        next(iter(seat.participants), "") if term is None else term.participant
    )
    organisation = organisation_behind(participant, body.last.network, history)
    return None if organisation is None else SeatWord(participant, organisation)


class SeatHolder(NamedTuple):
    """A person, as far as one is the same from seat to seat: in one organisation."""

    organisation: str
    person: str


def seat_holders(
    version: BodyChartered, history: History, day: date
) -> set[SeatHolder]:
    """Who holds any seat of a body on a day."""
    if version.network is None:
        return set()
    declared = history.state(PARTICIPATION, version.network).declared
    said = seatings(version.body, version.seats, history)
    found = (holder(each, day) for each in said.values())
    return {
        SeatHolder(declared[term.participant].organisation, term.person)
        for term in found
        if term is not None and term.participant in declared
    }


def coverage(name: str, history: History, day: date) -> Mapping[str, bool]:
    """Whether each network group of an operating group's network is covered (S4-78).

    A group is covered when a person holds a seat in it and one here: so one person
    covers every such group (K-21), and a group without a holder is not covered.
    Other bodies cover none.
    """
    version = history.state(BODY, name).last
    if (
        version is None
        or version.kind is not BodyKind.OPERATING_GROUP
        or version.network is None
    ):
        return {}
    here = seat_holders(version, history, day)
    groups = bodies_of(version.network, history, BodyKind.NETWORK_GROUP)
    return {
        group: bool(here & seat_holders(chartered, history, day))
        for group, chartered in groups.items()
    }


def covered(name: str, history: History, day: date) -> tuple[str, ...]:
    """Network groups that an operating group covers on a day, by name."""
    return tuple(group for group, has in coverage(name, history, day).items() if has)


def uncovered(name: str, history: History, day: date) -> tuple[str, ...]:
    """Network groups that an operating group does not cover on a day, by name."""
    groups = coverage(name, history, day)
    return tuple(group for group, has in groups.items() if not has)


class Election(NamedTuple):
    """An election, and whom it elected: who held the seat as far as was known then."""

    fact: ChairElected
    elected: SeatTerm | None


def last_election(name: str, history: History) -> Election | None:
    """Election of a body that was recorded last."""
    entries = history.entries(BODY, (name,))[name]
    last = next(
        (each for each in reversed(entries) if isinstance(each.fact, ChairElected)),
        None,
    )
    if last is None:
        return None
    fact = last.fact
    assert isinstance(fact, ChairElected), "it was looked for"
    key = seat_key(name, fact.seat)
    said = history.entries(SEAT, (key,))[key]
    known = (each.fact for each in said if each.known_to(last))
    seating = reduce(SEAT.evolve, known, SEAT.initial)
    return Election(fact, holder(seating, fact.elected_on))


def chair(name: str, history: History, day: date) -> str | None:
    """Seat of a body's chair on a day.

    It is that of the last election, while the person elected holds it.
    """
    body = history.state(BODY, name)
    election = last_election(name, history)
    if election is None:
        return None
    fact, elected = election
    seat = body.seat(fact.seat)
    if seat is None or elected is None or not fact.elected_on <= day <= fact.until_on:
        return None
    now = holder(seatings(name, (seat,), history)[seat.seat], day)
    return seat.seat if now is not None and now.person == elected.person else None


@dataclass(frozen=True, slots=True)
class BodyView:
    """A body on a day, as it is told."""

    body: str
    chair: str | None
    """A seat."""
    vacant: tuple[str, ...]
    """Seats, mandatory or not, that nobody holds."""
    uncovered: tuple[str, ...]
    """Network groups that an operating group does not cover; of others, none."""


def body_on(name: str, history: History, day: date) -> BodyView:
    """Look at a body on a day."""
    return BodyView(
        name,
        chair(name, history, day),
        vacant(name, history, day),
        uncovered(name, history, day),
    )
