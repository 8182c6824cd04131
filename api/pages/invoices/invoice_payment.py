"""Registering what was paid on an invoice; what is doubtful of it is said first."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fastapi import APIRouter, Response
from pydantic import ValidationError

from api.pages.acting import require_sender, then
from api.pages.forms import NO_FAULTS, Faults, Typed, attempt
from api.pages.invoices.invoice_drafts import doubtful
from api.pages.invoices.invoice_page import ADDRESS
from api.pages.invoices.one_invoice import OneInvoice, one_invoice
from api.pages.visit import TheVisit, Visit, sent_form
from api.problems import ProblemError
from api.routers import public
from api.routes.invoices import IssueYear, Number
from domain.payments.payment import RegisterPayment
from domain.values import OrganisationNumber

router: Final[APIRouter] = public()
SECTION: Final = "page_payment"


@router.get(f"{ADDRESS}/payment", include_in_schema=False)
def ask_payment(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Ask what was paid, and when: all that is left, today, until something is typed."""
    one = _to_pay(visit, payee, year, number)
    speaker = visit.speaker(SECTION)
    typed = {
        "amount_ore": speaker.kr(one.invoice.outstanding_ore),
        "paid_on": f"{visit.day:%d.%m.%Y}",
    }
    return _shown(one, typed)


@router.post(f"{ADDRESS}/payment", include_in_schema=False)
async def register_payment_page(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Register a payment; where something is doubtful of it, once that is seen."""
    form = await sent_form(visit)
    one = await asyncio.to_thread(_to_pay, visit, payee, year, number)
    typed = Typed(visit, form)
    amount_ore, paid_on = typed.amount_ore("amount_ore"), typed.day("paid_on")

    def command() -> RegisterPayment:
        members = {**one.document._asdict(), "amount_ore": amount_ore}
        return RegisterPayment.model_validate({**members, "paid_on": paid_on})

    if not typed.faults.of and not form.get("sure"):
        warned = await asyncio.to_thread(_warned, visit, command)
        if warned:
            return await asyncio.to_thread(_shown, one, form, NO_FAULTS, warned)
    outcome = await attempt(visit, form, typed, command)
    if isinstance(outcome, Faults):
        return await asyncio.to_thread(_shown, one, form, outcome)
    return then(one.address, outcome)


def _to_pay(visit: Visit, payee: str, year: int, number: int) -> OneInvoice:
    require_sender(visit, RegisterPayment)
    one = one_invoice(visit, payee, year, number)
    if not one.is_payer:
        payer = one.name(one.invoice.payer)
        raise ProblemError("not_entitled", {"organisation": payer})
    return one


def _warned(visit: Visit, command: Callable[[], RegisterPayment]) -> Sequence[str]:
    """What is doubtful; nothing of what is refused, which is said when it is sent."""
    try:
        return doubtful(visit, command())
    except (ProblemError, ValidationError):
        return ()


def _shown(
    one: OneInvoice,
    typed: Mapping[str, str],
    faults: Faults = NO_FAULTS,
    warned: Sequence[str] = (),
) -> Response:
    speaker = one.visit.speaker(SECTION)
    of = one.invoice
    facts = [
        (
            speaker.say("about"),
            f"{of.agreement}, {speaker.period(one.issued.fact.period)}",
        ),
        (speaker.say("amount"), speaker.kr(one.gross_ore)),
        (speaker.say("registered"), speaker.kr(of.paid_ore)),
        (speaker.say("received", who=one.name(of.payee)), speaker.kr(of.received_ore)),
        (speaker.say("left"), speaker.kr(of.outstanding_ore)),
    ]
    return one.visit.page(
        "payment.html",
        SECTION,
        "invoices",
        one=one,
        number=of.number,
        payee=one.name(of.payee),
        facts=facts,
        typed=typed,
        faults=faults,
        warned=warned,
        key=uuid.uuid4().hex,
    )
