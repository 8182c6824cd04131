"""All that two trusts have between them, as the journals hold it now.

What a statement, a balance and a reconciliation are computed from: agreements,
what their posts accrued, documents with verdicts and payments, and the entries
behind each, so that a difference is followed down to its event.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.agreements.accrual import (
    PostCost,
    StaffingChange,
    VersionTerms,
    post_costs,
)
from domain.agreements.agreement import AGREEMENT, Terms
from domain.agreements.answer import ANSWERS, VersionAccepted, accepted
from domain.agreements.termination import TERMINATIONS, AgreementTerminated
from domain.history import History, RecordedFact
from domain.invoicing.billing import Billed, vat_ore
from domain.invoicing.invoice import SERIES, DocumentId
from domain.invoicing.invoice_decision import INVOICE_DECISIONS
from domain.invoicing.sales_document import InvoiceIssued, billed_by, left_of
from domain.parties.pair import PAIR, Pair
from domain.payments.payment import (
    PAYMENTS,
    RECEIPTS,
    PaymentReceived,
    PaymentRegistered,
)
from domain.posts.staffing import STAFFING, PostFilled, PostVacated
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
    notes: tuple[InvoiceIssued, ...] = ()
    """The credit notes on it."""

    @property
    def stands(self) -> bool:
        """Whether it bills: it is no credit note on another, and not taken back."""
        taken_back = any(each.credited and each.credited.whole for each in self.notes)
        return self.document.credited is None and not taken_back

    @property
    def billed(self) -> tuple[Billed, ...]:
        """What it and its credits bill, where it stands."""
        return tuple(billed_by(self.document, self.notes))

    @property
    def parties(self) -> set[str]:
        """The two that it is between."""
        return {self.document.payer, self.document.payee}

    @property
    def gross_ore(self) -> int:
        """What it bills, VAT included."""
        return self.document.net_ore + self.document.vat_ore

    @property
    def paid_ore(self) -> int:
        """What the payer registered as paid."""
        return sum(each.amount_ore for each in self.payments)

    @property
    def received_ore(self) -> int:
        """What the payee recorded as received."""
        return sum(each.amount_ore for each in self.received)

    @property
    def disputed_ore(self) -> int:
        """What is left of its disputed lines, with their part of the VAT."""
        if not self.disputed_posts:
            return 0
        left = left_of(self.document, self.notes)
        undisputed = sum(
            amount_ore
            for post, amount_ore in left.lines_ore.items()
            if post not in self.disputed_posts
        )
        vat = vat_ore(undisputed, self.document.vat_treatment)
        return left.net_ore + left.vat_ore - undisputed - vat


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that can change what posts accrued, from a day on."""

    entry: RecordedFact
    posts: frozenset[str]
    effective_on: date
    rule: str
    """The rule of the business by which it counts."""


@dataclass(frozen=True, slots=True)
class AgreementBooks:
    """One agreement with an accepted version between the two.

    A later version may have moved it to another trust. What the two billed and paid
    stays between them, and so does what accrued while their version was in force.
    """

    pair: Pair
    agreement: str
    signed: tuple[Terms, ...]
    """Accepted versions, lowest number first."""
    versions: tuple[VersionTerms, ...]
    """What they say about money, cut where the agreement was terminated."""
    costs: Mapping[str, PostCost]
    """Of all days, since a period is billed whole by who may invoice it."""
    own_costs: Mapping[str, PostCost]
    """Of the days on which a version between the two is in force."""
    documents: tuple[BookedDocument, ...]
    """By seller, year and number."""
    elsewhere: tuple[BookedDocument, ...]
    """The agreement's documents that are not between the two."""
    changes: tuple[Change, ...]

    @property
    def standing(self) -> tuple[BookedDocument, ...]:
        """The agreement's documents that bill, whoever they are between."""
        both = (*self.documents, *self.elsewhere)
        return tuple(each for each in both if each.stands)

    @property
    def invoicing(self) -> tuple[BookedDocument, ...]:
        """Those of them that each stand for a period."""
        return tuple(each for each in self.standing if not each.document.corrects_year)

    def is_between(self, terms: Terms) -> bool:
        """Say whether a version is between the two."""
        return {terms.payer, terms.payee} == set(self.pair)

    @property
    def parties(self) -> Terms:
        """The terms that say who of the two pays: their highest version."""
        return next(each for each in reversed(self.signed) if self.is_between(each))

    def changes_of(self, post: str, until: date) -> list[Change]:
        """Return what can have changed a post's accrual until a day."""
        return [
            each
            for each in self.changes
            if post in each.posts and each.effective_on <= until
        ]


