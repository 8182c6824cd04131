"""Reconciliation: every settlement line as both parties have it.

A line is one post's amount for one period. The payee's copy stands in its
documents; the payer's copy is what the payer's node computes by itself from
agreement, staffing and reports, less what the payee has given up of it. They match
when amount, period, agreement version and report are the same (S1-14, S1-41); a
difference opens by itself, with the entries that explain it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from domain.agreements.accrual import NOTHING, last_in_force
from domain.agreements.answer import VersionAccepted
from domain.closing.books import AccrualChange, AgreementBooks, BookedDocument
from domain.history import History, RecordedFact
from domain.invoicing.billing import billed_ore, conceded_ore, due_ore
from domain.posts.report import approved_reports
from domain.values import Frequency, Period, add_months, day_after


class LineState(StrEnum):
    """How the two copies of a settlement line compare."""

    MATCHED = "matched"
    NOT_INVOICED = "not_invoiced"
    """The payer owes it, and the payee has not billed it."""
    AMOUNT_DIFFERS = "amount_differs"
    """Something changed since, and no restatement has followed yet."""
    VERSION_DIFFERS = "version_differs"
    """The document names another version than the one that its seller could know."""
    REPORT_DIFFERS = "report_differs"
    """The report that the document names is not approved, or does not cover it."""
    PAYMENT_DIFFERS = "payment_differs"
    """One of the two has a payment of the document that the other has not."""


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One post and period, as both parties have it. Amounts in øre without VAT."""

    agreement: str
    post: str
    period: Period
    document: BookedDocument | None
    """The document of the period, where there is one."""
    billed_ore: int
    """The payee's copy, with all restatements and credits so far."""
    accrued_ore: int
    """The payer's copy."""
    conceded_ore: int
    """What of it the payee has given up: nobody owes it."""
    state: LineState
    disputed: bool
    causes: tuple[AccrualChange, ...]
    """What was recorded since the line was last billed and can explain it."""

    @property
    def is_open(self) -> bool:
        """Whether a period cannot be closed over this line without saying so."""
        return self.disputed or self.state is not LineState.MATCHED


def reconcile(
    books: AgreementBooks, until: date, history: History
) -> list[SettlementLine]:
    """Lines of an agreement whose period has ended by a day."""
    ours = books.invoicing
    approved = {
        (network, payee, report.report, report.submission): report.period
        for network, payee in {(e.document.network, e.document.payee) for e in ours}
        for report in approved_reports(network, payee, history)
    }
    standing = [billed for each in books.standing for billed in each.billed]
    billed, conceded = billed_ore(standing), conceded_ore(standing)
    lines = []
    for document in ours:
        if document.document.period_end > until:
            continue
        period = document.document.period
        listed = {line.post for line in document.document.lines}
        for post in sorted({*books.costs, *listed}):
            accrued = books.costs.get(post, NOTHING).amount_ore(period)
            amount = billed.get((post, period), 0)
            due = due_ore(accrued, amount, conceded.get((post, period), 0))
            if post not in listed and not (accrued or amount):
                continue
            state = _state(books, document, approved, due == amount)
            lines.append(
                SettlementLine(
                    books.agreement,
                    post,
                    period,
                    document,
                    amount,
                    accrued,
                    accrued - due,
                    state,
                    post in document.disputed_posts,
                    _causes(books, post, document) if due != amount else (),
                )
            )
    settled = _with_payments(books, [*lines, *_not_invoiced(books, until)], until)
    return sorted(settled, key=lambda line: (line.period, line.post))


def _with_payments(
    books: AgreementBooks, lines: Sequence[SettlementLine], until: date
) -> Iterator[SettlementLine]:
    """Yield lines, open where one of the two has a payment that the other has not.

    So is what a document was about that is taken back, or that has no line any more.
    """
    opened = {
        line: booked
        for booked in books.documents
        if booked.document.credited is None
        and booked.left.is_open
        and booked.document.period_end <= until
        for line in _lines_of(booked)
    }
    for line in lines:
        is_open = opened.pop((line.post, line.period), None) is not None
        if is_open and line.state is LineState.MATCHED:
            yield replace(line, state=LineState.PAYMENT_DIFFERS)
        else:
            yield line
    for (post, period), document in opened.items():
        yield SettlementLine(
            books.agreement,
            post,
            period,
            document,
            0,
            0,
            0,
            LineState.PAYMENT_DIFFERS,
            disputed=False,
            causes=(),
        )


