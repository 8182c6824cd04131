"""Who fills a part-time post, recorded by the trust that hosts it.

A holder is a pseudonym that the host's own region can resolve; the name never
enters a fact (law 8).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce

from domain.agreements.accrual import StaffingChange, filled
from domain.agreements.agreement import (
    Agreement,
    PostPlanned,
    Terms,
    agreement_named,
    holders,
)
from domain.agreements.answer import ANSWERS, accepted
from domain.agreements.warned import of_agreement
from domain.fact import Command, Fact
from domain.history import (
    Append,
    Asked,
    Category,
    Decision,
    History,
    RecordedFact,
    ShownTo,
)
from domain.kind import Asks, Authority, Facts, declare, members_of
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Day, Name, NewName, PersonReference
from domain.warning import RuleWarning, WarningCode


class Change(StrEnum):
    """What happened to a post."""

    FILLED = "filled"
    VACATED = "vacated"


class PostFilled(Fact, name="post.filled.v1"):
    """Somebody holds the post from a day on."""

    post: Name
    agreement: Name
    effective_on: Day
    holder: PersonReference


class PostVacated(Fact, name="post.vacated.v1"):
    """Nobody holds the post from a day on."""

    post: Name
    agreement: Name
    effective_on: Day


@dataclass(frozen=True, slots=True)
class Staffing:
    """The changes of one post, in the order in which they were recorded."""

    changes: tuple[StaffingChange, ...] = ()
    facts: tuple[PostFilled | PostVacated, ...] = ()

    def last_on(self, day: date) -> PostFilled | PostVacated | None:
        """Change that counts on its effective day: the last one recorded."""
        return next((f for f in reversed(self.facts) if f.effective_on == day), None)


def evolve(state: Staffing, fact: Fact) -> Staffing:
    """Fold one fact."""
    match fact:
        case PostFilled() | PostVacated():
            change = StaffingChange(fact.effective_on, isinstance(fact, PostFilled))
            return Staffing((*state.changes, change), (*state.facts, fact))
        case _:
            return state


STAFFING = Category(
    "staffing",
    Staffing(),
    evolve,
    holds=(PostFilled, PostVacated),
    shown_to=ShownTo.MEMBERS,
)


def is_about(agreement: Agreement, entry: RecordedFact) -> bool:
    """Whether a change is of a post of this agreement, not of another's of its name."""
    fact = entry.fact
    ours = isinstance(fact, PostFilled | PostVacated) and (
        fact.agreement == agreement.name
    )
    return ours and agreement.concerns(entry)


def staffing_of(
    agreement: Agreement, posts: Collection[str], history: History
) -> Mapping[str, Staffing]:
    """Staffing of some posts of an agreement, by post."""
    return {
        post: reduce(
            evolve,
            (entry.fact for entry in entries if is_about(agreement, entry)),
            STAFFING.initial,
        )
        for post, entries in history.entries(STAFFING, posts).items()
    }


class RecordStaffing(Command):
    """Record that a post is filled or vacated, as its host (S1-05)."""

    post: NewName
    change: Change
    effective_on: Day
    holder: PersonReference = ""
    """Who fills the post. Stays in the host's region: only a pseudonym is recorded."""
    agreement: NewName | None = None
    """Whose post it is, where several agreements with the host have one of the name."""


def _holder(
    command: RecordStaffing, asked: Asked, history: History
) -> tuple[Agreement, Terms]:
    """Agreement whose post is meant: the one named, or the host's own.

    What is only proposed takes no post from what both have signed. Where several are
    signed, the host must say which.
    """
    candidates = [
        (agreement, agreement.terms)
        for agreement in holders((command.post,), history)[command.post]
        if agreement.terms is not None and command.agreement in {None, agreement.name}
    ]
    if not candidates:
        raise Refusal(Code.UNKNOWN_POST, "post", {"post": command.post})
    own = [each for each in candidates if each[1].payee == asked.organisation]
    answers = history.states(ANSWERS, {holder.name for holder, _ in own})
    signed = [each for each in own if accepted(each[0], answers[each[0].name])]
    if len(signed) > 1:
        values = {"post": command.post, "agreement": signed[0][0].name}
        raise Refusal(Code.CONFLICTING_ROW, "agreement", values)
    return next(iter((*signed, *own, *candidates)))


class StaffingWarning(WarningCode):
    """Why is warned of a post."""

    POST_NOT_AGREED = "post_not_agreed", "S1-08"


def unagreed(agreement: str, history: History) -> Iterator[RuleWarning]:
    """Warn of posts that were filled and that no accepted version has (S1-08).

    They cost nothing until one has them.
    """
    named = agreement_named(agreement, history)
    signed = accepted(named, history.state(ANSWERS, agreement))
    agreed = {post.post for terms in signed for post in terms.posts}
    proposed = {
        post.post for each in named.versions.values() for post in each.terms.posts
    }
    staffing = staffing_of(named, proposed - agreed, history)
    for post, changes in sorted(staffing.items()):
        if filled(changes.changes):
            values = {"agreement": agreement, "post": post}
            yield RuleWarning(StaffingWarning.POST_NOT_AGREED, values)


def warnings_of_agreement(
    name: str, _: date, history: History
) -> Sequence[RuleWarning] | None:
    """List what is warned of in an agreement; None where there is none of the name."""
    if agreement_named(name, history).first is None:
        return None
    return [*of_agreement(name, history), *unagreed(name, history)]


def _warned(
    command: RecordStaffing, asked: Asked, history: History, facts: Sequence[Fact]
) -> Iterator[RuleWarning]:
    name = facts[0].agreement if facts else _holder(command, asked, history)[0].name  # type: ignore[attr-defined]
    for warning in unagreed(name, history):
        if warning.values["post"] == command.post:
            yield warning


def _restored(facts: Facts, _: History) -> Command:
    members = members_of(facts[0], "post", "effective_on", "agreement")
    if isinstance(facts[0], PostFilled):
        return RecordStaffing(**members, change=Change.FILLED, holder=facts[0].holder)
    return RecordStaffing(**members, change=Change.VACATED)


def record_staffing(
    command: RecordStaffing, asked: Asked, history: History
) -> Decision:
    """Decide on a change: of a proposed post, by its host (S1-05).

    Where agreements have posts of one name, each host says who fills its own.
    """
    found = _holder(command, asked, history)
    agreement, terms = found
    host = registered(terms.payee, "post", history)
    require_party(asked, host.org_number, host.region)
    fact: PostFilled | PostVacated
    if command.change is Change.FILLED:
        fact = PostFilled(
            post=command.post,
            agreement=agreement.name,
            effective_on=command.effective_on,
            holder=command.holder,
        )
    else:
        fact = PostVacated(
            post=command.post,
            agreement=agreement.name,
            effective_on=command.effective_on,
        )
    staffing = staffing_of(agreement, (command.post,), history)[command.post]
    if staffing.last_on(fact.effective_on) == fact:
        return ()
    return (Append(STAFFING.stream(host.region, command.post), fact),)


declare(
    RecordStaffing,
    record_staffing,
    Authority(
        Asks.HOST,
        {Role.COORDINATOR, Role.CONTROLLER},
        {PostPlanned: Code.UNKNOWN_POST},
        "the payer, as far as the terms go that it signed",
    ),
    {PostFilled: _restored, PostVacated: _restored},
    _warned,
)
