"""The commands: one route for every fact, each decided at its home region."""

import re
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Response

from api.dependencies import TheAsker, TheNode, controller, registrar
from api.problems import refused
from api.schemas import (
    NewAnswer,
    NewBillingDetails,
    NewInvoice,
    NewInvoiceDecision,
    NewNetwork,
    NewOrganisation,
    NewPayment,
    NewReport,
    NewReportDecision,
    NewStaffing,
    NewVersion,
    Problem,
    RecordedEntry,
)
from api.schemas import Receipt as ReceiptDocument
from api.services import Node
from domain.agreement import ProposedPost, ProposeVersion
from domain.answer import AnswerVersion
from domain.billing_details import RecordBillingDetails
from domain.fact import Command
from domain.invoice import IssueInvoice
from domain.invoice_decision import DecideInvoice
from domain.network import EstablishNetwork
from domain.organisation import RegisterOrganisation
from domain.payment import RegisterPayment
from domain.refusal import Refusal
from domain.report import DecideReport, SubmitReport
from domain.sales_document import InvoiceIssued
from domain.staffing import RecordStaffing
from domain.values import Day, NewName, OrganisationNumber, VersionNumber
from federation.entry import Row, entry_id
from federation.executor import Asker, Receipt

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": description}
    for status, description in (
        (401, "No good token."),
        (403, "Not this caller's to record."),
        (404, "What the command names is not there."),
        (409, "Conflicts with what is recorded."),
        (412, "What was read has changed since."),
        (413, "More than a request may hold."),
        (421, "Belongs to another region's node."),
        (422, "Refused, with a stable code."),
        (503, "Try again with the same Idempotency-Key."),
    )
}

router = APIRouter(prefix="/v1", tags=["commands"], responses=PROBLEMS)
CONTROLLER: Final = [Depends(controller)]

IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of what was read, or `*`; refused when it has changed."
    ),
]


def run(node: Node, command: Command, asker: Asker, response: Response) -> Receipt:
    """Execute a command; a refusal becomes a problem document."""
    outcome = node.executor.execute(command, asker)
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    response.status_code = 201 if outcome.rows else 200
    if outcome.repeated:
        response.headers["Idempotency-Replayed"] = "true"
    return outcome


def receipt(outcome: Receipt) -> ReceiptDocument:
    """Return what a command recorded, the same however often it is asked."""
    last = outcome.rows[-1] if outcome.rows else None
    return ReceiptDocument(
        recorded=[_entry(row) for row in outcome.rows],
        position=None if last is None else f"{last.origin}:{last.position}",
    )


def _entry(row: Row) -> RecordedEntry:
    return RecordedEntry(
        id=entry_id(row.origin, row.epoch, row.position),
        type=row.type,
        stream=row.stream,
        version=row.version,
        recorded_at=row.recorded_at,
    )


@router.post("/organisations", status_code=201, dependencies=[Depends(registrar)])
def register_organisation(
    body: NewOrganisation, node: TheNode, asker: TheAsker, response: Response
) -> ReceiptDocument:
    """Register an organisation in its region, as the region's health authority."""
    response.headers["Location"] = f"/v1/organisations/{quote(body.org_number)}"
    return receipt(run(node, RegisterOrganisation(**dict(body)), asker, response))


