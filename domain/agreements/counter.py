"""Counter-proposals: the answering trust signs terms of its own, the other adopts them.

Two regions agree without either writing in the other's log: the counter is the
first signature, in the region of the answering trust; its adoption is a
proposal of the same canonical bytes through the same checks, and with it the
second signature, in the region of the coordinating trust. A counter stands
until its number is taken or it is withdrawn.
"""

from domain.agreements.agreement import (
    PROPOSED,
    ProposeVersion,
    Terms,
    agreement_named,
)
from domain.agreements.answer import (
    ANSWERS,
    VersionCountered,
    answering_party,
    require_not_displaced,
    unknown_version,
)
from domain.agreements.proposal import propose
from domain.agreements.terms import as_proposed, as_terms, checked, require_reasons
from domain.agreements.warned import warn_of_proposal
from domain.fact import Command
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, Facts, declare, only_fact
from domain.parties.network import NETWORK, coordinating, coordinator, last_day
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import NewName, VersionNumber


class CounterVersion(Command):
    """Answer a version with terms of one's own, signed, under the next number."""

    version: VersionNumber
    proposal: ProposeVersion
    fingerprint: str | None = None
    """When given, that of the terms that were read; no others are meant."""


class AdoptCounterProposal(Command):
    """Accept counter-proposed terms: exactly those that were read."""

    agreement: NewName
    version: VersionNumber
    fingerprint: str | None = None
    """When given, that of the terms that were read; no others are meant."""


def _restored(facts: Facts, _: History) -> Command:
    fact = only_fact(VersionCountered, facts)
    return CounterVersion(
        version=fact.version,
        proposal=as_proposed(fact.terms),
        fingerprint=fact.fingerprint,
    )


def counter_version(
    command: CounterVersion, asked: Asked, history: History
) -> Decision:
    """Decide on a counter-proposal: an answer, once, under a number of its own."""
    proposal = command.proposal
    name = proposal.agreement
    agreement = agreement_named(name, history)
    proposed = agreement.versions.get(command.version)
    require_not_displaced(agreement, command.fingerprint)
    if proposed is None:
        raise unknown_version(name, command.version)
    party = registered(answering_party(proposed.terms, history), "agreement", history)
    require_party(asked, party.org_number, party.region)
    if command.fingerprint not in (None, proposed.fingerprint):
        raise Refusal(Code.OUTDATED, "fingerprint")
    answers = history.state(ANSWERS, name)
    counters = answers.counters(agreement)
    if answers.to(proposed) is not None:
        return _given(command, counters.get(proposal.version), history)
    taken = max((*agreement.versions, *counters))
    if answers.has_signed(proposed.terms) or proposal.version <= taken:
        raise Refusal(Code.CONFLICTING_ROW, "version")
    terms = _terms(proposal, agreement.terms, history)
    fact = VersionCountered(
        agreement=name,
        version=command.version,
        fingerprint=proposed.fingerprint,
        terms=terms,
        terms_fingerprint=terms.fingerprint,
    )
    return (Append(ANSWERS.stream(party.region, name), fact),)


declare(
    CounterVersion,
    counter_version,
    Authority(
        Asks.ANSWERING,
        {Role.CONTROLLER},
        PROPOSED,
        "itself; the other by adopting alone",
    ),
    {VersionCountered: _restored},
    warn_of_proposal,
)


def _given(
    command: CounterVersion, counter: VersionCountered | None, history: History
) -> Decision:
    """Decide nothing where this very counter is the answer; else refuse."""
    network = history.state(NETWORK, command.proposal.network).established
    if (
        counter is not None
        and counter.version == command.version
        and counter.terms == as_terms(command.proposal, network)
    ):
        return ()
    raise Refusal(Code.CONFLICTING_ROW, "version")


def _terms(proposal: ProposeVersion, first: Terms | None, history: History) -> Terms:
    """Counter-proposed terms: they pass the checks of a proposal."""
    network, _ = coordinator(proposal.network, history)
    terms = checked(proposal, network, last_day(network, history), first)
    require_reasons(terms, network)
    return terms


def adopt(command: AdoptCounterProposal, asked: Asked, history: History) -> Decision:
    """Decide on an adoption: exactly as on a proposal of these terms."""
    agreement = agreement_named(command.agreement, history)
    answers = history.state(ANSWERS, command.agreement)
    countered = answers.counters(agreement).get(command.version)
    require_not_displaced(agreement, command.fingerprint)
    if countered is None:
        raise unknown_version(command.agreement, command.version)
    coordinating(countered.terms.network, asked, history)
    if command.fingerprint not in (None, countered.terms_fingerprint):
        raise Refusal(Code.OUTDATED, "fingerprint")
    return propose(as_proposed(countered.terms), asked, history)


declare(
    AdoptCounterProposal,
    adopt,
    Authority(
        Asks.COORDINATOR,
        {Role.CONTROLLER},
        {VersionCountered: Code.UNKNOWN_AGREEMENT},
        "both: it signs what the other has signed",
    ),
    warns=warn_of_proposal,
)
