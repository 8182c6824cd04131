"""A trust's order of its applications in a call. The last one counts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from domain.fact import Command, Fact
from domain.grants.call import CALL_APPLICATIONS, CallPublished
from domain.grants.codes import GrantCode
from domain.grants.rules import RankerRole
from domain.grants.standing import (
    AppliedFor,
    applications_named,
    latest_rules,
    require_closed,
)
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.organisation import REGISTERED, known_organisation, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import KnownPerson, Name, NewName, OrganisationNumber

A = TypeVar("A", bound=AppliedFor)


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

    @property
    def order(self) -> tuple[str, ...]:
        """Applications of the last ranking, the best first."""
        return self.recorded[-1].order if self.recorded else ()

    def rank(self, application: str) -> int | None:
        """Rank in the last ranking, from 1."""
        order = self.order
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


class RankApplications(Command):
    """Rank all applications of a trust in a call, once its deadline is over (S2-28)."""

    call: NewName
    trust: OrganisationNumber
    order: tuple[NewName, ...]
    """All that the trust has submitted and not withdrawn, the best first."""
    role: RankerRole
    ranked_by: KnownPerson
    """Who ranks. Stays in the trust's region: only a pseudonym is recorded."""


def rank(command: RankApplications, asked: Asked, history: History) -> Decision:
    """Decide on a ranking: by whom the call asks, before anybody assesses (S2-29)."""
    fact = RankingRecorded(**dict(command))
    if len({*command.order}) < len(command.order):
        raise Refusal(Code.INVALID_ROW, "order")
    rules = latest_rules(command.call, history)
    trust = known_organisation(command.trust, "trust", history)
    require_party(asked, trust.org_number, trust.region)
    key = ranking_key(command.call, command.trust)
    if fact in history.state(RANKING, key).recorded:
        return ()
    if not rules.rankers:
        raise Refusal(GrantCode.RANKING_NOT_ASKED, "call")
    require_closed(rules, asked.today, "call")
    if command.role not in rules.rankers:
        raise Refusal(GrantCode.ROLE_NOT_ALLOWED, "role")
    listed = listed_of(command.call, command.trust, history)
    found = applications_named({*command.order, *listed}, history)
    ranked = (found[name] for name in command.order if name in found)
    if any(each.assessments or each.award for each in ranked):
        raise Refusal(GrantCode.ALREADY_ASSESSED, "order")
    own = to_rank(
        {name: found[name] for name in listed if name in found},
        command.call,
        command.trust,
    )
    if own.keys() != {*command.order}:
        raise Refusal(GrantCode.RANKING_INCOMPLETE, "order")
    if command.ranked_by in {each.last.content.applicant for each in own.values()}:
        raise Refusal(GrantCode.OWN_APPLICATION, "ranked_by")
    return (Append(RANKING.stream(trust.region, key), fact),)


declare(
    RankApplications,
    rank,
    Authority(
        Asks.APPLICANT,
        {Role.DECIDER},
        {CallPublished: GrantCode.UNKNOWN_CALL, **REGISTERED},
        "itself: the funder assesses nothing that is not ranked",
    ),
    RankingRecorded,
)


def listed_of(call: str, trust: str, history: History) -> Collection[str]:
    """Names under which a trust ever submitted in a call, also one that is another's."""
    listed = history.state(CALL_APPLICATIONS, call).trusts
    return [name for name, of in listed.items() if of == trust]


def to_rank(found: Mapping[str, A], call: str, trust: str) -> Mapping[str, A]:
    """Of applications that were submitted, those of a trust in a call that it ranks."""
    return {
        name: each
        for name, each in found.items()
        if (each.call, each.trust) == (call, trust) and not each.is_withdrawn
    }
