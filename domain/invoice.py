"""Invoices and credit notes: one gapless series per seller and year of issue.

The stream is the series: the version of an entry in it *is* its number. What
an agreement has been billed is kept in a stream of its own, appended to in the
same transaction, so that no day is invoiced twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar, NamedTuple

from domain.accrual import last_in_force, post_costs
from domain.agreement import AGREEMENT, Terms
from domain.answer import ANSWERS, accepted
from domain.billing import Billed, Line, Restatement, lines_of, vat_ore
from domain.fact import Command, Fact, Message
from domain.history import Append, Asked, Category, Decision, History, Stream
from domain.organisation import registered, wrong_party
from domain.refusal import Code, Refusal
from domain.report import ReportSubmitted, approved_report
from domain.staffing import STAFFING
from domain.values import (
    AmountOre,
    Day,
    Name,
    NewName,
    OrganisationNumber,
    Period,
    Region,
    VatTreatment,
)


class DocumentKind(StrEnum):
    """What a document is; a credit note has negative amounts."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoicedRestatement(Message):
    """The part of a line that corrects an earlier period."""

    period_start: Day
    period_end: Day
    amount_ore: AmountOre


class InvoicedLine(Message):
    """What one post is billed, restatements included."""

    post: Name
    amount_ore: AmountOre
    restatements: tuple[InvoicedRestatement, ...] = ()


class InvoiceIssued(Fact):
    """The payee issues a document; its number is the entry's stream version."""

    TYPE: ClassVar[str] = "invoice.issued.v1"

    kind: DocumentKind
    agreement: Name
    version: int
    """The version in force at the end of the period."""
    network: Name
    payer: OrganisationNumber
    payee: OrganisationNumber
    period_start: Day
    period_end: Day
    issued_on: Day
    report: Name
    """The approved report that the document rests on (S1-41)."""
    submission: int
    vat_treatment: VatTreatment
    lines: tuple[InvoicedLine, ...]
    net_ore: AmountOre
    vat_ore: AmountOre

    @property
    def period(self) -> Period:
        """The period that is invoiced."""
        return Period(self.period_start, self.period_end)

    @property
    def billed(self) -> Billed:
        """What the document bills, for later restatements."""
        return Billed(self.period, tuple(_line(each) for each in self.lines))


class PeriodBilled(Fact):
    """A period of an agreement is invoiced by a document."""

    TYPE: ClassVar[str] = "billing.period_billed.v1"

    agreement: Name
    period_start: Day
    period_end: Day
    seller: OrganisationNumber
    year: int
    number: int


class DocumentId(NamedTuple):
    """A document's seller, calendar year of issue, and number."""

    seller: str
    year: int
    number: int

    @property
    def key(self) -> str:
        """Return ``983974724:2026:1``."""
        return f"{self.seller}:{self.year}:{self.number}"

    @property
    def series(self) -> str:
        """Return ``983974724:2026``."""
        return f"{self.seller}:{self.year}"


def _no_state(state: None, _fact: Fact) -> None:
    return state


SERIES: Category[None] = Category("invoices", None, _no_state)
"""The numbers of a seller and year; only its version is ever read."""


@dataclass(frozen=True, slots=True)
class Billing:
    """The documents of an agreement by the period they invoice."""

    documents: tuple[tuple[Period, DocumentId], ...] = ()


def evolve(state: Billing, fact: Fact) -> Billing:
    """Fold one fact."""
    match fact:
        case PeriodBilled():
            period = Period(fact.period_start, fact.period_end)
            document = DocumentId(fact.seller, fact.year, fact.number)
            return Billing((*state.documents, (period, document)))
        case _:
            return state


BILLING = Category("billing", Billing(), evolve)


class IssueInvoice(Command):
    """Issue the document of an agreement for a period; amounts are computed."""

    agreement: NewName
    period_start: Day
    period_end: Day


def issue(command: IssueInvoice, asked: Asked, history: History) -> Decision | Refusal:
    """Decide on a document; the order of the checks is that of the contract."""
    versions = history.state(AGREEMENT, command.agreement)
    if not versions.versions:
        values = {"agreement": command.agreement}
        return Refusal(Code.UNKNOWN_AGREEMENT, "agreement", values)
    period = Period(command.period_start, command.period_end)
    signed = accepted(versions, history.state(ANSWERS, command.agreement))
    terms = _governing(signed, period)
    if terms is None:
        return Refusal(Code.NOT_ACCEPTED, "agreement")
    seller = registered(terms.payee, "agreement", history)
    if isinstance(seller, Refusal):
        return seller
    billing = history.state(BILLING, command.agreement)
    refused = wrong_party(asked, seller.org_number, seller.region) or _not_due(
        terms, period, asked.today, billing
    )
    if refused is not None:
        return refused
    report = approved_report(terms.network, terms.payee, period, history)
    if report is None:
        return Refusal(Code.REPORT_MISSING, "period_start")
    lines = _lines(period, signed, billing, history)
    if not lines:
        return Refusal(Code.NOTHING_TO_INVOICE, "period_start")
    document = _document(terms, report, period, lines, asked.today)
    return _numbered(document, seller.region, history)


