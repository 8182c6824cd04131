"""Reconciliation: settlement lines and balances as both parties have them.

Answered from the journal as a decision would see it now, by the same functions
that a closing rests on.
"""

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from api.access import require_between
from api.bodies import RequestDay
from api.commands import door
from api.dependencies import TheCaller, TheNode
from api.doors import Way
from api.routers import member_router
from domain.closing.balance import (
    AssertBalance,
    BalanceCheck,
    BookedVoucher,
    CheckedAssertion,
    check_balances,
)
from domain.closing.books import BookedDocument, read_books
from domain.closing.reconciliation import LineState, SettlementLine, reconcile
from domain.closing.statement import StatementCause, causes_of
from domain.history import ShownTo
from domain.parties.pair import pair_of
from domain.values import OrganisationNumber, business_day

router = member_router("reconciliation", ShownTo.PARTIES)

Trust = Annotated[OrganisationNumber, Query(description="One of the two trusts.")]
Counterpart = Annotated[OrganisationNumber, Query(description="The other one.")]


class ShownLine(BaseModel):
    """One post and period, as both parties have it; in øre without VAT."""

    agreement: str
    post: str
    period_start: date
    period_end: date
    document: str | None = Field(examples=["993467049/2026/1"])
    version: int | None = Field(description="That the document rests on.")
    report: str | None
    billed_ore: int = Field(
        description="The payee's copy, with restatements and credits."
    )
    accrued_ore: int = Field(description="The payer's copy, computed by itself.")
    conceded_ore: int = Field(description="What of it the payee has given up.")
    state: LineState
    disputed: bool
    causes: list[StatementCause] = Field(
        description="Entries that explain a difference."
    )


class ShownPayments(BaseModel):
    """A document on which the two have recorded different payments, in øre with VAT."""

    document: str = Field(examples=["993467049/2026/1"])
    gross_ore: int
    paid_ore: int = Field(description="Registered by the payer.")
    received_ore: int = Field(description="Recorded by the payee, from its bank.")


class ShownReconciliation(BaseModel):
    """Both parties' copies of what is between them."""

    lines: list[ShownLine]
    payments: list[ShownPayments] = Field(description="Only those that differ.")


door(router, "/asserted-balances", AssertBalance, Way(by="organisation"))


@router.get("/reconciliation")
def get_reconciliation(
    node: TheNode,
    caller: TheCaller,
    trust: Trust,
    counterpart: Counterpart,
    until: Annotated[
        RequestDay | None,
        Query(description="Periods that have ended by then; today if none."),
    ] = None,
    only_open: Annotated[bool, Query(description="Leave out what matches.")] = False,  # noqa: FBT002
) -> ShownReconciliation:
    """Both copies of every settlement line and payment between two trusts."""
    require_between(node, caller, trust, counterpart)
    pair = pair_of(trust, counterpart)
    today = business_day(node.clock.now())
    with node.executor.history() as history:
        books = read_books(pair, today, history)
        lines = [
            line for book in books for line in reconcile(book, until or today, history)
        ]
    return ShownReconciliation(
        lines=[_line(line) for line in lines if line.is_open or not only_open],
        payments=[
            _payments(document)
            for each in books
            for document in each.documents
            if document.paid_ore != document.received_ore
        ],
    )


def _line(line: SettlementLine) -> ShownLine:
    booked = line.document
    return ShownLine(
        agreement=line.agreement,
        post=line.post,
        period_start=line.period.start,
        period_end=line.period.end,
        document=None if booked is None else booked.id.key.replace(":", "/"),
        version=None if booked is None else booked.document.version,
        report=None if booked is None else booked.document.report,
        billed_ore=line.billed_ore,
        accrued_ore=line.accrued_ore,
        conceded_ore=line.conceded_ore,
        state=line.state,
        disputed=line.disputed,
        causes=list(causes_of(line.causes)),
    )


def _payments(document: BookedDocument) -> ShownPayments:
    return ShownPayments(
        document=document.id.key.replace(":", "/"),
        gross_ore=document.gross_ore,
        paid_ore=document.paid_ore,
        received_ore=document.received_ore,
    )


class ShownAssertion(BaseModel):
    """What a trust asserts, beside what the log said at its node."""

    organisation: str
    entry: str
    positions: dict[str, int] = Field(
        description="Of the other regions, as it saw them."
    )
    asserted_ore: int = Field(description="What the first trust owes the second.")
    logged_ore: int = Field(description="The same by the vouchers that it had.")


class ShownVoucher(BaseModel):
    """A document or payment that an asserting node did not have."""

    entry: str
    type: str
    day: date
    amount_ore: int = Field(description="What the first trust owes more for it.")


class ReconciliationShownBalance(BaseModel):
    """The balance of two trusts at the end of a day, as each asserts it."""

    first: str
    second: str
    day: date
    agrees: bool = Field(description="Both assert what the log says.")
    logged_ore: int = Field(description="What the first owes the second, by the log.")
    assertions: list[ShownAssertion]
    lacking: list[ShownVoucher]


@router.get("/asserted-balances")
def list_balances(
    node: TheNode, caller: TheCaller, trust: Trust, counterpart: Counterpart
) -> list[ReconciliationShownBalance]:
    """The balances that two trusts have asserted, with what explains differences."""
    require_between(node, caller, trust, counterpart)
    pair = pair_of(trust, counterpart)
    today = business_day(node.clock.now())
    with node.executor.history() as history:
        checks = check_balances(pair, read_books(pair, today, history), history)
    return [_balance(*pair, check) for check in checks]


def _balance(
    first: str, second: str, check: BalanceCheck
) -> ReconciliationShownBalance:
    return ReconciliationShownBalance(
        first=first,
        second=second,
        day=check.day,
        agrees=check.agrees,
        logged_ore=check.logged_ore,
        assertions=[_assertion(assertion) for assertion in check.assertions],
        lacking=[_voucher(voucher) for voucher in check.lacking],
    )


def _assertion(checked: CheckedAssertion) -> ShownAssertion:
    entry = checked.entry
    positions = {origin: position for origin, (_, position) in entry.seen.items()}
    return ShownAssertion(
        organisation=checked.organisation,
        entry=str(entry.place),
        positions={**positions, entry.place.origin: entry.place.position},
        asserted_ore=checked.asserted_ore,
        logged_ore=checked.logged_ore,
    )


def _voucher(voucher: BookedVoucher) -> ShownVoucher:
    return ShownVoucher(
        entry=str(voucher.entry.place),
        type=voucher.entry.fact.TYPE,
        day=voucher.day,
        amount_ore=voucher.amount_ore,
    )
