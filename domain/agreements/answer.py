"""Answers to proposed versions, given in the region of the answering trust.

The answering trust is the party that did not propose: the host trust, which
is the payee, or the payer where the coordinating trust itself is the payee.
Its answer may be terms of its own (``counter.py``); the acceptance of those is
an answer as well, in the region of the coordinating trust that adopts them.
The host's endorsement of a version, which its acceptance may need, stands in
the same stream (``endorsement.py``).

An answer is of the terms whose fingerprint it names. Whatever order the regions'
facts arrive in, the state is the same: terms are answered in one region only, the
one of the party that has not signed them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Literal

from domain.agreements.agreement import (
    FIXED,
    PROPOSED,
    Agreement,
    Terms,
    VersionProposed,
    agreement_named,
    same_parties,
)
from domain.agreements.termination import terminated
from domain.fact import Command, Fact, unchanged
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, Needs, declare, same
from domain.parties.network import NETWORK
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, ReasonValues, Refusal
from domain.role import Role
from domain.values import Day, KnownPerson, Name, NewName, VersionNumber


class Answer(StrEnum):
    """What the answering trust says."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    COUNTERED = "countered"
    """Declined, with terms of its own."""


PlainAnswer = Literal[Answer.ACCEPTED, Answer.DECLINED]
"""An answer that is said in a word."""


class VersionAccepted(Fact, name="agreement.version_accepted.v1"):
    """The second signature: the answering trust accepts these very terms."""

    agreement: Name
    version: VersionNumber
    fingerprint: str


class VersionDeclined(Fact, name="agreement.version_declined.v1"):
    """The answering trust declines a version."""

    agreement: Name
    version: VersionNumber
    fingerprint: str


class VersionCountered(
    Fact,
    name="agreement.version_countered.v2",
    earlier={"agreement.version_countered.v1": unchanged},
):
    """The answering trust declines a version and signs terms that it would accept.

    ``version`` and ``fingerprint`` are of what it answers; its own terms have a
    number and a fingerprint of their own.
    """

    agreement: Name
    version: VersionNumber
    fingerprint: str
    terms: Terms
    terms_fingerprint: str


class EndorserRole(StrEnum):
    """Who in the host's line endorses (S1-20)."""

    LEADER = "leader"
    CLINIC_DIRECTOR = "clinic_director"


class VersionEndorsed(
    Fact, name="agreement.version_endorsed.v1", found_by=("agreement",)
):
    """The host's line stands behind the posts of a version (S1-05, S1-20)."""

    agreement: Name
    version: VersionNumber
    fingerprint: str
    role: EndorserRole
    endorsed_by: KnownPerson
    endorsed_on: Day


@dataclass(frozen=True, slots=True)
class Answers:
    """What is said to the versions of an agreement."""

    given: Mapping[str, Answer] = field(default_factory=dict)
    """By the fingerprint of the terms that are answered."""
    countered: Mapping[str, VersionCountered] = field(default_factory=dict)
    """Counter-proposals, by the fingerprint of their own terms."""
    endorsements: frozenset[VersionEndorsed] = frozenset()

    def to(self, proposed: VersionProposed) -> Answer | None:
        """Answer to a version, if it has one."""
        return self.given.get(proposed.fingerprint)

    def counters(self, agreement: Agreement) -> Mapping[int, VersionCountered]:
        """Counter-proposals in an agreement, by the number of their terms."""
        return {
            counter.terms.version: counter
            for counter in self.countered.values()
            if agreement.terms and same_parties(agreement.terms, counter.terms)
        }

    def has_signed(self, terms: Terms) -> bool:
        """Whether the answering trust counter-proposed these very terms."""
        return terms.fingerprint in self.countered

    def is_endorsed(self, terms: Terms) -> bool:
        """Whether the terms have the endorsement that they ask for, if any."""
        if terms.endorsement is None:
            return True
        fingerprint = terms.fingerprint
        return any(given.fingerprint == fingerprint for given in self.endorsements)


def evolve(state: Answers, fact: Fact) -> Answers:
    """Fold one fact; the first answer to terms stays."""
    match fact:
        case VersionAccepted(fingerprint=answered):
            return replace(state, given={answered: Answer.ACCEPTED, **state.given})
        case VersionDeclined(fingerprint=answered):
            return replace(state, given={answered: Answer.DECLINED, **state.given})
        case VersionCountered(fingerprint=answered):
            countered = {fact.terms_fingerprint: fact, **state.countered}
            given = {answered: Answer.COUNTERED, **state.given}
            return replace(state, given=given, countered=countered)
        case VersionEndorsed():
            return replace(state, endorsements=state.endorsements | {fact})
        case _:
            return state


