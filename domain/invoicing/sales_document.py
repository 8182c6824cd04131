"""What an invoice or a credit note says: all of it, in one fact.

Every node writes the same document from the fact alone, also years later, when
addresses and accounts have changed. Source: bokføringsforskriften § 5-1.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from domain.agreements.agreement import PartTimePost, Terms
from domain.fact import Fact, Message, Shape, unchanged
from domain.invoicing.arithmetic import Arithmetic, arithmetic_of
from domain.invoicing.billing import (
    Billed,
    BilledLine,
    BillingCause,
    Restatement,
    vat_ore,
)
from domain.parties.billing_details import BillingDetailsRecorded
from domain.parties.kid import kid
from domain.parties.network import NetworkEstablished
from domain.parties.organisation import OrganisationRegistered
from domain.values import (
    AmountOre,
    Day,
    Name,
    OrganisationNumber,
    Percent,
    Period,
    Text,
    VatTreatment,
    VersionNumber,
)

DUE_AFTER: Final = timedelta(days=30)


class DocumentKind(StrEnum):
    """What a document is; a credit note has negative amounts."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoicedRestatement(Message):
    """The part of a line that corrects an earlier period."""

    period_start: Day
    period_end: Day
    amount_ore: AmountOre
    cause: BillingCause = BillingCause.UNKNOWN
    arithmetic: Arithmetic | None = None
    """Absent in older documents, and in credits."""


class InvoicedLine(Message):
    """What one post is billed, restatements included."""

    post: Name
    amount_ore: AmountOre
    restatements: tuple[InvoicedRestatement, ...] = ()
    content: Text = ""
    percent: Percent | None = None
    arithmetic: Arithmetic | None = None
    """Of the document's own period. Absent in older documents, and in credits."""


class InvoicedParty(Message):
    """A party as it was on the day of issue."""

    name: Text
    street: Text = ""
    postcode: Text = ""
    city: Text = ""


class NetworkNames(Message):
    """What a network is called, in Norwegian and in English."""

    nb: Text
    en: Text


class CorrectedDocument(Message):
    """An earlier document of the same seller of which a period is restated."""

    year: int
    number: int
    issued_on: Day


class CreditedDocument(Message):
    """The document that a credit note credits, whole or in part."""

    year: int
    number: int
    whole: bool
    """It is taken back: it and all its credits count for nothing any more."""


class CountedStaffing(Message):
    """How many facts of a post's staffing were counted, the first ones recorded."""

    post: Name
    facts: int


class CountedFacts(Message):
    """On which facts a document rests: a later one finds by it what has changed."""

    versions: tuple[VersionNumber, ...]
    """The accepted versions of the agreement."""
    staffing: tuple[CountedStaffing, ...]


def _from_v1(shape: Shape) -> Shape:
    """Name the parties of the first shape by their numbers."""
    return {
        **shape,
        "seller": {"name": shape["payee"]},
        "buyer": {"name": shape["payer"]},
        "buyer_reference": shape["agreement"],
    }


class InvoiceIssued(
    Fact,
    name="invoice.issued.v4",
    earlier={
        "invoice.issued.v3": unchanged,
        "invoice.issued.v2": unchanged,
        "invoice.issued.v1": _from_v1,
    },
):
    """The payee issues a document; its number is the entry's stream version."""

    kind: DocumentKind
    agreement: Name
    version: int
    """The version in force at the end of the period."""
    network: Name
    payer: OrganisationNumber
    payee: OrganisationNumber
    period_start: Day
    period_end: Day
    issued_on: Day
    report: Name
    """The approved report that the document rests on (S1-41)."""
    submission: int
    vat_treatment: VatTreatment
    vat_reason: Text = ""
    lines: tuple[InvoicedLine, ...]
    net_ore: AmountOre
    vat_ore: AmountOre
    seller: InvoicedParty
    buyer: InvoicedParty
    buyer_reference: Text
    due_on: Day | None = None
    """Of an invoice; a credit note is not due."""
    account: Text = ""
    kid: Text = ""
    corrects: tuple[CorrectedDocument, ...] = ()
    reason: Text = ""
    """Why it is issued, where somebody says so."""
    counted: CountedFacts | None = None
    """Absent in older shapes, and where amounts are not computed from facts."""
    credited: CreditedDocument | None = None
    """Of a credit note that somebody asked for."""
    corrects_year: bool = False
    """It bills the changes of an earlier calendar year, and stands for no period."""
    network_names: NetworkNames | None = None
    """As it is called on the day of issue; absent in older documents."""

    @property
    def gross_ore(self) -> int:
        """Øre to be paid, VAT included; below zero on a credit note."""
        return self.net_ore + self.vat_ore

    @property
    def period(self) -> Period:
        """The period that is invoiced."""
        return Period(self.period_start, self.period_end)

    @property
    def billed(self) -> Billed:
        """What the document bills, for later restatements."""
        counted = None
        if self.counted is not None:
            counted = {staffed.post: staffed.facts for staffed in self.counted.staffing}
        return Billed(
            None if self.corrects_year else self.period,
            tuple(_line(line) for line in self.lines),
            counted,
        )


