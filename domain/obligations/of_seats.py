"""What participants owe of the seats of a body: holders, welcomes, meetings, reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from domain.governance.activity import activity_key
from domain.governance.body import BodyKind, Seat, bodies_of
from domain.governance.gathering import GatheringKind, gatherings_with
from domain.governance.holding import SeatTerm, holder, terms
from domain.governance.seat import SEAT, SeatFilled, Seating, SeatVacated, seat_key
from domain.history import RecordedFact
from domain.obligations.obligation import (
    Obligation,
    days_after,
    first,
    months_before,
)
from domain.obligations.of_bodies import KnownBody
from domain.obligations.of_networks import reported_on
from domain.values import day_before

VACANCY_DAYS = 60
"""Within which a vacant seat is filled (S4-11, K-26)."""
WELCOME_DAYS = 60
"""Within which a new holder is met; own, no source says it (S4-13)."""
SECRETARIAT = "secretariat"
"""A seat of this name is told of vacancies, where there is one (S4-12, K-25)."""
_TOLD = (BodyKind.COORDINATING_UNIT, BodyKind.OPERATING_GROUP)


@dataclass(frozen=True, slots=True)
class _KnownSeat:
    """A seat with what its obligations are read from."""

    body: KnownBody
    seat: Seat
    seating: Seating
    terms: tuple[SeatTerm, ...]
    entries: tuple[RecordedFact, ...]

    @property
    def id(self) -> str:
        return f"seat/{self.place}"

    @property
    def place(self) -> str:
        """As gatherings and reports name it."""
        return f"{self.body.name}/{self.seat.seat}"

    def met(self, kind: GatheringKind) -> Sequence[date]:
        """Days of the meetings of a kind with its holder, of whichever body."""
        found = gatherings_with(self.place, kind, self.body.history)
        return [each.held_on for each in found]


def of_seats(body: KnownBody) -> Iterator[Obligation]:
    """What is owed of the seats of a body's last version."""
    keys = [seat_key(body.name, each.seat) for each in body.last.seats]
    entries = body.history.entries(SEAT, keys)
    for seat, key in zip(body.last.seats, keys, strict=True):
        seating = SEAT.initial
        for entry in entries[key]:
            seating = SEAT.evolve(seating, entry.fact)
        known = _KnownSeat(body, seat, seating, terms(seating), tuple(entries[key]))
        yield from body.standing(_of_seat(known))


def _of_seat(seat: _KnownSeat) -> Iterator[Obligation]:
    yield from _vacancies(seat)
    yield from _renewals(seat)
    if seat.body.last.kind is BodyKind.NETWORK_GROUP:
        yield from _welcomes(seat)
        yield from _yearly(seat)


def _vacancies(seat: _KnownSeat) -> Iterator[Obligation]:
    vacated: dict[date, int] = {}
    for index, entry in enumerate(seat.entries):
        if isinstance(entry.fact, SeatVacated):
            vacated[entry.fact.left_on] = index
    told = tuple(sorted(_told(seat.body))) if vacated else ()
    for left_on, index in vacated.items():
        filled = (
            entry.recorded_on
            for entry in seat.entries[index + 1 :]
            if isinstance(entry.fact, SeatFilled) and entry.fact.from_on >= left_on
        )
        (due_on,) = days_after(left_on, VACANCY_DAYS)
        yield Obligation(
            f"{seat.id}/vacancy/{left_on}",
            "S4-11",
            seat.body.organisation_of(next(iter(seat.seat.participants), "")),
            due_on,
            days_after(left_on, 14, 30),
            due_on,
            done_on=first(filled),
            tell=told,
        )


def _told(body: KnownBody) -> set[str]:
    """Organisations of the network's coordinating unit and operating groups."""
    network = body.last.network
    if network is None:
        return set()
    found = bodies_of(network, body.history)
    told = {each.organisation for each in found.values() if each.kind in _TOLD}
    for each in found.values():
        for seat in each.seats:
            if seat.seat == SECRETARIAT:
                told |= {body.organisation_of(name) for name in seat.participants}
    return told


def _renewals(seat: _KnownSeat) -> Iterator[Obligation]:
    ends = {term.filled.until_on: term for term in seat.terms if term.vacated is None}
    for until_on, term in ends.items():
        later = (
            entry.recorded_on
            for entry in seat.entries
            if isinstance(entry.fact, SeatFilled) and entry.fact.until_on > until_on
        )
        yield Obligation(
            f"{seat.id}/renewal/{until_on}",
            "S4-79",
            seat.body.organisation_of(term.participant),
            until_on,
            months_before(until_on, 6, 3),
            done_on=first(later),
        )


def _welcomes(seat: _KnownSeat) -> Iterator[Obligation]:
    held = seat.met(GatheringKind.EXPECTATION_MEETING)
    of_day = {term.from_on: term for term in seat.terms}
    for from_on, term in of_day.items():
        (due_on,) = days_after(from_on, WELCOME_DAYS)
        if term.vacated is not None and term.vacated.left_on <= due_on:
            continue
        met = (day for day in held if term.holds(day))
        yield Obligation(
            f"{seat.id}/welcome/{from_on}",
            "S4-13",
            seat.body.organisation_of(term.participant),
            due_on,
            days_after(from_on, 14, 30),
            done_on=first(met),
        )


def _yearly(seat: _KnownSeat) -> Iterator[Obligation]:
    """Meeting with the employer and report, of who holds the seat on 1 July."""
    held = seat.met(GatheringKind.EMPLOYER_MEETING)
    reported = reported_on(activity_key(seat.place), seat.body.history)
    for year in _years_held(seat):
        held_by = holder(seat.seating, date(year, 7, 1))
        if held_by is None:
            continue
        owed_by = seat.body.organisation_of(held_by.participant)
        met = (day for day in held if day.year == year)
        yield Obligation(
            f"{seat.id}/meeting/{year}",
            "S4-14",
            owed_by,
            date(year, 12, 31),
            (date(year, 10, 1), date(year, 12, 1)),
            done_on=first(met),
        )
        due_on = date(year + 1, 1, 31)
        yield Obligation(
            f"{seat.id}/report/{year}",
            "S4-68",
            owed_by,
            due_on,
            (date(year, 12, 1), day_before(date(year + 1, 1, 16))),
            done_on=reported.get(year),
        )


def _years_held(seat: _KnownSeat) -> range:
    if not seat.terms:
        return range(0)
    first_year = min(term.from_on.year for term in seat.terms)
    last_year = max(term.until_on.year for term in seat.terms)
    return range(first_year, min(last_year, seat.body.until_year) + 1)
