"""Who takes part in a network, each organisation by its own word."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.refusal import RefusalCode
from domain.values import Day, FreeText, Name, OrganisationNumber


class ParticipationCode(RefusalCode):
    """Why a participation is refused."""

    UNKNOWN_PARTICIPANT = "unknown_participant"


class ParticipationDeclared(Fact, name="participation.declared.v1"):
    """An organisation takes part in a network."""

    network: Name
    participant: Name
    organisation: OrganisationNumber
    unit: FreeText
    represented_by: Name | None = None


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
