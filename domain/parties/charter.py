"""A network's charter: what it is, what it rests on, what it is to reach."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated

from pydantic import Field

from domain.document import Document
from domain.fact import Command, Fact, Message
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.network import NetworkEstablished, coordinating
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Day, FreeText, Key, Name, NewName, VersionNumber
from domain.warning import RuleWarning, WarningCode


class CharterWarning(WarningCode):
    """What is warned of in a charter."""

    DOCUMENT_EXPIRED = "document_expired", "S4-42"
    """Also S4-44."""


class Foundation(Message):
    """A document that a network rests on (S4-40)."""

    title: FreeText
    kind: Key
    clause: FreeText = ""
    valid_until: Day | None = None


class CharterMilestone(Message):
    """What a network is to reach by a day (S1-39)."""

    milestone: NewName
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

    def numbered(self, version: int) -> NetworkChartered | None:
        """Version of a number, if it was recorded."""
        return self.versions[version - 1] if version <= len(self.versions) else None

    @property
    def milestones(self) -> frozenset[str]:
        """Names of all that the network was ever to reach."""
        return frozenset(
            each.milestone for version in self.versions for each in version.milestones
        )


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


# Commands and their decisions


class CharterNetwork(Command):
    """Say what a network is, by the next version of its charter (S1-01, S1-03)."""

    network: NewName = Field(examples=["ms"])
    version: VersionNumber = Field(examples=[1])
    clinic: FreeText = ""
    """The clinic that the network belongs to (S1-03)."""
    predecessor: FreeText = ""
    initiator: FreeText = ""
    background: Document | None = None
    user_benefit: Document | None = None
    exit_plan: Document | None = None
    """Who does the network's work when it is over (S1-36)."""
    posts_reason: Document | None = None
    """Why there are part-time posts (S1-32)."""
    organisation: Document | None = None
    leadership: Document | None = None
    arenas: Document | None = None
    founded_on: Annotated[tuple[Foundation, ...], Field(max_length=100)] = ()
    """The documents that the network rests on, each title once (S4-40)."""
    milestones: Annotated[tuple[CharterMilestone, ...], Field(max_length=100)] = ()
    """What the network is to reach, each name once (S1-39)."""


def charter_network(
    command: CharterNetwork, asked: Asked, history: History
) -> Decision:
    """Decide on a charter: a version known already, or the next one."""
    _, region = coordinating(command.network, asked, history)
    charter = history.state(CHARTER, command.network)
    fact = _as_fact(command)
    known = charter.numbered(command.version)
    if known is not None:
        if known == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "version")
    if command.version != len(charter.versions) + 1:
        raise Refusal(Code.INVALID_ROW, "version")
    return (Append(CHARTER.stream(region, command.network), fact),)


def expired_documents(
    network: str, day: date, history: History
) -> Iterator[RuleWarning]:
    """Warn of what a network rests on and is valid no more (S4-42, S4-44)."""
    last = history.state(CHARTER, network).last
    for foundation in () if last is None else last.founded_on:
        if foundation.valid_until is not None and foundation.valid_until < day:
            values = {
                "network": network,
                "title": foundation.title,
                "day": foundation.valid_until.isoformat(),
            }
            yield RuleWarning(CharterWarning.DOCUMENT_EXPIRED, values)


def _warned(
    command: CharterNetwork, asked: Asked, history: History, _: Sequence[Fact]
) -> Iterator[RuleWarning]:
    return expired_documents(command.network, asked.today, history)


declare(
    CharterNetwork,
    charter_network,
    Authority(
        Asks.COORDINATOR,
        {Role.SECRETARY},
        {NetworkEstablished: Code.UNKNOWN_NETWORK},
        "itself: what the network is still lacking follows from it",
    ),
    NetworkChartered,
    warns=_warned,
)


def _as_fact(command: CharterNetwork) -> NetworkChartered:
    """Charter in the order that says nothing; refuse what stands in it twice."""
    titles = [each.title for each in command.founded_on]
    names = [each.milestone for each in command.milestones]
    _once(titles, "founded_on")
    _once(names, "milestones")
    members = {
        **dict(command),
        "founded_on": tuple(sorted(command.founded_on, key=lambda each: each.title)),
        "milestones": tuple(
            sorted(command.milestones, key=lambda each: each.milestone)
        ),
    }
    return NetworkChartered(**members)


def _once(names: Sequence[str], member: str) -> None:
    if len(names) != len({*names}):
        raise Refusal(Code.INVALID_ROW, member)


class ReachMilestone(Command):
    """Say that a network has reached a milestone of its charter (S1-39)."""

    network: NewName = Field(examples=["ms"])
    milestone: NewName = Field(examples=["registry"])
    reached_on: Day


def reach_milestone(
    command: ReachMilestone, asked: Asked, history: History
) -> Decision:
    """Decide on a milestone: one of the charter, once, on a day that has come."""
    _, region = coordinating(command.network, asked, history)
    charter = history.state(CHARTER, command.network)
    if command.milestone not in charter.milestones:
        raise Refusal(Code.INVALID_ROW, "milestone")
    fact = MilestoneReached(**dict(command))
    known = charter.reached.get(command.milestone)
    if known is not None:
        if known == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "milestone")
    if command.reached_on > asked.today:
        raise Refusal(Code.INVALID_ROW, "reached_on")
    return (Append(CHARTER.stream(region, command.network), fact),)


declare(
    ReachMilestone,
    reach_milestone,
    Authority(
        Asks.COORDINATOR,
        {Role.SECRETARY},
        {
            NetworkEstablished: Code.UNKNOWN_NETWORK,
            NetworkChartered: Code.INVALID_ROW,
        },
        "itself",
    ),
    MilestoneReached,
)
