"""The statement of two trusts for a period: what both sign, and what never changes.

A statement says what accrued in the period, what earlier closed periods are
restated by and through which entries, the documents and payments that belong to
it, the lines that are still open, and the balance. Statements of a pair follow
each other without a gap, each with the fingerprint of the one before. Source:
``domain/README.md``, "Closing a period".
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Annotated

from pydantic import Field

from domain.closing.books import AccrualChange, AgreementBooks, BookedDocument
from domain.closing.reconciliation import (
    LineState,
    SettlementLine,
    unknown_to,
)
from domain.closing.stated_money import (
    Balance,
    Moved,
    OpenPayment,
    StatedPayment,
    balances,
    open_payments,
    payment_of,
)
from domain.fact import Message
from domain.history import RecordedFact
from domain.invoicing.sales_document import DocumentKind
from domain.parties.pair import Pair
from domain.values import AmountOre, Day, Name, OrganisationNumber, Period, Region

StatementNumber = Annotated[int, Field(ge=1, le=10**6)]
"""Counts the periods of a pair from 1; a rejected one is drawn up again."""


class StatementCause(Message):
    """An entry through which an amount changed."""

    entry: str
    """Its id, ``vest/1/42``: it leads to the signed log."""
    type: str
    region: Region
    rule: str
    """The rule of the business by which it counts, ``S1-14``."""


class StatedRestatement(Message):
    """A closed period whose accrual is another now."""

    period_start: Day
    period_end: Day
    old_ore: AmountOre
    new_ore: AmountOre
    causes: tuple[StatementCause, ...] = ()


class StatedPost(Message):
    """What a post accrued in the period, in øre without VAT."""

    agreement: Name
    version: int
    network: Name
    payer: OrganisationNumber
    payee: OrganisationNumber
    post: Name
    accrued_ore: AmountOre
    restatements: tuple[StatedRestatement, ...] = ()


class StatedDocument(Message):
    """A document whose period has ended, and which no earlier statement has."""

    seller: OrganisationNumber
    year: int
    number: int
    kind: DocumentKind
    agreement: Name
    version: int
    period_start: Day
    period_end: Day
    net_ore: AmountOre
    vat_ore: AmountOre


class OpenLine(Message):
    """A line over which the period is closed all the same."""

    agreement: Name
    post: Name
    period_start: Day
    period_end: Day
    billed_ore: AmountOre
    accrued_ore: AmountOre
    state: LineState
    disputed: bool
    causes: tuple[StatementCause, ...] = ()
    conceded_ore: AmountOre | None = None
    """What of the accrual is given up; absent where nothing is."""


class Statement(Message):
    """The statement of two trusts for a period."""

    first: OrganisationNumber
    second: OrganisationNumber
    number: StatementNumber
    revision: StatementNumber
    period_start: Day
    period_end: Day
    previous: str | None = None
    """The fingerprint of the statement before."""
    posts: tuple[StatedPost, ...] = ()
    documents: tuple[StatedDocument, ...] = ()
    payments: tuple[StatedPayment, ...] = ()
    open_lines: tuple[OpenLine, ...] = ()
    balances: tuple[Balance, ...] = ()
    receipts: tuple[StatedPayment, ...] | None = None
    """What the payee's bank booked on the documents; absent where nothing is."""
    open_payments: tuple[OpenPayment, ...] | None = None
    """Absent where both have the same payments."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical bytes, in hex: what both parties sign."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def period(self) -> Period:
        """The days that it closes."""
        return Period(self.period_start, self.period_end)

    @property
    def pair(self) -> Pair:
        """The two trusts."""
        return Pair(self.first, self.second)


@dataclass(frozen=True, slots=True)
class Closed:
    """A statement that both have signed, with the entry that drew it up."""

    statement: Statement
    entry: RecordedFact


def state_period(
    pair: Pair,
    period: Period,
    books: Sequence[AgreementBooks],
    lines: Iterable[SettlementLine],
    closed: Sequence[Closed],
) -> Statement:
    """Statement of a period after those that are closed, oldest first.

    ``lines`` are those of the books until its end, both copies of each.
    """
    last = closed[-1] if closed else None
    documents = [
        each
        for agreement in books
        for each in agreement.documents
        if each.document.period_end <= period.end
    ]
    fresh = [each for each in documents if not _stated(each, each.entry, last)]
    before = last.statement.balances if last else ()
    moved = Moved(
        [
            (each, paid)
            for each in documents
            for paid in each.payments
            if not _stated(each, paid.entry, last)
        ],
        [
            (each, paid)
            for each in documents
            for paid in each.received
            if not _stated(each, paid.entry, last)
        ],
    )
    return Statement(
        first=pair.first,
        second=pair.second,
        number=len(closed) + 1,
        revision=1,
        period_start=period.start,
        period_end=period.end,
        previous=last.statement.fingerprint if last else None,
        posts=tuple(_posts(period, books, closed)),
        documents=tuple(_document(each) for each in fresh),
        payments=tuple(starmap(payment_of, moved.payments)),
        open_lines=tuple(_open_line(line) for line in lines if line.is_open),
        balances=tuple(balances(pair, documents, fresh, moved, before)),
        receipts=tuple(starmap(payment_of, moved.receipts)) or None,
        open_payments=tuple(open_payments(documents)) or None,
    )


def _stated(document: BookedDocument, entry: RecordedFact, last: Closed | None) -> bool:
    """Whether an entry about a document stands in the last statement or before."""
    return (
        last is not None
        and document.document.period_end <= last.statement.period_end
        and document.entry.known_to(last.entry)
        and entry.known_to(last.entry)
    )


def _posts(
    period: Period, books: Iterable[AgreementBooks], closed: Sequence[Closed]
) -> Iterable[StatedPost]:
    stated = _stated_ore(closed)
    for book in books:
        for post, cost in book.costs.items():
            terms = book.signed[-1]
            accrued = cost.amount_ore(period)
            restatements = tuple(
                StatedRestatement(
                    period_start=earlier.start,
                    period_end=earlier.end,
                    old_ore=old,
                    new_ore=new,
                    causes=causes_of(
                        unknown_to(
                            [closed[-1].entry],
                            book.changes_of(post, earlier.end),
                        )
                    ),
                )
                for earlier in (other.statement.period for other in closed)
                if (new := cost.amount_ore(earlier))
                != (old := stated.get((book.agreement, post, earlier), 0))
            )
            if accrued or restatements:
                yield StatedPost(
                    agreement=book.agreement,
                    version=terms.version,
                    network=terms.network,
                    payer=terms.payer,
                    payee=terms.payee,
                    post=post,
                    accrued_ore=accrued,
                    restatements=restatements,
                )


def _stated_ore(closed: Iterable[Closed]) -> dict[tuple[str, str, Period], int]:
    """Øre that closed statements say each post accrued in each period."""
    stated = {}
    for signed in closed:
        for post in signed.statement.posts:
            key = post.agreement, post.post
            stated[*key, signed.statement.period] = post.accrued_ore
            for restated in post.restatements:
                earlier = Period(restated.period_start, restated.period_end)
                stated[*key, earlier] = restated.new_ore
    return stated


def causes_of(changes: Iterable[AccrualChange]) -> tuple[StatementCause, ...]:
    """Name changes as a statement does."""
    return tuple(
        StatementCause(
            entry=str(change.entry.place),
            type=change.entry.fact.TYPE,
            region=Region(change.entry.place.origin),
            rule=change.rule,
        )
        for change in changes
    )


def _document(booked: BookedDocument) -> StatedDocument:
    fact = booked.document
    return StatedDocument(
        **booked.id._asdict(),
        kind=fact.kind,
        agreement=fact.agreement,
        version=fact.version,
        period_start=fact.period_start,
        period_end=fact.period_end,
        net_ore=fact.net_ore,
        vat_ore=fact.vat_ore,
    )


def _open_line(line: SettlementLine) -> OpenLine:
    return OpenLine(
        agreement=line.agreement,
        post=line.post,
        period_start=line.period.start,
        period_end=line.period.end,
        billed_ore=line.billed_ore,
        accrued_ore=line.accrued_ore,
        state=line.state,
        disputed=line.disputed,
        causes=causes_of(line.causes),
        conceded_ore=line.conceded_ore or None,
    )
