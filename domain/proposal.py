"""Whether a version may be proposed: parties, minimum content, and the frame.

The frame of a national network stands at the proposal, since the coordinating
trust's region is then its only home: no two regions can each accept the half
that breaks it. Every proposal in a network passes through its frame stream.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Final

from domain.agreement import (
    AGREEMENT,
    POST,
    Agreement,
    PartTimePost,
    PostPlanned,
    ProposedPost,
    ProposeVersion,
    Terms,
    VersionProposed,
)
from domain.answer import ANSWERS, accepted, not_declined
from domain.fact import Fact
from domain.frame import Budget, Reading, frame_years
from domain.history import Append, Asked, Category, Decision, History
from domain.network import NetworkEstablished, coordinator
from domain.organisation import registered, wrong_party
from domain.pair import listing, pair_of
from domain.refusal import Code, Refusal
from domain.values import Name, NetworkKind, Region

PERCENT_RANGE: Final = (Decimal("10.00"), Decimal("20.00"))
"""The percentage of a part-time post in a national network (S1-33, K-04)."""


class ProposalCounted(Fact):
    """A proposed version counts in the frame of its network."""

    TYPE: ClassVar[str] = "frame.proposal_counted.v1"

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


FRAME = Category("frame", Frame(), evolve)


def propose(
    command: ProposeVersion, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide on a proposal; the order of the checks is that of the codes."""
    agreement = history.state(AGREEMENT, command.agreement)
    if command.version in agreement.versions:
        known = agreement.versions[command.version].terms
        repeated = _terms(command) == known
        return () if repeated else Refusal(Code.CONFLICTING_ROW, "version")
    for field in ("payer", "payee"):
        party = registered(getattr(command, field), field, history)
        if isinstance(party, Refusal):
            return party
    found = coordinator(command.network, history)
    if isinstance(found, Refusal):
        return found
    network, region = found
    terms = _content(command, network)
    refused = (
        wrong_party(asked, network.coordinating_trust, region)
        or _parties(command, network)
        or _percentages(command.posts, network)
        or (terms if isinstance(terms, Refusal) else None)
        or _duration(command, network)
    )
    if refused is not None:
        return refused
    assert isinstance(terms, Terms)
    proposed = VersionProposed(terms=terms, fingerprint=terms.fingerprint)
    refused = _exceeds_frame(network, proposed, agreement, history)
    claims = refused or _claims(terms, region, history)
    if isinstance(claims, Refusal):
        return claims
    return (
        Append(AGREEMENT.stream(region, terms.agreement), proposed),
        Append(FRAME.stream(region, terms.network), _counted(terms)),
        *claims,
        *listing(pair_of(terms.payer, terms.payee), terms.agreement, region, history),
    )


def _counted(terms: Terms) -> ProposalCounted:
    return ProposalCounted(
        network=terms.network, agreement=terms.agreement, version=terms.version
    )


def _parties(command: ProposeVersion, network: NetworkEstablished) -> Refusal | None:
    if command.payer == command.payee:
        return Refusal(Code.SAME_PARTY, "payee")
    national = network.kind is NetworkKind.NATIONAL
    if national and command.payer != network.coordinating_trust:
        values = {"organisation": network.coordinating_trust}
        return Refusal(Code.PAYER_NOT_COORDINATOR, "payer", values)
    return None


def _percentages(
    posts: Iterable[ProposedPost], network: NetworkEstablished
) -> Refusal | None:
    if network.kind is not NetworkKind.NATIONAL:
        return None
    lowest, highest = PERCENT_RANGE
    for each in posts:
        if each.percent is not None and not (
            lowest <= Decimal(each.percent) <= highest
        ):
            values = {"post": each.post, "percent": each.percent}
            return Refusal(Code.PERCENT_OUT_OF_RANGE, "posts", values)
    return None


def _content(command: ProposeVersion, network: NetworkEstablished) -> Terms | Refusal:
    needed = {"starts_on", "ends_on", "annual_cost_ore"}
    if network.kind is NetworkKind.NATIONAL:
        needed |= {"content", "percent"}
    for each in command.posts:
        missing = sorted(name for name in needed if getattr(each, name) in (None, ""))
        if missing:
            values = {"post": each.post, "member": missing[0]}
            return Refusal(Code.MISSING_CONTENT, "posts", values)
    terms = _terms(command)
    assert terms is not None
    return terms


def _terms(command: ProposeVersion) -> Terms | None:
    if any(
        None in (each.starts_on, each.ends_on, each.annual_cost_ore)
        for each in command.posts
    ):
        return None
    posts = tuple(
        PartTimePost(**dict(each))
        for each in sorted(command.posts, key=lambda each: each.post)
    )
    return Terms(**{**dict(command), "posts": posts})


def _duration(command: ProposeVersion, network: NetworkEstablished) -> Refusal | None:
    last_day = network.last_day
    if last_day is not None and command.ends_on > last_day:
        values = {"last_day": last_day.isoformat()}
        return Refusal(Code.OUTLASTS_NETWORK, "ends_on", values)
    return None


def _claims(
    terms: Terms, region: Region, history: History
) -> Sequence[Append] | Refusal:
    claimed = history.states(POST, [each.post for each in terms.posts])
    new = []
    for name, post in claimed.items():
        if post.agreement is None:
            fact = PostPlanned(post=name, agreement=terms.agreement)
            new.append(Append(POST.stream(region, name), fact))
        elif post.agreement != terms.agreement:
            values = {"post": name, "agreement": post.agreement}
            return Refusal(Code.CONFLICTING_ROW, "posts", values)
    return new


def _exceeds_frame(
    network: NetworkEstablished,
    proposed: VersionProposed,
    agreement: Agreement,
    history: History,
) -> Refusal | None:
    frame_ore = network.frame_ore
    if frame_ore is None:
        return None
    name = proposed.terms.agreement
    others = history.state(FRAME, network.network).agreements - {name}
    agreements = dict(history.states(AGREEMENT, others))
    agreements[name] = Agreement(
        {**agreement.versions, proposed.terms.version: proposed}
    )
    answers = history.states(ANSWERS, agreements)
    readings = [
        Reading(
            [terms.costs for terms in accepted(each, answers[key])],
            [terms.costs for terms in not_declined(each, answers[key])],
        )
        for key, each in agreements.items()
    ]
    budget = Budget(network.network, frame_ore, network.coordination_budget_ore)
    for each in frame_years(budget, network.years, readings):
        if not each.fits:
            values = {
                "year": each.year,
                "frame_ore": frame_ore,
                "cost_ore": each.cost_ore,
            }
            return Refusal(Code.FRAME_EXCEEDED, "posts", values)
    return None
