"""Which agreements count in the frame of a network: all that were ever proposed in it."""

from dataclasses import dataclass

from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.values import Name


class ProposalCounted(Fact, name="frame.proposal_counted.v1"):
    """A proposed version counts in the frame of its network."""

    network: Name
    agreement: Name
    version: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The agreements that count in the frame of a network."""

    agreements: frozenset[str] = frozenset()


def evolve(state: Frame, fact: Fact) -> Frame:
    """Fold one fact."""
    match fact:
        case ProposalCounted():
            return Frame(state.agreements | {fact.agreement})
        case _:
            return state


FRAME = Category(
    "frame", Frame(), evolve, holds=(ProposalCounted,), shown_to=ShownTo.MEMBERS
)
