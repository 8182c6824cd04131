"""A network's charter: what it is, what it rests on, what it is to reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.document import Document
from domain.fact import Fact, Message
from domain.history import Category, ShownTo
from domain.values import Day, FreeText, Key, Name, VersionNumber


class Foundation(Message):
    """A document that a network rests on (S4-40)."""

    title: FreeText
    kind: Key
    clause: FreeText = ""
    valid_until: Day | None = None


class CharterMilestone(Message):
    """What a network is to reach by a day (S1-39)."""

    milestone: Name
    due_on: Day
    text: FreeText


class NetworkChartered(Fact, name="network.chartered.v1", found_by=("network",)):
    """The coordinating organisation says what the network is."""

    network: Name
    version: VersionNumber
    clinic: FreeText
    predecessor: FreeText
    initiator: FreeText
    background: Document | None = None
    user_benefit: Document | None = None
    exit_plan: Document | None = None
    posts_reason: Document | None = None
    organisation: Document | None = None
    leadership: Document | None = None
    arenas: Document | None = None
    founded_on: tuple[Foundation, ...] = ()
    milestones: tuple[CharterMilestone, ...] = ()


class MilestoneReached(Fact, name="network.milestone_reached.v1"):
    """A network has reached a milestone."""

    network: Name
    milestone: Name
    reached_on: Day


@dataclass(frozen=True, slots=True)
class Charter:
    """The versions of a network's charter, in order, and what was reached."""

    versions: tuple[NetworkChartered, ...] = ()
    reached: Mapping[str, MilestoneReached] = field(default_factory=dict)

    @property
    def last(self) -> NetworkChartered | None:
        """The one that counts."""
        return self.versions[-1] if self.versions else None


def evolve(state: Charter, fact: Fact) -> Charter:
    """Fold one fact."""
    match fact:
        case NetworkChartered() if fact.version == len(state.versions) + 1:
            return replace(state, versions=(*state.versions, fact))
        case MilestoneReached() if fact.milestone not in state.reached:
            return replace(state, reached={**state.reached, fact.milestone: fact})
        case _:
            return state


CHARTER = Category(
    "charter",
    Charter(),
    evolve,
    holds=(NetworkChartered, MilestoneReached),
    shown_to=ShownTo.MEMBERS,
)
