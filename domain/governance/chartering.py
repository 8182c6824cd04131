"""How an organisation sets up a body, and changes it: by versions of its charter."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from domain.fact import Command, Message
from domain.governance.body import (
    BODY,
    COMMITTEES,
    NETWORK_BODIES,
    NURSING,
    BodyChartered,
    BodyKind,
    BodyListed,
    ChosenFrom,
    CommitteeListed,
    MonthDay,
    Seat,
    bodies_of,
    body_named,
)
from domain.governance.codes import GovernanceCode
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, Facts, declare
from domain.parties.network import NetworkEstablished
from domain.parties.organisation import REGISTERED, known_organisation, require_party
from domain.parties.participation import (
    PARTICIPATION,
    Participation,
    ParticipationCode,
    require_network,
)
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    FreeText,
    Key,
    NewName,
    OrganisationNumber,
    Region,
    VersionNumber,
    each_once,
)


class ProposedSeat(Message):
    """A seat in a body, for one of some participants of its network."""

    seat: NewName
    participants: Annotated[tuple[NewName, ...], each_once(sort=False)] = ()
    """Who may hold it; the first owes that it is filled."""
    unit: FreeText = ""
    """Which part of the participant, such as a hospital."""
    appointed_by: NewName | None = None
    """The body that fills it among those nominated; without one, the participant does."""
    chosen_from: ChosenFrom = ChosenFrom.ANYONE
    mandatory: bool = True


class CharterBody(Command):
    """Set up a body, or change it by another version, as its organisation."""

    body: NewName
    version: VersionNumber
    """1, or the last and one more."""
    kind: BodyKind
    network: NewName | None = None
    """Whose participants have its seats; a body without one has none."""
    organisation: OrganisationNumber
    field: Key | None = None
    """Its subject; in ``nursing`` a seat of a network group is for one participant."""
    reports_to: NewName | None = None
    """Another body."""
    term_years: Annotated[int, Field(ge=1, le=100)]
    """How long a person holds a seat, or the chair (S4-79, S4-91)."""
    chair_excluded: Annotated[tuple[NewName, ...], each_once()] = ()
    """Participants that may not have the chair (S4-81, S4-95)."""
    rotation: Annotated[tuple[NewName, ...], each_once(sort=False)] = ()
    """Participants that arrange its gatherings in turn (S4-71)."""
    plan_due: MonthDay | None = None
    """By when its plan of the next year is due; without it, none is."""
    report_due: MonthDay | None = None
    """By when its report on the year before is due; without it, none is."""
    seats: Annotated[tuple[ProposedSeat, ...], each_once("seat")] = ()
    """What another version leaves out is gone."""


def charter_body(command: CharterBody, asked: Asked, history: History) -> Decision:
    """Decide on a body's version: the first, or the next of the same body."""
    organisation = known_organisation(command.organisation, "organisation", history)
    if command.network is not None:
        require_network(command.network, history)
    require_party(asked, organisation.org_number, organisation.region)
    seats = tuple(Seat(**dict(seat)) for seat in command.seats)
    fact = BodyChartered(**dict(command) | {"seats": seats})
    versions = history.state(BODY, command.body).versions
    if fact in versions:
        return ()
    _require_next(fact, versions)
    _require_bodies(fact, history)
    _require_participants(fact, history)
    _require_seats(fact, history)
    region = organisation.region
    chartered = Append(BODY.stream(region, fact.body), fact)
    return (chartered, *(() if versions else _listed(fact, region)))


def _require_next(fact: BodyChartered, versions: Sequence[BodyChartered]) -> None:
    """Refuse what is not the next version of the same body."""
    if fact.version <= len(versions):
        raise Refusal(Code.CONFLICTING_ROW, "version")
    if fact.version != len(versions) + 1:
        raise Refusal(Code.INVALID_ROW, "version")
    for member in ("kind", "network", "organisation"):
        if versions and getattr(versions[-1], member) != getattr(fact, member):
            raise Refusal(Code.INVALID_ROW, member)


def _require_bodies(fact: BodyChartered, history: History) -> None:
    """Refuse bodies that nobody has chartered."""
    if fact.reports_to is not None:
        body_named(fact.reports_to, history, "reports_to")
    for seat in fact.seats:
        if seat.appointed_by is not None:
            body_named(seat.appointed_by, history, "seats")


def _require_participants(fact: BodyChartered, history: History) -> None:
    """Refuse participants that the body's network does not have."""
    known = _participation(fact, history).declared.keys()
    named = {
        "seats": {name for seat in fact.seats for name in seat.participants},
        "chair_excluded": {*fact.chair_excluded},
        "rotation": {*fact.rotation},
    }
    for member, names in named.items():
        if names - known:
            raise Refusal(ParticipationCode.UNKNOWN_PARTICIPANT, member)


def _participation(fact: BodyChartered, history: History) -> Participation:
    if fact.network is None:
        return PARTICIPATION.initial
    return history.state(PARTICIPATION, fact.network)


def _require_seats(fact: BodyChartered, history: History) -> None:
    """Refuse a second steering group, and seats that a body of its kind may not have."""
    if fact.kind is BodyKind.STEERING_GROUP and fact.network is not None:
        groups = bodies_of(fact.network, history, BodyKind.STEERING_GROUP)
        if groups.keys() - {fact.body}:
            raise Refusal(GovernanceCode.STEERING_GROUP_EXISTS, "kind")
    declared = _participation(fact, history).declared
    for seat in fact.seats:
        several = len(seat.participants) > 1
        represented = any(declared[name].represented_by for name in seat.participants)
        if represented and fact.kind is BodyKind.STEERING_GROUP:
            raise Refusal(GovernanceCode.REPRESENTED_BY_OTHER, "seats")
        is_group = fact.kind is BodyKind.NETWORK_GROUP
        if several and is_group and fact.field == NURSING:
            raise Refusal(GovernanceCode.INTER_MUNICIPAL_NOT_ALLOWED, "seats")


def _listed(fact: BodyChartered, region: Region) -> Iterator[Append]:
    """List a new body under its network, and a committee under its organisation."""
    if fact.network is not None:
        stream = NETWORK_BODIES.stream(region, fact.network)
        yield Append(stream, BodyListed(network=fact.network, body=fact.body))
    if fact.kind is BodyKind.COMMITTEE:
        listed = CommitteeListed(organisation=fact.organisation, body=fact.body)
        yield Append(COMMITTEES.stream(region, fact.organisation), listed)


def _restored(facts: Facts, _: History) -> Command:
    fact = facts[0]
    assert isinstance(fact, BodyChartered), "it is restored by its type"
    seats = tuple(ProposedSeat(**dict(seat)) for seat in fact.seats)
    return CharterBody(**dict(fact) | {"seats": seats})


declare(
    CharterBody,
    charter_body,
    Authority(
        Asks.ITSELF,
        {Role.SECRETARY},
        {**REGISTERED, NetworkEstablished: Code.UNKNOWN_NETWORK},
        "itself; a participant by filling its seats alone",
    ),
    {BodyChartered: _restored},
)
