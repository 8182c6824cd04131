"""Calls: one event holds all rules of a version; the funder publishes in its region."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.fact import Fact
from domain.grants.rules import CallRules
from domain.history import Category, ShownTo
from domain.values import Name, OrganisationNumber, Text, VersionNumber


class CallPublished(Fact, name="call.published.v1", found_by=("call",)):
    """A funder publishes a version of a call."""

    call: Name
    version: VersionNumber
    rules: CallRules
    reason: Text
    """Why there is another version; empty for the first."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call's versions, in order; the funder is that of the first."""

    versions: tuple[CallPublished, ...] = ()

    @property
    def latest(self) -> CallPublished | None:
        """The latest version, if any was published."""
        return self.versions[-1] if self.versions else None

    def version(self, number: int) -> CallPublished | None:
        """A version by its number."""
        return self.versions[number - 1] if 0 < number <= len(self.versions) else None


def evolve(state: Call, fact: Fact) -> Call:
    """Fold one fact: versions come in order, all of one funder."""
    match fact:
        case CallPublished() if fact.version == len(state.versions) + 1:
            first = state.versions[0] if state.versions else fact
            if first.rules.funder != fact.rules.funder:
                return state
            return Call((*state.versions, fact))
        case _:
            return state


CALL = Category(
    "call", Call(), evolve, holds=(CallPublished,), shown_to=ShownTo.MEMBERS
)


class ApplicationListed(Fact, name="call.application_listed.v1"):
    """An application was submitted in a call for the first time."""

    call: Name
    application: Name
    trust: OrganisationNumber


@dataclass(frozen=True, slots=True)
class CallApplications:
    """The applications that were ever submitted in a call, each with its trust."""

    trusts: Mapping[str, str] = field(default_factory=dict)


def evolve_applications(state: CallApplications, fact: Fact) -> CallApplications:
    """Fold one fact; the first listing of a name stays."""
    match fact:
        case ApplicationListed():
            return CallApplications({fact.application: fact.trust, **state.trusts})
        case _:
            return state


CALL_APPLICATIONS = Category(
    "call-applications",
    CallApplications(),
    evolve_applications,
    holds=(ApplicationListed,),
    shown_to=ShownTo.MEMBERS,
)
