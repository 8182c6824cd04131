"""Confirming receipt of an invoice, and approving it as another person."""

import asyncio
from typing import Final

from fastapi import APIRouter, Response
from markupsafe import Markup

from api.pages.acting import Confirmation, confirmed, require_sender, send, then
from api.pages.forms import Typed
from api.pages.invoices.invoice_page import ADDRESS, SECTION
from api.pages.invoices.one_invoice import OneInvoice, one_invoice, unchanged_since
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, sent_form
from api.problems import ProblemError
from api.routers import public
from api.routes.invoices import IssueYear, Number
from domain.fact import Command
from domain.invoicing.invoice_decision import DecideInvoice, RegisterInvoice, Verdict
from domain.values import OrganisationNumber

router: Final[APIRouter] = public()


@router.get(f"{ADDRESS}/confirm-receipt", include_in_schema=False)
def ask_receipt(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Ask whether an invoice is received and checked."""
    one = _of_payer(visit, RegisterInvoice, payee, year, number)
    return _asked(one, "confirm")


@router.post(f"{ADDRESS}/confirm-receipt", include_in_schema=False)
async def confirm_receipt(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Register an invoice as received and checked."""
    form = await sent_form(visit)
    one = await asyncio.to_thread(
        _of_payer, visit, RegisterInvoice, payee, year, number
    )
    unchanged_since(one, form)
    command = RegisterInvoice(**one.document._asdict())
    return then(one.address, await send(visit, command, form))


@router.get(f"{ADDRESS}/approve", include_in_schema=False)
def ask_approval(
    visit: TheVisit,
    payee: OrganisationNumber,
    year: IssueYear,
    number: Number,
    post: str = "",
) -> Response:
    """Ask whether an invoice, or a line of it, is approved for payment."""
    one = _of_payer(visit, DecideInvoice, payee, year, number)
    return _asked(one, "approve", post)


@router.post(f"{ADDRESS}/approve", include_in_schema=False)
async def approve_invoice(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Approve an invoice for payment, as another person than who confirmed receipt."""
    form = await sent_form(visit)
    one = await asyncio.to_thread(_of_payer, visit, DecideInvoice, payee, year, number)
    unchanged_since(one, form)
    command = DecideInvoice(
        **one.document._asdict(),
        verdict=Verdict.APPROVED,
        post=Typed(visit, form).text("post") or None,
    )
    return then(one.address, await send(visit, command, form))


def _of_payer(
    visit: TheVisit, command: type[Command], payee: str, year: int, number: int
) -> OneInvoice:
    require_sender(visit, command)
    one = one_invoice(visit, payee, year, number)
    if not one.is_payer:
        payer = one.invoice.payer
        raise ProblemError("not_entitled", {"organisation": one.name(payer)})
    return one


def _asked(one: OneInvoice, what: str, post: str = "") -> Response:
    speaker = one.visit.speaker(SECTION)
    of = one.invoice
    values: dict[str, str | int] = {"number": of.number, "who": one.name(of.payee)}
    amount = speaker.kr(_amount_ore(one, post))
    asked = Confirmation(
        title=speaker.say(f"{what}_title", **values),
        lead=speaker.say(f"{what}_lead"),
        what=speaker.say(f"{what}_what"),
        facts=consent_facts(one, speaker, post),
        action=f"{one.address}/{'confirm-receipt' if what == 'confirm' else what}",
        verb=speaker.say(f"{what}_verb", amount=amount),
        back=one.address,
        crumbs=[
            (speaker.say("menu_invoices"), "/invoices"),
            (speaker.say("title_invoice", **values), one.address),
        ],
        fields={"tag": one.tag, "post": post},
        after=speaker.say(f"{what}_after", who=one.name(of.payee)),
    )
    return confirmed(one.visit, SECTION, "invoices", asked)


def _amount_ore(one: OneInvoice, post: str) -> int:
    """With VAT of the whole; of one line without."""
    lines = [line.amount_ore for line in one.invoice.lines if line.post == post]
    if post and not lines:
        raise ProblemError("not_found")
    return lines[0] if post else one.gross_ore


def consent_facts(
    one: OneInvoice, speaker: Speaker, post: str = ""
) -> list[tuple[str, object]]:
    """What somebody consents to: repeated, with its fingerprint."""
    of, fact = one.invoice, one.issued.fact
    about = speaker.say(
        "about", agreement=of.agreement, period=speaker.period(fact.period)
    )
    role = speaker.say(f"role_{one.visit.role.value}")
    own = one.name(one.visit.organisation)
    digits = one.fingerprint
    shown = " ".join(digits[start : start + 4] for start in range(0, 16, 4))
    amount = speaker.kr(_amount_ore(one, post))
    facts: list[tuple[str, object]] = [(speaker.say("concerns"), about)]
    facts += [(speaker.say("the_line"), post)] if post else []
    facts += [
        (speaker.say("amount"), Markup("<b>{}</b>").format(amount)),
        (
            speaker.say("rests_on"),
            speaker.say(
                "rests_on_help",
                version=of.version,
                report=of.report,
                submission=of.submission,
            ),
        ),
    ]
    facts += [
        (speaker.say("held"), speaker.say("held_line", post=each.post))
        for each in one.open_disputes
    ]
    facts += [
        (
            speaker.say("fingerprint"),
            Markup('<span class="fg-mono">{}</span>').format(shown),
        ),
        (
            speaker.say("on_behalf"),
            speaker.say("acting_as", organisation=own, role=role),
        ),
    ]
    return facts
