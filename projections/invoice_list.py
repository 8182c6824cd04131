"""All documents of a trust in few columns: what is left of each, and who has said what.

Rows of :mod:`projections.invoices` hold all that is known of a document, and are read
page by page. Here is what a list is sorted, grouped and summed by, of all at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select

from domain.closing.settlement import LineVerdict, disputed
from domain.invoicing.sales_document import DUE_AFTER, DocumentKind
from domain.payments.claim import Claim, outstanding_ore
from projections import tables
from projections.asof import order_of, rows
from projections.claims import DOCUMENT, DocumentKey
from projections.moments import once_a_moment
from projections.readable import of_parties

_COLUMNS: Final = (
    *("seller", "year", "number", "kind", "agreement", "network", "payer"),
    *("period_start", "period_end", "issued_on", "net_ore", "vat_ore"),
    *("credited_year", "credited_number"),
)
_KEY: Final = slice(len(DOCUMENT))
"""Of a row, the document that it is or is about: its first columns."""
_Conditions = Sequence[ColumnElement[bool]]


class PayerProgress(NamedTuple):
    """What the payer has said of a document."""

    is_registered: bool
    is_approved: bool
    """All of it is approved, or what was disputed has ended."""
    disputed_lines: int


class ListedInvoice(NamedTuple):
    """A document, and how far it has come."""

    payee: str
    year: int
    number: int
    kind: str
    agreement: str
    network: str
    payer: str
    period_start: date
    period_end: date
    issued_on: date
    claim: Claim
    """Of the document alone, VAT included."""
    outstanding_ore: int
    """By the payer's own word, credits set off."""
    is_open: bool
    """Whether payer and payee have different payments on it and its credits."""
    is_credit: bool
    """Whether somebody asked for it, on another document."""
    progress: PayerProgress

    @property
    def due_on(self) -> date | None:
        """Last day on which an invoice is to be paid; a credit note is not due."""
        if self.kind != DocumentKind.INVOICE:
            return None
        return self.issued_on + DUE_AFTER

    @property
    def key(self) -> DocumentKey:
        """Seller, year of issue and number."""
        return self.payee, self.year, self.number


@once_a_moment
def invoices_of(connection: Connection, as_of: date, trust: str) -> list[ListedInvoice]:
    """Documents that a trust pays or is paid, as known on a day, by their keys."""
    table = tables.document
    ours = or_(table.c.payer == trust, table.c.seller == trust)
    readable = of_parties(connection, table.c.payer, table.c.seller)
    conditions = (ours, table.c.recorded_on <= as_of, *readable)
    columns = [table.c[name] for name in _COLUMNS]
    documents = rows(connection, select(*columns).where(*conditions))
    claims = _claims(connection, as_of, conditions, documents)
    left = _left(documents, claims)
    progress = _progress(connection, as_of, conditions)
    unsaid = PayerProgress(is_registered=False, is_approved=False, disputed_lines=0)
    listed = [
        ListedInvoice(
            row.seller,
            row.year,
            row.number,
            kind=row.kind,
            agreement=row.agreement,
            network=row.network,
            payer=row.payer,
            period_start=row.period_start,
            period_end=row.period_end,
            issued_on=row.issued_on,
            claim=claims[key],
            outstanding_ore=left[key][0],
            is_open=left[key][1],
            is_credit=row.credited_year is not None,
            progress=progress.get(key, unsaid),
        )
        for row in documents
        for key in (row[_KEY],)
    ]
    return sorted(listed, key=lambda each: each.key)


def _claims(
    connection: Connection,
    as_of: date,
    conditions: _Conditions,
    documents: Iterable[Row[Any]],
) -> Mapping[DocumentKey, Claim]:
    paid = _sums(connection, tables.payment, as_of, conditions)
    received = _sums(connection, tables.payment_received, as_of, conditions)
    return {
        key: Claim(row.net_ore + row.vat_ore, paid.get(key, 0), received.get(key, 0))
        for row in documents
        for key in (row[_KEY],)
    }


