"""What is outstanding on documents, credits set off, by the rows of a day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Table

from domain.payments.claim import Claim, outstanding_ore
from projections import tables
from projections.asof import keyed

DocumentKey = tuple[str, int, int]
DOCUMENT: Final = ("seller", "year", "number")
"""The columns of a document's key."""
CREDITED: Final = ("seller", "credited_year", "credited_number")
"""The columns of the key of the document that a credit note credits."""


class PaymentState(StrEnum):
    """How much of a document is paid, as both its payer and its payee have it."""

    UNPAID = "unpaid"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    OPEN = "open"
    """One of the two has a payment on it that the other has not."""


def payment_state(gross_ore: int, paid_ore: int) -> PaymentState:
    """State of a document of an amount; a credit note has amounts below zero.

    >>> payment_state(-100, -40).value
    'partly_paid'
    """
    if gross_ore < 0:
        gross_ore, paid_ore = -gross_ore, -paid_ore
    if paid_ore == gross_ore:
        return PaymentState.PAID
    if paid_ore > gross_ore:
        return PaymentState.OVERPAID
    return PaymentState.PARTLY_PAID if paid_ore > 0 else PaymentState.UNPAID


class Claimed(NamedTuple):
    """What is outstanding on a document or a credit note, VAT included."""

    outstanding_ore: int
    is_open: bool
    """Whether payer and payee have different payments on it and its credits."""

    def state(self, paid_ore: int) -> PaymentState:
        """``paid_ore`` is what its payer has paid on the document itself."""
        if self.is_open:
            return PaymentState.OPEN
        return payment_state(self.outstanding_ore + paid_ore, paid_ore)


def claims_of(
    connection: Connection, as_of: date, documents: Iterable[Row[Any]]
) -> Mapping[DocumentKey, Claimed]:
    """By document, for those of the rows and for all that they are set off with."""
    credited = {_document_of(row) for row in documents}
    table = tables.document
    crediting = keyed(connection, table, as_of, credited, *CREDITED)
    both = [
        *keyed(connection, table, as_of, credited, *DOCUMENT),
        *(row for row in crediting if document_key(row) not in credited),
    ]
    groups: defaultdict[DocumentKey, list[Row[Any]]] = defaultdict(list)
    for row in sorted(both, key=_order):
        groups[_document_of(row)].append(row)
    keys = [document_key(row) for row in both]
    paid = _sums(connection, as_of, tables.payment, keys)
    received = _sums(connection, as_of, tables.payment_received, keys)

    def claim(row: Row[Any]) -> Claim:
        key = document_key(row)
        return Claim(row.net_ore + row.vat_ore, paid[key], received[key])

    claimed = {}
    for group in groups.values():
        document, *notes = map(claim, group)
        is_open = document.with_credits(notes).is_open
        for row, ore in zip(group, outstanding_ore(document, notes), strict=True):
            claimed[document_key(row)] = Claimed(ore, is_open)
    return claimed


def _sums(
    connection: Connection, as_of: date, table: Table, keys: Sequence[DocumentKey]
) -> Counter[DocumentKey]:
    sums: Counter[DocumentKey] = Counter()
    for row in keyed(connection, table, as_of, keys, *DOCUMENT):
        sums[document_key(row)] += row.amount_ore
    return sums


def document_key(row: Row[Any]) -> DocumentKey:
    """Of a document, or of what is about one."""
    return row.seller, row.year, row.number


def _document_of(row: Row[Any]) -> DocumentKey:
    """Document that a row credits, else its own."""
    if row.credited_year is None:
        return document_key(row)
    return row.seller, row.credited_year, row.credited_number


def _order(row: Row[Any]) -> tuple[bool, int, int]:
    """A document comes first, then its credits as they were issued."""
    return row.credited_year is not None, row.year, row.number
