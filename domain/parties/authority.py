"""What health authorities and committees say of a network, each in its own region.

Who may say it is decided in ``governance/authority.py``, where committees are known.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from domain.document import Document
from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.values import Day, FreeText, Name, OrganisationNumber, Text


class EvaluationOutcome(StrEnum):
    """What an evaluation comes to (S1-38)."""

    RENEW = "renew"
    CLOSE = "close"


class NetworkAuthorised(Fact, name="network.authorised.v1"):
    """An authority lets a network be (S1-02, S4-06)."""

    network: Name
    authority: OrganisationNumber
    body: Name | None = None
    """The committee that decided, for a local network."""
    case_reference: FreeText = ""


class LogoGranted(Fact, name="network.logo_granted.v1"):
    """A network may use the logo (S1-21)."""

    network: Name
    authority: OrganisationNumber
    logo: Document | None = None
    effective_on: Day | None = None
    """Tells what is said anew from what is said once more."""


class NetworkEvaluated(Fact, name="network.evaluated.v1"):
    """An authority has evaluated a network in one of its periods (S1-37)."""

    network: Name
    authority: OrganisationNumber
    period: int
    """From 1: the five-year spans of a national network."""
    outcome: EvaluationOutcome
    reason: Document | None = None


class NetworkRenewed(Fact, name="network.renewed.v1", found_by=("network",)):
    """A network goes on for five years after its last day (S1-35)."""

    network: Name
    authority: OrganisationNumber
    starts_on: Day
    ends_on: Day
    effective_on: Day | None = None
    """Tells what is said anew from what is said once more."""


class NetworkClosed(Fact, name="network.closed.v1"):
    """A network ends, perhaps with a successor."""

    network: Name
    authority: OrganisationNumber
    closes_on: Day
    successor: Name | None = None
    reason: Text


@dataclass(frozen=True, slots=True)
class NetworkAuthority:
    """What authorities said of a network, in the order of recording."""

    authorised: tuple[NetworkAuthorised, ...] = ()
    logos: tuple[LogoGranted, ...] = ()
    evaluations: tuple[NetworkEvaluated, ...] = ()
    renewals: tuple[NetworkRenewed, ...] = ()
    closed: tuple[NetworkClosed, ...] = ()

    @property
    def closes_on(self) -> date | None:
        """From when the network is closed: the earliest day that was said."""
        return min((each.closes_on for each in self.closed), default=None)

    def evaluation(self, authority: str, period: int) -> NetworkEvaluated | None:
        """Evaluation of a period that an authority recorded last."""
        own = (
            each
            for each in reversed(self.evaluations)
            if each.authority == authority and each.period == period
        )
        return next(own, None)


def evolve(state: NetworkAuthority, fact: Fact) -> NetworkAuthority:
    """Fold one fact."""
    match fact:
        case NetworkAuthorised():
            return replace(state, authorised=(*state.authorised, fact))
        case LogoGranted():
            return replace(state, logos=(*state.logos, fact))
        case NetworkEvaluated():
            return replace(state, evaluations=(*state.evaluations, fact))
        case NetworkRenewed():
            return replace(state, renewals=(*state.renewals, fact))
        case NetworkClosed():
            return replace(state, closed=(*state.closed, fact))
        case _:
            return state


AUTHORITY = Category(
    "authority",
    NetworkAuthority(),
    evolve,
    holds=(
        NetworkAuthorised,
        LogoGranted,
        NetworkEvaluated,
        NetworkRenewed,
        NetworkClosed,
    ),
    shown_to=ShownTo.MEMBERS,
)
