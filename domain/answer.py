"""Answers to proposed versions, given in the region of the answering trust.

The answering trust is the party that did not propose: the host trust, which
is the payee, or the payer where the coordinating trust itself is the payee.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from domain.agreement import AGREEMENT, Agreement, Terms
from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History
from domain.network import NETWORK
from domain.organisation import registered, wrong_party
from domain.refusal import Code, Refusal, Values
from domain.values import Name, NewName, VersionNumber


class Answer(StrEnum):
    """What the answering trust says."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


class VersionAccepted(Fact):
    """The second signature: the answering trust accepts these very terms."""

    TYPE: ClassVar[str] = "agreement.version_accepted.v1"

    agreement: Name
    version: VersionNumber
    fingerprint: str


class VersionDeclined(Fact):
    """The answering trust declines a version."""

    TYPE: ClassVar[str] = "agreement.version_declined.v1"

    agreement: Name
    version: VersionNumber
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The answer to each version of an agreement, by number."""

    by_version: Mapping[int, Answer] = field(default_factory=dict)


def evolve(state: Answers, fact: Fact) -> Answers:
    """Fold one fact; the first answer to a version stays."""
    match fact:
        case VersionAccepted():
            answer = Answer.ACCEPTED
        case VersionDeclined():
            answer = Answer.DECLINED
        case _:
            return state
    return Answers({fact.version: answer, **state.by_version})


ANSWERS = Category("answers", Answers(), evolve)


def accepted(agreement: Agreement, answers: Answers) -> list[Terms]:
    """Return the terms of the accepted versions, lowest number first."""
    return _answered(agreement, answers, (Answer.ACCEPTED,))


def not_declined(agreement: Agreement, answers: Answers) -> list[Terms]:
    """Return the terms that are accepted or still await an answer."""
    return _answered(agreement, answers, (Answer.ACCEPTED, None))


def _answered(
    agreement: Agreement, answers: Answers, wanted: Iterable[Answer | None]
) -> list[Terms]:
    return [
        agreement.versions[number].terms
        for number in sorted(agreement.versions)
        if answers.by_version.get(number) in wanted
    ]


class AnswerVersion(Command):
    """Accept or decline a version, as the answering trust.

    ``fingerprint``, when given, is that of the terms that were read; other
    terms than those are not answered.
    """

    agreement: NewName
    version: VersionNumber
    answer: Answer
    fingerprint: str | None = None


def answer(
    command: AnswerVersion, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide on an answer: once, by the other party, to known terms (S1-08, S1-09)."""
    agreement = history.state(AGREEMENT, command.agreement)
    proposed = agreement.versions.get(command.version)
    if proposed is None:
        values: Values = {"agreement": command.agreement, "version": command.version}
        return Refusal(Code.UNKNOWN_AGREEMENT, "version", values)
    given = history.state(ANSWERS, command.agreement).by_version.get(command.version)
    if given is not None:
        repeated = given is command.answer
        return () if repeated else Refusal(Code.CONFLICTING_ROW, "answer")
    party = registered(answering_party(proposed.terms, history), "agreement", history)
    if isinstance(party, Refusal):
        return party
    refused = wrong_party(asked, party.org_number, party.region)
    if refused is not None:
        return refused
    if command.fingerprint not in (None, proposed.fingerprint):
        return Refusal(Code.OUTDATED, "fingerprint")
    kind = VersionAccepted if command.answer is Answer.ACCEPTED else VersionDeclined
    fact = kind(
        agreement=command.agreement,
        version=command.version,
        fingerprint=proposed.fingerprint,
    )
    return (Append(ANSWERS.stream(party.region, command.agreement), fact),)


def answering_party(terms: Terms, history: History) -> str:
    """Return the organisation number of the party that did not propose."""
    network = history.state(NETWORK, terms.network).established
    proposer = None if network is None else network.coordinating_trust
    return terms.payer if terms.payee == proposer else terms.payee
