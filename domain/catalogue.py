"""The one table of stored event names, and how old shapes become new ones."""

from collections.abc import Callable, Mapping
from typing import Final

import orjson
from pydantic import JsonValue, ValidationError

from domain.agreements.agreement import PostPlanned, VersionProposed, VersionWithdrawn
from domain.agreements.answer import (
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
    VersionEndorsed,
)
from domain.agreements.proposal import ProposalCounted
from domain.agreements.termination import AgreementTerminated
from domain.closing.balance import BalanceAsserted
from domain.closing.closing import StatementDrawnUp, StatementRejected, StatementSigned
from domain.fact import Fact, canonical
from domain.invoicing.dispute import DisputeCommented
from domain.invoicing.invoice import DocumentCredited, PeriodBilled, YearCorrected
from domain.invoicing.invoice_decision import (
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    InvoiceRegistered,
)
from domain.invoicing.kid_assignment import KidAssigned
from domain.invoicing.sales_document import InvoiceIssued
from domain.invoicing.sales_document import from_v1 as invoice_from_v1
from domain.parties.billing_details import BillingDetailsRecorded
from domain.parties.day import DayConfirmed
from domain.parties.network import NetworkEstablished
from domain.parties.organisation import OrganisationRegistered
from domain.parties.pair import AgreementListed
from domain.payments.bank import BankEntryImported, BankEntryMatched, BankEntrySetAside
from domain.payments.payment import PaymentReceived, PaymentRegistered
from domain.posts.report import (
    ReportApproved,
    ReportListed,
    ReportReturned,
    ReportSubmitted,
)
from domain.posts.staffing import PostFilled, PostVacated

FACTS: Final[Mapping[str, type[Fact]]] = {
    kind.TYPE: kind
    for kind in (
        DayConfirmed,
        OrganisationRegistered,
        BillingDetailsRecorded,
        NetworkEstablished,
        VersionProposed,
        PostPlanned,
        ProposalCounted,
        AgreementListed,
        VersionAccepted,
        VersionDeclined,
        VersionCountered,
        VersionEndorsed,
        VersionWithdrawn,
        AgreementTerminated,
        PostFilled,
        PostVacated,
        ReportSubmitted,
        ReportListed,
        ReportApproved,
        ReportReturned,
        InvoiceIssued,
        PeriodBilled,
        YearCorrected,
        DocumentCredited,
        InvoiceRegistered,
        InvoiceApproved,
        InvoiceDisputed,
        DisputeResolved,
        DisputeCommented,
        PaymentRegistered,
        PaymentReceived,
        KidAssigned,
        BankEntryImported,
        BankEntryMatched,
        BankEntrySetAside,
        StatementDrawnUp,
        StatementSigned,
        StatementRejected,
        BalanceAsserted,
    )
}

Shape = dict[str, JsonValue]
Upcast = Callable[[Shape], tuple[str, Shape]]

UPCASTS: Final[dict[str, Upcast]] = {
    "invoice.approved.v1": lambda shape: (InvoiceApproved.TYPE, shape),
    "invoice.disputed.v1": lambda shape: (InvoiceDisputed.TYPE, shape),
    "agreement.version_proposed.v1": lambda shape: (VersionProposed.TYPE, shape),
    "invoice.issued.v2": lambda shape: (InvoiceIssued.TYPE, shape),
    "invoice.issued.v1": lambda shape: (InvoiceIssued.TYPE, invoice_from_v1(shape)),
}
"""Old name -> a function from the old shape to the next name and shape."""


class UnknownFactError(Exception):
    """An event has a name that this release does not know."""


class BrokenFactError(Exception):
    """An event of a known name does not have its shape."""


_OTHER_SHAPE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What an upcast meets where the old shape is not what it should be."""


def decode(name: str, data: bytes) -> Fact:
    """Return the fact of a stored event.

    Raises :class:`UnknownFactError` and :class:`BrokenFactError`; neither
    message holds the data.
    """
    while name in UPCASTS:
        try:
            name, shape = UPCASTS[name](orjson.loads(data))
            data = canonical(shape)
        except _OTHER_SHAPE as error:
            message = f"{name}: {type(error).__name__}"
            raise BrokenFactError(message) from None
    kind = FACTS.get(name)
    if kind is None:
        raise UnknownFactError(name)
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        places = sorted({".".join(map(str, each["loc"])) for each in error.errors()})
        message = f"{name}: {', '.join(places)}"
        raise BrokenFactError(message) from None
