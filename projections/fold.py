"""From a fact to its rows: one function for each kind of fact, in one table.

A row is a table and its values in the order of the table's columns. Nothing
here looks at other rows: what belongs together meets in the queries.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from domain.agreements.agreement import PostPlanned, VersionProposed, VersionWithdrawn
from domain.agreements.answer import (
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
    VersionEndorsed,
)
from domain.agreements.proposal import ProposalCounted
from domain.agreements.termination import AgreementTerminated
from domain.closing.balance import BalanceAsserted
from domain.closing.closing import StatementDrawnUp, StatementRejected, StatementSigned
from domain.fact import Fact
from domain.invoicing.arithmetic import Arithmetic
from domain.invoicing.dispute import DisputeCommented
from domain.invoicing.invoice import DocumentCredited, PeriodBilled, YearCorrected
from domain.invoicing.invoice_decision import (
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    InvoiceRegistered,
)
from domain.invoicing.kid_assignment import KidAssigned
from domain.invoicing.lacking import lacking
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.billing_details import BillingDetailsRecorded
from domain.parties.day import DayConfirmed
from domain.parties.epoch import EpochBegun
from domain.parties.membership import RegionJoined, RegionLeft
from domain.parties.network import NetworkEstablished
from domain.parties.organisation import OrganisationRegistered
from domain.parties.pair import AgreementListed
from domain.payments.bank import BankEntryImported, BankEntryMatched, BankEntrySetAside
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.posts.report import (
    ReportApproved,
    ReportListed,
    ReportReturned,
    ReportSubmitted,
)
from domain.posts.staffing import PostFilled, PostVacated
from domain.values import business_day, parse_instant
from federation.signed.entry import Row
from federation.signed.facts import fact_of
from projections import tables
from projections.folds import agreements, closing, decisions, payments
from projections.folds.place import Place, Rows


@lru_cache(maxsize=4096)
def _day(hour: str) -> date:
    # Norway's clock is whole hours from UTC, so the day is that of the hour.
    return business_day(parse_instant(f"{hour}:00:00.000000Z"))


def rows_of(entry: Row) -> Rows:
    """Return the rows of an entry.

    Raises :class:`~federation.signed.facts.UnreadableFactError`.
    """
    fact = fact_of(entry)
    key = (entry.origin, entry.epoch, entry.position)
    day = _day(entry.recorded_at[:13])
    place = Place(key, day, entry.recorded_at, entry.version, entry.body)
    return FOLDS[type(fact)](place, fact)


def _organisation(place: Place, fact: OrganisationRegistered) -> Rows:
    yield (
        tables.organisation,
        (
            *place.start,
            fact.org_number,
            fact.name,
            fact.short_name,
            fact.kind.value,
            fact.region.value,
            fact.parent_org_number,
        ),
    )


def _billing_details(place: Place, fact: BillingDetailsRecorded) -> Rows:
    yield (
        tables.billing_details,
        (
            *place.start,
            fact.org_number,
            fact.account,
            None if fact.kid_check is None else fact.kid_check.value,
            fact.kid_length,
            fact.buyer_reference,
            fact.street,
            fact.postcode,
            fact.city,
        ),
    )


def _network(place: Place, fact: NetworkEstablished) -> Rows:
    yield (
        tables.network,
        (
            *place.start,
            fact.network,
            fact.kind.value,
            fact.name_nb,
            fact.name_en,
            fact.coordinating_trust,
            fact.starts_on,
            fact.model.value,
            fact.coordination_budget_ore,
        ),
    )


def _staffing(place: Place, fact: PostFilled | PostVacated) -> Rows:
    change, holder = (
        ("filled", fact.holder) if isinstance(fact, PostFilled) else ("vacated", None)
    )
    yield (
        tables.staffing,
        (
            *place.start,
            fact.agreement,
            fact.post,
            change,
            fact.effective_on,
            holder,
            place.seen,
        ),
    )


def _report(place: Place, fact: ReportSubmitted) -> Rows:
    yield (
        tables.report,
        (
            *place.start,
            fact.report,
            fact.submission,
            fact.network,
            fact.trust,
            fact.period_start,
            fact.period_end,
        ),
    )


def _report_decision(place: Place, fact: ReportApproved | ReportReturned) -> Rows:
    outcome = "approved" if isinstance(fact, ReportApproved) else "returned"
    yield (
        tables.report_decision,
        (*place.start, fact.report, fact.submission, outcome, place.seen),
    )


def _document(place: Place, fact: InvoiceIssued) -> Rows:
    document = (fact.payee, fact.issued_on.year, place.version)
    yield (
        tables.document,
        (
            *place.start,
            *document,
            fact.kind.value,
            fact.agreement,
            fact.version,
            fact.network,
            fact.payer,
            fact.period_start,
            fact.period_end,
            fact.issued_on,
            fact.report,
            fact.submission,
            fact.vat_treatment.value,
            fact.net_ore,
            fact.vat_ore,
            fact.reason,
            fact.credited and fact.credited.year,
            fact.credited and fact.credited.number,
            fact.credited and fact.credited.whole,
            " ".join(lacking(fact)),
        ),
    )
    restated = 0
    for item, line in enumerate(fact.lines):
        sum_ore = sum(each.amount_ore for each in line.restatements)
        start = (*place.key, item, place.recorded_on, *document)
        of = (fact.agreement, fact.period_start, line.post)
        reckoned = _arithmetic(line.arithmetic)
        yield tables.document_line, (*start, *of, line.amount_ore, sum_ore, reckoned)
        for each in line.restatements:
            yield (
                tables.restatement,
                (
                    *(*place.key, restated, place.recorded_on, *document, line.post),
                    *(each.period_start, each.period_end),
                    *(each.amount_ore, each.cause.value),
                    _arithmetic(each.arithmetic),
                ),
            )
            restated += 1


def _arithmetic(arithmetic: Arithmetic | None) -> str | None:
    return None if arithmetic is None else arithmetic.to_bytes().decode()


def _nothing(_place: Place, _fact: Fact) -> Rows:
    return ()


FOLDS: Final[Mapping[type[Fact], Callable[[Place, Any], Rows]]] = {
    DayConfirmed: _nothing,
    EpochBegun: _nothing,
    RegionJoined: _nothing,
    RegionLeft: _nothing,
    OrganisationRegistered: _organisation,
    BillingDetailsRecorded: _billing_details,
    NetworkEstablished: _network,
    VersionProposed: agreements.version,
    PostPlanned: _nothing,
    ProposalCounted: _nothing,
    AgreementListed: _nothing,
    VersionAccepted: agreements.answer,
    VersionDeclined: agreements.answer,
    VersionCountered: agreements.counter,
    VersionEndorsed: agreements.endorsement,
    VersionWithdrawn: agreements.withdrawal,
    AgreementTerminated: agreements.termination,
    PostFilled: _staffing,
    PostVacated: _staffing,
    ReportSubmitted: _report,
    ReportListed: _nothing,
    ReportApproved: _report_decision,
    ReportReturned: _report_decision,
    InvoiceIssued: _document,
    PeriodBilled: _nothing,
    YearCorrected: _nothing,
    DocumentCredited: _nothing,
    InvoiceRegistered: decisions.registration,
    InvoiceApproved: decisions.verdict,
    InvoiceDisputed: decisions.verdict,
    DisputeResolved: decisions.resolution,
    DisputeCommented: decisions.comment,
    PaymentRegistered: payments.payment,
    PaymentReceived: payments.payment_received,
    KidAssigned: _nothing,
    BankEntryImported: payments.bank_entry,
    BankEntryMatched: payments.bank_entry_matched,
    BankEntrySetAside: payments.bank_entry_set_aside,
    StatementDrawnUp: closing.statement,
    StatementSigned: closing.statement_answer,
    StatementRejected: closing.statement_answer,
    BalanceAsserted: _nothing,
}
"""Every fact of the catalogue is here; those that only guard a rule have no rows."""

SILENT: Final = frozenset(kind.TYPE for kind, fold in FOLDS.items() if fold is _nothing)
"""The names of the facts without rows."""
