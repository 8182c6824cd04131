"""Whether a version may be proposed: parties, minimum content, and the frame.

The frame of a national network stands at the proposal, since the coordinating
trust's region is then its only home: no two regions can each accept the half
that breaks it. Every proposal in a network passes through its frame stream.
"""

from collections.abc import Sequence
from dataclasses import replace

from domain.agreements.agreement import (
    AGREEMENT,
    POST,
    Agreement,
    PostPlanned,
    ProposeVersion,
    Terms,
    VersionProposed,
    agreement_named,
    holders,
)
from domain.agreements.answer import ANSWERS, VersionAccepted, require_acceptable
from domain.agreements.counted import FRAME, ProposalCounted
from domain.agreements.frame import Budget, Reading, frame_years
from domain.agreements.known import KnownAgreement, known_agreements
from domain.agreements.termination import terminated
from domain.agreements.terms import (
    as_proposed,
    as_terms,
    checked,
    require_reasons,
    require_same_parties,
)
from domain.agreements.warned import warn_of_proposal
from domain.fact import Command
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, Facts, declare
from domain.parties.membership import require_member
from domain.parties.network import (
    NetworkEstablished,
    coordinating,
    last_day,
    periods,
    years,
)
from domain.parties.organisation import REGISTERED, registered
from domain.parties.pair import listed_agreement, pair_of
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Region


def _restored(facts: Facts, _: History) -> Command | None:
    fact = facts[0]
    assert isinstance(fact, VersionProposed), "it is restored by its type"
    return as_proposed(fact.terms) if fact.terms.wage_growth is None else None


def propose_as_sent(
    command: ProposeVersion, asked: Asked, history: History
) -> Decision:
    """Decide on a proposal that somebody sends: growth has a command of its own."""
    if command.wage_growth is not None:
        raise Refusal(Code.INVALID_ROW, "wage_growth")
    return propose(command, asked, history)


def propose(command: ProposeVersion, asked: Asked, history: History) -> Decision:
    """Decide on a proposal; the order of the checks is that of the codes.

    Terms that the other party has counter-proposed to the byte are agreed when
    they are proposed: both have signed them then.
    """
    agreement = agreement_named(command.agreement, history)
    if command.version in agreement.versions:
        return _number_taken(command, agreement, asked, history)
    for field in ("payer", "payee"):
        party = registered(getattr(command, field), field, history)
        require_member(party, field, asked, history)
    network, region = coordinating(command.network, asked, history)
    last = last_day(network, history)
    terms = checked(command, network, last, agreement.terms)
    if not _is_settled(terms, history):
        require_reasons(terms, network)
    proposed = VersionProposed(terms=terms, fingerprint=terms.fingerprint)
    terminated(agreement, history).require_lasting(terms)
    _require_within_frame(network, proposed, agreement, history)
    claims = _claims(terms, region, history)
    acceptance = _acceptance(proposed, region, agreement, history)
    return (
        Append(AGREEMENT.stream(region, terms.agreement), proposed),
        Append(FRAME.stream(region, terms.network), _counted(terms)),
        *claims,
        *listed_agreement(
            pair_of(terms.payer, terms.payee), terms.agreement, region, history
        ),
        *acceptance,
    )


declare(
    ProposeVersion,
    propose_as_sent,
    Authority(
        Asks.COORDINATOR,
        {Role.CONTROLLER},
        {**REGISTERED, NetworkEstablished: Code.UNKNOWN_NETWORK},
        "itself: it is a party; the other is bound by its own acceptance alone",
    ),
    {VersionProposed: _restored},
    warn_of_proposal,
)


def _number_taken(
    command: ProposeVersion, agreement: Agreement, asked: Asked, history: History
) -> Decision:
    """Decide nothing where who asks proposed this very version; else refuse.

    Who coordinates another network and means an agreement of its own is told that
    the name is taken.
    """
    recorded = agreement.versions[command.version].terms
    try:
        network, _ = coordinating(recorded.network, asked, history)
    except Refusal:
        if _coordinates(command.network, asked, history):
            require_same_parties(command, agreement.terms)
        raise
    if as_terms(command, network) == recorded:
        return ()
    raise Refusal(Code.CONFLICTING_ROW, "version")


def _coordinates(network: str, asked: Asked, history: History) -> bool:
    try:
        coordinating(network, asked, history)
    except Refusal:
        return False
    return True


def _is_settled(terms: Terms, history: History) -> bool:
    """Whether what the terms leave out is no longer this proposal's to say.

    Costs grow in the terms that are in force, and counter-proposed terms were held
    against the same rule when they were signed: by the release of that day.
    """
    answers = history.state(ANSWERS, terms.agreement)
    return terms.wage_growth is not None or answers.has_signed(terms)


def _counted(terms: Terms) -> ProposalCounted:
    return ProposalCounted(
        network=terms.network, agreement=terms.agreement, version=terms.version
    )


def _acceptance(
    proposed: VersionProposed, region: Region, agreement: Agreement, history: History
) -> Sequence[Append]:
    """Second signature, where the other party gave the first."""
    terms = proposed.terms
    answers = history.state(ANSWERS, terms.agreement)
    if not answers.has_signed(terms):
        return ()
    require_acceptable(terms, agreement, answers, history)
    fact = VersionAccepted(
        agreement=terms.agreement,
        version=terms.version,
        fingerprint=proposed.fingerprint,
    )
    return (Append(ANSWERS.stream(region, terms.agreement), fact),)


def _claims(terms: Terms, region: Region, history: History) -> Sequence[Append]:
    taken = holders([post.post for post in terms.posts], history)
    new = []
    for post, agreements in taken.items():
        names = [holder.name for holder in agreements]
        if not names:
            fact = PostPlanned(post=post, agreement=terms.agreement)
            new.append(Append(POST.stream(region, post), fact))
        elif terms.agreement not in names:
            values = {"post": post, "agreement": names[0]}
            raise Refusal(Code.CONFLICTING_ROW, "posts", values)
    return new


def _require_within_frame(
    network: NetworkEstablished,
    proposed: VersionProposed,
    agreement: Agreement,
    history: History,
) -> None:
    frame_ore = network.frame_ore
    if frame_ore is None:
        return
    name = proposed.terms.agreement
    others = history.state(FRAME, network.network).agreements - {name}
    readings = [
        Reading(other.costs, other.reserved)
        for other in known_agreements(others, history).values()
        if other.agreement.terms and other.agreement.terms.network == network.network
    ]
    versions = {**agreement.versions, proposed.terms.version: proposed}
    proposed_too = replace(agreement, versions=versions)
    answers = history.state(ANSWERS, name)
    ended = terminated(agreement, history)
    changed = KnownAgreement(proposed_too, answers, ended)
    readings.append(Reading(changed.costs, changed.reserved))
    budget = Budget(frame_ore, network.coordination_budget_ore)
    for year in frame_years(budget, years(periods(network, history)), readings):
        if not year.fits:
            values = {
                "year": year.year,
                "frame_ore": frame_ore,
                "cost_ore": year.cost_ore,
            }
            raise Refusal(Code.FRAME_EXCEEDED, "posts", values)
