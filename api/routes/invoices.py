"""Invoices and credit notes, and what the payer says of them."""

from dataclasses import dataclass, fields
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field

from api.bodies import FILE, Body, Day
from api.dependencies import (
    AsOf,
    TheAsker,
    TheCaller,
    TheLanguage,
    TheNode,
    TheViews,
    day_of,
)
from api.ehf.document import ehf_document
from api.ehf.writing import write
from api.pagination import ITEMS_MAX, Cursor, Limit, Page, after, only, page_of
from api.pdf.invoice import file_name, invoice_paper
from api.pdf.responses import PDF_RESPONSES, pdf_response
from api.problems import PROBLEMS, REFUSALS, ProblemError
from api.receipts import (
    CONTROLLER,
    LOCATED,
    DocumentReceipt,
    Receipt,
    document_receipt,
    document_warnings,
    receipt,
    run,
)
from api.services import Node
from api.words import Language
from domain.fact import Command
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.invoice import DocumentId
from domain.invoicing.invoice_decision import DecideInvoice, RegisterInvoice, Verdict
from domain.invoicing.issue import IssueInvoice
from domain.invoicing.sales_document import InvoiceIssued
from domain.invoicing.year_correction import CorrectYear
from domain.values import FreeText, NewName, OrganisationNumber, Sha256
from projections import invoices
from projections.documents import Issued, issued_document

router = APIRouter(prefix="/v1", tags=["invoices"], responses=PROBLEMS)


class NewInvoice(Body):
    """A period to invoice; the payee asks, and the amounts are computed."""

    period_start: Day
    period_end: Day


class NewInvoiceDecision(Body):
    """The payer's decision on the document of a period."""

    verdict: Verdict
    post: NewName | None = Field(None, description="Only this post's line.")
    reason: FreeText = ""


class NewRegistration(Body):
    """That a document is received and checked, by the person who says so."""

    ehf_sha256: Sha256 | None = Field(
        None, description="Of the EHF, where it came outside the federation."
    )


class NewCredit(Body):
    """What is credited of a document: the lines that are named, or all of it."""

    reason: FreeText = Field(min_length=1)
    lines: list[CreditedLine] = Field(
        [], description="Given up of these lines; without any, all is taken back."
    )


@dataclass(frozen=True, slots=True)
class ShownInvoice(invoices.Invoice):
    """A document with all that is known of it, and what it lacks in words."""

    warnings: tuple[str, ...]
    """Of each of ``lacks``: what will not match because of it."""


EHF: Final = "application/xml"


OfYear = Annotated[int, Query(ge=1900, le=2199, description="Year of issue.")]


Year = Annotated[int, Path(ge=1900, le=2199, description="Year of issue.")]


Number = Annotated[int, Path(ge=1, lt=ITEMS_MAX, description="In the series.")]


async def the_document(
    payee: OrganisationNumber, year: Year, number: Number
) -> DocumentId:
    """Return the document that an address names."""
    return DocumentId(payee, year, number)


