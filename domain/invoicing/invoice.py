"""Invoices and credit notes: one gapless series per seller and year of issue.

The stream is the series: the version of an entry in it *is* its number. What
an agreement has been billed is kept in a stream of its own, appended to in the
same transaction, so that no day is invoiced twice. Documents are issued in
``issue.py``, ``credit.py`` and ``year_correction.py``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from typing import Final, NamedTuple, Self

from pydantic import model_validator

from domain.agreements.accrual import whole_year
from domain.agreements.agreement import Agreement, agreement_named, same_parties
from domain.agreements.known import known_agreement
from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, History
from domain.invoicing.billing import Billed
from domain.invoicing.kid_assignment import assign
from domain.invoicing.sales_document import InvoiceIssued, billed_by
from domain.kind import Needs
from domain.parties.organisation import (
    ORGANISATION,
    OrganisationRegistered,
    registered,
    require_party,
)
from domain.refusal import Code, Refusal
from domain.texts import UnfitError
from domain.values import (
    Day,
    DocumentNumber,
    Name,
    NewName,
    OrganisationNumber,
    Period,
    Region,
    Year,
)


class PeriodBilled(Fact, name="billing.period_billed.v1"):
    """A period of an agreement is invoiced by a document."""

    agreement: Name
    period_start: Day
    period_end: Day
    seller: OrganisationNumber
    year: int
    number: int


class YearCorrected(Fact, name="billing.year_corrected.v1"):
    """What has changed in an earlier calendar year is billed by a document."""

    agreement: Name
    corrected_year: int
    seller: OrganisationNumber
    year: int
    number: int


class DocumentCredited(Fact, name="billing.document_credited.v1"):
    """A document is credited by another: in part, or taken back whole."""

    agreement: Name
    seller: OrganisationNumber
    year: int
    number: int
    credit_year: int
    credit_number: int
    whole: bool


class DocumentId(NamedTuple):
    """A document's seller, calendar year of issue, and number."""

    seller: str
    year: int
    number: int

    @property
    def key(self) -> str:
        """``983974724:2026:1``."""
        return f"{self.seller}:{self.year}:{self.number}"

    @property
    def series(self) -> str:
        """``983974724:2026``."""
        return series_of(self.seller, self.year)


def series_of(seller: str, year: int) -> str:
    """Key of all documents of a seller and year."""
    return f"{seller}:{year}"


def _no_state(state: None, _fact: Fact) -> None:
    return state


SERIES: Category[None] = Category("invoices", None, _no_state, holds=(InvoiceIssued,))
"""The numbers of a seller and year; only its version is ever read."""
ISSUED: Final[Needs] = {InvoiceIssued: Code.UNKNOWN_INVOICE}


class BilledDocument(NamedTuple):
    """A document that bills an agreement: a period, or the changes of a year."""

    period: Period
    id: DocumentId
    corrects_year: bool


@dataclass(frozen=True, slots=True)
class Billing:
    """What an agreement has been billed by, in the order of issue."""

    issued: tuple[BilledDocument, ...] = ()
    credits: Mapping[DocumentId, tuple[DocumentId, ...]] = field(default_factory=dict)
    """The credit notes on each document."""
    taken_back: frozenset[DocumentId] = frozenset()

    @property
    def standing(self) -> tuple[BilledDocument, ...]:
        """The documents that are not taken back."""
        return tuple(each for each in self.issued if each.id not in self.taken_back)

    @property
    def documents(self) -> tuple[tuple[Period, DocumentId], ...]:
        """The documents that stand for a period, whose days nothing else bills."""
        return tuple(
            (each.period, each.id) for each in self.standing if not each.corrects_year
        )


def evolve(state: Billing, fact: Fact) -> Billing:
    """Fold one fact."""
    match fact:
        case PeriodBilled():
            period = Period(fact.period_start, fact.period_end)
            billed = BilledDocument(period, _id(fact), corrects_year=False)
            return replace(state, issued=(*state.issued, billed))
        case YearCorrected():
            period = whole_year(fact.corrected_year)
            billed = BilledDocument(period, _id(fact), corrects_year=True)
            return replace(state, issued=(*state.issued, billed))
        case DocumentCredited():
            document = _id(fact)
            credit = DocumentId(fact.seller, fact.credit_year, fact.credit_number)
            credits_ = (*state.credits.get(document, ()), credit)
            taken_back = {document} if fact.whole else set()
            return replace(
                state,
                credits={**state.credits, document: credits_},
                taken_back=state.taken_back | taken_back,
            )
        case _:
            return state


def _id(fact: PeriodBilled | YearCorrected | DocumentCredited) -> DocumentId:
    return DocumentId(fact.seller, fact.year, fact.number)


BILLING = Category(
    "billing", Billing(), evolve, holds=(PeriodBilled, YearCorrected, DocumentCredited)
)


def billing_of(agreement: Agreement, history: History) -> Billing:
    """Bills of an agreement, not those of others that had its name."""
    entries = history.entries(BILLING, (agreement.name,))[agreement.name]
    ours = (
        entry.fact
        for entry in entries
        if isinstance(entry.fact, DocumentCredited) or agreement.concerns(entry)
    )
    return reduce(evolve, ours, BILLING.initial)


