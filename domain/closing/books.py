"""All that two trusts have between them, as the journals hold it now.

What a statement, a balance and a reconciliation are computed from: agreements,
what their posts accrued, documents with verdicts and payments, and the entries
behind each, so that a difference is followed down to its event.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.agreements.accrual import PostCost, VersionTerms, post_costs
from domain.agreements.agreement import (
    AGREEMENT,
    Between,
    Terms,
    VersionProposed,
    same_parties,
)
from domain.agreements.answer import ANSWERS, VersionAccepted
from domain.agreements.known import KnownAgreement, known_agreements
from domain.agreements.termination import TERMINATIONS, AgreementTerminated
from domain.history import History, RecordedFact
from domain.invoicing.billing import Billed, vat_ore
from domain.invoicing.invoice import SERIES, DocumentId, series_of
from domain.invoicing.invoice_decision import INVOICE_DECISIONS
from domain.invoicing.sales_document import InvoiceIssued, billed_by, left_of
from domain.parties.pair import PAIR, Pair
from domain.payments.claim import Claim, Owed, owed
from domain.payments.payment import (
    PAYMENTS,
    RECEIPTS,
    PaymentReceived,
    PaymentRegistered,
)
from domain.posts.staffing import (
    STAFFING,
    PostFilled,
    PostVacated,
    is_about,
    staffing_of,
)
from domain.values import day_after


@dataclass(frozen=True, slots=True)
class BookedPayment:
    """A payment on a document, as one of the two recorded it."""

    entry: RecordedFact
    amount_ore: int
    paid_on: date


@dataclass(frozen=True, slots=True)
class BookedDocument:
    """A document, with what its payer said and paid."""

    id: DocumentId
    entry: RecordedFact
    document: InvoiceIssued
    disputed_posts: frozenset[str]
    payments: tuple[BookedPayment, ...]
    received: tuple[BookedPayment, ...]
    """The payee's own copy, where it records what its bank received."""
    notes: tuple["BookedDocument", ...] = ()
    """The credit notes on it."""

    @property
    def stands(self) -> bool:
        """Whether it bills: it is no credit note on another, and not taken back."""
        credited = (each.document.credited for each in self.notes)
        taken_back = any(note and note.whole for note in credited)
        return self.document.credited is None and not taken_back

    @property
    def billed(self) -> tuple[Billed, ...]:
        """What it and its credits bill, where it stands."""
        return tuple(billed_by(self.document, [note.document for note in self.notes]))

    @property
    def gross_ore(self) -> int:
        """What it bills, VAT included."""
        return self.document.net_ore + self.document.vat_ore

    @property
    def paid_ore(self) -> int:
        """What the payer registered as paid."""
        return sum(payment.amount_ore for payment in self.payments)

    @property
    def received_ore(self) -> int:
        """What the payee recorded as received."""
        return sum(payment.amount_ore for payment in self.received)

    @property
    def disputed_ore(self) -> int:
        """What is left of its disputed lines, with their part of the VAT."""
        if not self.disputed_posts:
            return 0
        left = left_of(self.document, [note.document for note in self.notes])
        undisputed = sum(
            amount_ore
            for post, amount_ore in left.lines_ore.items()
            if post not in self.disputed_posts
        )
        vat = vat_ore(undisputed, self.document.vat_treatment)
        return left.net_ore + left.vat_ore - undisputed - vat

    @property
    def left(self) -> Claim:
        """What is left of it with its credit notes, and both copies of what is paid."""
        claims = [
            Claim(part.gross_ore, part.paid_ore, part.received_ore)
            for part in (self, *self.notes)
        ]
        return claims[0].with_credits(claims[1:])

    @property
    def owed(self) -> Owed:
        """What is owed on it and its credit notes: for sure, in dispute, or open."""
        return owed(self.left, self.disputed_ore)


@dataclass(frozen=True, slots=True)
class AccrualChange:
    """An entry that can change what posts accrued, from a day on."""

    entry: RecordedFact
    posts: frozenset[str]
    effective_on: date
    rule: str
    """The rule of the business by which it counts."""


@dataclass(frozen=True, slots=True)
class AgreementBooks:
    """One agreement between the two that something was accepted or billed of.

    Documents of an agreement that has lost its name stay between the two, in books
    without versions: nothing accrues in it.
    """

    pair: Pair
    agreement: str
    signed: tuple[Terms, ...]
    """Accepted versions, lowest number first."""
    versions: tuple[VersionTerms, ...]
    """What they say about money, cut where the agreement was terminated."""
    costs: Mapping[str, PostCost]
    documents: tuple[BookedDocument, ...]
    """By seller, year and number."""
    changes: tuple[AccrualChange, ...]

    @property
    def standing(self) -> tuple[BookedDocument, ...]:
        """The documents that bill."""
        return tuple(document for document in self.documents if document.stands)

    @property
    def invoicing(self) -> tuple[BookedDocument, ...]:
        """Those of them that each stand for a period."""
        return tuple(each for each in self.standing if not each.document.corrects_year)

    def changes_of(self, post: str, until: date) -> list[AccrualChange]:
        """Select the changes that can have moved a post's accrual until a day."""
        return [
            change
            for change in self.changes
            if post in change.posts and change.effective_on <= until
        ]


