"""Invoices and credit notes: one gapless series per seller and year of issue.

The stream is the series: the version of an entry in it *is* its number. What
an agreement has been billed is kept in a stream of its own, appended to in the
same transaction, so that no day is invoiced twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, NamedTuple, Self

from pydantic import model_validator

from domain.accrual import VersionTerms, last_in_force, post_costs
from domain.agreement import AGREEMENT, Terms
from domain.answer import ANSWERS, accepted
from domain.billing import Line, lines_of
from domain.billing_details import BILLING_DETAILS, BillingDetailsRecorded
from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History, Stream
from domain.kid_assignment import assign
from domain.organisation import (
    ORGANISATION,
    OrganisationRegistered,
    registered,
    wrong_party,
)
from domain.refusal import Code, Refusal
from domain.report import approved_report
from domain.sales_document import (
    Basis,
    CorrectedDocument,
    InvoiceIssued,
    Party,
    draw_up,
)
from domain.staffing import STAFFING
from domain.termination import TERMINATIONS
from domain.values import (
    Day,
    Name,
    NewName,
    OrganisationNumber,
    Period,
    Region,
    VatTreatment,
)


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
    costs = history.state(TERMINATIONS, command.agreement).costs(signed)
    terms = _governing(signed, costs, period)
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
    lines = _lines(period, costs, billing, history)
    if not lines:
        return Refusal(Code.NOTHING_TO_INVOICE, "period_start")
    buyer = registered(terms.payer, "agreement", history)
    if isinstance(buyer, Refusal):
        return buyer
    corrects = _corrected(lines, billing, history)
    parties = (_party(each, history) for each in (seller, buyer))
    basis = Basis(terms, signed, report, period, lines, corrects, *parties)
    return _numbered(basis, seller.region, asked.today, history)


def _governing(
    signed: Sequence[Terms], costs: Sequence[VersionTerms], period: Period
) -> Terms | None:
    """Return the version whose rules count for a period (S1-08, S1-14)."""
    if not any(terms.starts_on <= period.end for terms in signed):
        return None
    last = last_in_force(costs, period.end)
    return next(
        (terms for terms in signed if last and terms.version == last.version), None
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
    period: Period, versions: Sequence[VersionTerms], billing: Billing, history: History
) -> tuple[Line, ...]:
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


def _corrected(
    lines: Sequence[Line], billing: Billing, history: History
) -> tuple[CorrectedDocument, ...]:
    """Return the documents of the periods that are restated."""
    restated = {each.period for line in lines for each in line.restatements}
    return tuple(
        CorrectedDocument(
            year=document.year,
            number=document.number,
            issued_on=document_of(document, history).issued_on,
        )
        for period, document in billing.documents
        if period in restated
    )


def _party(organisation: OrganisationRegistered, history: History) -> Party:
    number = organisation.org_number
    details = history.state(BILLING_DETAILS, number).recorded
    return Party(organisation, details or BillingDetailsRecorded(org_number=number))


def _numbered(basis: Basis, region: Region, today: date, history: History) -> Decision:
    series = DocumentId(basis.terms.payee, today.year, 0).series
    stream: Stream = SERIES.stream(region, series)
    number = history.version(stream) + 1
    document = draw_up(basis, number, today)
    billed = PeriodBilled(
        agreement=document.agreement,
        period_start=document.period_start,
        period_end=document.period_end,
        seller=document.payee,
        year=document.issued_on.year,
        number=number,
    )
    return (
        Append(stream, document),
        Append(BILLING.stream(region, document.agreement), billed),
        *assign(document, number, region),
    )


class OnDocument(Command):
    """A command on a document that is there.

    It names the document that invoices a period of an agreement, or any document
    by its number: a credit note stands for no period.
    """

    agreement: NewName | None = None
    period_start: Day | None = None
    seller: OrganisationNumber | None = None
    year: int | None = None
    number: int | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        by_period = (self.agreement, self.period_start)
        by_number = (self.seller, self.year, self.number)
        told = [None not in by_period, None not in by_number]
        known = [each for each in (*by_period, *by_number) if each is not None]
        if sum(told) != 1 or len(known) != (len(by_period) if told[0] else 3):
            message = "names a document by its period, or by its number"
            raise ValueError(message)
        return self


class FoundInvoice(NamedTuple):
    """A document, where it is, and the region whose fact it is what the payer says."""

    id: DocumentId
    issued: InvoiceIssued
    payer_region: Region


def invoice_to_payer(
    agreement: str, period_start: date, asked: Asked, history: History
) -> FoundInvoice | Refusal:
    """Return the document of the period starting on a day, for its payer alone."""
    named = OnDocument(agreement=agreement, period_start=period_start)
    return document_to_payer(named, asked, history)


def document_to_payer(
    command: OnDocument, asked: Asked, history: History
) -> FoundInvoice | Refusal:
    """Return the document that a command names, for its payer alone."""
    found = find_document(command, history)
    if isinstance(found, Refusal):
        return found
    issued = document_of(found, history)
    payer = registered(issued.payer, "agreement", history)
    if isinstance(payer, Refusal):
        return payer
    refused = wrong_party(asked, payer.org_number, payer.region)
    return refused or FoundInvoice(found, issued, payer.region)


def find_document(command: OnDocument, history: History) -> DocumentId | Refusal:
    """Return the document that a command names."""
    if command.agreement is not None and command.period_start is not None:
        return _of_period(command.agreement, command.period_start, history)
    assert command.seller is not None
    assert command.year is not None
    assert command.number is not None
    document = DocumentId(command.seller, command.year, command.number)
    seller = history.state(ORGANISATION, document.seller).registered
    if seller is not None:
        last = history.version(SERIES.stream(seller.region, document.series))
        if 1 <= document.number <= last:
            return document
    shown = f"{document.seller} {document.year}-{document.number}"
    return Refusal(Code.UNKNOWN_INVOICE, "number", {"invoice": shown})


def _of_period(
    agreement: str, period_start: date, history: History
) -> DocumentId | Refusal:
    if not history.state(AGREEMENT, agreement).versions:
        return Refusal(Code.UNKNOWN_AGREEMENT, "agreement", {"agreement": agreement})
    for period, document in history.state(BILLING, agreement).documents:
        if period.start == period_start:
            return document
    values = {"invoice": f"{agreement} {period_start.isoformat()}"}
    return Refusal(Code.UNKNOWN_INVOICE, "period_start", values)
