"""How far an invoice has come, who is next, and what the visitor may do with it."""

from collections.abc import Sequence
from typing import NamedTuple

from api.pages.acting import may_send
from api.pages.invoices.one_invoice import OneInvoice
from api.pages.rendering import Speaker
from domain.invoicing.credit import CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import DecideInvoice, RegisterInvoice
from domain.payments.payment import RegisterPayment
from domain.person import person

Step = tuple[str, str, str]
"""State, heading, and who or what."""


class InvoiceActions(NamedTuple):
    """What the visitor may do: what a role may not is left out."""

    confirm: bool
    approve: bool
    dispute: bool
    pay: bool
    credit: bool
    comment: bool
    resolve: bool
    needs_another: bool
    """The visitor has confirmed receipt, so another person approves."""

    @property
    def primary(self) -> str:
        """The one main action; empty where none waits for the visitor."""
        ways = (
            (self.resolve, "answer"),
            (self.confirm, "confirm"),
            (self.approve, "approve"),
            (self.comment, "answer"),
            (self.pay, "pay"),
        )
        return next((name for may, name in ways if may), "")


def invoice_actions(one: OneInvoice) -> InvoiceActions:
    """What the visitor's role and organisation may do as the invoice stands."""
    visit, of = one.visit, one.invoice
    buys, sells = one.is_payer, one.is_payee
    confirmed_by = {person(each.registered_by) for each in of.registrations}
    own_word = person(visit.caller.actor) in confirmed_by
    decides = buys and may_send(visit, DecideInvoice)
    to_approve = decides and bool(confirmed_by) and bool(one.undecided)
    in_dispute = {each.post for each in one.open_disputes}
    claim = of.credits is None
    taken_back = any(each.whole for each in of.credited_by)
    return InvoiceActions(
        confirm=buys and may_send(visit, RegisterInvoice) and not confirmed_by,
        approve=to_approve and not own_word,
        dispute=decides and claim and len(in_dispute) < len(of.lines),
        pay=buys and may_send(visit, RegisterPayment) and of.outstanding_ore != 0,
        credit=sells and may_send(visit, CreditInvoice) and not taken_back,
        comment=(buys or sells)
        and may_send(visit, CommentDispute)
        and bool(in_dispute),
        resolve=buys and may_send(visit, ResolveDispute) and bool(in_dispute),
        needs_another=to_approve and own_word,
    )


def invoice_steps(
    one: OneInvoice, actions: InvoiceActions, speaker: Speaker
) -> Sequence[Step]:
    """Steps of an invoice; a credit note has nothing to be confirmed and paid."""
    of = one.invoice
    issued = speaker.say("by_on", who=one.name(of.payee), day=speaker.day(of.issued_on))
    first = ("ok", speaker.say("step_issued"), issued)
    if one.gross_ore < 0:
        done = not of.outstanding_ore
        words = speaker.say("set_off_done" if done else "set_off_left")
        return [first, ("ok" if done else "wait", speaker.say("step_set_off"), words)]
    return [
        first,
        _confirmed(one, actions, speaker),
        _approved(one, actions, speaker),
        _paid(one, actions, speaker),
    ]


def _confirmed(one: OneInvoice, actions: InvoiceActions, speaker: Speaker) -> Step:
    title = speaker.say("step_confirmed")
    if one.invoice.registrations:
        first = one.invoice.registrations[0]
        who = one.person(first.registered_by, one.invoice.payer) or one.name(
            one.invoice.payer
        )
        return (
            "ok",
            title,
            speaker.say("by_on", who=who, day=speaker.day(first.recorded_on)),
        )
    state = "you" if actions.confirm else "wait"
    return state, title, speaker.say("a_controller", who=one.name(one.invoice.payer))


def _approved(one: OneInvoice, actions: InvoiceActions, speaker: Speaker) -> Step:
    title, of = speaker.say("step_approved"), one.invoice
    if one.open_disputes:
        lines = len(one.open_disputes)
        return "bad", title, speaker.count("lines_disputed", lines, total=len(of.lines))
    if not one.undecided:
        last = of.decisions[-1]
        who = one.person(last.decided_by, of.payer) or one.name(of.payer)
        return (
            "ok",
            title,
            speaker.say("by_on", who=who, day=speaker.day(last.recorded_on)),
        )
    if actions.approve:
        return "you", title, speaker.say("another_person")
    state = "wait" if of.registrations else "off"
    return state, title, speaker.say("an_approver", who=one.name(of.payer))


def _paid(one: OneInvoice, actions: InvoiceActions, speaker: Speaker) -> Step:
    title, of = speaker.say("step_paid"), one.invoice
    if not of.outstanding_ore:
        paid = speaker.say("paid_in_full" if of.paid_ore else "nothing_left")
        return "ok", title, paid
    due = one.issued.fact.due_on
    words = speaker.say("due_day", day=speaker.day(due)) if due else ""
    if one.undecided or one.open_disputes:
        return "off", title, words
    return "you" if actions.pay else "wait", title, words
