"""Calls: one event holds all rules of a version; the funder publishes in its region."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import Field

from domain.fact import Command, Fact
from domain.firsts import Firsts
from domain.grants.codes import GrantCode, GrantWarning
from domain.grants.rules import CallRules
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.organisation import (
    REGISTERED,
    known_organisation,
    registered,
    require_party,
)
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    FreeText,
    Name,
    NewName,
    OrganisationNumber,
    Text,
    VersionNumber,
)
from domain.warning import RuleWarning


class CallPublished(Fact, name="call.published.v1", found_by=("call",)):
    """A funder publishes a version of a call."""

    call: Name
    version: VersionNumber
    rules: CallRules
    reason: Text
    """Why there is another version; empty for the first."""


@dataclass(frozen=True, slots=True)
class CallVersions:
    """A call's versions, in order; the funder is that of the first."""

    versions: tuple[CallPublished, ...] = ()

    @property
    def latest(self) -> CallPublished | None:
        """The latest version, if any was published."""
        return self.versions[-1] if self.versions else None

    def version(self, number: int) -> CallPublished | None:
        """A version by its number."""
        return self.versions[number - 1] if 0 < number <= len(self.versions) else None


def evolve(state: CallVersions, fact: Fact) -> CallVersions:
    """Fold one fact: versions come in order, all of one funder."""
    match fact:
        case CallPublished() if fact.version == len(state.versions) + 1:
            first = state.versions[0] if state.versions else fact
            if first.rules.funder != fact.rules.funder:
                return state
            return CallVersions((*state.versions, fact))
        case _:
            return state


CALL = Category(
    "call", CallVersions(), evolve, holds=(CallPublished,), shown_to=ShownTo.MEMBERS
)


class PublishCall(Command):
    """Publish a call, or a new version of one, as its funder."""

    call: NewName = Field(examples=["hn-2025"])
    """The call's key."""
    version: VersionNumber
    """1, or the next one."""
    rules: CallRules
    """All rules of this version; the last day to apply may be another than before."""
    reason: FreeText = ""
    """Why there is another version; empty for the first."""


def publish(command: PublishCall, asked: Asked, history: History) -> Decision:
    """Decide on a version of a call: the next one, of the same funder."""
    fact = CallPublished(**dict(command))
    funder = known_organisation(command.rules.funder, "rules.funder", history)
    require_party(asked, funder.org_number, funder.region)
    call = history.state(CALL, command.call)
    known = call.version(command.version)
    if known is not None:
        if known == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "version")
    if command.version != len(call.versions) + 1:
        raise Refusal(Code.INVALID_ROW, "version")
    deadline = command.rules.deadline
    if deadline is not None and deadline < asked.today:
        raise Refusal(GrantCode.CALL_CLOSED, "rules.deadline")
    if call.versions:
        first = registered(call.versions[0].rules.funder, "rules.funder", history)
        require_party(asked, first.org_number, first.region)
    return (Append(CALL.stream(funder.region, command.call), fact),)


def warnings_of_call(
    name: str, day: date, history: History
) -> Sequence[RuleWarning] | None:
    """List what is warned of in a call; None where there is none of the name.

    A priority whose plan is valid no more (S2-22).
    """
    latest = history.state(CALL, name).latest
    if latest is None:
        return None
    return [
        RuleWarning(
            GrantWarning.PRIORITY_EXPIRED,
            {
                "call": name,
                "title": each.words,
                "day": each.valid_until.isoformat(),
            },
        )
        for each in latest.rules.priorities
        if each.valid_until is not None and each.valid_until < day
    ]


def _warned(
    command: PublishCall, asked: Asked, history: History, _: Sequence[Fact]
) -> Iterator[RuleWarning]:
    yield from warnings_of_call(command.call, asked.today, history) or ()


declare(
    PublishCall,
    publish,
    Authority(
        Asks.FUNDER,
        {Role.DECIDER},
        REGISTERED,
        "itself: applications are judged by the version that they were submitted in",
    ),
    CallPublished,
    warns=_warned,
)


class ApplicationListed(
    Fact, name="call.application_listed.v1", found_by=("application", "call")
):
    """An application was submitted in a call for the first time."""

    call: Name
    application: Name
    trust: OrganisationNumber


@dataclass(frozen=True, slots=True)
class CallApplications:
    """The applications that were ever submitted in a call, each with its trust."""

    trusts: Firsts[str, str] = field(default_factory=Firsts)


def evolve_applications(state: CallApplications, fact: Fact) -> CallApplications:
    """Fold one fact; the first listing of a name stays."""
    match fact:
        case ApplicationListed():
            return CallApplications(state.trusts.then(fact.application, fact.trust))
        case _:
            return state


CALL_APPLICATIONS = Category(
    "call-applications",
    CallApplications(),
    evolve_applications,
    holds=(ApplicationListed,),
    shown_to=ShownTo.MEMBERS,
)
