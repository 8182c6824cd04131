"""Documents that somebody has to receive, approve, pay or settle a dispute on."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    func,
    or_,
    select,
)

from domain.closing.settlement import LineVerdict, disputed
from domain.invoicing.sales_document import DUE_AFTER
from domain.values import Period, VatTreatment, half_away_from_zero
from projections import tables
from projections.asof import rows, rows_by_key
from projections.claims import DOCUMENT, Claimed, claims_of, document_key
from projections.disputes import Dispute, DisputeFilter, DisputeState, disputes
from projections.waiting_matter import WaitingKind, WaitingMatter

_DISPUTES_MAX = 500


def documents_waiting(
    connection: Connection, as_of: date, organisation: str
) -> Iterator[WaitingMatter]:
    """What is to be done with the documents that an organisation pays or has issued."""
    documents = _unsettled(connection, as_of, organisation)
    keys = {document_key(row) for row in documents}
    lines, verdicts, registered = (
        rows_by_key(connection, table, as_of, keys, *DOCUMENT)
        for table in (tables.document_line, tables.verdict, tables.registration)
    )
    claims = claims_of(connection, as_of, documents)
    for row in documents:
        key = document_key(row)
        said = _Said(row, lines[key], verdicts[key], registered[key], claims[key])
        yield from said.matters()
    criteria = DisputeFilter(organisation, state=DisputeState.OPEN)
    for dispute in disputes(connection, as_of, criteria, limit=_DISPUTES_MAX):
        yield _of_dispute(dispute)


def _unsettled(
    connection: Connection, as_of: date, organisation: str
) -> Sequence[Row[Any]]:
    """Claims of which the payer has paid less than all, or than the payee has received.

    Of what is paid in full nothing waits, whatever was credited: a credit takes away.
    """
    document = tables.document
    gross = document.c.net_ore + document.c.vat_ore
    paid = _sum(tables.payment, as_of)
    received = _sum(tables.payment_received, as_of)
    statement = select(document, paid.label("paid"), received.label("received")).where(
        document.c.recorded_on <= as_of,
        or_(document.c.payer == organisation, document.c.seller == organisation),
        document.c.credited_year.is_(None),
        gross > 0,
        or_(paid < gross, received > paid),
    )
    return rows(connection, statement)


def _sum(table: Table, as_of: date) -> ColumnElement[int]:
    amount = func.coalesce(func.sum(table.c.amount_ore), 0)
    return select(amount).where(*_of_document(table, as_of)).scalar_subquery()


def _of_document(table: Table, as_of: date) -> Sequence[ColumnElement[bool]]:
    same = and_(*(table.c[name] == tables.document.c[name] for name in DOCUMENT))
    return same, table.c.recorded_on <= as_of


class _Said:
    """A document with what is said of it."""

    def __init__(
        self,
        row: Row[Any],
        lines: Sequence[Row[Any]],
        verdicts: Sequence[Row[Any]],
        registered: Sequence[Row[Any]],
        claim: Claimed,
    ) -> None:
        self._row = row
        self._lines = lines
        self._registered = registered
        self._outstanding_ore: int = claim.outstanding_ore
        posts = [line.post for line in lines]
        said = [LineVerdict(each.post, each.disputed) for each in verdicts]
        self._disputed: AbstractSet[str] = frozenset(disputed(posts, said))
        self._decided_on = max((each.recorded_on for each in verdicts), default=None)
        named = {each.post for each in verdicts}
        self._is_decided = None in named or named.issuperset(posts)

    def matters(self) -> Iterator[WaitingMatter]:
        """What is to be done; nothing with what is all credited or in dispute."""
        row, due_ore = self._row, self._payable_ore()
        missing_ore = row.received - row.paid
        if missing_ore > 0:
            kind = WaitingKind.RECEIVED_NOT_REGISTERED
            yield self._matter(kind, row.issued_on, missing_ore)
        if due_ore <= 0:
            return
        if not self._registered:
            kind = WaitingKind.REGISTER_INVOICE
            yield self._matter(kind, row.issued_on, due_ore)
        elif not self._is_decided:
            kind, since = WaitingKind.APPROVE_INVOICE, self._registered[0].recorded_on
            yield self._matter(kind, since, due_ore)
        elif missing_ore <= 0 and self._decided_on is not None:
            too_little = row.paid > 0
            kind = (
                WaitingKind.PAID_TOO_LITTLE if too_little else WaitingKind.PAY_INVOICE
            )
            yield self._matter(kind, self._decided_on, due_ore)

    def _payable_ore(self) -> int:
        """What is outstanding on lines that are not in dispute, with their VAT."""
        percent = VatTreatment(self._row.vat_treatment).rate_percent
        held_ore: int = sum(
            line.amount_ore for line in self._lines if line.post in self._disputed
        )
        held_ore += half_away_from_zero(held_ore * percent, 100)
        return self._outstanding_ore - max(0, held_ore)

    def _matter(self, kind: WaitingKind, since: date, amount_ore: int) -> WaitingMatter:
        row = self._row
        return WaitingMatter(
            kind,
            (row.seller, str(row.year), str(row.number)),
            row.payer,
            row.seller,
            since,
            amount_ore,
            None if kind.is_difference else row.issued_on + DUE_AFTER,
            row.agreement,
            Period(row.period_start, row.period_end),
        )


def _of_dispute(dispute: Dispute) -> WaitingMatter:
    """Whoever spoke last waits for the other one."""
    last = dispute.thread[-1] if dispute.thread else None
    answered = last is not None and last.organisation == dispute.payee
    key = (dispute.payee, str(dispute.year), str(dispute.number), dispute.post)
    parties = (
        (dispute.payer, dispute.payee) if answered else (dispute.payee, dispute.payer)
    )
    kind = WaitingKind.RESOLVE_DISPUTE if answered else WaitingKind.ANSWER_DISPUTE
    since = dispute.opened_on if last is None else last.recorded_on
    amount_ore, subject = dispute.amount_ore, dispute.agreement
    return WaitingMatter(kind, key, *parties, since, amount_ore, subject=subject)
