"""Crediting a document: taking it back whole, or giving up a part of its lines.

A document that is taken back counts for nothing, nor do its credits: its period
may be invoiced anew, and what it restated is due again. What is given up by line
is a concession: it is billed less, and no later restatement bills it again. No
document is ever changed or removed, and no number used again (bokføringsloven
§ 10, § 13; bokføringsforskriften § 5-2-7: a credit note refers to its document).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from domain.fact import Message
from domain.history import Append, Asked, Decision, History
from domain.invoicing.billing import Cause, vat_ore
from domain.invoicing.invoice import (
    BILLING,
    DocumentCredited,
    DocumentId,
    OnDocument,
    append_document,
    document_of,
    find_document,
    next_number,
)
from domain.invoicing.issue import party
from domain.invoicing.sales_document import (
    DUE_AFTER,
    CorrectedDocument,
    CreditedDocument,
    DocumentKind,
    InvoicedLine,
    InvoicedRestatement,
    InvoiceIssued,
    Left,
    Party,
    kid_of,
    left_of,
)
from domain.parties.organisation import registered, wrong_party
from domain.refusal import Code, Refusal, Values
from domain.values import CostOre, FreeText, NewName, Region


class CreditedLine(Message):
    """How much of a post's line is given up, in øre without VAT."""

    post: NewName
    amount_ore: CostOre


class CreditInvoice(OnDocument):
    """Credit a document: the lines that are named, or all that is left of it."""

    lines: tuple[CreditedLine, ...] = ()
    reason: FreeText


def credit(
    command: CreditInvoice, asked: Asked, history: History
) -> Decision | Refusal:
    """Decide on a credit note: by who issued the document, never more than is left."""
    found = find_document(command, history)
    if isinstance(found, Refusal):
        return found
    seller = registered(found.seller, "seller", history)
    if isinstance(seller, Refusal):
        return seller
    refused = wrong_party(asked, seller.org_number, seller.region)
    if refused is not None:
        return refused
    document = document_of(found, history)
    billing = history.state(BILLING, document.agreement)
    credits_ = [document_of(each, history) for each in billing.credits.get(found, ())]
    left = left_of(document, credits_)
    stands = found in {each.id for each in billing.standing}
    refused = _too_much(command, left, stands=stands)
    if refused is not None:
        return refused
    buyer = registered(document.payer, "agreement", history)
    if isinstance(buyer, Refusal):
        return buyer
    parties = Parties(party(seller, history), party(buyer, history))
    lines = _partly(command, document) if command.lines else _wholly(document, left)
    year = asked.today.year
    number = next_number(found.seller, year, seller.region, history)
    note = _Note(found, document, left, lines, parties)
    issued = _drawn_up(note, number, command, asked.today)
    return _recorded(issued, number, found, seller.region)


def _too_much(command: CreditInvoice, left: Left, *, stands: bool) -> Refusal | None:
    """Refuse to credit what is not billed: lines, amounts, or a document taken back."""
    if not stands or not (command.lines or any(left.lines_ore.values())):
        return Refusal(Code.CREDIT_EXCEEDS_LINE, "lines", {"left_ore": 0})
    asked_ore: defaultdict[str, int] = defaultdict(int)
    for line in command.lines:
        if line.post not in left.lines_ore:
            return Refusal(Code.UNKNOWN_POST, "lines", {"post": line.post})
        asked_ore[line.post] += line.amount_ore
    for post, amount_ore in asked_ore.items():
        left_ore = left.lines_ore[post]
        if not 0 < amount_ore <= left_ore:
            values: Values = {"post": post, "left_ore": max(left_ore, 0)}
            return Refusal(Code.CREDIT_EXCEEDS_LINE, "lines", values)
    return None


def _partly(command: CreditInvoice, document: InvoiceIssued) -> list[InvoicedLine]:
    amounts: defaultdict[str, int] = defaultdict(int)
    for line in command.lines:
        amounts[line.post] += line.amount_ore
    return [
        line.model_copy(update={"amount_ore": -amounts[line.post], "restatements": ()})
        for line in document.lines
        if line.post in amounts
    ]


def _wholly(document: InvoiceIssued, left: Left) -> list[InvoicedLine]:
    """Return the lines with the other sign, restatement by restatement.

    What was credited of a line before is off its own period.
    """
    return [
        line.model_copy(
            update={
                "amount_ore": -left.lines_ore[line.post],
                "restatements": tuple(_reversed(each) for each in line.restatements),
            }
        )
        for line in document.lines
    ]


def _reversed(restated: InvoicedRestatement) -> InvoicedRestatement:
    changed = {"amount_ore": -restated.amount_ore, "cause": Cause.CREDIT}
    return restated.model_copy(update=changed)


class Parties(NamedTuple):
    """Seller and buyer as they are recorded by now."""

    seller: Party
    buyer: Party


class _Note(NamedTuple):
    """What a credit note is drawn up from."""

    id: DocumentId
    document: InvoiceIssued
    left: Left
    lines: Sequence[InvoicedLine]
    parties: Parties


def _drawn_up(
    of: _Note, number: int, command: CreditInvoice, today: date
) -> InvoiceIssued:
    """Return the credit note: the document again, with other lines.

    Its VAT is that of what was left before it less that of what is left after it,
    so that all credits of a document together have its VAT, to the øre. What takes
    back a credit note is an invoice, and is paid like one.
    """
    document, (seller, buyer) = of.document, of.parties
    net_ore = sum(line.amount_ore for line in of.lines)
    after_ore = vat_ore(of.left.net_ore + net_ore, document.vat_treatment)
    owed = net_ore >= 0
    corrects = CorrectedDocument(
        year=of.id.year, number=of.id.number, issued_on=document.issued_on
    )
    credited = CreditedDocument(
        year=of.id.year, number=of.id.number, whole=not command.lines
    )
    return document.model_copy(
        update={
            "kind": DocumentKind.INVOICE if owed else DocumentKind.CREDIT_NOTE,
            "issued_on": today,
            "due_on": today + DUE_AFTER if owed else None,
            "lines": tuple(of.lines),
            "net_ore": net_ore,
            "vat_ore": after_ore - of.left.vat_ore,
            "seller": seller.invoiced,
            "buyer": buyer.invoiced,
            "account": seller.details.account,
            "kid": kid_of(seller.details, today.year, number),
            "corrects": (corrects,),
            "reason": command.reason,
            "counted": None,
            "credited": credited,
            "corrects_year": False,
        }
    )


def _recorded(
    note: InvoiceIssued, number: int, document: DocumentId, region: Region
) -> Decision:
    assert note.credited is not None
    credited = DocumentCredited(
        agreement=note.agreement,
        **document._asdict(),
        credit_year=note.issued_on.year,
        credit_number=number,
        whole=note.credited.whole,
    )
    issued, *kids = append_document(note, number, region)
    return (issued, Append(BILLING.stream(region, note.agreement), credited), *kids)
