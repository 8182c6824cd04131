"""Disputes as a question: about which line, why, since when, and what was said.

A dispute is on a line; one on a document is on each of its lines. It is open
until the payer approves the line or ends the dispute.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from domain.invoicing.invoice_decision import Resolution
from projections import tables
from projections.asof import rows, rows_as_of, rows_by_key
from projections.claims import DOCUMENT, document_key
from projections.moments import once_a_moment
from projections.readable import of_parties

DisputeKey = tuple[str, int, int, str, str]


class DisputeState(StrEnum):
    """Whether a dispute has ended."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Comment:
    """What one of the parties said."""

    recorded_on: date
    organisation: str
    written_by: str
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a dispute ended; an approval without more words upholds the claim."""

    recorded_on: date
    outcome: Resolution
    text: str
    decided_by: str | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute on a line of a document."""

    payee: str
    year: int
    number: int
    post: str
    agreement: str
    network: str
    payer: str
    amount_ore: int
    """Of the line when it was issued."""
    reason: str
    opened_on: date
    opened_at: str
    """The instant: a line may be disputed twice on a day."""
    opened_by: str | None
    state: DisputeState
    age_days: int
    """Until it ended, or until the day that is asked about."""
    resolution: Ended | None
    thread: tuple[Comment, ...]

    @property
    def key(self) -> DisputeKey:
        """By what disputes are sorted."""
        return self.payee, self.year, self.number, self.post, self.opened_at


class DisputeFilter(NamedTuple):
    """Which disputes are asked for."""

    trust: str | None = None
    """Payer or payee."""
    agreement: str | None = None
    state: DisputeState | None = None


@once_a_moment
def disputes(
    connection: Connection,
    as_of: date,
    criteria: DisputeFilter,
    after: DisputeKey = ("", 0, 0, "", ""),
    limit: int = 100,
) -> list[Dispute]:
    """As known on a day: by document, by line, the oldest first."""
    document, verdict = tables.document, tables.verdict
    same = and_(*(document.c[name] == verdict.c[name] for name in DOCUMENT))
    disputed = (
        select(verdict.c.seller)
        .where(same, verdict.c.disputed, verdict.c.recorded_on <= as_of)
        .exists()
    )
    conditions: list[ColumnElement[bool]] = [
        disputed,
        *of_parties(connection, document.c.payer, document.c.seller),
    ]
    if criteria.agreement is not None:
        conditions.append(document.c.agreement == criteria.agreement)
    if criteria.trust is not None:
        ours = (document.c.payer == criteria.trust, document.c.seller == criteria.trust)
        conditions.append(or_(*ours))
    documents = rows(connection, rows_as_of(document, as_of).where(*conditions))
    keys = {document_key(row) for row in documents}
    lines, verdicts, comments = (
        rows_by_key(connection, table, as_of, keys, *DOCUMENT)
        for table in (tables.document_line, verdict, tables.dispute_comment)
    )
    listed = [
        dispute
        for row in documents
        for key in (document_key(row),)
        for line in lines[key]
        for dispute in _of_line(_Line(row, line), verdicts[key], comments[key], as_of)
        if criteria.state in {None, dispute.state} and dispute.key > after
    ]
    return sorted(listed, key=lambda dispute: dispute.key)[:limit]


class _Line(NamedTuple):
    document: Row[Any]
    line: Row[Any]


def _of_line(
    of: _Line,
    verdicts: Iterable[Row[Any]],
    comments: Sequence[Row[Any]],
    as_of: date,
) -> Iterable[Dispute]:
    """Yield the disputes on a line, one after the other."""
    open_: Dispute | None = None
    for verdict in verdicts:
        if verdict.post not in {None, of.line.post}:
            continue
        if verdict.disputed and open_ is None:
            open_ = _opened(of, verdict, as_of)
        elif not verdict.disputed and open_ is not None:
            yield _with_thread(_ended(open_, verdict), comments)
            open_ = None
    if open_ is not None:
        yield _with_thread(open_, comments)


def _opened(of: _Line, verdict: Row[Any], as_of: date) -> Dispute:
    document = of.document
    return Dispute(
        payee=document.seller,
        year=document.year,
        number=document.number,
        post=of.line.post,
        agreement=document.agreement,
        network=document.network,
        payer=document.payer,
        amount_ore=of.line.amount_ore,
        reason=verdict.reason,
        opened_on=verdict.recorded_on,
        opened_at=verdict.recorded_at,
        opened_by=verdict.decided_by,
        state=DisputeState.OPEN,
        age_days=(as_of - verdict.recorded_on).days,
        resolution=None,
        thread=(),
    )


def _ended(dispute: Dispute, verdict: Row[Any]) -> Dispute:
    outcome = Resolution(verdict.resolution or Resolution.UPHELD)
    end = Ended(verdict.recorded_on, outcome, verdict.reason, verdict.decided_by)
    return replace(
        dispute,
        state=DisputeState.RESOLVED,
        age_days=(verdict.recorded_on - dispute.opened_on).days,
        resolution=end,
    )


def _with_thread(dispute: Dispute, comments: Iterable[Row[Any]]) -> Dispute:
    """Add what was said about the line while it was in dispute, or about all lines."""
    ended = dispute.resolution
    thread = tuple(
        Comment(row.recorded_on, row.organisation, row.written_by, row.text)
        for row in comments
        if row.post in {None, dispute.post}
        and row.recorded_on >= dispute.opened_on
        and (ended is None or row.recorded_on <= ended.recorded_on)
    )
    return replace(dispute, thread=thread)
