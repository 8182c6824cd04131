"""Endorsement of a version's posts by the line of the trust that hosts them.

The host's leader or clinic director stands behind part-time posts before they
are agreed (S1-05, S1-20). The fact names the very terms and holds a pseudonym
of the person, whose name stays in the host's region.
"""

from domain.agreements.agreement import PROPOSED, Agreement, Terms, agreement_named
from domain.agreements.answer import (
    ANSWERS,
    EndorserRole,
    VersionEndorsed,
    require_not_displaced,
    unknown_version,
)
from domain.fact import Command
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Day, KnownPerson, NewName, VersionNumber


class EndorseVersion(Command):
    """Record that the host's leader or clinic director endorses (S1-05, S1-20)."""

    agreement: NewName
    version: VersionNumber
    role: EndorserRole
    endorsed_by: KnownPerson
    """Who endorses. Stays in the host's region: only a pseudonym is recorded."""
    endorsed_on: Day
    fingerprint: str | None = None
    """When given, that of the terms that were read; no others are meant."""


def endorse(command: EndorseVersion, asked: Asked, history: History) -> Decision:
    """Decide on an endorsement: of known terms, on a day that has come."""
    agreement = agreement_named(command.agreement, history)
    terms = _terms(command, agreement, history)
    require_not_displaced(agreement, command.fingerprint)
    if terms is None:
        raise unknown_version(command.agreement, command.version)
    host = registered(terms.payee, "agreement", history)
    require_party(asked, host.org_number, host.region)
    if command.fingerprint not in (None, terms.fingerprint):
        raise Refusal(Code.OUTDATED, "fingerprint")
    if command.endorsed_on > asked.today:
        raise Refusal(Code.INVALID_ROW, "endorsed_on")
    fact = VersionEndorsed(
        agreement=command.agreement,
        version=command.version,
        fingerprint=terms.fingerprint,
        role=command.role,
        endorsed_by=command.endorsed_by,
        endorsed_on=command.endorsed_on,
    )
    if fact in history.state(ANSWERS, command.agreement).endorsements:
        return ()
    return (Append(ANSWERS.stream(host.region, command.agreement), fact),)


declare(
    EndorseVersion,
    endorse,
    Authority(
        Asks.HOST,
        {Role.LEADER},
        PROPOSED,
        "nobody: acceptance is still the answering party's",
    ),
    VersionEndorsed,
)


def _terms(
    command: EndorseVersion, agreement: Agreement, history: History
) -> Terms | None:
    """Terms of a number; once it is taken, those proposed under it."""
    if command.version in agreement.versions:
        return agreement.versions[command.version].terms
    counters = history.state(ANSWERS, command.agreement).counters(agreement)
    countered = counters.get(command.version)
    return None if countered is None else countered.terms
