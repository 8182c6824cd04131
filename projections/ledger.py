"""The ledger: a voucher for every document and payment, and what each account holds.

Vouchers come from the journal itself; balances are summed by the database from the
read models. A payment whose document is not here yet is booked when it comes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    cast,
    extract,
    func,
    or_,
    select,
)

from domain.closing.ledger import (
    AccountBalance,
    Imbalance,
    LedgerLine,
    NotConservedError,
    Sale,
    Voucher,
    VoucherKind,
    balances_of,
    check_conserved,
    imbalances,
    post_document,
    post_paid,
    post_payment,
    post_sale,
)
from domain.invoicing.invoice import DocumentId
from domain.invoicing.sales_document import InvoiceIssued
from domain.payments.payment import PaymentRegistered
from domain.values import VatTreatment, business_day, parse_instant
from federation.journal.store import Journal
from federation.signed.entry import Row
from federation.signed.facts import fact_of
from projections import tables
from projections.asof import PLACE
from projections.claims import DOCUMENT
from projections.documents import ISSUED, issued_documents, recorded_rows
from projections.readable import of_parties

PAID: Final = "payment.registered."


def recorded_vouchers(journal: Journal, as_of: date) -> list[Voucher]:
    """All vouchers recorded until a day, in the order of recording.

    Raises :class:`~domain.closing.ledger.NotConservedError`.
    """
    documents = {
        issued.document: issued.fact
        for issued in issued_documents(journal)
        if _recorded_on(issued.entry) <= as_of
    }
    entries = sorted(
        (
            row
            for row in recorded_rows(journal, ISSUED, PAID)
            if _recorded_on(row) <= as_of
        ),
        key=lambda row: (row.recorded_at, row.origin),
    )
    vouchers = [
        voucher for row in entries if (voucher := _voucher(row, documents)) is not None
    ]
    for voucher in vouchers:
        check_conserved(balances_of(voucher.lines))
    return vouchers


def _recorded_on(row: Row) -> date:
    return business_day(parse_instant(row.recorded_at))


def _voucher(row: Row, documents: dict[DocumentId, InvoiceIssued]) -> Voucher | None:
    fact = fact_of(row)
    day = _recorded_on(row)
    if isinstance(fact, InvoiceIssued):
        document = DocumentId(fact.payee, fact.issued_on.year, row.version)
        issued, kind = fact, VoucherKind(fact.kind.value)
        booked_on, lines = day, post_document(fact)
    else:
        assert isinstance(fact, PaymentRegistered)
        document = DocumentId(fact.seller, fact.year, fact.number)
        if document not in documents:
            return None
        issued, kind = documents[document], VoucherKind.PAYMENT
        booked_on, lines = fact.paid_on, post_payment(fact, issued)
    return Voucher(
        reference=row.id,
        kind=kind,
        booked_on=booked_on,
        recorded_on=day,
        document=document.key,
        agreement=issued.agreement,
        period=issued.period,
        lines=lines,
    )


class Books(NamedTuple):
    """Which books are asked for; without members, all of them."""

    trust: str | None = None
    """Only its own and those of others with it."""
    network: str | None = None
    year: int | None = None
    """Of the period that was invoiced."""


def account_balances(
    connection: Connection, as_of: date, books: Books | None = None
) -> list[AccountBalance]:
    """What each account of each pair, network and year holds on a day.

    Raises :class:`~domain.closing.ledger.NotConservedError`.
    """
    balances, faults = _checked(connection, as_of, books or Books())
    if faults:
        raise NotConservedError(faults[0])
    return balances


def count_imbalances(connection: Connection, as_of: date) -> int:
    """Number of documents and books that do not balance; it should be 0."""
    return len(_checked(connection, as_of, Books())[1])


def _checked(
    connection: Connection, as_of: date, books: Books
) -> tuple[list[AccountBalance], list[Imbalance]]:
    balances = balances_of(_lines(connection, as_of, books))
    # Two documents that are wrong by as much either way would hide each other.
    readable = of_parties(connection, _document.c.seller, _document.c.payer)
    documents = connection.execute(_not_adding_up(as_of, books, readable))
    faults = [Imbalance(*row) for row in documents]
    return balances, [*faults, *imbalances(balances)]


_document: Final = tables.document
_year: Final = cast(extract("year", _document.c.period_start), Integer)
_BOOK: Final[tuple[ColumnElement[Any], ...]] = (
    _document.c.seller,
    _document.c.payer,
    _document.c.network,
    _year,
    _document.c.vat_treatment,
)


_Conditions = Sequence[ColumnElement[bool]]


def _lines(connection: Connection, as_of: date, books: Books) -> Iterable[LedgerLine]:
    readable = of_parties(connection, _document.c.seller, _document.c.payer)
    for row in connection.execute(_sales(as_of, books, readable)):
        yield from post_sale(_sale(row, *_joined(row[5:])))
    for row in connection.execute(_payments(as_of, books, readable)):
        (paid_ore,) = _joined(row[5:])
        yield from post_paid(paid_ore, _sale(row, 0, 0, 0))


def _sale(row: Any, billed_ore: int, net_ore: int, vat_ore: int) -> Sale:  # noqa: ANN401
    seller, payer, network, year, treatment = row[:5]
    of = (seller, payer, network, year, VatTreatment(treatment))
    return Sale(*of, billed_ore, net_ore, vat_ore)


def _sum(column: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


_PART: Final = 10**9


def _sums(*columns: ColumnElement[Any]) -> Iterator[ColumnElement[int]]:
    """Yield the sum of each column in two parts, which :func:`_joined` puts together.

    Every amount that is recorded is bounded, but not how many there are, and a
    database's whole numbers end at 64 bits.
    """
    for column in columns:
        yield from (_sum(column // _PART), _sum(column % _PART))


def _joined(parts: Sequence[int]) -> list[int]:
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [whole * _PART + rest for whole, rest in pairs]


_line: Final = tables.document_line


def _billed(as_of: date) -> Subquery:
    """Sum of the lines of each document, by its entry's place."""
    place = [_line.c[name] for name in PLACE]
    return (
        select(*place, _sum(_line.c.amount_ore).label("ore"))
        .where(_line.c.recorded_on <= as_of)
        .group_by(*place)
        .subquery("billed")
    )


