"""Invoices and credit notes as a question: their lines, decisions and payments."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, select, tuple_

from domain.closing.settlement import LineVerdict, disputed
from domain.invoicing.arithmetic import Arithmetic
from domain.invoicing.billing import BillingCause
from domain.invoicing.lacking import Lack
from projections import tables
from projections.asof import keyed, rows, rows_by_key
from projections.claims import (
    CREDITED,
    DOCUMENT,
    Claimed,
    DocumentKey,
    PaymentState,
    claims_of,
    document_key,
)
from projections.moments import once_a_moment
from projections.readable import of_parties

_ByDocument = defaultdict[DocumentKey, list[Row[Any]]]


@dataclass(frozen=True, slots=True)
class Restated:
    """The correction of an earlier period on a line."""

    period_start: date
    period_end: date
    amount_ore: int
    cause: BillingCause
    arithmetic: Arithmetic | None
    """How the amount came about; absent in older documents, and in credits."""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What one post is billed, restatements included."""

    post: str
    amount_ore: int
    restatements: tuple[Restated, ...]
    disputed: bool
    credited_ore: int
    """How much of it credit notes have taken back or given up."""
    arithmetic: Arithmetic | None
    """How the part of the document's own period came about; absent as above."""


@dataclass(frozen=True, slots=True)
class Credit:
    """A credit note that somebody asked for, on the document that it credits."""

    year: int
    number: int
    issued_on: date
    whole: bool
    """The document is taken back; else a part of it is given up."""
    reason: str
    net_ore: int
    vat_ore: int


@dataclass(frozen=True, slots=True)
class Credits:
    """Which document a credit note credits."""

    year: int
    number: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """What the payer said, on one post's line or on all."""

    recorded_on: date
    verdict: str
    """Approved or disputed; or how a dispute ended: credited, amended, upheld."""
    post: str | None
    reason: str
    decided_by: str | None
    """The person's pseudonym; absent in facts from before it was recorded."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Who of the payer's people received and checked a document."""

    recorded_on: date
    registered_by: str
    ehf_sha256: str | None


@dataclass(frozen=True, slots=True)
class Paid:
    """What the payer registered as paid, VAT included."""

    paid_on: date
    amount_ore: int


@dataclass(frozen=True, slots=True)
class Received:
    """What the payee's bank booked on a document; below zero where it went back."""

    received_on: date
    amount_ore: int
    reference: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """A document with all that is known of it."""

    payee: str
    year: int
    number: int
    kind: str
    agreement: str
    version: int
    network: str
    payer: str
    period_start: date
    period_end: date
    issued_on: date
    report: str
    submission: int
    vat_treatment: str
    net_ore: int
    vat_ore: int
    paid_ore: int
    """What the payer has registered; this is what counts in the settlement."""
    received_ore: int
    """What the payee has received; the two differ until both have told all."""
    outstanding_ore: int
    """What is left of it, VAT included, by what its payer has registered: of an invoice
    what the payer owes, of a credit note (below zero) what is not set off or paid back.
    Credits are set off against their document."""
    payment_state: PaymentState
    """Of what is to be paid on it when credits are set off."""
    reason: str
    """Why it is issued, where the payee says so."""
    lacks: tuple[Lack, ...]
    """By what its payment or its buyer would find it, and which is not there."""
    credits: Credits | None
    credited_by: tuple[Credit, ...]
    lines: tuple[InvoiceLine, ...]
    registrations: tuple[Registered, ...]
    decisions: tuple[Decided, ...]
    payments: tuple[Paid, ...]
    receipts: tuple[Received, ...]


class InvoiceFilter(NamedTuple):
    """Which documents are asked for."""

    agreement: str | None = None
    payer: str | None = None
    payee: str | None = None
    year: int | None = None
    """Of issue."""
    number: int | None = None
    period_start: date | None = None


@once_a_moment
def invoices(
    connection: Connection,
    as_of: date,
    criteria: InvoiceFilter,
    after: DocumentKey = ("", 0, 0),
    limit: int = 100,
) -> list[Invoice]:
    """Documents as known on a day, sorted by payee, year and number."""
    table = tables.document
    columns = {**_columns(table), "payee": table.c.seller}
    conditions = [
        columns[name] == value
        for name, value in zip(InvoiceFilter._fields, criteria, strict=True)
        if value is not None
    ]
    key = (table.c.seller, table.c.year, table.c.number)
    conditions += of_parties(connection, table.c.payer, table.c.seller)
    statement = (
        select(table)
        .where(table.c.recorded_on <= as_of, tuple_(*key) > after, *conditions)
        .order_by(*key)
        .limit(limit)
    )
    return _complete(connection, as_of, rows(connection, statement))


def _columns(table: Table) -> dict[str, Any]:
    return {column.name: column for column in table.columns}


