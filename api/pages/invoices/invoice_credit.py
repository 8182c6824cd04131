"""Crediting an invoice: whole, or some kroner of its lines."""

import asyncio
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.pages.acting import require_sender
from api.pages.forms import NO_FAULTS, Faults, Typed, faults_of, faults_of_problem
from api.pages.invoices.invoice_drafts import (
    DraftWays,
    ask_document,
    draft_now,
    issue_as_shown,
)
from api.pages.invoices.invoice_page import ADDRESS
from api.pages.invoices.one_invoice import OneInvoice, one_invoice
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError
from api.routers import public
from api.routes.invoices import IssueYear, Number
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.values import OrganisationNumber

router: Final[APIRouter] = public()
SECTION: Final = "page_credit"
WHOLE: Final = "whole"


@router.get(f"{ADDRESS}/credit", include_in_schema=False)
def ask_credit(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Ask what is to be credited, and why."""
    return _shown(_to_credit(visit, payee, year, number), {})


@router.post(f"{ADDRESS}/credit", include_in_schema=False)
async def credit_page(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Show the credit note as it will be, and issue it once it is confirmed."""
    form = await sent_form(visit)
    one = await asyncio.to_thread(_to_credit, visit, payee, year, number)
    typed = Typed(visit, form)
    try:
        command = _command(one, typed, form)
        if typed.faults.of:
            return await asyncio.to_thread(_shown, one, form, typed.faults)
        if form.get("fingerprint"):
            return await issue_as_shown(visit, command, form)
        return await asyncio.to_thread(_confirm, one, command, form)
    except ValidationError as error:
        faults = faults_of(visit, error)
    except ProblemError as error:
        if error.code in {"forbidden", "outdated"}:
            raise
        faults = faults_of_problem(visit, error)
    return await asyncio.to_thread(_shown, one, form, faults)


def _to_credit(visit: Visit, payee: str, year: int, number: int) -> OneInvoice:
    require_sender(visit, CreditInvoice)
    one = one_invoice(visit, payee, year, number)
    if not one.is_payee:
        raise ProblemError("not_entitled", {"organisation": one.name(payee)})
    return one


def _command(one: OneInvoice, typed: Typed, form: Mapping[str, str]) -> CreditInvoice:
    lines = []
    reason = typed.text("reason", needed=True)
    if form.get("what") != WHOLE:
        for place, line in enumerate(one.invoice.lines):
            amount_ore = typed.amount_ore(f"line-{place}", needed=False)
            if amount_ore:
                lines.append(CreditedLine(post=line.post, amount_ore=amount_ore))
        if not lines:
            typed.text("lines", needed=True)
    members = {**one.document._asdict(), "lines": tuple(lines)}
    # What cannot be read is said of the form; it is not sent.
    return CreditInvoice(**members, reason=reason or "-")


def _confirm(
    one: OneInvoice, command: CreditInvoice, form: Mapping[str, str]
) -> Response:
    visit = one.visit
    draft = draft_now(visit, command)
    speaker = visit.speaker(SECTION)
    own = {
        name: value
        for name, value in form.items()
        if name in {"what", "reason"} or name.startswith("line-")
    }
    number, who = one.document.number, one.name(one.invoice.payer)
    ways = DraftWays(
        title=speaker.say("confirm_title", number=number, who=who),
        lead=speaker.say("confirm_whole" if not command.lines else "confirm_lines"),
        action=f"{one.address}/credit",
        back=one.address,
        crumbs=[
            (speaker.say("menu_invoices"), "/invoices"),
            (speaker.say("invoice_to", number=number, who=who), one.address),
        ],
        fields=own,
    )
    return ask_document(visit, draft, ways)


def _shown(
    one: OneInvoice, typed: Mapping[str, str], faults: Faults = NO_FAULTS
) -> Response:
    return one.visit.page(
        "credit.html",
        SECTION,
        "invoices",
        one=one,
        of=one.invoice,
        buyer=one.name(one.invoice.payer),
        typed=typed,
        faults=faults,
    )
