"""What stands in an EHF document; made from the fact of its issue alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.ehf.arithmetic import arithmetic_line
from domain.invoicing.billing import BillingCause
from domain.invoicing.sales_document import (
    DUE_AFTER,
    CorrectedDocument,
    DocumentKind,
    InvoicedLine,
    InvoicedParty,
    InvoiceIssued,
)
from domain.values import Period, VatTreatment

EXEMPT_REASON: Final = "Unntatt etter merverdiavgiftsloven § 3-2"
OUTSIDE_REASON: Final = "Utenfor merverdiavgiftsloven"
CATEGORIES: Final = {
    VatTreatment.EXEMPT: "E",
    VatTreatment.STANDARD: "S",
    VatTreatment.OUTSIDE_SCOPE: "O",
}
"""UNCL 5305, as Peppol uses it; what is not assessed is never invoiced."""


@dataclass(frozen=True, slots=True)
class EhfParty:
    """A party and its address; what is not known is empty."""

    org_number: str
    name: str
    street: str
    postcode: str
    city: str


@dataclass(frozen=True, slots=True)
class EhfLine:
    """One post in one period."""

    post: str
    content: str
    percent: str
    period: Period
    amount_ore: int
    """With the document's sign: in a credit note what is credited is positive."""
    restates: bool = False
    """Whether it corrects what was billed for the period before."""
    cause: BillingCause = BillingCause.UNKNOWN
    arithmetic: str = ""
    """How the amount came about, in words; older documents do not say."""


@dataclass(frozen=True, slots=True)
class EhfDocument:
    """An invoice or a credit note. Amounts are øre, with the document's sign."""

    kind: DocumentKind
    number: str
    """``2026-1``: the year of issue and the number in the seller's series."""
    issued_on: date
    due_on: date | None
    period: Period
    agreement: str
    buyer_reference: str
    seller: EhfParty
    buyer: EhfParty
    account: str
    kid: str
    corrects: tuple[tuple[str, date], ...]
    """Numbers and days of the documents whose periods are restated."""
    category: str
    reason: str
    """Why no VAT is added; empty where it is."""
    lines: tuple[EhfLine, ...]
    vat_ore: int
    note: str = ""
    """Why it is issued, where somebody said so."""

    @property
    def net_ore(self) -> int:
        """The sum of the lines."""
        return sum(line.amount_ore for line in self.lines)


def document_number(year: int, number: int) -> str:
    """What a document is called: unique for its seller, for ever."""
    return f"{year}-{number}"


def ehf_document(fact: InvoiceIssued, number: int) -> EhfDocument:
    """EHF document of a fact; ``number`` is its number in the series."""
    credit = fact.kind is DocumentKind.CREDIT_NOTE
    sign = -1 if credit else 1
    return EhfDocument(
        kind=fact.kind,
        number=document_number(fact.issued_on.year, number),
        issued_on=fact.issued_on,
        due_on=None if credit else fact.due_on or fact.issued_on + DUE_AFTER,
        period=fact.period,
        agreement=fact.agreement,
        buyer_reference=fact.buyer_reference,
        seller=_party(fact.payee, fact.seller),
        buyer=_party(fact.payer, fact.buyer),
        # Who is credited is paid, or pays less elsewhere; the seller's account is
        # not where that money goes.
        account="" if credit else fact.account,
        kid="" if credit else fact.kid,
        corrects=tuple(_corrected(document) for document in fact.corrects),
        category=CATEGORIES[fact.vat_treatment],
        reason=_reason(fact),
        lines=tuple(
            each for line in fact.lines for each in _lines(line, fact.period, sign)
        ),
        vat_ore=sign * fact.vat_ore,
        note=fact.reason,
    )


def _party(org_number: str, party: InvoicedParty) -> EhfParty:
    return EhfParty(org_number, party.name, party.street, party.postcode, party.city)


def _corrected(document: CorrectedDocument) -> tuple[str, date]:
    return document_number(document.year, document.number), document.issued_on


def _reason(fact: InvoiceIssued) -> str:
    if fact.vat_treatment is VatTreatment.STANDARD:
        return ""
    exempt = fact.vat_treatment is VatTreatment.EXEMPT
    law = EXEMPT_REASON if exempt else OUTSIDE_REASON
    return f"{law}: {fact.vat_reason}" if fact.vat_reason else law


def _lines(line: InvoicedLine, period: Period, sign: int) -> Iterator[EhfLine]:
    restated_ore = sum(each.amount_ore for each in line.restatements)
    what = (line.post, line.content, line.percent or "")
    own_ore = line.amount_ore - restated_ore
    if own_ore:
        reckoned = arithmetic_line(line.arithmetic)
        yield EhfLine(*what, period, sign * own_ore, arithmetic=reckoned)
    for restatement in line.restatements:
        of = Period(restatement.period_start, restatement.period_end)
        amount_ore = sign * restatement.amount_ore
        reckoned = arithmetic_line(restatement.arithmetic)
        yield EhfLine(
            *what,
            of,
            amount_ore,
            restates=True,
            cause=restatement.cause,
            arithmetic=reckoned,
        )
