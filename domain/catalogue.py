"""The one table of stored event names, and how old shapes become new ones."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from pydantic import JsonValue, ValidationError

from domain.agreements.agreement import (
    AGREEMENT,
    POST,
    PostPlanned,
    VersionProposed,
    VersionWithdrawn,
)
from domain.agreements.answer import (
    ANSWERS,
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
    VersionEndorsed,
)
from domain.agreements.proposal import FRAME, ProposalCounted
from domain.agreements.termination import TERMINATIONS, AgreementTerminated
from domain.closing.balance import BALANCES, BalanceAsserted
from domain.closing.closing import (
    SIGNATURES,
    STATEMENTS,
    StatementDrawnUp,
    StatementRejected,
    StatementSigned,
)
from domain.fact import Fact, canonical
from domain.history import Category
from domain.invoicing.dispute import DISPUTE, DisputeCommented
from domain.invoicing.invoice import (
    BILLING,
    SERIES,
    DocumentCredited,
    PeriodBilled,
    YearCorrected,
)
from domain.invoicing.invoice_decision import (
    INVOICE_DECISIONS,
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    InvoiceRegistered,
)
from domain.invoicing.kid_assignment import KIDS, KidAssigned
from domain.invoicing.sales_document import InvoiceIssued
from domain.invoicing.sales_document import from_v1 as invoice_from_v1
from domain.parties.billing_details import BILLING_DETAILS, BillingDetailsRecorded
from domain.parties.day import DAYS, DayConfirmed
from domain.parties.epoch import LOG, EpochBegun
from domain.parties.membership import MEMBERSHIP, RegionJoined, RegionLeft
from domain.parties.network import NETWORK, NetworkEstablished
from domain.parties.organisation import ORGANISATION, OrganisationRegistered
from domain.parties.pair import PAIR, AgreementListed
from domain.payments.bank import (
    BANK_ENTRIES,
    BankEntryImported,
    BankEntryMatched,
    BankEntrySetAside,
)
from domain.payments.payment import (
    PAYMENTS,
    RECEIPTS,
    PaymentReceived,
    PaymentRegistered,
)
from domain.posts.report import (
    REPORT,
    REPORT_DECISIONS,
    REPORTING,
    ReportApproved,
    ReportListed,
    ReportReturned,
    ReportSubmitted,
)
from domain.posts.staffing import STAFFING, PostFilled, PostVacated

STREAMS: Final[Mapping[type[Fact], Category[Any]]] = {
    DayConfirmed: DAYS,
    EpochBegun: LOG,
    RegionJoined: MEMBERSHIP,
    RegionLeft: MEMBERSHIP,
    OrganisationRegistered: ORGANISATION,
    BillingDetailsRecorded: BILLING_DETAILS,
    NetworkEstablished: NETWORK,
    VersionProposed: AGREEMENT,
    PostPlanned: POST,
    ProposalCounted: FRAME,
    AgreementListed: PAIR,
    VersionAccepted: ANSWERS,
    VersionDeclined: ANSWERS,
    VersionCountered: ANSWERS,
    VersionEndorsed: ANSWERS,
    VersionWithdrawn: AGREEMENT,
    AgreementTerminated: TERMINATIONS,
    PostFilled: STAFFING,
    PostVacated: STAFFING,
    ReportSubmitted: REPORT,
    ReportListed: REPORTING,
    ReportApproved: REPORT_DECISIONS,
    ReportReturned: REPORT_DECISIONS,
    InvoiceIssued: SERIES,
    PeriodBilled: BILLING,
    YearCorrected: BILLING,
    DocumentCredited: BILLING,
    InvoiceRegistered: INVOICE_DECISIONS,
    InvoiceApproved: INVOICE_DECISIONS,
    InvoiceDisputed: INVOICE_DECISIONS,
    DisputeResolved: INVOICE_DECISIONS,
    DisputeCommented: DISPUTE,
    PaymentRegistered: PAYMENTS,
    PaymentReceived: RECEIPTS,
    KidAssigned: KIDS,
    BankEntryImported: BANK_ENTRIES,
    BankEntryMatched: BANK_ENTRIES,
    BankEntrySetAside: BANK_ENTRIES,
    StatementDrawnUp: STATEMENTS,
    StatementSigned: SIGNATURES,
    StatementRejected: SIGNATURES,
    BalanceAsserted: BALANCES,
}
"""Each fact with the kind of stream that holds it, here and from any region."""

FACTS: Final[Mapping[str, type[Fact]]] = {kind.TYPE: kind for kind in STREAMS}

Shape = dict[str, JsonValue]
Upcast = Callable[[Shape], tuple[str, Shape]]

UPCASTS: Final[dict[str, Upcast]] = {
    "invoice.approved.v1": lambda shape: (InvoiceApproved.TYPE, shape),
    "invoice.disputed.v1": lambda shape: (InvoiceDisputed.TYPE, shape),
    "agreement.version_proposed.v1": lambda shape: (VersionProposed.TYPE, shape),
    "invoice.issued.v3": lambda shape: (InvoiceIssued.TYPE, shape),
    "invoice.issued.v2": lambda shape: (InvoiceIssued.TYPE, shape),
    "invoice.issued.v1": lambda shape: (InvoiceIssued.TYPE, invoice_from_v1(shape)),
}
"""Old name -> a function from the old shape to the next name and shape."""

_FAMILIES: Final = {
    kind.TYPE.rpartition(".")[0]: category.kind for kind, category in STREAMS.items()
}


def stream_kind(name: str) -> str | None:
    """Return the kind of stream that an event of a name stands in.

    None for a name that this release does not know: whatever it is, it is stored.
    """
    if name in FACTS or name in UPCASTS:
        return _FAMILIES[name.rpartition(".")[0]]
    return None


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
