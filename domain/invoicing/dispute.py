"""A dispute: what both parties say about a disputed line, and how it ends.

The payer opens it with its decision on the line (``invoice_decision.py``), and
ends it: both stand in one stream of the payer's region, so their order is
certain. Comments are each party's own, in its own region; they are read
together in the order of recording. Only the lines in dispute are held up.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pydantic import Field

from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History
from domain.invoicing.invoice import (
    BILLING,
    DocumentCredited,
    FoundInvoice,
    OnDocument,
    document_of,
    document_to_payer,
    find_document,
    versions_accepted,
)
from domain.invoicing.invoice_decision import (
    DISPUTED,
    INVOICE_DECISIONS,
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    Resolution,
    require_two_persons,
)
from domain.invoicing.sales_document import InvoiceIssued
from domain.kind import Again, Asks, Authority, Facts, declare, members_of
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Actor, FreeText, Name, NewName, OrganisationNumber, Text


class DisputeCommented(
    Fact, name="dispute.commented.v1", found_by=("seller year number",)
):
    """A party says something about a disputed line, or about all of them."""

    seller: OrganisationNumber
    year: int
    number: int
    post: Name | None = None
    text: Text
    written_by: Actor
    organisation: OrganisationNumber


@dataclass(frozen=True, slots=True)
class Thread:
    """What both parties have said about a document, in the order of recording."""

    comments: tuple[DisputeCommented, ...] = ()


def evolve(state: Thread, fact: Fact) -> Thread:
    """Fold one fact."""
    match fact:
        case DisputeCommented():
            return Thread((*state.comments, fact))
        case _:
            return state


DISPUTE = Category("dispute", Thread(), evolve, holds=(DisputeCommented,))


class CommentDispute(OnDocument):
    """Say something about a dispute on a document, as either party."""

    post: NewName | None = None
    """Only this post's line."""
    text: FreeText = Field(min_length=1)


class ResolveDispute(OnDocument):
    """End the dispute on a document, as the payer who opened it."""

    post: NewName | None = None
    """Only this post's line."""
    outcome: Resolution
    text: FreeText = ""


def comment(command: CommentDispute, asked: Asked, history: History) -> Decision:
    """Decide on a comment: by a party, while the line is in dispute."""
    document_id = find_document(command, asked, history)
    document = document_of(document_id, history)
    ours = asked.organisation == document.payer
    party = registered(document.payer if ours else document.payee, "seller", history)
    require_party(asked, party.org_number, party.region)
    posts = {line.post for line in document.lines}
    opened = history.state(INVOICE_DECISIONS, document_id.key).disputes(posts)
    _not_disputed(command.post, posts, opened)
    fact = DisputeCommented(
        **document_id._asdict(),
        post=command.post,
        text=command.text,
        written_by=asked.actor,
        organisation=party.org_number,
    )
    return (Append(DISPUTE.stream(party.region, document_id.key), fact),)


declare(
    CommentDispute,
    comment,
    Authority(
        Asks.PARTY, {Role.CONTROLLER, Role.APPROVER}, DISPUTED, "nobody", Again.ANEW
    ),
    DisputeCommented,
)


def _restored(facts: Facts, _: History) -> Command | None:
    last = facts[-1]
    if not isinstance(last, DisputeResolved):
        return None
    names = ("seller", "year", "number", "post", "outcome", "text")
    return ResolveDispute(**members_of(last, *names))


def resolve(command: ResolveDispute, asked: Asked, history: History) -> Decision:
    """Decide on the end of a dispute: by the payer, for a reason that is there."""
    bill = document_to_payer(command, asked, history)
    posts = {line.post for line in bill.issued.lines}
    opened = history.state(INVOICE_DECISIONS, bill.id.key).disputes(posts)
    _not_disputed(command.post, posts, opened)
    ended = sorted(opened) if command.post is None else [command.post]
    for post in ended:
        _unfounded(command.outcome, post, opened[post], bill, history)
    members = {**bill.id._asdict(), "decided_by": asked.actor}
    facts: list[Fact] = []
    if command.outcome is Resolution.UPHELD:
        require_two_persons(bill, asked, history)
        facts = [InvoiceApproved(**members, post=p, reason=command.text) for p in ended]
    facts.append(
        DisputeResolved(
            **members, post=command.post, outcome=command.outcome, text=command.text
        )
    )
    stream = INVOICE_DECISIONS.stream(bill.payer_region, bill.id.key)
    return tuple(Append(stream, fact) for fact in facts)


declare(
    ResolveDispute,
    resolve,
    Authority(
        Asks.PAYER,
        {Role.APPROVER},
        {**DISPUTED, DocumentCredited: Code.NOT_CREDITED},
        "itself: as credited by the payee, amended by both, or upheld by another person",
        Code.NOT_DISPUTED,
    ),
    {
        DisputeResolved: _restored,
        InvoiceApproved: _restored,
        InvoiceDisputed: _restored,
    },
)


def _not_disputed(
    post: str | None, posts: Collection[str], opened: Collection[str]
) -> None:
    if post is not None and post not in posts:
        raise Refusal(Code.UNKNOWN_POST, "post", {"post": post})
    if not opened or (post is not None and post not in opened):
        raise Refusal(Code.NOT_DISPUTED, "post", {"post": post or ""})


def _unfounded(
    outcome: Resolution,
    post: str,
    opened: InvoiceDisputed,
    bill: FoundInvoice,
    history: History,
) -> None:
    """Refuse an outcome that nothing recorded since the dispute stands for."""
    if outcome is Resolution.CREDITED:
        notes = history.state(BILLING, bill.issued.agreement).credits.get(bill.id, ())
        since = (document_of(note_id, history) for note_id in notes[opened.credits :])
        if not any(_credits(note, post) for note in since):
            raise Refusal(Code.NOT_CREDITED, "outcome", {"post": post})
    amended = versions_accepted(bill.issued, history) > opened.versions
    if outcome is Resolution.AMENDED and not amended:
        raise Refusal(Code.NOT_AMENDED, "outcome")


def _credits(note: InvoiceIssued, post: str) -> bool:
    return any(line.post == post and line.amount_ore for line in note.lines)
