"""From a fact to its rows: what stands in a column is found by the column's name.

A row takes a column from what is said of it here, else from the entry's place, else
from the fact. Nothing here looks at other rows: what belongs together meets in the
queries.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from functools import cache, lru_cache
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Table

from domain.agreements.agreement import VersionProposed
from domain.agreements.answer import (
    Answer,
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
)
from domain.agreements.termination import AgreementTerminated
from domain.catalogue import STREAMS
from domain.closing.closing import StatementDrawnUp, StatementRejected, StatementSigned
from domain.document import documents_in, refers_to_documents
from domain.fact import Fact, Message, canonical
from domain.grants.application import ApplicationPresented
from domain.invoicing.invoice_decision import (
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
)
from domain.invoicing.lacking import lacking
from domain.invoicing.sales_document import InvoiceIssued
from domain.payments.bank import BankEntryImported, BankEntryMatched, BankEntrySetAside
from domain.posts.report import ReportApproved, ReportReturned
from domain.posts.staffing import PostFilled, PostVacated
from domain.values import business_day, parse_instant
from federation.signed.entry import Row, seen_of
from federation.signed.facts import fact_of
from projections import tables

RowValues = tuple[Any, ...]
"""In the order of the table's columns."""
Rows = Iterable[tuple[Table, RowValues]]


class Place(NamedTuple):
    """Where an entry stands, when it was recorded, and what it rests on."""

    origin: str
    epoch: int
    position: int
    recorded_on: date
    recorded_at: str
    version: int
    """Of the entry in its stream."""
    body: bytes

    @property
    def seen(self) -> str:
        """``midt/1/12 nord/1/0 …``: what the decision rested on, and the entry itself."""
        own = {self.origin: (self.epoch, self.position)}
        places = {**seen_of(self.body), **own}
        return " ".join(f"{name}/{e}/{n}" for name, (e, n) in sorted(places.items()))

    @property
    def organisation(self) -> str:
        """For which organisation it was recorded; empty where no command did."""
        return str(orjson.loads(self.body).get("organisation", ""))


_OF_PLACE: Final = frozenset({*Place._fields, "seen"} - {"version", "body"})
Fold = Callable[[Place, Any], Rows]


@lru_cache(maxsize=4096)
def _day(hour: str) -> date:
    # Norway's clock is whole hours from UTC, so the day is that of the hour.
    return business_day(parse_instant(f"{hour}:00:00.000000Z"))


def rows_of(entry: Row) -> Rows:
    """Fold an entry; of some kinds of facts there are no rows.

    Raises :class:`~federation.signed.facts.UnreadableFactError`.
    """
    fact = fact_of(entry)
    fold = FOLDS.get(type(fact))
    if fold is None:
        return ()
    day = _day(entry.recorded_at[:13])
    place = Place(*entry[:3], day, entry.recorded_at, entry.version, entry.body)
    rows = fold(place, fact)
    return chain(rows, _cited(place, fact)) if type(fact) in CITING else rows


class _Ways(NamedTuple):
    """What takes the columns of a table from a place and from a fact, and orders them."""

    of_place: Callable[[Any], RowValues]
    of_message: Callable[[Any], RowValues]
    ordered: Callable[[RowValues], RowValues]

    def values(
        self, place: Place, message: object, more: Iterable[object]
    ) -> RowValues:
        """In the order of the table's columns."""
        row = self.ordered((*self.of_place(place), *self.of_message(message), *more))
        # Most are as a column has them: to ask each would take longer than the rest.
        return tuple([v if v.__class__ in _PLAIN else _plain(v) for v in row])


def _row(
    place: Place, table: Table, message: object, **more: object
) -> tuple[Table, RowValues]:
    return table, _ways(table, tuple(more)).values(place, message, more.values())


@cache
def _ways(table: Table, more: tuple[str, ...]) -> _Ways:
    names = [column.name for column in table.columns]
    of_place = [name for name in names if name in _OF_PLACE - {*more}]
    of_message = [name for name in names if name not in {*of_place, *more}]
    given = [*of_place, *of_message, *more]
    ordered = itemgetter(*map(given.index, names))
    return _Ways(_all_of(of_place), _all_of(of_message), ordered)


def _all_of(names: Sequence[str]) -> Callable[[Any], RowValues]:
    """What takes some members, as a tuple also where there is but one."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda message: tuple(getattr(message, name) for name in names)


_PLAIN: Final = frozenset({str, int, bool, date, type(None)})


def _plain(value: object) -> object:
    """As a column has it: a message in its canonical bytes."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Message):
        return value.to_bytes().decode()
    if isinstance(value, tuple):
        return canonical([*map(_in_json, value)]).decode()
    return value


def _in_json(value: Any) -> Any:  # noqa: ANN401 - of a tuple
    """As canonical bytes have it."""
    if isinstance(value, Message):
        return value.model_dump(mode="json", exclude_none=True)
    return value


def _as_it_is(table: Table, **more: object) -> Fold:
    """Fold to one row of a fact, with some columns that it does not say."""
    ways = _ways(table, tuple(more))

    def fold(place: Place, fact: Fact) -> Rows:
        return ((table, ways.values(place, fact, more.values())),)

    return fold