ANSWERS = Category(
    "answers",
    Answers(),
    evolve,
    holds=(VersionAccepted, VersionDeclined, VersionCountered, VersionEndorsed),
    shown_to=ShownTo.MEMBERS,
)
AGREED: Final[Needs] = {**PROPOSED, VersionAccepted: Code.NOT_ACCEPTED}


def accepted(agreement: Agreement, answers: Answers) -> list[Terms]:
    """Terms of the accepted versions, lowest number first."""
    return _answered(agreement, answers, (Answer.ACCEPTED,))


def not_declined(agreement: Agreement, answers: Answers) -> list[Terms]:
    """Terms that are accepted or still await an answer.

    A withdrawn version awaits its answer too: an acceptance may be on its way,
    and would win.
    """
    return _answered(agreement, answers, (Answer.ACCEPTED, None))


def _answered(
    agreement: Agreement, answers: Answers, kinds: Collection[Answer | None]
) -> list[Terms]:
    return [
        proposed.terms
        for _, proposed in sorted(agreement.versions.items())
        if answers.to(proposed) in kinds
    ]


class AnswerVersion(Command):
    """Accept or decline a version: exactly the terms that were read."""

    agreement: NewName
    version: VersionNumber
    answer: PlainAnswer
    fingerprint: str | None = None
    """When given, that of the terms that were read; no others are meant."""


def answer_version(command: AnswerVersion, asked: Asked, history: History) -> Decision:
    """Decide on an answer: once, by the other party, to known terms (S1-08, S1-09)."""
    agreement = agreement_named(command.agreement, history)
    proposed = agreement.versions.get(command.version)
    require_not_displaced(agreement, command.fingerprint)
    if proposed is None:
        raise unknown_version(command.agreement, command.version)
    party = registered(answering_party(proposed.terms, history), "agreement", history)
    require_party(asked, party.org_number, party.region)
    if command.fingerprint not in (None, proposed.fingerprint):
        raise Refusal(Code.OUTDATED, "fingerprint")
    answers = history.state(ANSWERS, command.agreement)
    given = answers.to(proposed)
    if given is not None:
        if given is command.answer:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "answer")
    if command.answer is Answer.ACCEPTED:
        require_acceptable(proposed.terms, agreement, answers, history)
        kind: type[VersionAccepted | VersionDeclined] = VersionAccepted
    elif answers.has_signed(proposed.terms):
        raise Refusal(Code.CONFLICTING_ROW, "answer")
    else:
        kind = VersionDeclined
    fact = kind(
        agreement=command.agreement,
        version=command.version,
        fingerprint=proposed.fingerprint,
    )
    return (Append(ANSWERS.stream(party.region, command.agreement), fact),)


declare(
    AnswerVersion,
    answer_version,
    Authority(
        Asks.ANSWERING,
        {Role.CONTROLLER},
        {**PROPOSED, VersionEndorsed: Code.NOT_ENDORSED},
        "both: it signs what the other has signed",
    ),
    {
        VersionAccepted: same(AnswerVersion, answer=Answer.ACCEPTED),
        VersionDeclined: same(AnswerVersion, answer=Answer.DECLINED),
    },
)


def require_acceptable(
    terms: Terms, agreement: Agreement, answers: Answers, history: History
) -> None:
    """Refuse the acceptance of terms taken back, too late or not endorsed."""
    if terms.fingerprint in agreement.withdrawn:
        raise Refusal(Code.VERSION_WITHDRAWN, "version", {"version": terms.version})
    terminated(agreement, history).require_lasting(terms)
    if not answers.is_endorsed(terms):
        raise Refusal(Code.NOT_ENDORSED, "version", {"version": terms.version})


def require_not_displaced(agreement: Agreement, fingerprint: str | None) -> None:
    """Refuse what is said of terms that another agreement of the name has displaced."""
    if agreement.terms is None:
        return
    if fingerprint in {proposed.fingerprint for proposed in agreement.displaced}:
        raise parties_fixed(agreement.terms, "agreement")


def parties_fixed(first: Terms, member: str) -> Refusal:
    """Refuse another agreement of a name: whoever means one takes another name."""
    values = {name: getattr(first, name) for name in ("agreement", *FIXED)}
    return Refusal(Code.PARTIES_FIXED, member, values)


def unknown_version(agreement: str, version: int) -> Refusal:
    """Refuse what is said of a version that nobody proposed."""
    values: ReasonValues = {"agreement": agreement, "version": version}
    return Refusal(Code.UNKNOWN_AGREEMENT, "version", values)


def answering_party(terms: Terms, history: History) -> str:
    """Organisation number of the party that did not propose."""
    network = history.state(NETWORK, terms.network).established
    proposer = None if network is None else network.coordinating_trust
    return terms.payer if terms.payee == proposer else terms.payee
