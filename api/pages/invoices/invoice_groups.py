"""What has to be done with an invoice, seen from one of its parties, and how that is said."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from api.auth import Role
from api.pages.rendering import Speaker
from projections.invoice_list import ListedInvoice


class InvoiceGroup(StrEnum):
    """Groups of a list, in the order in which they are shown."""

    TO_CONFIRM = "to_confirm"
    TO_APPROVE = "to_approve"
    DISPUTED = "disputed"
    TO_PAY = "to_pay"
    AWAITED = "awaited"
    SETTLED = "settled"


class InvoiceRow(NamedTuple):
    """An invoice of a list, with its group and its state in words."""

    invoice: ListedInvoice
    group: InvoiceGroup
    kind: str
    """Of the state: ``ok``, ``warn``, ``bad``, ``you``, ``wait`` or ``off``."""
    words: str


def group_of(invoice: ListedInvoice, trust: str) -> InvoiceGroup:
    """What has to be done, seen from a party."""
    paying = invoice.payer == trust
    progress = invoice.progress
    if progress.disputed_lines:
        return InvoiceGroup.DISPUTED
    if not invoice.outstanding_ore:
        awaited = invoice.is_open and not paying
        return InvoiceGroup.AWAITED if awaited else InvoiceGroup.SETTLED
    if invoice.outstanding_ore < 0:
        return InvoiceGroup.AWAITED if paying else InvoiceGroup.TO_PAY
    if not paying:
        return InvoiceGroup.AWAITED
    if not progress.is_registered and not progress.is_approved:
        return InvoiceGroup.TO_CONFIRM
    return InvoiceGroup.TO_PAY if progress.is_approved else InvoiceGroup.TO_APPROVE


def invoice_groups(
    invoices: Iterable[ListedInvoice], trust: str
) -> Mapping[InvoiceGroup, Sequence[ListedInvoice]]:
    """Invoices of a party by group, what is due first before the rest."""
    found: dict[InvoiceGroup, list[ListedInvoice]] = {each: [] for each in InvoiceGroup}
    for invoice in sorted(invoices, key=_due_first):
        found[group_of(invoice, trust)].append(invoice)
    return {group: of_group for group, of_group in found.items() if of_group}


def invoice_rows(
    group: InvoiceGroup,
    invoices: Iterable[ListedInvoice],
    role: Role | None,
    today: date,
    speaker: Speaker,
) -> Sequence[InvoiceRow]:
    """Rows of some invoices of a group.

    ``role`` is that of a reader of the party's own, whom a state may wait for.
    """
    return [
        InvoiceRow(invoice, group, *_state(invoice, group, role, today, speaker))
        for invoice in invoices
    ]


def _due_first(invoice: ListedInvoice) -> tuple[date, str, int, int]:
    return invoice.due_on or invoice.issued_on, *invoice.key


def _state(
    invoice: ListedInvoice,
    group: InvoiceGroup,
    role: Role | None,
    today: date,
    speaker: Speaker,
) -> tuple[str, str]:
    match group:
        case InvoiceGroup.TO_CONFIRM:
            kind = "you" if role is Role.CONTROLLER else "wait"
            return kind, speaker.say("state_to_confirm")
        case InvoiceGroup.TO_APPROVE:
            kind = "you" if role is Role.APPROVER else "wait"
            return kind, speaker.say("state_to_approve")
        case InvoiceGroup.DISPUTED:
            lines = invoice.progress.disputed_lines
            return "warn", speaker.count("state_disputed", lines)
        case InvoiceGroup.SETTLED:
            return _settled(invoice, speaker)
        case _:
            return _unpaid(invoice, today, speaker)


def _settled(invoice: ListedInvoice, speaker: Speaker) -> tuple[str, str]:
    if invoice.is_credit:
        return "ok", speaker.say("state_set_off")
    if not invoice.claim.paid_ore:
        return "off", speaker.say("state_credited")
    if invoice.is_open:
        return "wait", speaker.say("state_not_received")
    return "ok", speaker.say("state_paid")


def _unpaid(invoice: ListedInvoice, today: date, speaker: Speaker) -> tuple[str, str]:
    claim, left_ore = invoice.claim, invoice.outstanding_ore
    if claim.received_ore > claim.paid_ore:
        return "warn", speaker.say("state_not_registered")
    if not left_ore:
        return "warn", speaker.say("state_not_received")
    if left_ore < 0:
        return "warn", speaker.say("state_owed_back")
    days = (today - invoice.due_on).days if invoice.due_on else 0
    if days <= 0:
        return "wait", speaker.say("state_not_due")
    if claim.paid_ore:
        return "warn", speaker.say("state_too_little", amount=speaker.kr(left_ore))
    return "bad", speaker.count("state_overdue", days)
