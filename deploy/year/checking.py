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
    said: defaultdict[type[Fact], list[RecordedFact]] = defaultdict(list)
    for entry in entries:
        said[type(entry.fact)].append(entry)
    found = (
        Waiting("answer", _unanswered(said)),
        Waiting("staffing", _never_filled(said)),
        Waiting("report_decision", _undecided(said)),
        Waiting("approval", _without(said, InvoiceApproved, InvoiceDisputed)),
        Waiting("payment", _without(said, PaymentRegistered, PaymentReceived)),
    )
    return [each for each in found if each.names]


_Said = Mapping[type[Fact], Sequence[RecordedFact]]


def _of(said: _Said, *kinds: type[Fact]) -> list[Any]:
    return [each.fact for kind in kinds for each in said.get(kind, ())]


def _unanswered(said: _Said) -> list[str]:
    """Versions that nobody has accepted, declined, countered or withdrawn."""
    kinds = (VersionAccepted, VersionDeclined, VersionCountered, VersionWithdrawn)
    answered = {each.fingerprint for each in _of(said, *kinds)}
    return [
        f"{each.terms.agreement} {each.terms.version}"
        for each in _of(said, VersionProposed)
        if each.fingerprint not in answered
    ]


def _never_filled(said: _Said) -> list[str]:
    """Posts that cost nothing while nobody is in them, and nobody ever was."""
    accepted = {each.fingerprint for each in _of(said, VersionAccepted)}
    filled = {each.post for each in _of(said, PostFilled)}
    posts = {
        post.post: None
        for each in _of(said, VersionProposed)
        if each.fingerprint in accepted and each.terms.vacancy is Vacancy.STOP
        for post in each.terms.posts
    }
    return [post for post in posts if post not in filled]


def _undecided(said: _Said) -> list[str]:
    decided = {
        (each.report, each.submission)
        for each in _of(said, ReportApproved, ReportReturned)
    }
    return [
        each.report
        for each in _of(said, ReportSubmitted)
        if (each.report, each.submission) not in decided
    ]


def _without(said: _Said, *kinds: type[Fact]) -> list[str]:
    """Invoices of which none of these facts speaks."""
    spoken_of = {(each.seller, each.year, each.number) for each in _of(said, *kinds)}
    found = []
    for entry in said.get(InvoiceIssued, ()):
        fact = entry.fact
        assert isinstance(fact, InvoiceIssued)
        key = fact.payee, fact.issued_on.year, entry.version
        if fact.net_ore > 0 and key not in spoken_of:
            found.append(f"{fact.agreement} {fact.period_start}")
    return found
