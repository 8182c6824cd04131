"""What Oslo's documents to Bergen say, whole, with what is recorded beside them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from domain.fact import Fact
from domain.invoicing.arithmetic import AccruedDays, Arithmetic
from domain.invoicing.billing import BillingCause
from domain.invoicing.invoice import DocumentCredited, PeriodBilled, YearCorrected
from domain.invoicing.kid_assignment import KidAssigned
from domain.invoicing.sales_document import (
    CorrectedDocument,
    CountedFacts,
    CountedStaffing,
    CreditedDocument,
    DocumentKind,
    InvoicedLine,
    InvoicedParty,
    InvoicedRestatement,
    InvoiceIssued,
    NetworkNames,
)
from domain.values import VatTreatment
from tests.support.documents import (
    BUYER,
    HALVES,
    SELLER,
    TODAY,
    numbered,
)
from tests.support.examples import BERGEN, OSLO

KIDS: Final = {
    1: "270000000108",
    2: "270000000207",
    3: "270000000306",
    4: "270000000405",
}
Recorded = Sequence[tuple[str, Fact]]


def came_about(  # noqa: PLR0913 - what an arithmetic says
    start: date,
    end: date,
    days: int,
    accrued_ore: int,
    *,
    annual_ore: int = 365_000_00,
    of: int = 1,
    staffing: int = 1,
    **before: int,
) -> Arithmetic:
    """Say how an amount came about on days of 2026."""
    accrued = AccruedDays(
        starts_on=start,
        ends_on=end,
        days=days,
        annual_cost_ore=annual_ore,
        version=of,
    )
    return Arithmetic(
        days_in_year=365,
        days=(accrued,),
        accrued_ore=accrued_ore,
        staffing=staffing,
        **before,
    )


def nothing(staffing: int, **before: int) -> Arithmetic:
    """Say that nothing accrued."""
    return Arithmetic(
        days_in_year=365, days=(), accrued_ore=0, staffing=staffing, **before
    )


def restated(
    half: int,
    amount_ore: int,
    cause: BillingCause,
    arithmetic: Arithmetic | None = None,
) -> InvoicedRestatement:
    """Correct a half of 2026."""
    start, end = HALVES[half]
    return InvoicedRestatement(
        period_start=start,
        period_end=end,
        amount_ore=amount_ore,
        cause=cause,
        arithmetic=arithmetic,
    )


def nurse(
    amount_ore: int, *restatements: InvoicedRestatement, **said: Any
) -> InvoicedLine:
    """Bill the nurse."""
    return InvoicedLine(
        post="nurse",
        content="Teaching",
        percent="20.00",
        amount_ore=amount_ore,
        restatements=restatements,
        **said,
    )


def doctor(
    amount_ore: int, *restatements: InvoicedRestatement, **said: Any
) -> InvoicedLine:
    """Bill the doctor."""
    return InvoicedLine(
        post="doctor",
        content="Ward",
        percent="10.00",
        amount_ore=amount_ore,
        restatements=restatements,
        **said,
    )


def counted(doctors: int, nurses: int, *versions: int) -> CountedFacts:
    """Say on how many facts a document rests."""
    staffing = (
        CountedStaffing(post="doctor", facts=doctors),
        CountedStaffing(post="nurse", facts=nurses),
    )
    return CountedFacts(versions=versions, staffing=staffing)


def corrects(*numbers: int) -> tuple[CorrectedDocument, ...]:
    """Name documents of which a period is restated."""
    return tuple(
        CorrectedDocument(year=2027, number=number, issued_on=TODAY)
        for number in numbers
    )


DOCUMENT: Final = InvoiceIssued(
    kind=DocumentKind.INVOICE,
    agreement="ms-ous",
    version=1,
    network="ms",
    payer=BERGEN,
    payee=OSLO,
    period_start=date(2026, 1, 1),
    period_end=date(2026, 6, 30),
    issued_on=TODAY,
    report="ms-ous-2026",
    submission=1,
    vat_treatment=VatTreatment.STANDARD,
    vat_reason="health personnel",
    lines=(
        doctor(
            181_00, arithmetic=came_about(*HALVES[0], 181, 181_00, annual_ore=365_01)
        ),
        nurse(181_000_00, arithmetic=came_about(*HALVES[0], 181, 181_000_00)),
    ),
    net_ore=181_181_00,
    vat_ore=45_295_25,
    seller=InvoicedParty(name=f"Trust {OSLO}", **SELLER),
    buyer=InvoicedParty(name=f"Trust {BERGEN}", **BUYER),
    buyer_reference="KST 4410",
    due_on=date(2027, 3, 3),
    account="86011117947",
    kid=KIDS[1],
    counted=counted(1, 1, 1),
    network_names=NetworkNames(
        nb="Nasjonalt nettverk for MS", en="Norwegian National Network for MS"
    ),
)


def issued(number: int, **changes: Any) -> tuple[str, Fact]:
    """Issue a document under a number."""
    return f"sorost:invoices:{OSLO}:2027", DOCUMENT.model_copy(
        update={"kid": KIDS[number], **changes}
    )


def told(fact: Fact) -> tuple[str, Fact]:
    """Tell the agreement of a document."""
    return "sorost:billing:ms-ous", fact


def billed(number: int, half: int) -> tuple[str, Fact]:
    """Say which half of 2026 a document bills."""
    start, end = HALVES[half]
    said = {"period_start": start, "period_end": end, **numbered(number)}
    return told(PeriodBilled(agreement="ms-ous", **said))


def assigned(number: int) -> tuple[str, Fact]:
    """Say whose a KID is."""
    fact = KidAssigned(kid=KIDS[number], payer=BERGEN, **numbered(number))
    return f"sorost:kid:{KIDS[number]}", fact


def corrected(number: int) -> tuple[str, Fact]:
    """Say that a document bills the changes of 2026."""
    return told(
        YearCorrected(agreement="ms-ous", corrected_year=2026, **numbered(number))
    )


def note(
    number: int, of: int, lines: Sequence[InvoicedLine], vat_ore: int, **said: Any
) -> Recorded:
    """Credit a document: whole, where nothing else is said."""
    whole = said.pop("whole", True)
    changes = {
        "kind": DocumentKind.CREDIT_NOTE,
        "lines": tuple(lines),
        "net_ore": sum(each.amount_ore for each in lines),
        "vat_ore": vat_ore,
        "due_on": None,
        "corrects": corrects(of),
        "reason": "Vacant",
        "counted": None,
        "credited": CreditedDocument(year=2027, number=of, whole=whole),
    }
    credited = {**numbered(of), "credit_year": 2027, "credit_number": number}
    return [
        issued(number, **{**changes, **said}),
        told(DocumentCredited(agreement="ms-ous", **credited, whole=whole)),
    ]
