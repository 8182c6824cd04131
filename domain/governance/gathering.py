"""Gatherings and meetings of a body, or of a participant with its own person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

from domain.document import Document
from domain.fact import Command, Fact
from domain.governance.body import (
    BODY,
    BodyChartered,
    BodyKind,
    bodies_of,
    body_named,
)
from domain.governance.codes import GovernanceCode, GovernanceWarning
from domain.governance.holding import speaks_for
from domain.governance.seat import SeatPlace
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.organisation import (
    OrganisationRegistered,
    registered,
    require_party,
)
from domain.parties.participation import ParticipationCode, organisation_behind
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    Day,
    Name,
    NewName,
    Region,
    Text,
    each_once,
    is_name,
)
from domain.warning import RuleWarning


class GatheringKind(StrEnum):
    """What is held."""

    LOCAL = "local"
    JOINT = "joint"
    PROFESSIONAL_DAY = "professional_day"
    INTRODUCTION_COURSE = "introduction_course"
    SEMINAR = "seminar"
    EXPECTATION_MEETING = "expectation_meeting"
    EMPLOYER_MEETING = "employer_meeting"
    MEETING = "meeting"


class GatheringHeld(Fact, name="gathering.held.v1"):
    """A gathering or a meeting was held."""

    body: Name
    gathering: Name
    kind: GatheringKind
    held_on: Day
    host: Name | None = None
    """A participant of the body's network."""
    co_organiser: Name | None = None
    attended: tuple[Text, ...] = ()
    """Bodies, or ``body/seat``."""
    minutes: Document | None = None


@dataclass(frozen=True, slots=True)
class Gatherings:
    """A body's gatherings, in the order of recording; the first of a name stays."""

    held: tuple[GatheringHeld, ...] = ()


def evolve(state: Gatherings, fact: Fact) -> Gatherings:
    """Fold one fact."""
    match fact:
        case GatheringHeld() if fact.gathering not in {g.gathering for g in state.held}:
            return Gatherings((*state.held, fact))
        case _:
            return state


GATHERINGS = Category(
    "gatherings",
    Gatherings(),
    evolve,
    holds=(GatheringHeld,),
    shown_to=ShownTo.MEMBERS,
)


class GatheringListed(Fact, name="gathering.listed.v1"):
    """A gathering of any body is found by its name, and by each that attended it."""

    of: Text
    """Its name, or the body or the ``body/seat`` that attended."""
    body: Name
    gathering: Name


@dataclass(frozen=True, slots=True)
class ListedGatherings:
    """What is found by one word, in the order of recording."""

    listed: tuple[GatheringListed, ...] = ()

    @property
    def bodies(self) -> frozenset[str]:
        """Bodies among whose gatherings it is found."""
        return frozenset(each.body for each in self.listed)


def evolve_listed(state: ListedGatherings, fact: Fact) -> ListedGatherings:
    """Fold one fact."""
    match fact:
        case GatheringListed() if fact not in state.listed:
            return ListedGatherings((*state.listed, fact))
        case _:
            return state


LISTED_GATHERINGS = Category(
    "listed-gatherings",
    ListedGatherings(),
    evolve_listed,
    holds=(GatheringListed,),
    shown_to=ShownTo.MEMBERS,
)
"""By a gathering's name, a body, or ``body:seat``."""


def listed_key(of: str) -> str:
    """Key under which gatherings are listed that have a name or were attended so."""
    return of.replace("/", ":")


def gatherings_with(
    place: str, kind: GatheringKind, history: History
) -> Sequence[GatheringHeld]:
    """Gatherings of a kind of any body that a body or ``body/seat`` attended."""
    bodies = history.state(LISTED_GATHERINGS, listed_key(place)).bodies
    found = history.states(GATHERINGS, sorted(bodies))
    return [
        each
        for gatherings in found.values()
        for each in gatherings.held
        if each.kind is kind and place in each.attended
    ]