def read_books(pair: Pair, today: date, history: History) -> list[AgreementBooks]:
    """Return the books of each agreement between two trusts, by name."""
    names = sorted(history.state(PAIR, pair.key).names)
    agreements = history.states(AGREEMENT, names)
    answers = history.states(ANSWERS, names)
    signed = {name: tuple(accepted(agreements[name], answers[name])) for name in names}
    signed = {
        name: versions
        for name, versions in signed.items()
        if any({each.payer, each.payee} == set(pair) for each in versions)
    }
    terminations = history.states(TERMINATIONS, list(signed))
    costs = {
        name: tuple(terminations[name].costs(versions))
        for name, versions in signed.items()
    }
    documents = _documents(pair, signed, today, history)
    changes = _changes(signed, history)
    found = []
    for name, versions in signed.items():
        staffing = _staffing(name, costs[name], history)
        ours = {e.version for e in versions if {e.payer, e.payee} == set(pair)}
        of_it = [each for each in documents if each.document.agreement == name]
        found.append(
            AgreementBooks(
                pair,
                name,
                versions,
                costs[name],
                post_costs(costs[name], staffing),
                post_costs(costs[name], staffing, ours),
                tuple(each for each in of_it if each.parties == set(pair)),
                tuple(each for each in of_it if each.parties != set(pair)),
                changes[name],
            )
        )
    return found


def _staffing(
    agreement: str, versions: Sequence[VersionTerms], history: History
) -> Mapping[str, Sequence[StaffingChange]]:
    posts = {post for terms in versions for post in terms.posts}
    staffing = history.states(STAFFING, posts)
    return {post: staffing[post].changes_in(agreement) for post in posts}


def _documents(
    pair: Pair, signed: Mapping[str, Sequence[Terms]], today: date, history: History
) -> list[BookedDocument]:
    starts = [
        terms.starts_on.year for versions in signed.values() for terms in versions
    ]
    years = range(min(starts, default=today.year), today.year + 1)
    sellers = {terms.payee for versions in signed.values() for terms in versions}
    series = {
        DocumentId(seller, year, 0).series: (seller, year)
        for seller in sorted({*pair, *sellers})
        for year in years
    }
    issued = {
        DocumentId(*series[key], entry.version): entry
        for key, entries in history.entries(SERIES, list(series)).items()
        for entry in entries
        if isinstance(entry.fact, InvoiceIssued) and entry.fact.agreement in signed
    }
    keys = [document.key for document in issued]
    verdicts = history.states(INVOICE_DECISIONS, keys)
    payments = history.entries(PAYMENTS, keys)
    received = history.entries(RECEIPTS, keys)
    notes = _notes(issued)
    found = []
    for document, entry in sorted(issued.items()):
        fact = entry.fact
        assert isinstance(fact, InvoiceIssued)
        posts = [line.post for line in fact.lines]
        found.append(
            BookedDocument(
                document,
                entry,
                fact,
                frozenset(verdicts[document.key].disputes(posts)),
                _paid(payments[document.key]),
                _paid(received[document.key]),
                tuple(notes[document]),
            )
        )
    return found


def _paid(entries: Iterable[RecordedFact]) -> tuple[BookedPayment, ...]:
    found = []
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, PaymentRegistered):
            found.append(BookedPayment(entry, fact.amount_ore, fact.paid_on))
        elif isinstance(fact, PaymentReceived):
            found.append(BookedPayment(entry, fact.amount_ore, fact.received_on))
    return tuple(found)


def _notes(
    issued: Mapping[DocumentId, RecordedFact],
) -> Mapping[DocumentId, list[InvoiceIssued]]:
    """Return the credit notes on each document."""
    notes: defaultdict[DocumentId, list[InvoiceIssued]] = defaultdict(list)
    for entry in issued.values():
        fact = entry.fact
        if isinstance(fact, InvoiceIssued) and fact.credited is not None:
            of = DocumentId(fact.payee, fact.credited.year, fact.credited.number)
            notes[of].append(fact)
    return notes


def _changes(
    signed: Mapping[str, Sequence[Terms]], history: History
) -> Mapping[str, tuple[Change, ...]]:
    posts = {
        name: {post.post for terms in versions for post in terms.posts}
        for name, versions in signed.items()
    }
    staffing = history.entries(STAFFING, sorted(set().union(*posts.values())))
    answers = history.entries(ANSWERS, sorted(signed))
    notices = history.entries(TERMINATIONS, sorted(signed))
    found = {}
    for name, versions in signed.items():
        from_day = {terms.version: terms.effective_from for terms in versions}
        agreed = [
            Change(entry, frozenset(posts[name]), from_day[entry.fact.version], "S1-14")
            for entry in answers[name]
            if isinstance(entry.fact, VersionAccepted)
            and entry.fact.version in from_day
        ]
        ended = [
            Change(
                entry, frozenset(posts[name]), day_after(entry.fact.ends_on), "S1-11"
            )
            for entry in notices[name]
            if isinstance(entry.fact, AgreementTerminated)
        ]
        staffed = [
            Change(entry, frozenset({post}), entry.fact.effective_on, "S1-12")
            for post in sorted(posts[name])
            for entry in staffing[post]
            if isinstance(entry.fact, PostFilled | PostVacated)
            and entry.fact.agreement == name
        ]
        found[name] = (*agreed, *ended, *staffed)
    return found
