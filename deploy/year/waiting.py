"""What a folder does not say, and what for want of it comes to nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple

from domain.agreements.agreement import VersionProposed, VersionWithdrawn
from domain.agreements.answer import VersionAccepted, VersionCountered, VersionDeclined
from domain.fact import Fact
from domain.governance.body import BODY, BodyChartered, BodyKind
from domain.governance.holding import vacant
from domain.governance.standing import NetworkStanding, standing
from domain.grants.application import ApplicationPresented
from domain.grants.award import AWARDS
from domain.grants.grant import GRANT
from domain.grants.standing import (
    ApplicationStanding,
    ApplicationStatus,
    applications_named,
)
from domain.grants.use import GRANT_USE
from domain.history import History, RecordedFact
from domain.invoicing.invoice_decision import InvoiceApproved, InvoiceDisputed
from domain.invoicing.sales_document import InvoiceIssued
from domain.obligations.derive import Source, derive_all
from domain.obligations.obligation import ObligationState
from domain.obligations.sources import SOURCES
from domain.parties.network import NetworkEstablished
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.posts.report import ReportApproved, ReportReturned, ReportSubmitted
from domain.posts.staffing import PostFilled
from domain.values import Vacancy

_CHAIRED: Final = frozenset({BodyKind.STEERING_GROUP, BodyKind.OPERATING_GROUP})
"""Bodies that elect their chair (S4-80, S4-94)."""


class Waiting(NamedTuple):
    """What nobody in the folder does, and what for want of it comes to nothing."""

    key: str
    """Names the words."""
    names: Sequence[str]


class Overdue(NamedTuple):
    """What somebody owed by a day that the folder has come past, and does not say."""

    obligation: str
    """Its id."""
    rule: str
    owed_by: str
    """An organisation number."""
    due_on: date


class RecordedFolder:
    """What all regions recorded of a folder, whose last day it is."""

    def __init__(
        self, entries: Iterable[RecordedFact], history: History, day: date
    ) -> None:
        self._facts: defaultdict[type[Fact], list[RecordedFact]] = defaultdict(list)
        for entry in entries:
            self._facts[type(entry.fact)].append(entry)
        self._history = history
        self._day = day

    def waiting(self) -> list[Waiting]:
        """What is waited for."""
        found = (
            Waiting("answer", self._unanswered()),
            Waiting("staffing", self._never_filled()),
            Waiting("report_decision", self._undecided()),
            Waiting("approval", self._without(InvoiceApproved, InvoiceDisputed)),
            Waiting("payment", self._without(PaymentRegistered, PaymentReceived)),
            Waiting("submission", self._that_are(ApplicationStatus.PRESENTED)),
            Waiting("completion", self._that_are(ApplicationStatus.RETURNED)),
            Waiting("award", self._that_are(ApplicationStatus.SUBMITTED)),
            Waiting("announcement", self._unannounced()),
            Waiting("disbursement", self._unpaid()),
            Waiting("grant_report_decision", self._undecided_of_grants()),
            Waiting("authorisation", self._unauthorised()),
            Waiting("seating", self._vacant()),
            Waiting("chair", self._without_chair()),
        )
        return [each for each in found if each.names]

    def overdue(self, since: date) -> list[Overdue]:
        """What is owed and was due before the day, by id; from a day on.

        What was due before a folder's first day stands in no folder.
        """
        sources = [
            Source(kind, name)
            for kind, fact in SOURCES.items()
            for name in self._named(fact, kind.value)
        ]
        return [
            Overdue(each.id, each.rule, each.owed_by, each.due_on)
            for each in derive_all(sources, self._history, self._day)
            if each.due_on >= since and each.state(self._day) is ObligationState.OVERDUE
        ]

    def _of(self, *kinds: type[Fact]) -> list[Any]:
        return [entry.fact for kind in kinds for entry in self._facts.get(kind, ())]

    def _named(self, kind: type[Fact], member: str) -> list[str]:
        """Names that facts of a kind give, each once."""
        return list(dict.fromkeys(getattr(fact, member) for fact in self._of(kind)))

    def _unanswered(self) -> list[str]:
        """Versions that nobody has accepted, declined, countered or withdrawn."""
        kinds = (VersionAccepted, VersionDeclined, VersionCountered, VersionWithdrawn)
        answered = {fact.fingerprint for fact in self._of(*kinds)}
        return [
            f"{fact.terms.agreement} {fact.terms.version}"
            for fact in self._of(VersionProposed)
            if fact.fingerprint not in answered
        ]

    def _never_filled(self) -> list[str]:
        """Posts that cost nothing while nobody is in them, and nobody ever was."""
        accepted = {fact.fingerprint for fact in self._of(VersionAccepted)}
        filled = {fact.post for fact in self._of(PostFilled)}
        posts = {
            post.post: None
            for fact in self._of(VersionProposed)
            if fact.fingerprint in accepted and fact.terms.vacancy is Vacancy.STOP
            for post in fact.terms.posts
        }
        return [post for post in posts if post not in filled]

    def _undecided(self) -> list[str]:
        decided = {
            (fact.report, fact.submission)
            for fact in self._of(ReportApproved, ReportReturned)
        }
        return [
            fact.report
            for fact in self._of(ReportSubmitted)
            if (fact.report, fact.submission) not in decided
        ]

    def _without(self, *kinds: type[Fact]) -> list[str]:
        """Invoices of which none of these facts speaks."""
        said = self._of(*kinds)
        spoken_of = {(fact.seller, fact.year, fact.number) for fact in said}
        names = []
        for entry in self._facts.get(InvoiceIssued, ()):
            fact = entry.fact
            assert isinstance(fact, InvoiceIssued)
            key = fact.payee, fact.issued_on.year, entry.version
            if fact.net_ore > 0 and key not in spoken_of:
                names.append(f"{fact.agreement} {fact.period_start}")
        return names

    @cached_property
    def _applications(self) -> Mapping[str, ApplicationStanding]:
        named = self._named(ApplicationPresented, "application")
        return applications_named(named, self._history)

    def _that_are(self, status: ApplicationStatus) -> list[str]:
        return [n for n, each in self._applications.items() if each.status is status]

    def _unannounced(self) -> list[str]:
        """Calls of which something is decided and nothing announced."""
        calls = {each.call: None for each in self._applications.values()}
        awards = self._history.states(AWARDS, calls)
        return [
            call
            for call in calls
            if awards[call].decided and awards[call].announced is None
        ]

    def _granted(self) -> list[str]:
        return [
            name
            for name, each in self._applications.items()
            if each.award is not None and each.award.amount_ore > 0
        ]

    def _unpaid(self) -> list[str]:
        grants = self._history.states(GRANT, self._granted())
        return [name for name, grant in grants.items() if not grant.disbursed]

    def _undecided_of_grants(self) -> list[str]:
        """Submissions of reports that the funder has neither approved nor returned."""
        grants = self._history.states(GRANT, self._granted())
        used = self._history.states(GRANT_USE, grants)
        return [
            f"{name} {fact.report}"
            for name, grant in grants.items()
            for fact in used[name].reports
            if grant.report_outcome(fact.report, fact.submission) is None
        ]

    def _unauthorised(self) -> list[str]:
        return [
            name
            for name in self._named(NetworkEstablished, "network")
            if standing(name, self._history, self._day).standing
            is NetworkStanding.PROPOSED
        ]

    def _bodies(self) -> Iterator[BodyChartered]:
        names = self._named(BodyChartered, "body")
        for body in self._history.states(BODY, names).values():
            if body.last is not None:
                yield body.last

    def _vacant(self) -> list[str]:
        """Seats that somebody must hold, and nobody does."""
        return [
            f"{body.body}/{seat.seat}"
            for body in self._bodies()
            for empty in (vacant(body.body, self._history, self._day),)
            for seat in body.seats
            if seat.mandatory and seat.seat in empty
        ]

    def _without_chair(self) -> list[str]:
        """Bodies that elect their chair, and never did."""
        bodies = [body.body for body in self._bodies() if body.kind in _CHAIRED]
        known = self._history.states(BODY, bodies)
        return [name for name in bodies if not known[name].elections]
