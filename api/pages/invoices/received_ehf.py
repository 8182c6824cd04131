"""EHF that came outside the federation: held against what was issued, and registered."""

import asyncio
from typing import Final

from fastapi import APIRouter, Response

from api.pages.acting import asking, require_sender
from api.pages.forms import NO_FAULTS, Faults, faults_of_problem, sent_file
from api.pages.visit import TheVisit, Visit
from api.problems import ProblemError
from api.routers import public
from api.routes.received_invoices import ReceivedReceipt, receive_invoice
from domain.invoicing.invoice_decision import RegisterInvoice

router: Final[APIRouter] = public()
SECTION: Final = "page_received"
HOME: Final = "/invoices/received"


@router.get(HOME, include_in_schema=False)
def ask_received(visit: TheVisit) -> Response:
    """Ask for a file."""
    require_sender(visit, RegisterInvoice)
    return _shown(visit)


@router.post(HOME, include_in_schema=False)
async def receive_page(visit: TheVisit) -> Response:
    """Register an EHF as received, if it says what its invoice says."""
    require_sender(visit, RegisterInvoice)
    _, content, form = await sent_file(visit)
    if not content:
        words = visit.speaker(SECTION).say("no_file")
        return await asyncio.to_thread(
            _shown, visit, faults=Faults(words, {"file": words})
        )
    answer = Response()
    try:
        receipt = await asyncio.to_thread(
            receive_invoice, content, visit.node, asking(visit, form), answer
        )
    except ProblemError as error:
        faults = faults_of_problem(visit, error)
        shown = Faults(faults.summary, {"file": faults.summary})
        return await asyncio.to_thread(_shown, visit, faults=shown)
    address = answer.headers["Location"].removeprefix("/v1")
    return await asyncio.to_thread(_shown, visit, address=address, receipt=receipt)


def _shown(
    visit: Visit,
    address: str = "",
    receipt: ReceivedReceipt | None = None,
    faults: Faults = NO_FAULTS,
) -> Response:
    return visit.page(
        "received.html",
        SECTION,
        "invoices",
        address=address,
        receipt=receipt,
        faults=faults,
    )
