"""The payer's decisions on documents and their lines, in the payer's region."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History
from domain.invoice import invoice_to_payer
from domain.refusal import Code, Refusal
from domain.values import Day, FreeText, Name, NewName, OrganisationNumber, Text


class Verdict(StrEnum):
    """What the payer says about a line."""

    APPROVED = "approved"
    DISPUTED = "disputed"


class InvoiceApproved(Fact):
    """The payer approves a document, or one line of it."""

    TYPE: ClassVar[str] = "invoice.approved.v1"

    seller: OrganisationNumber
    year: int
    number: int
    post: Name | None = None
    reason: Text = ""


class InvoiceDisputed(Fact):
    """The payer disputes a document, or one line of it."""

    TYPE: ClassVar[str] = "invoice.disputed.v1"

    seller: OrganisationNumber
    year: int
    number: int
    post: Name | None = None
    reason: Text = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The decisions on one document, in the order in which they were recorded."""

    facts: tuple[InvoiceApproved | InvoiceDisputed, ...] = ()


def evolve(state: Verdicts, fact: Fact) -> Verdicts:
    """Fold one fact."""
    match fact:
        case InvoiceApproved() | InvoiceDisputed():
            return Verdicts((*state.facts, fact))
        case _:
            return state


INVOICE_DECISIONS = Category("invoice-decisions", Verdicts(), evolve)


class DecideInvoice(Command):
    """Approve or dispute the document of a period, or one post's line of it."""

    agreement: NewName
    period_start: Day
    verdict: Verdict
    post: NewName | None = None
    reason: FreeText = ""


def decide(
    command: DecideInvoice, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide on a verdict: by the payer, on a line that is there."""
    found = invoice_to_payer(command.agreement, command.period_start, asked, history)
    if isinstance(found, Refusal):
        return found
    posts = {line.post for line in found.issued.lines}
    if command.post is not None and command.post not in posts:
        return Refusal(Code.UNKNOWN_POST, "post", {"post": command.post})
    approved = command.verdict is Verdict.APPROVED
    kind = InvoiceApproved if approved else InvoiceDisputed
    fact = kind(
        seller=found.id.seller,
        year=found.id.year,
        number=found.id.number,
        post=command.post,
        reason=command.reason,
    )
    return (Append(INVOICE_DECISIONS.stream(found.payer_region, found.id.key), fact),)
