"""What a command would record: decided as it will be, shown before it is sent."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from fastapi import Response
from markupsafe import Markup

from api.pages.acting import Confirmation, confirmed, send, then
from api.pages.invoices.one_invoice import invoice_address
from api.pages.rendering import Speaker
from api.pages.visit import Visit
from api.problems import ProblemError, refused
from api.receipts import payment_warnings
from domain.decisions import decide_resting
from domain.fact import Command
from domain.history import Asked, Decision, History
from domain.invoicing.lacking import lacking
from domain.invoicing.sales_document import DocumentKind, InvoiceIssued
from domain.payments.doubt import doubts
from domain.payments.payment import PaymentRegistered, RegisterPayment
from domain.refusal import Refusal
from domain.values import Period, business_day
from federation.log.executor import Receipt

SECTION: Final = "page_invoice_draft"


class DraftWays(NamedTuple):
    """Where the confirmation of a document comes from, and where it goes."""

    title: str
    lead: str
    action: str
    back: str
    crumbs: Sequence[tuple[str, str]]
    fields: Mapping[str, str]
    """What the form said, sent once more."""


def document_draft(visit: Visit, command: Command, history: History) -> InvoiceIssued:
    """Document that a command would issue now; raise the problem where it is refused."""
    decision = _decided(visit, command, history)
    return next(each.fact for each in decision if isinstance(each.fact, InvoiceIssued))


def draft_now(visit: Visit, command: Command) -> InvoiceIssued:
    """As :func:`document_draft`, on all that is known now."""
    with visit.node.executor.history() as history:
        return document_draft(visit, command, history)


def _decided(visit: Visit, command: Command, history: History) -> Decision:
    node = visit.node
    today = business_day(node.clock.now())
    actor = visit.caller.actor
    asked = Asked(node.region, visit.organisation, today, actor, visit.caller.mandate)
    outcome = decide_resting(command, asked, history).outcome
    if isinstance(outcome, Refusal):
        raise refused(outcome)
    return outcome


def doubtful(visit: Visit, command: RegisterPayment) -> Sequence[str]:
    """What would be doubtful of a payment, in words."""
    with visit.node.executor.history() as history:
        ((stream, fact),) = _decided(visit, command, history)
        assert isinstance(fact, PaymentRegistered)
        today = business_day(visit.node.clock.now())
        found = doubts(fact, history.version(stream) + 1, today, history)
    return [each.detail for each in payment_warnings(found, visit.language)]


async def issue_as_shown(
    visit: Visit, command: Command, form: Mapping[str, str]
) -> Response:
    """Issue a document that is still as it was shown, and go on to it."""
    draft = await asyncio.to_thread(draft_now, visit, command)
    if form.get("fingerprint") != draft_fingerprint(draft):
        raise ProblemError("outdated")
    outcome = await send(visit, command, form)
    return then(_issued_at(outcome), outcome)


def _issued_at(outcome: Receipt) -> str:
    for row in outcome.rows:
        if row.type == InvoiceIssued.TYPE:
            _, _, seller, year = row.stream.split(":")
            return invoice_address(seller, int(year), row.version)
    return "/invoices"


def draft_fingerprint(draft: InvoiceIssued) -> str:
    """SHA-256 of what would be issued, in hex digits."""
    return hashlib.sha256(draft.to_bytes()).hexdigest()


def ask_document(visit: Visit, draft: InvoiceIssued, ways: DraftWays) -> Response:
    """Show a document before it is issued, with its fingerprint."""
    speaker = visit.speaker(SECTION)
    credit = draft.kind is DocumentKind.CREDIT_NOTE
    amount = speaker.kr(abs(draft.gross_ore))
    asked = Confirmation(
        title=ways.title,
        lead=ways.lead,
        what=speaker.say("what_credit" if credit else "what_invoice"),
        facts=[*_facts(visit, draft, speaker)],
        action=ways.action,
        verb=speaker.say("verb_credit" if credit else "verb_invoice", amount=amount),
        back=ways.back,
        crumbs=ways.crumbs,
        fields={**ways.fields, "fingerprint": draft_fingerprint(draft)},
        after=speaker.say(
            "after_credit" if credit else "after_invoice", who=draft.buyer.name
        ),
    )
    return confirmed(visit, SECTION, "invoices", asked)


def _facts(
    visit: Visit, draft: InvoiceIssued, speaker: Speaker
) -> Iterator[tuple[str, object]]:
    yield speaker.say("buyer"), draft.buyer.name
    yield speaker.say("period"), speaker.period(draft.period)
    for line in draft.lines:
        parts = [speaker.kr(line.amount_ore)]
        for each in line.restatements:
            of = Period(each.period_start, each.period_end)
            words = speaker.say(
                "of_which",
                amount=speaker.kr(each.amount_ore),
                period=speaker.period(of),
            )
            parts.append(words)
        yield line.post, Markup("<br>").join(parts)
    yield speaker.say("vat"), speaker.kr(draft.vat_ore)
    total = speaker.kr(draft.gross_ore)
    yield speaker.say("total"), Markup("<b>{}</b>").format(total)
    if draft.due_on:
        yield speaker.say("due"), speaker.day(draft.due_on)
    if draft.reason:
        yield speaker.say("reason"), draft.reason
    for lack in lacking(draft):
        yield speaker.say("lacks"), speaker.say(f"lack_{lack.value}")
    digits = draft_fingerprint(draft)
    shown = " ".join(digits[start : start + 4] for start in range(0, 16, 4))
    code = Markup('<span class="fg-mono">{}</span>').format(shown)
    yield speaker.say("fingerprint"), code
    role = speaker.say(f"role_{visit.role.value}")
    own = speaker.say("acting_as", organisation=draft.seller.name, role=role)
    yield speaker.say("on_behalf"), own
