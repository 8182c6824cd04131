"""Who fills a part-time post, recorded by the trust that hosts it.

A holder is a pseudonym that the host's own region can resolve; the name never
enters a fact (law 8).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from domain.agreements.accrual import StaffingChange
from domain.agreements.agreement import AGREEMENT, POST
from domain.agreements.answer import ANSWERS, accepted
from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History
from domain.parties.organisation import registered, wrong_party
from domain.refusal import Code, Refusal
from domain.values import Day, Name, NewName, PersonReference


class Change(StrEnum):
    """What happened to a post."""

    FILLED = "filled"
    VACATED = "vacated"


class PostFilled(Fact):
    """Somebody holds the post from a day on."""

    TYPE: ClassVar[str] = "post.filled.v1"

    post: Name
    agreement: Name
    effective_on: Day
    holder: PersonReference


class PostVacated(Fact):
    """Nobody holds the post from a day on."""

    TYPE: ClassVar[str] = "post.vacated.v1"

    post: Name
    agreement: Name
    effective_on: Day


@dataclass(frozen=True, slots=True)
class Staffing:
    """The changes of one post, in the order in which they were recorded."""

    changes: tuple[StaffingChange, ...] = ()
    facts: tuple[PostFilled | PostVacated, ...] = ()

    def changes_in(self, agreement: str) -> tuple[StaffingChange, ...]:
        """Return those that are about the post of an agreement.

        Two regions may have claimed one name before they heard of each other.
        """
        both = zip(self.changes, self.facts, strict=True)
        return tuple(change for change, fact in both if fact.agreement == agreement)

    def last_on(self, day: date) -> PostFilled | PostVacated | None:
        """Return the change that counts on its effective day."""
        return next((f for f in reversed(self.facts) if f.effective_on == day), None)


def evolve(state: Staffing, fact: Fact) -> Staffing:
    """Fold one fact."""
    match fact:
        case PostFilled() | PostVacated():
            change = StaffingChange(fact.effective_on, isinstance(fact, PostFilled))
            return Staffing((*state.changes, change), (*state.facts, fact))
        case _:
            return state


STAFFING = Category("staffing", Staffing(), evolve)


class RecordStaffing(Command):
    """Record that a post is filled or vacated, as the trust that hosts it."""

    post: NewName
    change: Change
    effective_on: Day
    holder: PersonReference = ""


def record(
    command: RecordStaffing, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide on a change: of a proposed post, by its host (S1-05)."""
    agreement = history.state(POST, command.post).agreement
    if agreement is None:
        return Refusal(Code.UNKNOWN_POST, "post", {"post": command.post})
    versions = history.state(AGREEMENT, agreement)
    signed = accepted(versions, history.state(ANSWERS, agreement))
    terms = signed[-1] if signed else versions.versions[max(versions.versions)].terms
    host = registered(terms.payee, "post", history)
    if isinstance(host, Refusal):
        return host
    refused = wrong_party(asked, host.org_number, host.region)
    if refused is not None:
        return refused
    fact: PostFilled | PostVacated
    if command.change is Change.FILLED:
        fact = PostFilled(
            post=command.post,
            agreement=agreement,
            effective_on=command.effective_on,
            holder=command.holder,
        )
    else:
        fact = PostVacated(
            post=command.post,
            agreement=agreement,
            effective_on=command.effective_on,
        )
    if history.state(STAFFING, command.post).last_on(fact.effective_on) == fact:
        return ()
    return (Append(STAFFING.stream(host.region, command.post), fact),)
