"""A trust's order of its applications in a call. The last one counts."""

from dataclasses import dataclass

from domain.fact import Fact
from domain.grants.rules import RankerRole
from domain.history import Category, ShownTo
from domain.values import KnownPerson, Name, OrganisationNumber


class RankingRecorded(Fact, name="ranking.recorded.v1"):
    """A trust ranks all its applications in a call: the first of the order is rank 1."""

    call: Name
    trust: OrganisationNumber
    order: tuple[Name, ...]
    role: RankerRole
    ranked_by: KnownPerson


@dataclass(frozen=True, slots=True)
class Rankings:
    """A trust's rankings in a call, in the order of recording."""

    recorded: tuple[RankingRecorded, ...] = ()

    def rank(self, application: str) -> int | None:
        """Rank in the last ranking, from 1."""
        order = self.recorded[-1].order if self.recorded else ()
        return order.index(application) + 1 if application in order else None


def evolve(state: Rankings, fact: Fact) -> Rankings:
    """Fold one fact."""
    match fact:
        case RankingRecorded():
            return Rankings((*state.recorded, fact))
        case _:
            return state


RANKING = Category(
    "ranking",
    Rankings(),
    evolve,
    holds=(RankingRecorded,),
    shown_to=ShownTo.MEMBERS,
)


def ranking_key(call: str, trust: str) -> str:
    """Key of a trust's rankings in a call."""
    return f"{call}:{trust}"
