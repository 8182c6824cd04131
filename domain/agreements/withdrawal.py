"""Whether terms may be taken back: by who proposed them, before they are answered.

The answer is given in another region, so the two may cross; then an acceptance
wins, whichever is known first (avtaleloven § 7). Until the answer is known the
withdrawn version still counts in the frame.
"""

from typing import NamedTuple

from domain.agreements.agreement import (
    AGREEMENT,
    PROPOSED,
    Agreement,
    Terms,
    VersionWithdrawn,
    agreement_named,
)
from domain.agreements.answer import (
    ANSWERS,
    answering_party,
    require_not_displaced,
    unknown_version,
)
from domain.fact import Command
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.parties.network import NETWORK
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import NewName, VersionNumber


class WithdrawVersion(Command):
    """Take back a proposal or counter-proposal that is not answered, as its maker."""

    agreement: NewName
    version: VersionNumber
    fingerprint: str | None = None
    """When given, that of the terms that were read; no others are meant."""


class _Offer(NamedTuple):
    """Terms that somebody signed first."""

    terms: Terms
    made_by: str
    is_answered: bool


def withdraw(command: WithdrawVersion, asked: Asked, history: History) -> Decision:
    """Decide on a withdrawal: of what has no answer that is known here."""
    name = command.agreement
    agreement = agreement_named(name, history)
    offer = _offer(command, asked, agreement, history)
    require_not_displaced(agreement, command.fingerprint)
    if offer is None:
        raise unknown_version(name, command.version)
    party = registered(offer.made_by, "agreement", history)
    require_party(asked, party.org_number, party.region)
    fingerprint = offer.terms.fingerprint
    if command.fingerprint not in (None, fingerprint):
        raise Refusal(Code.OUTDATED, "fingerprint")
    if fingerprint in agreement.withdrawn:
        return ()
    if offer.is_answered:
        values = {"version": command.version}
        raise Refusal(Code.ALREADY_ANSWERED, "version", values)
    fact = VersionWithdrawn(
        agreement=name, version=command.version, fingerprint=fingerprint
    )
    return (Append(AGREEMENT.stream(party.region, name), fact),)


declare(
    WithdrawVersion,
    withdraw,
    Authority(
        Asks.OFFERING,
        {Role.CONTROLLER},
        PROPOSED,
        "itself: an acceptance that crosses it wins",
    ),
    VersionWithdrawn,
)


def _offer(
    command: WithdrawVersion, asked: Asked, agreement: Agreement, history: History
) -> _Offer | None:
    """Offer with this number; of two, the asker's own."""
    answers = history.state(ANSWERS, command.agreement)
    proposed = agreement.versions.get(command.version)
    countered = answers.counters(agreement).get(command.version)
    if countered is not None:
        maker = answering_party(countered.terms, history)
        if proposed is None or asked.organisation == maker:
            return _Offer(countered.terms, maker, proposed is not None)
    if proposed is None:
        return None
    network = history.state(NETWORK, proposed.terms.network).established
    assert network is not None
    answered = answers.to(proposed) is not None
    return _Offer(proposed.terms, network.coordinating_trust, answered)
