"""What the payer says of documents and their lines, in the payer's region.

Two persons look at a document before it is approved: one registers that it is
received and checked, another approves it. Both are named, by pseudonym.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from domain.earlier import APPROVED, DISPUTED_ONCE, is_recorded_under
from domain.fact import Command, Fact, unchanged
from domain.history import Append, Asked, Category, Decision, History
from domain.invoicing.invoice import (
    BILLING,
    ISSUED,
    FoundInvoice,
    OnDocument,
    document_to_payer,
    versions_accepted,
)
from domain.kind import Again, Asks, Authority, Facts, Needs, declare, members_of
from domain.person import person
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    Actor,
    FreeText,
    Name,
    NewName,
    OrganisationNumber,
    Sha256,
    Text,
)


class Verdict(StrEnum):
    """What the payer says about a line."""

    APPROVED = "approved"
    DISPUTED = "disputed"


class InvoiceRegistered(
    Fact, name="invoice.registered.v1", found_by=("seller year number",)
):
    """One of the payer's people has received a document and checked it."""

    seller: OrganisationNumber
    year: int
    number: int
    registered_by: Actor
    ehf_sha256: Sha256 | None = None
    """Of the EHF that was received outside the federation."""


class InvoiceApproved(Fact, name="invoice.approved.v2", earlier={APPROVED: unchanged}):
    """The payer approves a document, or one line of it."""

    seller: OrganisationNumber
    year: int
    number: int
    post: Name | None = None
    reason: Text = ""
    decided_by: Actor | None = None
    """Absent in the first shape of the fact."""


class InvoiceDisputed(
    Fact, name="invoice.disputed.v3", earlier=dict.fromkeys(DISPUTED_ONCE, unchanged)
):
    """The payer disputes a document, or one line of it.

    Of an earlier version it may be a credit of another document: there it counts nowhere.
    """

    seller: OrganisationNumber
    year: int
    number: int
    post: Name | None = None
    reason: Text = ""
    decided_by: Actor | None = None
    """Absent in the first shape of the fact."""
    credits: int = 0
    """How many times the document was credited by then, as far as was known."""
    versions: int = 0
    """How many versions of its agreement were accepted by then."""


class Resolution(StrEnum):
    """How a dispute ends."""

    CREDITED = "credited"
    """The payee has credited the line since."""
    AMENDED = "amended"
    """A version of the agreement has been accepted since."""
    UPHELD = "upheld"
    """The claim stands, and is approved."""


class DisputeResolved(Fact, name="dispute.resolved.v1"):
    """The payer ends the dispute on a line, or on all lines of a document."""

    seller: OrganisationNumber
    year: int
    number: int
    post: Name | None = None
    outcome: Resolution
    text: Text = ""
    decided_by: Actor


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the payer has recorded of one document, in the order of recording."""

    registrations: tuple[InvoiceRegistered, ...] = ()
    facts: tuple[InvoiceApproved | InvoiceDisputed | DisputeResolved, ...] = ()

    def disputes(self, posts: Iterable[str]) -> Mapping[str, InvoiceDisputed]:
        """Return, of a document's posts, the open disputes: what opened each.

        A line is disputed until it is approved or its dispute is resolved;
        disputing it once more in between opens nothing.
        """
        open_: dict[str, InvoiceDisputed] = {}
        for fact in self.facts:
            for post in posts if fact.post is None else (fact.post,):
                if isinstance(fact, InvoiceDisputed):
                    open_.setdefault(post, fact)
                else:
                    open_.pop(post, None)
        return open_


def evolve(state: Verdicts, fact: Fact) -> Verdicts:
    """Fold one fact."""
    match fact:
        case InvoiceRegistered():
            return replace(state, registrations=(*state.registrations, fact))
        case InvoiceApproved() | InvoiceDisputed() | DisputeResolved():
            return replace(state, facts=(*state.facts, fact))
        case _:
            return state


INVOICE_DECISIONS = Category(
    "invoice-decisions",
    Verdicts(),
    evolve,
    holds=(InvoiceRegistered, InvoiceApproved, InvoiceDisputed, DisputeResolved),
)
DISPUTED: Final[Needs] = {**ISSUED, InvoiceDisputed: Code.NOT_DISPUTED}


class RegisterInvoice(OnDocument):
    """Register a document as received and checked, as the payer.

    Another person approves it.
    """

    ehf_sha256: Sha256 | None = None
    """Of the EHF, where it came outside the federation."""


class DecideInvoice(OnDocument):
    """Approve or dispute a document or one line of it, as the payer."""

    verdict: Verdict
    post: NewName | None = None
    """Only this post's line."""
    reason: FreeText = ""