def _complete(
    connection: Connection, as_of: date, documents: Sequence[Row[Any]]
) -> list[Invoice]:
    keys = {document_key(row) for row in documents}

    def read(table: Table) -> _ByDocument:
        return rows_by_key(connection, table, as_of, keys, *DOCUMENT)

    notes, note_lines = _credit_notes(connection, as_of, keys)
    claims = claims_of(connection, as_of, documents)
    lines, restated = read(tables.document_line), read(tables.restatement)
    registered = read(tables.registration)
    verdicts, payments = read(tables.verdict), read(tables.payment)
    receipts = read(tables.payment_received)
    return [
        _invoice(
            row,
            _Parts(
                lines[key],
                restated[key],
                registered[key],
                verdicts[key],
                payments[key],
                receipts[key],
                notes[key],
                note_lines[key],
                claims[key],
            ),
        )
        for row in documents
        for key in (document_key(row),)
    ]


def _credit_notes(
    connection: Connection, as_of: date, keys: set[DocumentKey]
) -> tuple[_ByDocument, _ByDocument]:
    """Credit notes and their lines, each by the document that is credited."""
    notes: _ByDocument = rows_by_key(
        connection, tables.document, as_of, keys, *CREDITED
    )
    document_of = {
        document_key(note): document
        for document, of_document in notes.items()
        for note in of_document
    }
    lines: _ByDocument = defaultdict(list)
    table = tables.document_line
    for row in keyed(connection, table, as_of, document_of, *DOCUMENT):
        if (document := document_of.get(document_key(row))) is not None:
            lines[document].append(row)
    return notes, lines


class _Parts(NamedTuple):
    """The rows that belong to one document."""

    lines: Sequence[Row[Any]]
    restated: Sequence[Row[Any]]
    registered: Sequence[Row[Any]]
    verdicts: Sequence[Row[Any]]
    payments: Sequence[Row[Any]]
    receipts: Sequence[Row[Any]]
    notes: Sequence[Row[Any]]
    """The credit notes on it."""
    note_lines: Sequence[Row[Any]]
    claim: Claimed


def _invoice(row: Row[Any], parts: _Parts) -> Invoice:
    disputes = disputed(
        (line.post for line in parts.lines),
        [LineVerdict(row.post, row.disputed) for row in parts.verdicts],
    )
    paid_ore = sum(row.amount_ore for row in parts.payments)
    return Invoice(
        payee=row.seller,
        year=row.year,
        number=row.number,
        kind=row.kind,
        agreement=row.agreement,
        version=row.version,
        network=row.network,
        payer=row.payer,
        period_start=row.period_start,
        period_end=row.period_end,
        issued_on=row.issued_on,
        report=row.report,
        submission=row.submission,
        vat_treatment=row.vat_treatment,
        net_ore=row.net_ore,
        vat_ore=row.vat_ore,
        paid_ore=paid_ore,
        received_ore=sum(row.amount_ore for row in parts.receipts),
        outstanding_ore=parts.claim.outstanding_ore,
        payment_state=parts.claim.state(paid_ore),
        reason=row.reason,
        lacks=tuple(map(Lack, row.lacks.split())),
        credits=_credits(row),
        credited_by=tuple(map(_credit, parts.notes)),
        lines=tuple(
            _line(line, parts, disputed=line.post in disputes) for line in parts.lines
        ),
        registrations=tuple(
            Registered(row.recorded_on, row.registered_by, row.ehf_sha256)
            for row in parts.registered
        ),
        decisions=tuple(map(_decided, parts.verdicts)),
        payments=tuple(Paid(row.paid_on, row.amount_ore) for row in parts.payments),
        receipts=tuple(
            Received(row.received_on, row.amount_ore, row.reference)
            for row in parts.receipts
        ),
    )


def _credits(row: Row[Any]) -> Credits | None:
    if row.credited_year is None:
        return None
    return Credits(row.credited_year, row.credited_number, row.credited_whole)


def _credit(note: Row[Any]) -> Credit:
    return Credit(
        year=note.year,
        number=note.number,
        issued_on=note.issued_on,
        whole=note.credited_whole,
        reason=note.reason,
        net_ore=note.net_ore,
        vat_ore=note.vat_ore,
    )


def _line(line: Row[Any], parts: _Parts, *, disputed: bool) -> InvoiceLine:
    periods = tuple(
        Restated(
            row.period_start,
            row.period_end,
            row.amount_ore,
            BillingCause(row.cause),
            _arithmetic(row),
        )
        for row in parts.restated
        if row.post == line.post
    )
    credited_ore = -sum(
        row.amount_ore for row in parts.note_lines if row.post == line.post
    )
    return InvoiceLine(
        line.post, line.amount_ore, periods, disputed, credited_ore, _arithmetic(line)
    )


def _arithmetic(row: Row[Any]) -> Arithmetic | None:
    if row.arithmetic is None:
        return None
    return Arithmetic.model_validate_json(row.arithmetic)


def _decided(verdict: Row[Any]) -> Decided:
    outcome = "disputed" if verdict.disputed else "approved"
    if verdict.resolution is not None:
        outcome = verdict.resolution
    return Decided(
        verdict.recorded_on, outcome, verdict.post, verdict.reason, verdict.decided_by
    )
