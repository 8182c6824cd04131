"""``check``: what a year would come to, without servers, and what it still waits for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from api.words import Language
from deploy.year.dry import DryFederation
from deploy.year.plan import Noticed, Plan, Refused
from deploy.year.player import Player
from domain.agreements.agreement import VersionProposed, VersionWithdrawn
from domain.agreements.answer import VersionAccepted, VersionCountered, VersionDeclined
from domain.fact import Fact
from domain.history import RecordedFact
from domain.invoicing.invoice_decision import InvoiceApproved, InvoiceDisputed
from domain.invoicing.sales_document import InvoiceIssued
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.posts.report import ReportApproved, ReportReturned, ReportSubmitted
from domain.posts.staffing import PostFilled
from domain.values import Vacancy


class Waiting(NamedTuple):
    """What nobody in the folder does, and what for want of it comes to nothing."""

    key: str
    """Names the words."""
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """What would be said of a folder's rows, and what would still be waited for."""

    refused: Sequence[Refused]
    noticed: Sequence[Noticed]
    waiting: Sequence[Waiting]


async def check_year(plan: Plan, language: Language) -> Checked:
    """Decide on a year as the nodes would."""
    federation = DryFederation()
    player = Player(
        federation.urls,
        federation.token,
        language,
        caller=federation,
        spread=federation.spread,
    )
    await player.play(plan)
    entries = [entry.recorded for entry in federation.logs.entries()]
    return Checked(player.refused, player.noticed, waiting(entries))


def waiting(entries: Iterable[RecordedFact]) -> list[Waiting]:
    """What is waited for, by the entries of all regions."""
    facts: defaultdict[type[Fact], list[RecordedFact]] = defaultdict(list)
    for entry in entries:
        facts[type(entry.fact)].append(entry)
    waiting = (
        Waiting("answer", _unanswered(facts)),
        Waiting("staffing", _never_filled(facts)),
        Waiting("report_decision", _undecided(facts)),
        Waiting("approval", _without(facts, InvoiceApproved, InvoiceDisputed)),
        Waiting("payment", _without(facts, PaymentRegistered, PaymentReceived)),
    )
    return [entry for entry in waiting if entry.names]


_Said = Mapping[type[Fact], Sequence[RecordedFact]]


def _of(facts: _Said, *kinds: type[Fact]) -> list[Any]:
    return [entry.fact for kind in kinds for entry in facts.get(kind, ())]


def _unanswered(facts: _Said) -> list[str]:
    """Versions that nobody has accepted, declined, countered or withdrawn."""
    kinds = (VersionAccepted, VersionDeclined, VersionCountered, VersionWithdrawn)
    answered = {fact.fingerprint for fact in _of(facts, *kinds)}
    return [
        f"{fact.terms.agreement} {fact.terms.version}"
        for fact in _of(facts, VersionProposed)
        if fact.fingerprint not in answered
    ]


def _never_filled(facts: _Said) -> list[str]:
    """Posts that cost nothing while nobody is in them, and nobody ever was."""
    accepted = {fact.fingerprint for fact in _of(facts, VersionAccepted)}
    filled = {fact.post for fact in _of(facts, PostFilled)}
    posts = {
        post.post: None
        for fact in _of(facts, VersionProposed)
        if fact.fingerprint in accepted and fact.terms.vacancy is Vacancy.STOP
        for post in fact.terms.posts
    }
    return [post for post in posts if post not in filled]


def _undecided(facts: _Said) -> list[str]:
    decided = {
        (fact.report, fact.submission)
        for fact in _of(facts, ReportApproved, ReportReturned)
    }
    return [
        fact.report
        for fact in _of(facts, ReportSubmitted)
        if (fact.report, fact.submission) not in decided
    ]


def _without(facts: _Said, *kinds: type[Fact]) -> list[str]:
    """Invoices of which none of these facts speaks."""
    spoken_of = {(fact.seller, fact.year, fact.number) for fact in _of(facts, *kinds)}
    names = []
    for entry in facts.get(InvoiceIssued, ()):
        fact = entry.fact
        assert isinstance(fact, InvoiceIssued)
        key = fact.payee, fact.issued_on.year, entry.version
        if fact.net_ore > 0 and key not in spoken_of:
            names.append(f"{fact.agreement} {fact.period_start}")
    return names
