"""Who takes part in a network, each organisation by its own word."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.network import NETWORK, NetworkEstablished
from domain.parties.organisation import (
    REGISTERED,
    OrganisationRegistered,
    known_organisation,
    registered,
    require_party,
)
from domain.refusal import Code, Refusal, RefusalCode
from domain.role import Role
from domain.values import Day, FreeText, Name, NewName, OrganisationNumber, Text


class ParticipationCode(RefusalCode):
    """Why a participation is refused."""

    UNKNOWN_PARTICIPANT = "unknown_participant"


class ParticipationDeclared(Fact, name="participation.declared.v1"):
    """An organisation takes part in a network."""

    network: Name
    participant: Name
    organisation: OrganisationNumber
    unit: Text
    """Which part of it, such as a hospital; empty where it is the whole."""
    represented_by: Name | None = None
    """Another participant of the network, who has its seats."""


class ParticipationEnded(Fact, name="participation.ended.v1"):
    """An organisation takes part in a network no more."""

    network: Name
    participant: Name
    ends_on: Day


@dataclass(frozen=True, slots=True)
class Participation:
    """The participants of a network by name; the first of a name stays."""

    declared: Mapping[str, ParticipationDeclared] = field(default_factory=dict)
    ended: Mapping[str, ParticipationEnded] = field(default_factory=dict)


def evolve(state: Participation, fact: Fact) -> Participation:
    """Fold one fact."""
    match fact:
        case ParticipationDeclared() if fact.participant not in state.declared:
            declared = {**state.declared, fact.participant: fact}
            return Participation(declared, state.ended)
        case ParticipationEnded() if fact.participant not in state.ended:
            return Participation(
                state.declared, {**state.ended, fact.participant: fact}
            )
        case _:
            return state


PARTICIPATION = Category(
    "participation",
    Participation(),
    evolve,
    holds=(ParticipationDeclared, ParticipationEnded),
    shown_to=ShownTo.MEMBERS,
)


class DeclareParticipation(Command):
    """Declare that an organisation takes part in a network, as that organisation."""

    network: NewName
    participant: NewName
    """What the network calls it; one organisation may be several participants."""
    organisation: OrganisationNumber
    unit: FreeText = ""
    """Which part of the organisation, such as a hospital."""
    represented_by: NewName | None = None
    """Another participant of the network, who speaks for this one (S4-90)."""


def declare_participation(
    command: DeclareParticipation, asked: Asked, history: History
) -> Decision:
    """Decide on a participation: under a name that is free in the network."""
    organisation = known_organisation(command.organisation, "organisation", history)
    require_network(command.network, history)
    require_party(asked, organisation.org_number, organisation.region)
    fact = ParticipationDeclared(**dict(command))
    declared = history.state(PARTICIPATION, command.network).declared
    known = declared.get(command.participant)
    if known == fact:
        return ()
    if known is not None:
        raise Refusal(Code.CONFLICTING_ROW, "participant")
    if command.represented_by not in {None, *declared}:
        raise Refusal(ParticipationCode.UNKNOWN_PARTICIPANT, "represented_by")
    stream = PARTICIPATION.stream(organisation.region, command.network)
    return (Append(stream, fact),)


declare(
    DeclareParticipation,
    declare_participation,
    Authority(
        Asks.ITSELF,
        {Role.SECRETARY},
        {**REGISTERED, NetworkEstablished: Code.UNKNOWN_NETWORK},
        "itself: seats may be set up for it",
    ),
    ParticipationDeclared,
)


class EndParticipation(Command):
    """End an organisation's participation in a network, as that organisation."""

    network: NewName
    participant: NewName
    ends_on: Day
    """The last day."""


def end_participation(
    command: EndParticipation, asked: Asked, history: History
) -> Decision:
    """Decide on the end of a participation, once."""
    require_network(command.network, history)
    organisation = organisation_behind(command.participant, command.network, history)
    if organisation is None:
        raise Refusal(ParticipationCode.UNKNOWN_PARTICIPANT, "participant")
    require_party(asked, organisation.org_number, organisation.region)
    fact = ParticipationEnded(**dict(command))
    ended = history.state(PARTICIPATION, command.network).ended
    known = ended.get(command.participant)
    if known == fact:
        return ()
    if known is not None:
        raise Refusal(Code.CONFLICTING_ROW, "ends_on")
    stream = PARTICIPATION.stream(organisation.region, command.network)
    return (Append(stream, fact),)


declare(
    EndParticipation,
    end_participation,
    Authority(
        Asks.PARTICIPANT,
        {Role.SECRETARY},
        {
            NetworkEstablished: Code.UNKNOWN_NETWORK,
            ParticipationDeclared: ParticipationCode.UNKNOWN_PARTICIPANT,
        },
        "itself: what it has agreed stands",
    ),
    ParticipationEnded,
)


def require_network(network: str, history: History) -> None:
    """Refuse a network that nobody has established."""
    if history.state(NETWORK, network).established is None:
        raise Refusal(Code.UNKNOWN_NETWORK, "network", {"network": network})


def organisation_behind(
    participant: str, network: str | None, history: History
) -> OrganisationRegistered | None:
    """Organisation behind a participant of a network; None where there is none."""
    if network is None:
        return None
    declared = history.state(PARTICIPATION, network).declared.get(participant)
    if declared is None:
        return None
    return registered(declared.organisation, "participant", history)