def register_invoice(
    command: RegisterInvoice, asked: Asked, history: History
) -> Decision:
    """Decide on a registration: once, and once more when the EHF comes after it."""
    bill = document_to_payer(command, asked, history)
    registrations = history.state(INVOICE_DECISIONS, bill.id.key).registrations
    hashes = {registration.ehf_sha256 for registration in registrations} - {None}
    if registrations and command.ehf_sha256 in {None, *hashes}:
        return ()
    if hashes:
        raise Refusal(Code.CONFLICTING_ROW, "ehf_sha256")
    fact = InvoiceRegistered(
        seller=bill.id.seller,
        year=bill.id.year,
        number=bill.id.number,
        registered_by=asked.actor,
        ehf_sha256=command.ehf_sha256,
    )
    return (Append(INVOICE_DECISIONS.stream(bill.payer_region, bill.id.key), fact),)


declare(
    RegisterInvoice,
    register_invoice,
    Authority(Asks.PAYER, {Role.CONTROLLER}, ISSUED, "itself: one of two persons"),
    InvoiceRegistered,
)


def _restored(facts: Facts, _: History) -> Command | None:
    fact, last = facts[0], facts[-1]
    if isinstance(last, DisputeResolved):
        return None
    approved = isinstance(fact, InvoiceApproved)
    return DecideInvoice(
        **members_of(fact, "seller", "year", "number", "post", "reason"),
        verdict=Verdict.APPROVED if approved else Verdict.DISPUTED,
    )


def decide_invoice(command: DecideInvoice, asked: Asked, history: History) -> Decision:
    """Decide on a verdict: by the payer, on a line that is there, with four eyes."""
    bill = document_to_payer(command, asked, history)
    posts = {line.post for line in bill.issued.lines}
    if command.post is not None and command.post not in posts:
        raise Refusal(Code.UNKNOWN_POST, "post", {"post": command.post})
    fact = _verdict(command, bill, asked, history)
    return (Append(INVOICE_DECISIONS.stream(bill.payer_region, bill.id.key), fact),)


declare(
    DecideInvoice,
    decide_invoice,
    Authority(
        Asks.PAYER,
        {Role.APPROVER},
        {**ISSUED, InvoiceRegistered: Code.NOT_REGISTERED},
        "itself: the other of two persons",
        Again.ANEW,
    ),
    {InvoiceApproved: _restored, InvoiceDisputed: _restored},
)


def _verdict(
    command: DecideInvoice, bill: FoundInvoice, asked: Asked, history: History
) -> InvoiceApproved | InvoiceDisputed:
    members = {
        **bill.id._asdict(),
        "post": command.post,
        "reason": command.reason,
        "decided_by": asked.actor,
    }
    if command.verdict is Verdict.APPROVED:
        if not is_recorded_under(APPROVED):
            require_two_persons(bill, asked, history)
        return InvoiceApproved(**members)
    credited = bill.issued.credited
    if credited is not None and not any(map(is_recorded_under, DISPUTED_ONCE)):
        shown = f"{credited.year}-{credited.number}"
        raise Refusal(Code.NOT_A_CLAIM, "verdict", {"invoice": shown})
    billing = history.state(BILLING, bill.issued.agreement)
    return InvoiceDisputed(
        **members,
        credits=len(billing.credits.get(bill.id, ())),
        versions=versions_accepted(bill.issued, history),
    )


def require_two_persons(bill: FoundInvoice, asked: Asked, history: History) -> None:
    """Refuse approval of what nobody has registered, or who asks has."""
    registrations = history.state(INVOICE_DECISIONS, bill.id.key).registrations
    if not registrations:
        raise Refusal(Code.NOT_REGISTERED, "verdict")
    if person(asked.actor) in {
        person(registration.registered_by) for registration in registrations
    }:
        raise Refusal(Code.FOUR_EYES, "verdict")
