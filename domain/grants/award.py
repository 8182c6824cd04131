"""Awards of a call, in one stream: the pot is decided on in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from domain.fact import Fact
from domain.firsts import Firsts
from domain.grants.application import Revision
from domain.history import Category, ShownTo
from domain.values import CostOre, Day, Key, KnownPerson, Name, Text


class AwardOutcome(StrEnum):
    """What the funder decides on an application."""

    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REJECTED = "rejected"


class ApplicationDecided(
    Fact, name="application.decided.v1", found_by=("application", "call")
):
    """The funder decides on an application."""

    call: Name
    application: Name
    revision: Revision
    outcome: AwardOutcome
    amount_ore: CostOre
    split: Key | None = None
    reason: Text
    role: Key
    decided_by: KnownPerson
    decided_on: Day


class AwardsAnnounced(Fact, name="call.announced.v1", found_by=("call",)):
    """The funder announces what it has decided in a call."""

    call: Name
    announced_on: Day
    applications: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Awards:
    """What was decided in a call, by application, and whether it was announced."""

    decided: Firsts[str, ApplicationDecided] = field(default_factory=Firsts)
    awarded_ore: int = 0
    """All money that was awarded: also what was decided on a name that turned out to be
    another trust's took of the pot."""
    by_split: Mapping[str, int] = field(default_factory=dict)
    """The part of it that was awarded of each share of the pot."""
    announced: AwardsAnnounced | None = None

    def of_split(self, split: str) -> int:
        """Money that was awarded of a share of the pot."""
        return self.by_split.get(split, 0)


def evolve(state: Awards, fact: Fact) -> Awards:
    """Fold one fact; the first decision on an application stays."""
    match fact:
        case ApplicationDecided():
            by_split = state.by_split
            if fact.split is not None:
                of_split = state.of_split(fact.split) + fact.amount_ore
                by_split = {**by_split, fact.split: of_split}
            return Awards(
                state.decided.then(fact.application, fact),
                state.awarded_ore + fact.amount_ore,
                by_split,
                state.announced,
            )
        case AwardsAnnounced() if state.announced is None:
            return replace(state, announced=fact)
        case _:
            return state


AWARDS = Category(
    "awards",
    Awards(),
    evolve,
    holds=(ApplicationDecided, AwardsAnnounced),
    shown_to=ShownTo.MEMBERS,
)
