"""Invoices and credit notes, and what the payer says of them."""

from dataclasses import dataclass, fields
from typing import Annotated, Final

from fastapi import Path, Query, Response

from api.access import require_between
from api.auth import Caller
from api.bodies import FILE, RequestDay
from api.commands import door
from api.dependencies import (
    AsOf,
    TheCaller,
    TheLanguage,
    TheNode,
    TheViews,
    day_of,
)
from api.doors import OF_DOCUMENT, OF_PERIOD, Way
from api.ehf.document import ehf_document
from api.ehf.writing import write
from api.pagination import ITEMS_MAX, Cursor, Limit, Page, after, only, page_of
from api.pdf.invoice import file_name, invoice_paper
from api.pdf.responses import PDF_RESPONSES, pdf_response
from api.problems import ProblemError
from api.receipts import (
    document_warnings,
)
from api.routers import member_router
from api.services import Node
from api.words import Language
from domain.history import ShownTo
from domain.invoicing.credit import CreditInvoice
from domain.invoicing.invoice import DocumentId
from domain.invoicing.invoice_decision import DecideInvoice, RegisterInvoice
from domain.invoicing.issue import IssueInvoice
from domain.invoicing.year_correction import CorrectYear
from domain.values import NewName, OrganisationNumber
from projections import invoices
from projections.documents import Issued, issued_document

router = member_router("invoices", ShownTo.PARTIES)


@dataclass(frozen=True, slots=True)
class ShownInvoice(invoices.Invoice):
    """A document with all that is known of it, and what it lacks in words."""

    warnings: tuple[str, ...]
    """Of each of ``lacks``: what will not match because of it."""


EHF: Final = "application/xml"


OfYear = Annotated[int, Query(ge=1900, le=2199, description="Year of issue.")]


IssueYear = Annotated[int, Path(ge=1900, le=2199, description="Year of issue.")]


Number = Annotated[int, Path(ge=1, lt=ITEMS_MAX, description="In the series.")]


async def the_document(
    payee: OrganisationNumber, year: IssueYear, number: Number
) -> DocumentId:
    """Document that an address names."""
    return DocumentId(payee, year, number)


door(router, "/agreements/{agreement}/invoices", IssueInvoice, Way(issues=True))
door(
    router,
    "/agreements/{agreement}/corrections/{year}",
    CorrectYear,
    Way(issues=True),
)
for command, by_number, what in (
    (CreditInvoice, "credit_document", "credits"),
    (DecideInvoice, "decide_document", "decisions"),
    (RegisterInvoice, "register_document", "registration"),
):
    issues = command is CreditInvoice
    door(router, f"{OF_PERIOD}/{what}", command, Way(issues=issues))
    door(
        router,
        f"{OF_DOCUMENT}/{what}",
        command,
        Way(name=by_number, issues=issues),
    )


@router.get("/invoices")
def list_invoices(
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    agreement: NewName | None = None,
    payer: OrganisationNumber | None = None,
    payee: OrganisationNumber | None = None,
    year: OfYear | None = None,
    period_start: RequestDay | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShownInvoice]:
    """Invoices and credit notes by payee, year of issue and number."""
    with views() as connection:
        criteria = invoices.InvoiceFilter(
            agreement, payer, payee, year, None, period_start
        )
        seller, of_year, number = after(cursor, ["", 0, 0])
        key = (seller, of_year, number)
        items = [
            _shown(invoice, language)
            for invoice in invoices.invoices(
                connection, day_of(node, as_of), criteria, key, limit
            )
        ]
        return page_of(items, limit, lambda item: [item.payee, item.year, item.number])


def _shown(invoice: invoices.Invoice, language: Language) -> ShownInvoice:
    members = {member.name: getattr(invoice, member.name) for member in fields(invoice)}
    warnings = tuple(
        warning.detail for warning in document_warnings(invoice.lacks, language)
    )
    return ShownInvoice(**members, warnings=warnings)


@router.get("/invoices/{payee}/{year}/{number}")
def get_invoice(
    payee: OrganisationNumber,
    year: IssueYear,
    number: Number,
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    as_of: AsOf = None,
) -> ShownInvoice:
    """A document with its lines, decisions and payments."""
    with views() as connection:
        criteria = invoices.InvoiceFilter(payee=payee, year=year, number=number)
        invoice = only(invoices.invoices(connection, day_of(node, as_of), criteria))
    return _shown(invoice, language)


@router.get(
    "/invoices/{payee}/{year}/{number}/ehf",
    response_class=Response,
    responses={200: {"content": {EHF: FILE}, "description": "Peppol BIS Billing 3.0."}},
)
def get_ehf(
    payee: OrganisationNumber,
    year: IssueYear,
    number: Number,
    node: TheNode,
    caller: TheCaller,
) -> Response:
    """A document as EHF, the same bytes at every node."""
    issued = _issued(node, caller, DocumentId(payee, year, number))
    return Response(write(ehf_document(issued.fact, number)), media_type=EHF)


@router.get(
    "/invoices/{payee}/{year}/{number}/pdf",
    response_class=Response,
    responses=PDF_RESPONSES,
)
def get_pdf(
    payee: OrganisationNumber,
    year: IssueYear,
    number: Number,
    node: TheNode,
    language: TheLanguage,
    caller: TheCaller,
) -> Response:
    """A document as PDF, the same bytes at every node."""
    issued = _issued(node, caller, DocumentId(payee, year, number))
    return pdf_response(invoice_paper(issued, language), file_name(issued.document))


def _issued(node: Node, caller: Caller, document: DocumentId) -> Issued:
    issued = issued_document(node.journal, document)
    if issued is None:
        raise ProblemError("not_found")
    require_between(node, caller, issued.fact.payer, issued.fact.payee)
    return issued