def _governing(signed: Sequence[Terms], period: Period) -> Terms | None:
    """Return the version whose rules count for a period (S1-08, S1-14)."""
    if not any(terms.starts_on <= period.end for terms in signed):
        return None
    costs = last_in_force([terms.costs for terms in signed], period.end)
    return next(
        (terms for terms in signed if costs and terms.version == costs.version), None
    )


def _not_due(
    terms: Terms, period: Period, today: date, billing: Billing
) -> Refusal | None:
    if terms.vat_treatment is VatTreatment.NOT_ASSESSED:
        return Refusal(Code.VAT_NOT_ASSESSED, "agreement", {"version": terms.version})
    if not period.is_whole(terms.frequency):
        values = {"frequency": terms.frequency.value}
        return Refusal(Code.PERIOD_NOT_ALLOWED, "period_start", values)
    if period.end > today:
        return Refusal(Code.PERIOD_NOT_ENDED, "period_end")
    for other, document in billing.documents:
        if other.overlaps(period):
            return Refusal(
                Code.ALREADY_INVOICED,
                "period_start",
                {"number": document.number, "year": document.year},
            )
    return None


def _lines(
    period: Period, signed: Sequence[Terms], billing: Billing, history: History
) -> tuple[Line, ...]:
    versions = [terms.costs for terms in signed]
    posts = {post for terms in versions for post in terms.posts}
    staffing = history.states(STAFFING, posts)
    changes = {post: staffing[post].changes for post in posts}
    earlier = [
        document_of(document, history).billed
        for other, document in billing.documents
        if other.start.year == period.start.year
    ]
    return lines_of(period, post_costs(versions, changes), earlier)


def document_of(document: DocumentId, history: History) -> InvoiceIssued:
    """Return an issued document by its seller, year and number."""
    seller = registered(document.seller, "agreement", history)
    assert not isinstance(seller, Refusal)
    stream = SERIES.stream(seller.region, document.series)
    fact = history.fact(stream, document.number)
    assert isinstance(fact, InvoiceIssued)
    return fact


def _document(
    terms: Terms,
    report: ReportSubmitted,
    period: Period,
    lines: Sequence[Line],
    today: date,
) -> InvoiceIssued:
    net_ore = sum(line.amount_ore for line in lines)
    return InvoiceIssued(
        kind=DocumentKind.INVOICE if net_ore >= 0 else DocumentKind.CREDIT_NOTE,
        agreement=terms.agreement,
        version=terms.version,
        network=terms.network,
        payer=terms.payer,
        payee=terms.payee,
        period_start=period.start,
        period_end=period.end,
        issued_on=today,
        report=report.report,
        submission=report.submission,
        vat_treatment=terms.vat_treatment,
        lines=tuple(_invoiced(line) for line in lines),
        net_ore=net_ore,
        vat_ore=vat_ore(net_ore, terms.vat_treatment),
    )


def _numbered(document: InvoiceIssued, region: Region, history: History) -> Decision:
    series = DocumentId(document.payee, document.issued_on.year, 0).series
    stream: Stream = SERIES.stream(region, series)
    billed = PeriodBilled(
        agreement=document.agreement,
        period_start=document.period_start,
        period_end=document.period_end,
        seller=document.payee,
        year=document.issued_on.year,
        number=history.version(stream) + 1,
    )
    return (
        Append(stream, document),
        Append(BILLING.stream(region, document.agreement), billed),
    )


def _invoiced(line: Line) -> InvoicedLine:
    restatements = tuple(
        InvoicedRestatement(
            period_start=each.period.start,
            period_end=each.period.end,
            amount_ore=each.amount_ore,
        )
        for each in line.restatements
    )
    return InvoicedLine(
        post=line.post, amount_ore=line.amount_ore, restatements=restatements
    )


def _line(line: InvoicedLine) -> Line:
    restatements = tuple(
        Restatement(Period(each.period_start, each.period_end), each.amount_ore)
        for each in line.restatements
    )
    return Line(line.post, line.amount_ore, restatements)


@dataclass(frozen=True, slots=True)
class FoundInvoice:
    """A document, where it is, and the region whose fact it is what the payer says."""

    id: DocumentId
    issued: InvoiceIssued
    payer_region: Region


def invoice_to_payer(
    agreement: str, period_start: date, asked: Asked, history: History
) -> FoundInvoice | Refusal:
    """Return the document of the period starting on a day, to whom it is sent alone."""
    found = _invoice_for(agreement, period_start, history)
    if isinstance(found, Refusal):
        return found
    issued = document_of(found, history)
    payer = registered(issued.payer, "agreement", history)
    if isinstance(payer, Refusal):
        return payer
    refused = wrong_party(asked, payer.org_number, payer.region)
    return refused or FoundInvoice(found, issued, payer.region)


def _invoice_for(
    agreement: str, period_start: date, history: History
) -> DocumentId | Refusal:
    if not history.state(AGREEMENT, agreement).versions:
        return Refusal(Code.UNKNOWN_AGREEMENT, "agreement", {"agreement": agreement})
    for period, document in history.state(BILLING, agreement).documents:
        if period.start == period_start:
            return document
    values = {"agreement": agreement, "period_start": period_start.isoformat()}
    return Refusal(Code.UNKNOWN_INVOICE, "period_start", values)
