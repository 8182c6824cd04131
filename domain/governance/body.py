"""Bodies: committees and groups, with their seats, chairs and assignments.

SSU, coordinating units, steering, operating, network and working groups are bodies; a
resource person is who holds a seat in a network group.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from domain.fact import Fact, Message
from domain.governance.codes import GovernanceCode
from domain.history import Asked, Category, History, ShownTo
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.values import (
    Day,
    Key,
    LastDay,
    Name,
    OrganisationNumber,
    Region,
    Text,
    VersionNumber,
)

MonthDay = Annotated[
    str,
    StringConstraints(
        pattern=r"^(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])$"
        r"|^(0[469]|11)-(0[1-9]|[12][0-9]|30)$|^02-(0[1-9]|1[0-9]|2[0-8])$"
    ),
]
"""A day of every year, ``MM-DD``; never 29 February."""


NURSING: Final = "nursing"
"""The field in which a resource person is for one participant (S4-54)."""


class BodyKind(StrEnum):
    """What a body is."""

    COMMITTEE = "committee"
    COORDINATING_UNIT = "coordinating_unit"
    STEERING_GROUP = "steering_group"
    OPERATING_GROUP = "operating_group"
    NETWORK_GROUP = "network_group"
    WORKING_GROUP = "working_group"


class ChosenFrom(StrEnum):
    """Among whom a seat is filled (S4-78)."""

    ANYONE = "anyone"
    RESOURCE_PERSONS = "resource_persons"


class Seat(Message):
    """A seat in a body, for one of some participants of its network."""

    seat: Name
    participants: tuple[Name, ...]
    """Their order means something: the first owes that it is filled."""
    unit: Text = ""
    appointed_by: Name | None = None
    """A body; without one, the participant itself fills it."""
    chosen_from: ChosenFrom = ChosenFrom.ANYONE
    mandatory: bool = True


class BodyChartered(
    Fact, name="body.chartered.v1", found_by=("body", "network", "organisation")
):
    """An organisation sets up a body, or changes it by another version."""

    body: Name
    version: VersionNumber
    kind: BodyKind
    network: Name | None = None
    organisation: OrganisationNumber
    field: Key | None = None
    """``nursing`` keeps seats of several municipalities out of network groups."""
    reports_to: Name | None = None
    term_years: Annotated[int, Field(ge=1, le=100)]
    chair_excluded: tuple[Name, ...] = ()
    rotation: tuple[Name, ...] = ()
    """Who arranges the gatherings, in turn."""
    plan_due: MonthDay | None = None
    report_due: MonthDay | None = None
    seats: tuple[Seat, ...] = ()


class ChairElected(Fact, name="chair.elected.v1"):
    """A body elects the holder of one of its seats to its chair."""

    body: Name
    seat: Name
    elected_on: Day
    until_on: LastDay


class AssignmentOrdered(Fact, name="assignment.ordered.v1"):
    """A body orders a network to do something (S4-26)."""

    body: Name
    assignment: Name
    network: Name
    text: Text
    due_on: Day | None = None


@dataclass(frozen=True, slots=True)
class CharteredBody:
    """A body's versions in order, its elections and what it has ordered."""

    versions: tuple[BodyChartered, ...] = ()
    elections: tuple[ChairElected, ...] = ()
    assignments: tuple[AssignmentOrdered, ...] = ()

    @property
    def last(self) -> BodyChartered | None:
        """The version that counts."""
        return self.versions[-1] if self.versions else None

    def seat(self, name: str) -> Seat | None:
        """A seat of the version that counts; one that it leaves out is gone."""
        seats = () if self.last is None else self.last.seats
        return next((each for each in seats if each.seat == name), None)


def evolve(state: CharteredBody, fact: Fact) -> CharteredBody:
    """Fold one fact: versions come in order, all of one organisation."""
    match fact:
        case BodyChartered() if fact.version == len(state.versions) + 1:
            first = state.versions[0] if state.versions else fact
            if first.organisation != fact.organisation:
                return state
            return replace(state, versions=(*state.versions, fact))
        case ChairElected():
            return replace(state, elections=(*state.elections, fact))
        case AssignmentOrdered():
            return replace(state, assignments=(*state.assignments, fact))
        case _:
            return state


BODY = Category(
    "body",
    CharteredBody(),
    evolve,
    holds=(BodyChartered, ChairElected, AssignmentOrdered),
    shown_to=ShownTo.MEMBERS,
)


class BodyListed(Fact, name="network.body_listed.v1"):
    """A body belongs to a network."""

    network: Name
    body: Name


class CommitteeListed(Fact, name="organisation.committee_listed.v1"):
    """A committee belongs to an organisation."""

    organisation: OrganisationNumber
    body: Name


@dataclass(frozen=True, slots=True)
class BodyNames:
    """Names of bodies, in the order of recording."""

    names: tuple[str, ...] = ()


def evolve_names(state: BodyNames, fact: Fact) -> BodyNames:
    """Fold one fact."""
    match fact:
        case BodyListed() | CommitteeListed() if fact.body not in state.names:
            return BodyNames((*state.names, fact.body))
        case _:
            return state


NETWORK_BODIES = Category(
    "network-bodies",
    BodyNames(),
    evolve_names,
    holds=(BodyListed,),
    shown_to=ShownTo.MEMBERS,
)
COMMITTEES = Category(
    "committees",
    BodyNames(),
    evolve_names,
    holds=(CommitteeListed,),
    shown_to=ShownTo.MEMBERS,
)
"""By organisation: who evaluates a local network is the organisation of a committee."""


def bodies_of(
    network: str, history: History, kind: BodyKind | None = None
) -> dict[str, BodyChartered]:
    """Last versions of the bodies of a network, of one kind or of all, by name."""
    found = history.states(BODY, history.state(NETWORK_BODIES, network).names)
    return {
        name: version
        for name in sorted(found)
        for version in (found[name].last,)
        if version is not None
        and version.network == network
        and kind in {None, version.kind}
    }


def body_named(body: str, history: History, member: str = "body") -> BodyChartered:
    """Last version of a body; refuse a body that nobody has chartered."""
    version = history.state(BODY, body).last
    if version is None:
        raise Refusal(GovernanceCode.UNKNOWN_BODY, member)
    return version


def seat_named(body: str, seat: str, history: History) -> tuple[BodyChartered, Seat]:
    """Last version of a body, and a seat in it; refuse what is not there."""
    version = body_named(body, history)
    found = next((each for each in version.seats if each.seat == seat), None)
    if found is None:
        raise Refusal(GovernanceCode.UNKNOWN_SEAT, "seat")
    return version, found


def require_body(version: BodyChartered, asked: Asked, history: History) -> Region:
    """Region of a body's organisation, for that organisation alone; refuse others."""
    organisation = registered(version.organisation, "body", history)
    require_party(asked, organisation.org_number, organisation.region)
    return organisation.region


def require_committee(version: BodyChartered) -> None:
    """Refuse what only a committee may decide (S4-24, S4-26)."""
    if version.kind is not BodyKind.COMMITTEE:
        values = {"organisation": version.organisation}
        raise Refusal(Code.NOT_ENTITLED, "body", values)
