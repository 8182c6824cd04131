"""The page of an invoice: how its amount came about, what both say of it, what to do."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Response

from api.pages.acting import then
from api.pages.forms import NO_FAULTS, Faults, Typed, attempt
from api.pages.invoices.invoice_days import billed_posts, recomputed
from api.pages.invoices.invoice_steps import invoice_actions, invoice_steps
from api.pages.invoices.one_invoice import OneInvoice, one_invoice
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, sent_form
from api.pdf.wording import account_number
from api.problems import ProblemError
from api.routers import public
from api.routes.invoices import IssueYear, Number
from domain.fact import Command
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import DecideInvoice, Resolution, Verdict
from domain.values import OrganisationNumber
from federation.log.executor import Receipt
from projections.disputes import Dispute

router: Final[APIRouter] = public()
SECTION: Final = "page_invoice"
ADDRESS: Final = "/invoices/{payee}/{year}/{number}"
NOTHING_TYPED: Final[Mapping[str, str]] = {}
WRITE: Final = "write"
"""Answer that goes on with the talk, and ends nothing."""


@router.get(ADDRESS, include_in_schema=False)
def invoice_page(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """An invoice or a credit note."""
    return shown_invoice_page(one_invoice(visit, payee, year, number))


def shown_invoice_page(
    one: OneInvoice,
    typed: Mapping[str, str] = NOTHING_TYPED,
    faults: Faults = NO_FAULTS,
) -> Response:
    """Show an invoice, with what was typed into a form that was refused."""
    speaker = one.visit.speaker(SECTION)
    actions = invoice_actions(one)
    fact = one.issued.fact
    return one.visit.page(
        "invoice.html",
        SECTION,
        "invoices",
        one=one,
        of=one.invoice,
        fact=fact,
        title=_title(one, speaker),
        lead=_lead(one, speaker),
        actions=actions,
        steps=invoice_steps(one, actions, speaker),
        posts=billed_posts(one, speaker),
        recomputed=recomputed(one),
        both=_both(one, speaker),
        account=account_number(fact.account) if fact.account else "",
        version=_version_tag(one),
        threads=[(each, thread_of(one, each, speaker)) for each in one.disputes],
        outcomes=_outcomes(one, speaker),
        held=[(each.post, each.post) for each in one.open_disputes],
        key=uuid.uuid4().hex,
        typed=typed,
        faults=faults,
    )


def _title(one: OneInvoice, speaker: Speaker) -> str:
    key = "title_credit" if one.gross_ore < 0 else "title_invoice"
    seller = one.name(one.invoice.payee).removesuffix(" HF")
    return speaker.say(key, number=one.document.number, who=seller)


def _lead(one: OneInvoice, speaker: Speaker) -> str:
    of, fact = one.invoice, one.issued.fact
    about = speaker.say(
        "about", agreement=of.agreement, period=speaker.period(fact.period)
    )
    amount = speaker.kr(one.gross_ore)
    if fact.due_on is None:
        return f"{speaker.say('lead_amount', amount=amount)} {about}"
    late = fact.due_on < one.visit.day and of.outstanding_ore > 0
    due = speaker.say(
        "lead_late" if late else "lead_due", amount=amount, day=speaker.day(fact.due_on)
    )
    if not one.open_disputes:
        return f"{due} {about}"
    days = max(each.age_days for each in one.open_disputes)
    held = speaker.count(
        "lead_disputed", len(one.open_disputes), total=len(of.lines), days=days
    )
    return f"{due} {held}"


def _version_tag(one: OneInvoice) -> str:
    if one.agreement is None:
        return ""
    for version in one.agreement.versions:
        if version.terms.version == one.invoice.version:
            return version.fingerprint
    return ""


def _both(one: OneInvoice, speaker: Speaker) -> tuple[str, str]:
    """Whether both have the same payments on it: a state and its words."""
    of = one.invoice
    if of.paid_ore == of.received_ore:
        return "ok", speaker.say("both_agree")
    amount = speaker.kr(abs(of.paid_ore - of.received_ore))
    key = "not_registered" if of.received_ore > of.paid_ore else "not_received"
    return "warn", speaker.say(key, amount=amount)


def thread_of(
    one: OneInvoice, dispute: Dispute, speaker: Speaker
) -> Sequence[tuple[bool, str, str, str]]:
    """What both have said of a line, in the order of recording."""
    own = one.visit.organisation

    def said(
        by: str, person: str | None, day: date, text: str
    ) -> tuple[bool, str, str, str]:
        name = one.person(person, by)
        who = f"{name}, {one.name(by)}" if name else one.name(by)
        return by == own, who, speaker.day(day), text

    payer, ended = one.invoice.payer, dispute.resolution
    opened = said(payer, dispute.opened_by, dispute.opened_on, dispute.reason)
    thread = [opened]
    thread += [
        said(c.organisation, c.written_by, c.recorded_on, c.text)
        for c in dispute.thread
    ]
    if ended is not None:
        outcome = speaker.say(f"ended_{ended.outcome.value}")
        text = f"{outcome} {ended.text}".strip()
        thread.append(said(payer, ended.decided_by, ended.recorded_on, text))
    return thread


def _outcomes(one: OneInvoice, speaker: Speaker) -> Sequence[tuple[str, str, str]]:
    """What the visitor may answer: its key, label and what comes of it."""
    actions = invoice_actions(one)
    other = one.name(one.invoice.payee if one.is_payer else one.invoice.payer)
    outcomes = []
    if actions.resolve:
        held_ore = sum(each.amount_ore for each in one.open_disputes)
        outcomes = [
            (
                each.value,
                speaker.say(f"answer_{each.value}"),
                speaker.say(
                    f"answer_{each.value}_help", amount=speaker.kr(held_ore), who=other
                ),
            )
            for each in (Resolution.UPHELD, Resolution.CREDITED, Resolution.AMENDED)
        ]
    write = speaker.say("answer_write", who=other)
    return [*outcomes, (WRITE, write, speaker.say("answer_write_help"))]


@router.post(f"{ADDRESS}/dispute", include_in_schema=False)
async def dispute_line(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Dispute a line, for a reason."""
    form = await sent_form(visit)
    typed = Typed(visit, form)
    post = typed.text("post", needed=True)
    reason = typed.text("reason", needed=True)

    def command() -> Command:
        return DecideInvoice(
            **_named(payee, year, number),
            verdict=Verdict.DISPUTED,
            post=post,
            reason=reason,
        )

    outcome = await attempt(visit, form, typed, command)
    return await _answered(visit, (payee, year, number), form, outcome)