@router.post(
    "/agreements/{agreement}/invoices",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def issue_invoice(
    agreement: NewName,
    body: NewInvoice,
    node: TheNode,
    asker: TheAsker,
    language: TheLanguage,
    response: Response,
) -> DocumentReceipt:
    """Issue the invoice or credit note of a period, as the payee (S1-14)."""
    command = IssueInvoice(agreement=agreement, **dict(body))
    return _issue(node, command, asker, language, response)


@router.post(
    "/agreements/{agreement}/corrections/{year}",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def correct_year(
    agreement: NewName,
    year: Year,
    node: TheNode,
    asker: TheAsker,
    language: TheLanguage,
    response: Response,
) -> DocumentReceipt:
    """Bill what has changed in an earlier calendar year, as the payee."""
    command = CorrectYear(agreement=agreement, year=year)
    return _issue(node, command, asker, language, response)


@router.post(
    "/agreements/{agreement}/invoices/{period_start}/credits",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def credit_invoice(
    agreement: NewName,
    period_start: Day,
    body: NewCredit,
    node: TheNode,
    asker: TheAsker,
    language: TheLanguage,
    response: Response,
) -> DocumentReceipt:
    """Credit the document of a period, whole or by line, as the payee."""
    command = CreditInvoice(
        agreement=agreement,
        period_start=period_start,
        reason=body.reason,
        lines=tuple(body.lines),
    )
    return _issue(node, command, asker, language, response)


@router.post(
    "/invoices/{payee}/{year}/{number}/credits",
    status_code=201,
    dependencies=CONTROLLER,
    responses={**REFUSALS, **LOCATED},
)
def credit_document(
    of: Annotated[DocumentId, Depends(the_document)],
    body: NewCredit,
    node: TheNode,
    asker: TheAsker,
    language: TheLanguage,
    response: Response,
) -> DocumentReceipt:
    """Credit a document, whole or by line, as the payee who issued it."""
    command = CreditInvoice(**of._asdict(), reason=body.reason, lines=tuple(body.lines))
    return _issue(node, command, asker, language, response)


def _issue(
    node: TheNode,
    command: Command,
    asker: TheAsker,
    language: Language,
    response: Response,
) -> DocumentReceipt:
    """Run a command that issues a document, and say where the document is."""
    outcome = run(node, command, asker, response)
    for row in outcome.rows:
        if row.type == InvoiceIssued.TYPE:
            _, _, seller, year = row.stream.split(":")
            location = f"/v1/invoices/{seller}/{year}/{row.version}"
            response.headers["Location"] = location
    return document_receipt(outcome, language)


@router.post(
    "/agreements/{agreement}/invoices/{period_start}/decisions",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def decide_invoice(
    agreement: NewName,
    period_start: Day,
    body: NewInvoiceDecision,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Approve or dispute the document of a period or one line of it, as the payer."""
    command = DecideInvoice(
        agreement=agreement, period_start=period_start, **dict(body)
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/invoices/{payee}/{year}/{number}/decisions",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def decide_document(
    of: Annotated[DocumentId, Depends(the_document)],
    body: NewInvoiceDecision,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Approve or dispute a document or one line of it, as the payer."""
    command = DecideInvoice(**of._asdict(), **dict(body))
    return receipt(run(node, command, asker, response))


@router.post(
    "/agreements/{agreement}/invoices/{period_start}/registration",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def register_invoice(
    agreement: NewName,
    period_start: Day,
    body: NewRegistration,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Register the document of a period as received and checked, as the payer.

    Another person approves it.
    """
    command = RegisterInvoice(
        agreement=agreement, period_start=period_start, **dict(body)
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/invoices/{payee}/{year}/{number}/registration",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def register_document(
    of: Annotated[DocumentId, Depends(the_document)],
    body: NewRegistration,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Register a document as received and checked, as the payer."""
    command = RegisterInvoice(**of._asdict(), **dict(body))
    return receipt(run(node, command, asker, response))


@router.get("/invoices")
def list_invoices(
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    agreement: NewName | None = None,
    payer: OrganisationNumber | None = None,
    payee: OrganisationNumber | None = None,
    year: OfYear | None = None,
    period_start: Day | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShownInvoice]:
    """Return invoices and credit notes by payee, year of issue and number."""
    with views() as connection:
        wanted = invoices.Wanted(agreement, payer, payee, year, None, period_start)
        seller, of_year, number = after(cursor, ["", 0, 0])
        key = (seller, of_year, number)
        found = [
            _shown(each, language)
            for each in invoices.invoices(
                connection, day_of(node, as_of), wanted, key, limit
            )
        ]
        return page_of(found, limit, lambda item: [item.payee, item.year, item.number])


def _shown(invoice: invoices.Invoice, language: Language) -> ShownInvoice:
    said = {each.name: getattr(invoice, each.name) for each in fields(invoice)}
    warnings = tuple(each.detail for each in document_warnings(invoice.lacks, language))
    return ShownInvoice(**said, warnings=warnings)


@router.get("/invoices/{payee}/{year}/{number}")
def get_invoice(
    payee: OrganisationNumber,
    year: Year,
    number: Number,
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    as_of: AsOf = None,
) -> ShownInvoice:
    """Return a document with its lines, decisions and payments."""
    with views() as connection:
        wanted = invoices.Wanted(payee=payee, year=year, number=number)
        found = only(invoices.invoices(connection, day_of(node, as_of), wanted))
    return _shown(found, language)


@router.get(
    "/invoices/{payee}/{year}/{number}/ehf",
    response_class=Response,
    responses={200: {"content": {EHF: FILE}, "description": "Peppol BIS Billing 3.0."}},
)
def get_ehf(
    payee: OrganisationNumber,
    year: Year,
    number: Number,
    node: TheNode,
    _caller: TheCaller,
) -> Response:
    """Return a document as EHF, the same bytes at every node."""
    issued = _issued(node, DocumentId(payee, year, number))
    return Response(write(ehf_document(issued.fact, number)), media_type=EHF)


@router.get(
    "/invoices/{payee}/{year}/{number}/pdf",
    response_class=Response,
    responses=PDF_RESPONSES,
)
def get_pdf(
    payee: OrganisationNumber,
    year: Year,
    number: Number,
    node: TheNode,
    language: TheLanguage,
    _caller: TheCaller,
) -> Response:
    """Return a document as PDF, the same bytes at every node."""
    issued = _issued(node, DocumentId(payee, year, number))
    return pdf_response(invoice_paper(issued, language), file_name(issued.document))


def _issued(node: Node, document: DocumentId) -> Issued:
    found = issued_document(node.journal, document)
    if found is None:
        raise ProblemError("not_found")
    return found
