"""Two trusts that deal with each other, and the agreements between them.

A statement, a balance and a netting belong to a pair. Every proposal lists its
agreement under its pair, so that a closing finds them all by the pair's key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.fact import Fact
from domain.history import Append, Category, History, ShownTo
from domain.values import Name, OrganisationNumber, Region


class AgreementListed(Fact, name="pair.agreement_listed.v1"):
    """An agreement was proposed between two trusts."""

    first: OrganisationNumber
    second: OrganisationNumber
    agreement: Name


class Pair(NamedTuple):
    """Two trusts, the lower organisation number first."""

    first: str
    second: str

    @property
    def key(self) -> str:
        """``983658725:983974724``."""
        return f"{self.first}:{self.second}"


def pair_of(one: str, other: str) -> Pair:
    """Put two trusts in order, however they are named."""
    return Pair(min(one, other), max(one, other))


@dataclass(frozen=True, slots=True)
class PairAgreements:
    """The names of the agreements that were proposed between two trusts."""

    names: frozenset[str] = frozenset()


def evolve(state: PairAgreements, fact: Fact) -> PairAgreements:
    """Fold one fact."""
    match fact:
        case AgreementListed():
            return PairAgreements(state.names | {fact.agreement})
        case _:
            return state


PAIR = Category(
    "pair", PairAgreements(), evolve, holds=(AgreementListed,), shown_to=ShownTo.MEMBERS
)


def listed_agreement(
    parties: Pair, agreement: str, region: Region, history: History
) -> Sequence[Append]:
    """List an agreement under its parties, unless it is listed."""
    if agreement in history.state(PAIR, parties.key).names:
        return ()
    fact = AgreementListed(
        first=parties.first, second=parties.second, agreement=agreement
    )
    return (Append(PAIR.stream(region, parties.key), fact),)