@router.post(f"{ADDRESS}/answer", include_in_schema=False)
async def answer_dispute(
    visit: TheVisit, payee: OrganisationNumber, year: IssueYear, number: Number
) -> Response:
    """Say something about a disputed line, or end its dispute."""
    form = await sent_form(visit)
    typed = Typed(visit, form)
    what = typed.text("answer", needed=True)
    post = typed.text("line") or None
    text = typed.text("text", needed=what == WRITE)

    def command() -> Command:
        named = _named(payee, year, number)
        if what == WRITE:
            return CommentDispute(**named, post=post, text=text)
        if what not in {*Resolution}:
            raise ProblemError("invalid_row")
        return ResolveDispute(**named, post=post, outcome=Resolution(what), text=text)

    outcome = await attempt(visit, form, typed, command)
    return await _answered(visit, (payee, year, number), form, outcome)


def _named(payee: str, year: int, number: int) -> dict[str, Any]:
    return {"seller": payee, "year": year, "number": number}


async def _answered(
    visit: Visit,
    key: tuple[str, int, int],
    form: Mapping[str, str],
    outcome: Receipt | Faults,
) -> Response:
    """Go on to the invoice, or show it again with what is wrong with a form."""
    if isinstance(outcome, Faults):
        one = await asyncio.to_thread(one_invoice, visit, *key)
        return await asyncio.to_thread(shown_invoice_page, one, form, outcome)
    return then("/invoices/{}/{}/{}".format(*key), outcome)