WITH_OWN_PERSON: Final = frozenset(
    {GatheringKind.EXPECTATION_MEETING, GatheringKind.EMPLOYER_MEETING}
)
"""Meetings of a participant with who holds a seat for it (S4-13, S4-14)."""


class RecordGathering(Command):
    """Record that a gathering or a meeting was held.

    As the body's organisation; a participant's meeting with its own person is its own.
    """

    body: NewName
    gathering: NewName
    kind: GatheringKind
    held_on: Day
    host: NewName | None = None
    """A participant of the body's network."""
    co_organiser: NewName | None = None
    attended: Annotated[tuple[SeatPlace, ...], each_once()] = ()
    """Bodies, or seats as ``body/seat``; in a meeting with a person, that person's."""
    minutes: Document | None = None


def record_gathering(
    command: RecordGathering, asked: Asked, history: History
) -> Decision:
    """Decide on a gathering: one that was held, once under its name in all bodies."""
    body = body_named(command.body, history)
    organisation = _whose_word(command, body, history)
    require_party(asked, organisation.org_number, organisation.region)
    fact = GatheringHeld(**dict(command))
    if fact in history.state(GATHERINGS, command.body).held:
        return ()
    if _is_taken(command.gathering, history):
        raise Refusal(Code.CONFLICTING_ROW, "gathering")
    if command.held_on > asked.today:
        raise Refusal(Code.INVALID_ROW, "held_on")
    if command.host is not None and (
        organisation_behind(command.host, body.network, history) is None
    ):
        raise Refusal(ParticipationCode.UNKNOWN_PARTICIPANT, "host")
    region = organisation.region
    held = Append(GATHERINGS.stream(region, command.body), fact)
    return (held, *_listed(fact, region))


def _is_taken(gathering: str, history: History) -> bool:
    """Whether a gathering of this name was held, of whichever body."""
    listed = history.state(LISTED_GATHERINGS, listed_key(gathering)).listed
    return any(each.gathering == gathering for each in listed)


def _listed(fact: GatheringHeld, region: Region) -> Iterator[Append]:
    """List it by its name and by who attended, as far as that may be a body or a seat."""
    places = {each for each in fact.attended if all(map(is_name, each.split("/")))}
    for of in sorted({fact.gathering, *places}):
        listed = GatheringListed(of=of, body=fact.body, gathering=fact.gathering)
        yield Append(LISTED_GATHERINGS.stream(region, listed_key(of)), listed)


def _whose_word(
    command: RecordGathering, body: BodyChartered, history: History
) -> OrganisationRegistered:
    """Organisation of the participant that met its own person, or else of the body."""
    if command.kind in WITH_OWN_PERSON:
        for place in command.attended:
            spoken = speaks_for(place, history, command.held_on)
            if spoken is not None:
                return spoken.organisation
    return registered(body.organisation, "body", history)


def _warned(
    command: RecordGathering, _: Asked, history: History, _facts: Sequence[Fact]
) -> Iterator[RuleWarning]:
    """Warn of a seminar that the network's coordinating unit does not hold with it."""
    body = history.state(BODY, command.body).last
    if command.kind is not GatheringKind.SEMINAR or body is None or not body.network:
        return
    units = bodies_of(body.network, history, BodyKind.COORDINATING_UNIT).values()
    with_seats = {
        name for unit in units for seat in unit.seats for name in seat.participants
    }
    if command.co_organiser not in with_seats:
        values = {"body": command.body, "gathering": command.gathering}
        yield RuleWarning(GovernanceWarning.SEMINAR_ALONE, values)


declare(
    RecordGathering,
    record_gathering,
    Authority(
        Asks.GATHERING,
        {Role.SECRETARY},
        {BodyChartered: GovernanceCode.UNKNOWN_BODY},
        "nobody: what was due is done",
    ),
    GatheringHeld,
    warns=_warned,
)
