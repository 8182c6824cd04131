"""Gatherings and meetings of a body, or of a participant with its own person."""

from dataclasses import dataclass
from enum import StrEnum

from domain.document import Document
from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.values import Day, Name, Text


class GatheringKind(StrEnum):
    """What is held."""

    LOCAL = "local"
    JOINT = "joint"
    PROFESSIONAL_DAY = "professional_day"
    INTRODUCTION_COURSE = "introduction_course"
    SEMINAR = "seminar"
    EXPECTATION_MEETING = "expectation_meeting"
    EMPLOYER_MEETING = "employer_meeting"
    MEETING = "meeting"


class GatheringHeld(Fact, name="gathering.held.v1"):
    """A gathering or a meeting was held."""

    body: Name
    gathering: Name
    kind: GatheringKind
    held_on: Day
    host: Name | None = None
    """A participant of the body's network."""
    co_organiser: Name | None = None
    attended: tuple[Text, ...] = ()
    """Bodies, or ``body/seat``."""
    minutes: Document | None = None


@dataclass(frozen=True, slots=True)
class Gatherings:
    """A body's gatherings, in the order of recording; the first of a name stays."""

    held: tuple[GatheringHeld, ...] = ()


def evolve(state: Gatherings, fact: Fact) -> Gatherings:
    """Fold one fact."""
    match fact:
        case GatheringHeld() if fact.gathering not in {g.gathering for g in state.held}:
            return Gatherings((*state.held, fact))
        case _:
            return state


GATHERINGS = Category(
    "gatherings",
    Gatherings(),
    evolve,
    holds=(GatheringHeld,),
    shown_to=ShownTo.MEMBERS,
)