def _with(billed: Subquery) -> FromClause:
    same = and_(*(billed.c[name] == _document.c[name] for name in PLACE))
    return _document.outerjoin(billed, same)


def _sales(as_of: date, books: Books, readable: _Conditions) -> Select[Any]:
    billed = _billed(as_of)
    sums = (billed.c.ore, _document.c.net_ore, _document.c.vat_ore)
    statement = select(*_BOOK, *_sums(*sums)).select_from(_with(billed))
    return _within(statement, as_of, books, readable).group_by(*_BOOK)


def _not_adding_up(as_of: date, books: Books, readable: _Conditions) -> Select[Any]:
    billed = _billed(as_of)
    wrong_ore = _document.c.net_ore - func.coalesce(billed.c.ore, 0)
    statement = select(*_BOOK[:4], wrong_ore).select_from(_with(billed))
    number = (_document.c.year, _document.c.number)
    return (
        _within(statement, as_of, books, readable)
        .where(wrong_ore != 0)
        .order_by(_document.c.seller, *number)
    )


def _payments(as_of: date, books: Books, readable: _Conditions) -> Select[Any]:
    payment = tables.payment
    same = and_(*(payment.c[name] == _document.c[name] for name in DOCUMENT))
    statement = (
        select(*_BOOK, *_sums(payment.c.amount_ore))
        .select_from(payment.join(_document, same))
        .where(payment.c.recorded_on <= as_of)
    )
    return _within(statement, as_of, books, readable).group_by(*_BOOK)


def _within(
    statement: Select[Any], as_of: date, books: Books, readable: _Conditions
) -> Select[Any]:
    statement = statement.where(_document.c.recorded_on <= as_of, *readable)
    if books.trust is not None:
        parties = (_document.c.seller, _document.c.payer)
        statement = statement.where(or_(*(party == books.trust for party in parties)))
    if books.network is not None:
        statement = statement.where(_document.c.network == books.network)
    if books.year is not None:
        statement = statement.where(_year == books.year)
    return statement