def seller_of(document: DocumentId, history: History) -> OrganisationRegistered:
    """Issuer of a document: registered in the log that holds the document."""
    seller = history.state(ORGANISATION, document.seller).registered
    assert seller is not None
    return seller


def document_of(document: DocumentId, history: History) -> InvoiceIssued:
    """Read an issued document; the caller knows that it is there."""
    stream = SERIES.stream(seller_of(document, history).region, document.series)
    fact = history.fact(stream, document.number)
    assert isinstance(fact, InvoiceIssued)
    return fact


class StandingDocument(NamedTuple):
    """A document that is not taken back, and the credits of its lines."""

    id: DocumentId
    document: InvoiceIssued
    notes: tuple[InvoiceIssued, ...]


def standing_in(
    billing: Billing, year: int, history: History
) -> list[StandingDocument]:
    """Documents that bill the periods of a calendar year, in the order of issue."""
    return [
        StandingDocument(
            each.id,
            document_of(each.id, history),
            tuple(document_of(of, history) for of in billing.credits.get(each.id, ())),
        )
        for each in billing.standing
        if each.period.start.year == year
    ]


def billed_in(documents: Iterable[StandingDocument]) -> list[Billed]:
    """Bills of some documents with their credits."""
    return [
        billed for each in documents for billed in billed_by(each.document, each.notes)
    ]


def next_number(seller: str, year: int, region: Region, history: History) -> int:
    """Next free number in a seller's year."""
    return history.version(SERIES.stream(region, series_of(seller, year))) + 1


def append_document(
    document: InvoiceIssued, number: int, region: Region
) -> tuple[Append, ...]:
    """Document with its number, and the KID that leads to it."""
    series = series_of(document.payee, document.issued_on.year)
    stream = SERIES.stream(region, series)
    return (Append(stream, document), *assign(document, number, region))


class OnDocument(Command):
    """A command on a document that is there.

    It names the document that invoices a period of an agreement, or any document
    by its number: a credit note stands for no period.
    """

    agreement: NewName | None = None
    period_start: Day | None = None
    seller: OrganisationNumber | None = None
    year: Year | None = None
    number: DocumentNumber | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        by_period = (self.agreement, self.period_start)
        by_number = (self.seller, self.year, self.number)
        named = [None not in by_period, None not in by_number]
        given = [member for member in (*by_period, *by_number) if member is not None]
        if sum(named) != 1 or len(given) != (len(by_period) if named[0] else 3):
            message = "names a document by its period, or by its number"
            raise UnfitError(message, "one_name_of_document")
        return self


class FoundInvoice(NamedTuple):
    """A document, where it is, and the region whose fact it is what the payer says."""

    id: DocumentId
    issued: InvoiceIssued
    payer_region: Region


def document_to_payer(
    command: OnDocument, asked: Asked, history: History
) -> FoundInvoice:
    """Document that a command names, for its payer alone."""
    document = find_document(command, asked, history)
    issued = document_of(document, history)
    payer = registered(issued.payer, "agreement", history)
    require_party(asked, payer.org_number, payer.region)
    return FoundInvoice(document, issued, payer.region)


def find_document(command: OnDocument, asked: Asked, history: History) -> DocumentId:
    """Find the document that a command names; refuse where there is none."""
    if command.agreement is not None and command.period_start is not None:
        return _of_period(command.agreement, command.period_start, asked, history)
    assert command.seller is not None
    assert command.year is not None
    assert command.number is not None
    document = DocumentId(command.seller, command.year, command.number)
    seller = history.state(ORGANISATION, document.seller).registered
    if seller is not None:
        last = history.version(SERIES.stream(seller.region, document.series))
        if document.number <= last:
            return document
    shown = f"{document.seller} {document.year}-{document.number}"
    raise Refusal(Code.UNKNOWN_INVOICE, "number", {"invoice": shown})


def _of_period(
    agreement: str, period_start: date, asked: Asked, history: History
) -> DocumentId:
    """Document of a period; of two agreements of one name, the asker's own."""
    documents = history.state(BILLING, agreement).documents
    named = [document for period, document in documents if period.start == period_start]
    for document in named:
        issued = document_of(document, history)
        if asked.organisation in {issued.payer, issued.payee}:
            return document
    if named:
        return named[0]
    if agreement_named(agreement, history).first is None:
        raise Refusal(Code.UNKNOWN_AGREEMENT, "agreement", {"agreement": agreement})
    values = {"invoice": f"{agreement} {period_start.isoformat()}"}
    raise Refusal(Code.UNKNOWN_INVOICE, "period_start", values)


def versions_accepted(document: InvoiceIssued, history: History) -> int:
    """Count the accepted versions of a document's agreement."""
    agreement = known_agreement(document.agreement, history)
    terms = None if agreement is None else agreement.agreement.terms
    if agreement is None or terms is None or not same_parties(terms, document):
        return 0
    return len(agreement.accepted)
