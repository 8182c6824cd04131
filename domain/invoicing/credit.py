"""Crediting a document: taking it back whole, or giving up a part of its lines.

A document that is taken back counts for nothing, nor do its credits: its period
may be invoiced anew, and what it restated is due again. What is given up by line
is a concession: it is billed less, and no later restatement bills it again. Neither
gives back what other documents have taken off already. No
document is ever changed or removed, and no number used again (bokføringsloven
§ 10, § 13; bokføringsforskriften § 5-2-7: a credit note refers to its document).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from pydantic import Field

from domain.agreements.agreement import same_parties
from domain.fact import Command, Message
from domain.history import Append, Asked, Decision, History
from domain.invoicing.billing import BillingCause, billed_ore, vat_ore
from domain.invoicing.invoice import (
    BILLING,
    ISSUED,
    DocumentCredited,
    DocumentId,
    OnDocument,
    StandingDocument,
    append_document,
    billed_in,
    document_of,
    find_document,
    next_number,
    seller_of,
    standing_in,
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
    billed_by,
    kid_of,
    left_of,
)
from domain.kind import Asks, Authority, Facts, declare, members_of
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, ReasonValues, Refusal
from domain.role import Role
from domain.values import CostOre, FreeText, NewName, Period, Region


class CreditedLine(Message):
    """How much of a post's line is given up, in øre without VAT."""

    post: NewName
    amount_ore: CostOre


class CreditInvoice(OnDocument):
    """Credit a document, whole or by line, as the payee who issued it."""

    lines: tuple[CreditedLine, ...] = ()
    """Given up of these lines; without any, all is taken back."""
    reason: FreeText = Field(min_length=1)


def _restored(facts: Facts, _: History) -> Command | None:
    match facts:
        case [InvoiceIssued() as issued, DocumentCredited() as credited, *_]:
            return CreditInvoice(
                **members_of(credited, "seller", "year", "number"),
                lines=tuple(
                    CreditedLine(post=line.post, amount_ore=-line.amount_ore)
                    for line in (() if credited.whole else issued.lines)
                ),
                reason=issued.reason,
            )
        case _:
            return None


def credit(command: CreditInvoice, asked: Asked, history: History) -> Decision:
    """Decide on a credit note: by who issued the document, of what is billed still."""
    named = find_document(command, asked, history)
    seller = seller_of(named, history)
    require_party(asked, seller.org_number, seller.region)
    document = document_of(named, history)
    billing = history.state(BILLING, document.agreement)
    standing = [
        bill
        for bill in standing_in(billing, document.period_start.year, history)
        if same_parties(bill.document, document)
    ]
    credited = next((each for each in standing if each.id == named), None)
    if credited is None:
        raise Refusal(Code.CREDIT_EXCEEDS_LINE, "lines", {"left_ore": 0})
    if command.lines:
        lines = _partly(command, credited, standing)
    else:
        lines = _wholly(credited, standing)
    buyer = registered(document.payer, "agreement", history)
    parties = NoteParties(party(seller, history), party(buyer, history))
    year = asked.today.year
    number = next_number(named.seller, year, seller.region, history)
    note = _Note(named, document, left_of(document, credited.notes), lines, parties)
    issued = _drawn_up(note, number, command, asked.today)
    return _recorded(issued, number, named, seller.region)


declare(
    CreditInvoice,
    credit,
    Authority(
        Asks.PAYEE,
        {Role.CONTROLLER},
        ISSUED,
        "itself: it is owed less",
        Code.CREDIT_EXCEEDS_LINE,
    ),
    {InvoiceIssued: _restored},
)


def _partly(
    command: CreditInvoice,
    credited: StandingDocument,
    standing: Sequence[StandingDocument],
) -> list[InvoicedLine]:
    """Lines given up; refuse more than is billed of one."""
    asked_ore: Counter[str] = Counter()
    for line in command.lines:
        asked_ore[line.post] += line.amount_ore
    creditable = _creditable(credited, standing)
    for post, amount_ore in asked_ore.items():
        if post not in creditable:
            raise Refusal(Code.UNKNOWN_POST, "lines", {"post": post})
        left_ore = sum(creditable[post].values())
        if not 0 < amount_ore <= left_ore:
            values: ReasonValues = {"post": post, "left_ore": left_ore}
            raise Refusal(Code.CREDIT_EXCEEDS_LINE, "lines", values)
    described = _described([bill.document for bill in standing], credited)
    own = credited.document.billed.period
    return [
        line.model_copy(
            update={
                "amount_ore": -asked_ore[post],
                "restatements": tuple(_off(asked_ore[post], creditable[post], own)),
                "arithmetic": None,
            }
        )
        for post, line in described.items()
        if post in asked_ore
    ]


