"""Yearly reports of networks, bodies and the holders of seats."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.document import Section
from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.values import Text, Year


class ActivityReported(Fact, name="activity.reported.v1"):
    """A network, a body or a seat's holder reports on a year."""

    of: Text
    """A network, a body, or ``body/seat``."""
    year: Year
    to: tuple[Text, ...]
    """To whom: a network's RHF, a body's superior, a seat's body and own leader."""
    sections: tuple[Section, ...] = ()
    reference: Text = ""
    """In eRapport, where it was reported there (S1-40)."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Reports by year; the first of a year stays."""

    reported: Mapping[int, ActivityReported] = field(default_factory=dict)


def evolve(state: Activity, fact: Fact) -> Activity:
    """Fold one fact."""
    match fact:
        case ActivityReported() if fact.year not in state.reported:
            return Activity({**state.reported, fact.year: fact})
        case _:
            return state


ACTIVITY = Category(
    "activity",
    Activity(),
    evolve,
    holds=(ActivityReported,),
    shown_to=ShownTo.MEMBERS,
)
"""By a network, a body, or ``body:seat``."""
