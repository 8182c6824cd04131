"""Who holds a seat of a body: nominated, filled, vacated, in the order of recording."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator

from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.texts import one_blank
from domain.values import Day, FreeText, KnownPerson, LastDay, Name

SeatPlace = Annotated[FreeText, BeforeValidator(one_blank)]
"""A seat as ``body/seat``, or something else by its name alone, such as a body."""


class SeatNominated(Fact, name="seat.nominated.v1"):
    """A participant nominates a person, for the body that appoints."""

    body: Name
    seat: Name
    participant: Name
    person: KnownPerson


class SeatFilled(Fact, name="seat.filled.v1"):
    """A person holds the seat for a term."""

    body: Name
    seat: Name
    participant: Name
    person: KnownPerson
    from_on: Day
    until_on: LastDay


class SeatVacated(Fact, name="seat.vacated.v1"):
    """The holder has left the seat; the day before is the last of the term."""

    body: Name
    seat: Name
    participant: Name
    left_on: Day


SeatFact = SeatNominated | SeatFilled | SeatVacated


@dataclass(frozen=True, slots=True)
class Seating:
    """All that was said of a seat, in the order of recording."""

    facts: tuple[SeatFact, ...] = ()


def evolve(state: Seating, fact: Fact) -> Seating:
    """Fold one fact."""
    match fact:
        case SeatNominated() | SeatFilled() | SeatVacated():
            return Seating((*state.facts, fact))
        case _:
            return state


SEAT = Category(
    "seat",
    Seating(),
    evolve,
    holds=(SeatNominated, SeatFilled, SeatVacated),
    shown_to=ShownTo.MEMBERS,
)


def seat_key(body: str, seat: str) -> str:
    """Key of a seat's stream."""
    return f"{body}:{seat}"
