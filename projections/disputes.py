"""Disputes as a question: about which line, why, since when, and what was said.

A dispute is on a line; one on a document is on each of its lines. It is open
until the payer approves the line or ends the dispute.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, or_, select

from domain.invoicing.invoice_decision import Resolution
from projections import tables
from projections.asof import keyed, rows, rows_as_of
from projections.claims import DOCUMENT, DocumentKey

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
        return (
            self.payee,
            self.year,
            self.number,
            self.post,
            self.opened_at,
        )


class DisputeFilter(NamedTuple):
    """Which disputes are asked for."""

    trust: str | None = None
    """Payer or payee."""
    agreement: str | None = None
    state: DisputeState | None = None


def disputes(
    connection: Connection,
    as_of: date,
    wanted: DisputeFilter,
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
    conditions: list[ColumnElement[bool]] = [disputed]
    if wanted.agreement is not None:
        conditions.append(document.c.agreement == wanted.agreement)
    if wanted.trust is not None:
        ours = (document.c.payer == wanted.trust, document.c.seller == wanted.trust)
        conditions.append(or_(*ours))
    found = rows(connection, rows_as_of(document, as_of).where(*conditions))
    read = _Reader(connection, as_of, found)
    lines, verdicts = read(tables.document_line), read(verdict)
    comments = read(tables.dispute_comment)
    listed = [
        dispute
        for row in found
        for line in lines[_key(row)]
        for dispute in _of_line(
            _Line(row, line), verdicts[_key(row)], comments[_key(row)], as_of
        )
        if wanted.state in {None, dispute.state} and dispute.key > after
    ]
    return sorted(listed, key=lambda dispute: dispute.key)[:limit]


class _Reader:
    """Reads the rows that belong to some documents."""

    def __init__(
        self, connection: Connection, as_of: date, documents: Iterable[Row[Any]]
    ) -> None:
        self._connection = connection
        self._as_of = as_of
        self._keys = {_key(row) for row in documents}

    def __call__(self, table: Table) -> defaultdict[DocumentKey, list[Row[Any]]]:
        """Rows of a table by document, in the order of recording."""
        by_key: defaultdict[DocumentKey, list[Row[Any]]] = defaultdict(list)
        for row in keyed(self._connection, table, self._as_of, self._keys, *DOCUMENT):
            if _key(row) in self._keys:
                by_key[_key(row)].append(row)
        return by_key


def _key(row: Row[Any]) -> DocumentKey:
    return row.seller, row.year, row.number


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
    for each in verdicts:
        if each.post not in {None, of.line.post}:
            continue
        if each.disputed and open_ is None:
            open_ = _opened(of, each, as_of)
        elif not each.disputed and open_ is not None:
            yield _with_thread(_ended(open_, each), comments)
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
    told = Ended(verdict.recorded_on, outcome, verdict.reason, verdict.decided_by)
    return replace(
        dispute,
        state=DisputeState.RESOLVED,
        age_days=(verdict.recorded_on - dispute.opened_on).days,
        resolution=told,
    )


def _with_thread(dispute: Dispute, comments: Iterable[Row[Any]]) -> Dispute:
    """Add what was said about the line while it was in dispute, or about all lines."""
    ended = dispute.resolution
    thread = tuple(
        Comment(each.recorded_on, each.organisation, each.written_by, each.text)
        for each in comments
        if each.post in {None, dispute.post}
        and each.recorded_on >= dispute.opened_on
        and (ended is None or each.recorded_on <= ended.recorded_on)
    )
    return replace(dispute, thread=thread)