def read_books(pair: Pair, today: date, history: History) -> list[AgreementBooks]:
    """Books of each agreement between two trusts, by name."""
    names = sorted(history.state(PAIR, pair.key).names)
    agreements = {
        name: agreement
        for name, agreement in known_agreements(names, history).items()
        if agreement.agreement.terms and _are(agreement.agreement.terms, pair)
    }
    documents = _documents(pair, names, today, history)
    books = []
    for name in names:
        of_name = [each for each in documents if each.document.agreement == name]
        agreement = agreements.get(name)
        terms = agreement and agreement.agreement.terms
        ours = [e for e in of_name if terms and same_parties(terms, e.document)]
        others = tuple(each for each in of_name if each not in ours)
        if agreement is not None and agreement.accepted:
            books.append(_books(pair, agreement, ours, history))
        if others:
            books.append(AgreementBooks(pair, name, (), (), {}, others, ()))
    return books


def _are(terms: Between, pair: Pair) -> bool:
    return {terms.payer, terms.payee} == set(pair)


def _books(
    pair: Pair,
    known: KnownAgreement,
    documents: Iterable[BookedDocument],
    history: History,
) -> AgreementBooks:
    costs = known.costs
    posts = {post for terms in costs for post in terms.posts}
    staffing = staffing_of(known.agreement, posts, history)
    changes = {post: staffed.changes for post, staffed in staffing.items()}
    return AgreementBooks(
        pair,
        known.agreement.name,
        tuple(known.accepted),
        tuple(costs),
        post_costs(costs, changes),
        tuple(documents),
        _changes(known, posts, history),
    )


def _documents(
    pair: Pair, names: Collection[str], today: date, history: History
) -> list[BookedDocument]:
    issued = {
        document: entry
        for document, entry in _issued(pair, names, today, history).items()
        if isinstance(entry.fact, InvoiceIssued)
        and entry.fact.agreement in names
        and _are(entry.fact, pair)
    }
    keys = [document.key for document in issued]
    verdicts = history.states(INVOICE_DECISIONS, keys)
    payments = history.entries(PAYMENTS, keys)
    received = history.entries(RECEIPTS, keys)
    booked: dict[DocumentId, BookedDocument] = {}
    for document, entry in issued.items():
        fact = entry.fact
        assert isinstance(fact, InvoiceIssued)
        posts = [line.post for line in fact.lines]
        booked[document] = BookedDocument(
            document,
            entry,
            fact,
            frozenset(verdicts[document.key].disputes(posts)),
            _paid(payments[document.key]),
            _paid(received[document.key]),
        )
    notes = _notes(booked)
    return [
        replace(each, notes=tuple(notes.get(document, ())))
        for document, each in sorted(booked.items())
    ]


def _issued(
    pair: Pair, names: Collection[str], today: date, history: History
) -> Mapping[DocumentId, RecordedFact]:
    """Documents that either trust issued since the first of the agreements began."""
    starts = [
        entry.fact.terms.starts_on.year
        for entries in history.entries(AGREEMENT, names).values()
        for entry in entries
        if isinstance(entry.fact, VersionProposed)
    ]
    series = {
        series_of(seller, year): (seller, year)
        for seller in pair
        for year in range(min(starts, default=today.year), today.year + 1)
    }
    return {
        DocumentId(*series[key], entry.version): entry
        for key, entries in history.entries(SERIES, list(series)).items()
        for entry in entries
    }


def _paid(entries: Iterable[RecordedFact]) -> tuple[BookedPayment, ...]:
    payments = []
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, PaymentRegistered):
            payments.append(BookedPayment(entry, fact.amount_ore, fact.paid_on))
        elif isinstance(fact, PaymentReceived):
            payments.append(BookedPayment(entry, fact.amount_ore, fact.received_on))
    return tuple(payments)


def _notes(
    documents: Mapping[DocumentId, BookedDocument],
) -> Mapping[DocumentId, list[BookedDocument]]:
    notes: defaultdict[DocumentId, list[BookedDocument]] = defaultdict(list)
    for booked in documents.values():
        credited = booked.document.credited
        if credited is not None:
            document = DocumentId(booked.id.seller, credited.year, credited.number)
            notes[document].append(booked)
    return notes


def _changes(
    known: KnownAgreement, posts: Collection[str], history: History
) -> tuple[AccrualChange, ...]:
    name, all_posts = known.agreement.name, frozenset(posts)
    from_day = {terms.fingerprint: terms.effective_from for terms in known.accepted}
    agreed = [
        AccrualChange(entry, all_posts, from_day[entry.fact.fingerprint], "S1-14")
        for entry in history.entries(ANSWERS, (name,))[name]
        if isinstance(entry.fact, VersionAccepted)
        and entry.fact.fingerprint in from_day
    ]
    ended = [
        AccrualChange(entry, all_posts, day_after(entry.fact.ends_on), "S1-11")
        for entry in history.entries(TERMINATIONS, (name,))[name]
        if isinstance(entry.fact, AgreementTerminated)
        and known.agreement.concerns(entry)
    ]
    staffed = [
        AccrualChange(entry, frozenset({post}), entry.fact.effective_on, "S1-12")
        for post, entries in sorted(history.entries(STAFFING, posts).items())
        for entry in entries
        if isinstance(entry.fact, PostFilled | PostVacated)
        and is_about(known.agreement, entry)
    ]
    return (*agreed, *ended, *staffed)