class Party(NamedTuple):
    """A party's registration, and how it is invoiced and paid."""

    organisation: OrganisationRegistered
    details: BillingDetailsRecorded

    @property
    def invoiced(self) -> InvoicedParty:
        """The party as a document names it."""
        details = self.details
        return InvoicedParty(
            name=self.organisation.name,
            street=details.street,
            postcode=details.postcode,
            city=details.city,
        )


class Basis(NamedTuple):
    """What a document is drawn up from."""

    terms: Terms
    signed: Sequence[Terms]
    report: tuple[str, int]
    """Its name and submission."""
    period: Period
    lines: Sequence[BilledLine]
    corrects: tuple[CorrectedDocument, ...]
    seller: Party
    buyer: Party
    counted: CountedFacts
    corrects_year: bool = False
    network: NetworkEstablished | None = None


def billed_by(
    document: InvoiceIssued, notes: Iterable[InvoiceIssued]
) -> Iterator[Billed]:
    """Yield what a document that is not taken back bills, and what its credits give up.

    A credit by line is off the period of its document; where that has none, since it
    corrects a year, the credit says which periods it is off.
    """
    billed = document.billed
    yield billed
    for note in notes:
        yield Billed(billed.period, note.billed.lines, concedes=True)


class Left(NamedTuple):
    """What is left of a document after its credits so far."""

    lines_ore: Mapping[str, int]
    net_ore: int
    vat_ore: int


def left_of(document: InvoiceIssued, notes: Iterable[InvoiceIssued]) -> Left:
    """Take the credit notes off a document; they have the other sign."""
    both = (document, *notes)
    lines_ore: defaultdict[str, int] = defaultdict(int)
    for part in both:
        for line in part.lines:
            lines_ore[line.post] += line.amount_ore
    net_ore = sum(part.net_ore for part in both)
    return Left(lines_ore, net_ore, sum(part.vat_ore for part in both))


def draw_up(basis: Basis, number: int, today: date) -> InvoiceIssued:
    """Draw up the document of a number; amounts come from the lines alone."""
    terms, seller, buyer = basis.terms, basis.seller, basis.buyer
    net_ore = sum(line.amount_ore for line in basis.lines)
    credit = net_ore < 0
    return InvoiceIssued(
        kind=DocumentKind.CREDIT_NOTE if credit else DocumentKind.INVOICE,
        agreement=terms.agreement,
        version=terms.version,
        network=terms.network,
        payer=terms.payer,
        payee=terms.payee,
        period_start=basis.period.start,
        period_end=basis.period.end,
        issued_on=today,
        report=basis.report[0],
        submission=basis.report[1],
        vat_treatment=terms.vat_treatment,
        vat_reason=terms.vat_reason,
        lines=tuple(_invoiced(line, basis) for line in basis.lines),
        net_ore=net_ore,
        vat_ore=vat_ore(net_ore, terms.vat_treatment),
        seller=seller.invoiced,
        buyer=buyer.invoiced,
        buyer_reference=buyer.details.buyer_reference or terms.agreement,
        due_on=None if credit else today + DUE_AFTER,
        account=seller.details.account,
        kid=kid_of(seller.details, today.year, number),
        corrects=basis.corrects,
        counted=basis.counted,
        corrects_year=basis.corrects_year,
        network_names=_names(basis.network),
    )


def _names(network: NetworkEstablished | None) -> NetworkNames | None:
    if network is None:
        return None
    return NetworkNames(nb=network.name_nb, en=network.name_en)


def kid_of(details: BillingDetailsRecorded, year: int, number: int) -> str:
    """KID of a seller's document; empty where the seller has none."""
    if not details.account or details.kid_check is None or details.kid_length is None:
        return ""
    return kid(year, number, details.kid_check, details.kid_length) or ""


def _invoiced(line: BilledLine, basis: Basis) -> InvoicedLine:
    post = _post(line.post, basis.signed)
    counted = {staffed.post: staffed.facts for staffed in basis.counted.staffing}
    staffing = counted[line.post]
    restatements = tuple(
        InvoicedRestatement(
            period_start=restated.period.start,
            period_end=restated.period.end,
            amount_ore=restated.amount_ore,
            cause=restated.cause,
            arithmetic=arithmetic_of(restated.reckoned, restated.period, staffing),
        )
        for restated in line.restatements
    )
    return InvoicedLine(
        post=line.post,
        amount_ore=line.amount_ore,
        restatements=restatements,
        content=post.content,
        percent=post.percent,
        arithmetic=arithmetic_of(line.reckoned, basis.period, staffing),
    )


def _post(name: str, signed: Sequence[Terms]) -> PartTimePost:
    return next(
        post for terms in reversed(signed) for post in terms.posts if post.post == name
    )


def _line(line: InvoicedLine) -> BilledLine:
    restatements = tuple(
        Restatement(
            Period(part.period_start, part.period_end), part.amount_ore, part.cause
        )
        for part in line.restatements
    )
    return BilledLine(line.post, line.amount_ore, restatements)