def _creditable(
    credited: StandingDocument, standing: Sequence[StandingDocument]
) -> Mapping[str, Mapping[Period, int]]:
    """How much may be given up of each post by a credit of a document's line.

    It is what is billed for the document's period so far, in whichever document.
    What corrects a year has no period: of it, what is left of each that it restates.
    """
    own = credited.document.billed.period
    own_ore = billed_ore(billed_by(credited.document, credited.notes))
    creditable: defaultdict[str, dict[Period, int]] = defaultdict(dict)
    for (post, period), amount_ore in billed_ore(billed_in(standing)).items():
        if period == own:
            creditable[post][period] = amount_ore
        elif own is None and (post, period) in own_ore:
            left_ore = min(amount_ore, own_ore[post, period])
            creditable[post][period] = max(left_ore, 0)
    return creditable


def _off(
    amount_ore: int, left: Mapping[Period, int], own: Period | None
) -> Iterator[InvoicedRestatement]:
    """Yield which periods an amount is off, where it is not the document's own."""
    for period in sorted(left) if own is None else ():
        part_ore = min(amount_ore, left[period])
        amount_ore -= part_ore
        if part_ore:
            yield _restated(period, -part_ore)


def _wholly(
    credited: StandingDocument, standing: Sequence[StandingDocument]
) -> list[InvoicedLine]:
    """Lines with the other sign, restatement by restatement.

    What was credited of a line before is off its own period. Of what was restated or
    given up by others since, nothing is given back twice: these are taken back first.
    """
    left = left_of(credited.document, credited.notes)
    if not any(left.lines_ore.values()):
        raise Refusal(Code.CREDIT_EXCEEDS_LINE, "lines", {"left_ore": 0})
    its = billed_ore(billed_by(credited.document, credited.notes))
    others = billed_ore(billed_in(bill for bill in standing if bill.id != credited.id))
    for (post, period), amount_ore in its.items():
        if amount_ore > 0 > others.get((post, period), 0):
            left_ore = amount_ore + others[post, period]
            values: ReasonValues = {"post": post, "left_ore": left_ore}
            raise Refusal(Code.CREDIT_EXCEEDS_LINE, "lines", values)
    own = credited.document.billed.period
    return [
        line.model_copy(
            update={
                "amount_ore": -left.lines_ore[post],
                "restatements": tuple(
                    _restated(period, -amount_ore)
                    for (billed, period), amount_ore in sorted(its.items())
                    if billed == post and period != own and amount_ore
                ),
                "arithmetic": None,
            }
        )
        for post, line in _described(credited.notes, credited).items()
    ]


def _described(
    others: Sequence[InvoiceIssued], credited: StandingDocument
) -> Mapping[str, InvoicedLine]:
    """Line of each post: as the document has it, else as others have it."""
    first = {line.post: line for line in credited.document.lines}
    return {**first, **{line.post: line for e in others for line in e.lines}, **first}


def _restated(period: Period, amount_ore: int) -> InvoicedRestatement:
    return InvoicedRestatement(
        period_start=period.start,
        period_end=period.end,
        amount_ore=amount_ore,
        cause=BillingCause.CREDIT,
    )


class NoteParties(NamedTuple):
    """Seller and buyer as they are recorded by now."""

    seller: Party
    buyer: Party


class _Note(NamedTuple):
    """What a credit note is drawn up from."""

    id: DocumentId
    document: InvoiceIssued
    left: Left
    lines: Sequence[InvoicedLine]
    parties: NoteParties


def _drawn_up(
    note: _Note, number: int, command: CreditInvoice, today: date
) -> InvoiceIssued:
    """Draw up the credit note: the document again, with other lines.

    Its VAT is that of what was left before it less that of what is left after it,
    so that all credits of a document together have its VAT, to the øre. What takes
    back a credit note is an invoice, and is paid like one.
    """
    document, (seller, buyer) = note.document, note.parties
    net_ore = sum(line.amount_ore for line in note.lines)
    after_ore = vat_ore(note.left.net_ore + net_ore, document.vat_treatment)
    owed = net_ore >= 0
    corrects = CorrectedDocument(
        year=note.id.year, number=note.id.number, issued_on=document.issued_on
    )
    credited = CreditedDocument(
        year=note.id.year, number=note.id.number, whole=not command.lines
    )
    return document.model_copy(
        update={
            "kind": DocumentKind.INVOICE if owed else DocumentKind.CREDIT_NOTE,
            "issued_on": today,
            "due_on": today + DUE_AFTER if owed else None,
            "lines": tuple(note.lines),
            "net_ore": net_ore,
            "vat_ore": after_ore - note.left.vat_ore,
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