def _lines_of(document: BookedDocument) -> Iterator[tuple[str, Period]]:
    """Yield the posts and periods that a document is about."""
    billed = document.document.billed
    for line in billed.lines:
        periods = [restated.period for restated in line.restatements]
        for period in periods if billed.period is None else [billed.period]:
            yield line.post, period


def _state(
    books: AgreementBooks,
    document: BookedDocument,
    approved: dict[tuple[str, str, str, int], Period],
    same_amount: bool,  # noqa: FBT001 - the third of three comparisons
) -> LineState:
    fact = document.document
    if not same_amount:
        return LineState.AMOUNT_DIFFERS
    # A version that was accepted later and leaves the amount as it is makes no
    # difference: the document rests on what it could know.
    accepted = {
        change.entry.fact.version
        for change in books.changes
        if isinstance(change.entry.fact, VersionAccepted)
        and change.entry.known_to(document.entry)
    }
    versions = [terms for terms in books.versions if terms.version in accepted]
    governing = last_in_force(versions, fact.period_end)
    if governing is None or governing.version != fact.version:
        return LineState.VERSION_DIFFERS
    report = fact.network, fact.payee, fact.report, fact.submission
    covered = approved.get(report)
    if covered is None or not covered.covers(fact.period):
        return LineState.REPORT_DIFFERS
    return LineState.MATCHED


def _causes(
    books: AgreementBooks, post: str, of_period: BookedDocument
) -> tuple[AccrualChange, ...]:
    period = of_period.document.period
    restating = [
        booked.entry
        for booked in books.standing
        for line in booked.document.billed.lines
        if line.post == post and period in (r.period for r in line.restatements)
    ]
    changes = books.changes_of(post, period.end)
    return unknown_to([of_period.entry, *restating], changes)


def unknown_to(
    entries: Iterable[RecordedFact], changes: Iterable[AccrualChange]
) -> tuple[AccrualChange, ...]:
    """Leave out the changes on which one of some decisions could rest."""
    decided = tuple(entries)
    return tuple(
        change
        for change in changes
        if not any(change.entry.known_to(entry) for entry in decided)
    )


def _not_invoiced(books: AgreementBooks, until: date) -> Iterator[SettlementLine]:
    invoiced = [other.document.period for other in books.invoicing]
    for period in _due(books, until):
        if any(other.overlaps(period) for other in invoiced):
            continue
        for post, cost in books.costs.items():
            accrued = cost.amount_ore(period)
            if accrued:
                yield SettlementLine(
                    books.agreement,
                    post,
                    period,
                    None,
                    0,
                    accrued,
                    0,
                    LineState.NOT_INVOICED,
                    disputed=False,
                    causes=(),
                )


def _due(books: AgreementBooks, until: date) -> Iterator[Period]:
    """Yield the periods that may be invoiced and that have ended."""
    if not books.versions:
        return
    signed = {terms.version: terms for terms in books.signed}
    versions = books.versions
    month = date(min(terms.effective_from.year for terms in versions), 1, 1)
    last_year = max(terms.ends_on.year for terms in versions)
    while month <= until and month.year <= last_year:
        end = _month_end(month)
        governing = last_in_force(versions, end)
        if governing is not None and end <= until:
            terms = signed[governing.version]
            period = _whole(month, terms.frequency)
            if period is not None:
                yield period
        month = day_after(end)


def _month_end(first_of_month: date) -> date:
    return date.fromordinal(add_months(first_of_month, 1).toordinal() - 1)


def _whole(month: date, frequency: Frequency) -> Period | None:
    """Period of a frequency that ends with a month, if one does."""
    start = add_months(month, 1 - frequency.months)
    period = Period(start, _month_end(month))
    return period if period.is_whole(frequency) else None