@router.post(
    "/organisations/{org_number}/billing-details",
    status_code=201,
    dependencies=CONTROLLER,
)
def record_billing_details(
    org_number: OrganisationNumber,
    body: NewBillingDetails,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> ReceiptDocument:
    """Record how an organisation is invoiced and paid, as that organisation."""
    command = RecordBillingDetails(org_number=org_number, **dict(body))
    return receipt(run(node, command, asker, response))


@router.post("/networks", status_code=201, dependencies=CONTROLLER)
def establish_network(
    body: NewNetwork, node: TheNode, asker: TheAsker, response: Response
) -> ReceiptDocument:
    """Establish a network, as its coordinating trust."""
    response.headers["Location"] = f"/v1/networks/{quote(body.network)}"
    return receipt(run(node, EstablishNetwork(**dict(body)), asker, response))


@router.post(
    "/agreements/{agreement}/versions", status_code=201, dependencies=CONTROLLER
)
def propose_version(
    agreement: NewName,
    body: NewVersion,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> ReceiptDocument:
    """Propose a version of an agreement, and sign it thereby (S1-08, S1-09)."""
    posts = tuple(ProposedPost(**dict(post)) for post in body.posts)
    content = {**dict(body), "agreement": agreement, "posts": posts}
    name = quote(agreement)
    response.headers["Location"] = f"/v1/agreements/{name}/versions/{body.version}"
    return receipt(run(node, ProposeVersion(**content), asker, response))


@router.post(
    "/agreements/{agreement}/versions/{version}/answer",
    status_code=201,
    dependencies=CONTROLLER,
)
def answer_version(
    agreement: NewName,
    version: VersionNumber,
    body: NewAnswer,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    if_match: IfMatch = None,
) -> ReceiptDocument:
    """Accept or decline a version; accepting signs the fingerprint in `If-Match`."""
    command = AnswerVersion(
        agreement=agreement,
        version=version,
        answer=body.answer,
        fingerprint=_tag(if_match),
    )
    return receipt(run(node, command, asker, response))


@router.post("/posts/{post}/staffing", status_code=201, dependencies=CONTROLLER)
def record_staffing(
    post: NewName, body: NewStaffing, node: TheNode, asker: TheAsker, response: Response
) -> ReceiptDocument:
    """Record that a post is filled or vacated, as its host (S1-05)."""
    holder = node.persons.pseudonym(asker.organisation, body.holder)
    command = RecordStaffing(
        post=post, change=body.change, effective_on=body.effective_on, holder=holder
    )
    outcome = run(node, command, asker, response)
    node.persons.remember(holder, body.holder)
    return receipt(outcome)


@router.post("/reports", status_code=201, dependencies=CONTROLLER)
def submit_report(
    body: NewReport, node: TheNode, asker: TheAsker, response: Response
) -> ReceiptDocument:
    """Submit a progress report, or submit it again after it was returned."""
    response.headers["Location"] = f"/v1/reports/{quote(body.report)}"
    return receipt(run(node, SubmitReport(**dict(body)), asker, response))


@router.post("/reports/{report}/decisions", status_code=201, dependencies=CONTROLLER)
def decide_report(
    report: NewName,
    body: NewReportDecision,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    if_match: IfMatch = None,
) -> ReceiptDocument:
    """Approve or return the latest submission, as the coordinating trust (S1-41)."""
    command = DecideReport(
        report=report, outcome=body.outcome, submission=_submission(if_match)
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/agreements/{agreement}/invoices", status_code=201, dependencies=CONTROLLER
)
def issue_invoice(
    agreement: NewName,
    body: NewInvoice,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> ReceiptDocument:
    """Issue the invoice or credit note of a period, as the payee (S1-14)."""
    command = IssueInvoice(agreement=agreement, **dict(body))
    outcome = run(node, command, asker, response)
    for row in outcome.rows:
        if row.type == InvoiceIssued.TYPE:
            _, _, seller, year = row.stream.split(":")
            location = f"/v1/invoices/{seller}/{year}/{row.version}"
            response.headers["Location"] = location
    return receipt(outcome)


@router.post(
    "/agreements/{agreement}/invoices/{period_start}/decisions",
    status_code=201,
    dependencies=CONTROLLER,
)
def decide_invoice(
    agreement: NewName,
    period_start: Day,
    body: NewInvoiceDecision,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> ReceiptDocument:
    """Approve or dispute the document of a period or one line of it, as the payer."""
    command = DecideInvoice(
        agreement=agreement, period_start=period_start, **dict(body)
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/agreements/{agreement}/invoices/{period_start}/payments",
    status_code=201,
    dependencies=CONTROLLER,
)
def register_payment(
    agreement: NewName,
    period_start: Day,
    body: NewPayment,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> ReceiptDocument:
    """Register a payment on the document of a period, as the payer."""
    command = RegisterPayment(
        agreement=agreement, period_start=period_start, **dict(body)
    )
    return receipt(run(node, command, asker, response))


def _tag(if_match: str | None) -> str | None:
    """Return what an ``If-Match`` names; None where anything matches."""
    return None if if_match in {None, "*"} else str(if_match).strip('"')


def _submission(if_match: str | None) -> int | None:
    """Return the submission that an ETag names; one that names none matches none."""
    tag = _tag(if_match)
    if tag is None:
        return None
    return int(tag) if re.fullmatch(r"[1-9][0-9]{0,5}", tag) else 0