def _sums(
    connection: Connection, table: Table, as_of: date, conditions: _Conditions
) -> Mapping[DocumentKey, int]:
    key = [table.c[name] for name in DOCUMENT]
    statement = (
        select(*key, func.sum(table.c.amount_ore).label("sum_ore"))
        .join(tables.document, _same_document(table))
        .where(table.c.recorded_on <= as_of, *conditions)
        .group_by(*key)
    )
    # PostgreSQL adds up to a decimal.
    return {row[_KEY]: int(row.sum_ore) for row in rows(connection, statement)}


def _same_document(table: Table) -> ColumnElement[bool]:
    document = tables.document
    return and_(*(document.c[name] == table.c[name] for name in DOCUMENT))


def _left(
    documents: Iterable[Row[Any]], claims: Mapping[DocumentKey, Claim]
) -> Mapping[DocumentKey, tuple[int, bool]]:
    """What is outstanding on each, and whether the parties have different payments."""
    notes: defaultdict[DocumentKey, list[DocumentKey]] = defaultdict(list)
    for row in documents:
        if row.credited_year is not None:
            credited = (row.seller, row.credited_year, row.credited_number)
            notes[credited].append(row[_KEY])
    credits_ = {note for of_document in notes.values() for note in of_document}
    left: dict[DocumentKey, tuple[int, bool]] = {}
    for key, claim in claims.items():
        if key in credits_:
            continue
        if key not in notes:
            left[key] = claim.outstanding_ore, claim.is_open
            continue
        group = [key, *sorted(notes[key])]
        both = [claims[each] for each in group[1:]]
        is_open = claim.with_credits(both).is_open
        for each, ore in zip(group, outstanding_ore(claim, both), strict=True):
            left[each] = ore, is_open
    return left


def _progress(
    connection: Connection, as_of: date, conditions: _Conditions
) -> Mapping[DocumentKey, PayerProgress]:
    """What was said of the documents of which anything was said."""
    registered = {*_of(connection, tables.registration, as_of, conditions)}
    verdicts = _of(connection, tables.verdict, as_of, conditions)
    by_line = [*conditions, _said_by_line(as_of)]
    lines = _of(connection, tables.document_line, as_of, by_line) if verdicts else {}
    progress = {}
    for key in {*registered, *verdicts}:
        said = [LineVerdict(v.post, v.disputed) for v in verdicts.get(key, ())]
        posts = [line.post for line in lines.get(key, ())]
        open_ = disputed(posts, said)
        named = {each.post for each in said}
        decided = None in named or (bool(said) and named.issuperset(posts))
        progress[key] = PayerProgress(
            key in registered, decided and not open_, len(open_)
        )
    return progress


def _said_by_line(as_of: date) -> ColumnElement[bool]:
    """True of the few documents of which not all lines were approved at once."""
    verdict = tables.verdict
    by_line = or_(verdict.c.post.is_not(None), verdict.c.disputed)
    known = verdict.c.recorded_on <= as_of
    same = _same_document(verdict)
    return select(verdict.c.position).where(same, known, by_line).exists()


def _of(
    connection: Connection, table: Table, as_of: date, conditions: _Conditions
) -> Mapping[DocumentKey, list[Row[Any]]]:
    """Rows about the documents, by these, in the order of recording."""
    wanted = [*DOCUMENT, *(name for name in ("post", "disputed") if name in table.c)]
    order = [table.c[name] for name in order_of(table)]
    statement = (
        select(*(table.c[name] for name in wanted))
        .join(tables.document, _same_document(table))
        .where(table.c.recorded_on <= as_of, *conditions)
        .order_by(*order)
    )
    found: defaultdict[DocumentKey, list[Row[Any]]] = defaultdict(list)
    for row in rows(connection, statement):
        found[row[_KEY]].append(row)
    return found


def last_invoiced(
    connection: Connection, as_of: date, payee: str
) -> Mapping[str, date]:
    """Last day that each agreement was invoiced for by its payee, as known on a day."""
    table = tables.document
    statement = (
        select(table.c.agreement, func.max(table.c.period_end).label("last"))
        .where(
            table.c.seller == payee,
            table.c.recorded_on <= as_of,
            table.c.credited_year.is_(None),
        )
        .group_by(table.c.agreement)
    )
    return {row.agreement: row.last for row in rows(connection, statement)}