def _version(place: Place, fact: VersionProposed) -> Rows:
    terms = fact.terms
    signed = {"fingerprint": fact.fingerprint, "terms": terms}
    yield _row(place, tables.version, terms, **signed)
    of = {"agreement": terms.agreement, "version": terms.version}
    for item, post in enumerate(terms.posts):
        yield _row(place, tables.version_post, post, item=item, **of)


def _counter(place: Place, fact: VersionCountered) -> Rows:
    yield _row(place, tables.answer, fact, answer=Answer.COUNTERED)
    yield _row(
        place,
        tables.counter,
        fact,
        version=fact.terms.version,
        answers_version=fact.version,
        fingerprint=fact.terms_fingerprint,
    )


def _document(place: Place, fact: InvoiceIssued) -> Rows:
    of: Mapping[str, Any] = {
        "seller": fact.payee,
        "year": fact.issued_on.year,
        "number": place.version,
    }
    credited = fact.credited
    yield _row(
        place,
        tables.document,
        fact,
        **of,
        credited_year=credited and credited.year,
        credited_number=credited and credited.number,
        credited_whole=credited and credited.whole,
        lacks=" ".join(lacking(fact)),
    )
    restated = 0
    for item, line in enumerate(fact.lines):
        yield _row(
            place,
            tables.document_line,
            line,
            **of,
            item=item,
            agreement=fact.agreement,
            period_start=fact.period_start,
            restatement_ore=sum(part.amount_ore for part in line.restatements),
        )
        for part in line.restatements:
            of_line = {**of, "item": restated, "post": line.post}
            yield _row(place, tables.restatement, part, **of_line)
            restated += 1


def _resolution(place: Place, fact: DisputeResolved) -> Rows:
    """The end of a dispute stands among the decisions on the line."""
    ended = {"disputed": False, "reason": fact.text, "resolution": fact.outcome}
    yield _row(place, tables.verdict, fact, **ended)


def _bank_entry(place: Place, fact: BankEntryImported) -> Rows:
    yield _row(place, tables.bank_entry, fact)
    if fact.document is not None:
        paid = fact.document._asdict()
        yield _row(
            place, tables.bank_entry_settled, fact, **paid, cause=None, reason=""
        )


def _statement(place: Place, fact: StatementDrawnUp) -> Rows:
    content = fact.statement
    signed = {"fingerprint": fact.fingerprint, "content": content}
    yield _row(place, tables.statement, content, **signed)


def _no_rows(_place: Place, _fact: Fact) -> Rows:
    """Of its own a fact has none."""
    return ()


def _cited(place: Place, fact: Fact) -> Rows:
    """What an entry refers to, each document once."""
    of: dict[str, Any] = {"organisation": place.organisation}
    of |= {"application": None, "call": None}
    if isinstance(fact, ApplicationPresented):
        of |= {"application": fact.application, "call": fact.call}
    for item, document in enumerate(dict.fromkeys(documents_in(fact))):
        yield _row(place, tables.cited_document, document, item=item, **of)


CITING: Final = frozenset(kind for kind in STREAMS if refers_to_documents(kind))
"""Facts that can refer to documents: that makes rows beside those of their own."""

FOLDS: Final[Mapping[type[Fact], Fold]] = {
    **dict.fromkeys(CITING, _no_rows),
    **{kind: _as_it_is(table) for kind, table in tables.TABLES.items()},
    VersionProposed: _version,
    VersionAccepted: _as_it_is(tables.answer, answer=Answer.ACCEPTED),
    VersionDeclined: _as_it_is(tables.answer, answer=Answer.DECLINED),
    VersionCountered: _counter,
    AgreementTerminated: _as_it_is(tables.termination),
    PostFilled: _as_it_is(tables.staffing, change="filled"),
    PostVacated: _as_it_is(tables.staffing, change="vacated", holder=None),
    ReportApproved: _as_it_is(tables.report_decision, outcome="approved"),
    ReportReturned: _as_it_is(tables.report_decision, outcome="returned"),
    InvoiceIssued: _document,
    InvoiceApproved: _as_it_is(tables.verdict, disputed=False, resolution=None),
    InvoiceDisputed: _as_it_is(tables.verdict, disputed=True, resolution=None),
    DisputeResolved: _resolution,
    BankEntryImported: _bank_entry,
    BankEntryMatched: _as_it_is(tables.bank_entry_settled, cause=None, reason=""),
    BankEntrySetAside: _as_it_is(
        tables.bank_entry_settled, seller=None, year=None, number=None
    ),
    StatementDrawnUp: _statement,
    StatementSigned: _as_it_is(tables.statement_answer, answer="signed", reason=""),
    StatementRejected: _as_it_is(tables.statement_answer, answer="rejected"),
}
"""Where a fact's rows are not as it is, how they come about. Facts that are not here guard a rule or say something of logs, and have no rows."""

SILENT: Final = frozenset(kind.TYPE for kind in STREAMS.keys() - FOLDS.keys())
"""The names of the facts without rows."""
