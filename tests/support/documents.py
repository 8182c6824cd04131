"""What is said of Oslo's documents to Bergen, by either: all of it on one day."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from domain.fact import Command
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    RegisterInvoice,
    Resolution,
    Verdict,
)
from domain.invoicing.year_correction import CorrectYear
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.kid import KidCheck
from domain.values import VatTreatment
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    accept,
    approve,
    fill,
    invoice,
    network,
    post,
    report,
    version,
)

TODAY: Final = date(2027, 2, 1)
HALVES: Final = (
    (date(2026, 1, 1), date(2026, 6, 30)),
    (date(2026, 7, 1), date(2026, 12, 31)),
)
SELLER: Final[dict[str, Any]] = {
    "street": "Kirkeveien 166",
    "postcode": "0450",
    "city": "Oslo",
}
BUYER: Final[dict[str, Any]] = {
    "street": "Haukelandsveien 22",
    "postcode": "5021",
    "city": "Bergen",
}
DETAILS: Final[Sequence[Command]] = (
    RecordBillingDetails(
        org_number=OSLO,
        account="86011117947",
        kid_check=KidCheck.MOD_10,
        kid_length=12,
        **SELLER,
    ),
    RecordBillingDetails(org_number=BERGEN, buyer_reference="KST 4410", **BUYER),
)
# The doctor costs one krone a day, and one øre a year.
AGREED_WITH_VAT: Final[Sequence[Command]] = (
    *(*ORGANISATIONS, network()),
    version(
        posts=(
            post(),
            post("doctor", content="Ward", percent="10.00", annual_cost_ore=365_01),
        ),
        vat_treatment=VatTreatment.STANDARD,
    ),
    accept(),
)
DUE: Final[Sequence[Command]] = (
    *(*AGREED_WITH_VAT, *DETAILS, fill(), fill(name="doctor"), report(), approve()),
)
FIRST: Final = invoice(*HALVES[0])
SECOND: Final = invoice(*HALVES[1])
INVOICED: Final = (*DUE, FIRST)
CORRECTION: Final = CorrectYear(agreement="ms-ous", year=2026)


def numbered(number: int = 1) -> dict[str, Any]:
    """Name a document of Oslo."""
    return {"seller": OSLO, "year": 2027, "number": number}


def credit(number: int = 1, *lines: tuple[str, int]) -> CreditInvoice:
    """Credit a document, or lines of it."""
    return CreditInvoice(
        **numbered(number),
        lines=tuple(CreditedLine(post=name, amount_ore=ore) for name, ore in lines),
        reason="Vacant",
    )


def register(**changes: Any) -> RegisterInvoice:
    """Register the first document."""
    return RegisterInvoice(**{**numbered(), **changes})


def approval(name: str | None = None, **changes: Any) -> DecideInvoice:
    """Approve the first document, or a line of it."""
    said = {"verdict": Verdict.APPROVED, "post": name, "reason": "As agreed"}
    return DecideInvoice(**{**numbered(), **said, **changes})


def dispute(name: str | None = None, **changes: Any) -> DecideInvoice:
    """Dispute the first document, or a line of it."""
    said = {"verdict": Verdict.DISPUTED, "post": name, "reason": "Not as agreed"}
    return DecideInvoice(**{**numbered(), **said, **changes})


def comment(name: str | None = None) -> CommentDispute:
    """Say something of the first document, or of a line of it."""
    return CommentDispute(**numbered(), post=name, text="It was filled")


def resolve(outcome: Resolution, name: str | None = None) -> ResolveDispute:
    """End the dispute of the first document, or of a line of it."""
    return ResolveDispute(**numbered(), post=name, outcome=outcome, text="So be it")
