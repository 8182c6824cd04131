"""Whose word every command is, and what others must have said before.

One row a command: ``README.md`` of this folder prints it, and the tests try each
with everybody else as the sender, before and after.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.agreements.agreement import PostPlanned, ProposeVersion, VersionProposed
from domain.agreements.answer import (
    AnswerVersion,
    VersionAccepted,
    VersionCountered,
    VersionEndorsed,
)
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.notice import TerminateAgreement
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.agreements.withdrawal import WithdrawVersion
from domain.closing.balance import AssertBalance
from domain.closing.closing import DrawUpStatement, SignStatement, StatementDrawnUp
from domain.fact import Command, Fact
from domain.invoicing.credit import CreditInvoice
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice import DocumentCredited, PeriodBilled
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    InvoiceDisputed,
    InvoiceRegistered,
    RegisterInvoice,
)
from domain.invoicing.issue import IssueInvoice
from domain.invoicing.sales_document import InvoiceIssued
from domain.invoicing.year_correction import CorrectYear
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.day import ConfirmDay
from domain.parties.network import EstablishNetwork, NetworkEstablished
from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation
from domain.payments.bank import BankEntryImported, MatchBankEntry, SetBankEntryAside
from domain.payments.bank_import import ImportBankEntries
from domain.payments.payment import RegisterPayment
from domain.posts.report import (
    DecideReport,
    ReportApproved,
    ReportSubmitted,
    SubmitReport,
)
from domain.posts.staffing import RecordStaffing
from domain.refusal import Code


class Asks(StrEnum):
    """Who alone may send a command, at the node of its own region."""

    AUTHORITY = "the region's health authority"
    ITSELF = "the organisation itself"
    COORDINATOR = "the coordinating trust"
    ANSWERING = "the party that did not propose"
    OFFERING = "who made the offer"
    HOST = "the host"
    PARTY = "either party"
    PAYEE = "the payee"
    PAYER = "the payer"
    FIRST = "the first of the two"
    SECOND = "the second of the two"


class Again(StrEnum):
    """What it comes to when who asked sends the same once more, as another command."""

    NOTHING = "nothing"
    ANEW = "said anew"


Said = Mapping[type[Fact], Code]
"""Facts, and the code that comes where they are missing."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose word a command is."""

    asks: Asks
    after: Said
    """What must have been said, and how the command is refused where it was not."""
    effect: str
    """Whom it binds, and what is left to the others."""
    again: Again | Code = Again.NOTHING


_REGISTERED: Final[Said] = {OrganisationRegistered: Code.UNKNOWN_ORGANISATION}
_PROPOSED: Final[Said] = {VersionProposed: Code.UNKNOWN_AGREEMENT}
_AGREED: Final[Said] = {**_PROPOSED, VersionAccepted: Code.NOT_ACCEPTED}
_ISSUED: Final[Said] = {InvoiceIssued: Code.UNKNOWN_INVOICE}
_DISPUTED: Final[Said] = {**_ISSUED, InvoiceDisputed: Code.NOT_DISPUTED}

AUTHORITIES: Final[Mapping[type[Command], Authority]] = {
    ConfirmDay: Authority(
        Asks.AUTHORITY, {}, "its own log: no closing waits for it any more"
    ),
    RegisterOrganisation: Authority(
        Asks.AUTHORITY, {}, "the organisation is one of its region; a number has one"
    ),
    RecordBillingDetails: Authority(
        Asks.ITSELF, _REGISTERED, "itself: how its own documents are paid from then on"
    ),
    EstablishNetwork: Authority(
        Asks.COORDINATOR, _REGISTERED, "itself: it takes a name that is free"
    ),
    ProposeVersion: Authority(
        Asks.COORDINATOR,
        {**_REGISTERED, NetworkEstablished: Code.UNKNOWN_NETWORK},
        "itself: it is a party; the other is bound by its own acceptance alone",
    ),
    ProposeWageGrowth: Authority(
        Asks.COORDINATOR, _AGREED, "itself; the other by its own acceptance alone"
    ),
    AnswerVersion: Authority(
        Asks.ANSWERING,
        {**_PROPOSED, VersionEndorsed: Code.NOT_ENDORSED},
        "both: it signs what the other has signed",
    ),
    CounterVersion: Authority(
        Asks.ANSWERING, _PROPOSED, "itself; the other by adopting alone"
    ),
    AdoptCounterProposal: Authority(
        Asks.COORDINATOR,
        {VersionCountered: Code.UNKNOWN_AGREEMENT},
        "both: it signs what the other has signed",
    ),
    WithdrawVersion: Authority(
        Asks.OFFERING, _PROPOSED, "itself: an acceptance that crosses it wins"
    ),
    EndorseVersion: Authority(
        Asks.HOST, _PROPOSED, "nobody: acceptance is still the answering party's"
    ),
    TerminateAgreement: Authority(
        Asks.PARTY, _AGREED, "both, after the notice that both have signed"
    ),
    RecordStaffing: Authority(
        Asks.HOST,
        {PostPlanned: Code.UNKNOWN_POST},
        "the payer, as far as the terms go that it signed",
    ),
    SubmitReport: Authority(
        Asks.ITSELF,
        {**_REGISTERED, NetworkEstablished: Code.UNKNOWN_NETWORK},
        "nobody: it takes a name that is free",
    ),
    DecideReport: Authority(
        Asks.COORDINATOR,
        {ReportSubmitted: Code.UNKNOWN_REPORT},
        "itself and the host: without approval nothing is invoiced",
    ),
    IssueInvoice: Authority(
        Asks.PAYEE,
        {**_AGREED, ReportApproved: Code.REPORT_MISSING},
        "the payer owes what follows from what it signed; it may dispute each line",
        Code.ALREADY_INVOICED,
    ),
    CorrectYear: Authority(
        Asks.PAYEE,
        {**_AGREED, PeriodBilled: Code.NOTHING_TO_INVOICE},
        "the payer, as with a document of a period",
        Code.NOTHING_TO_INVOICE,
    ),
    CreditInvoice: Authority(
        Asks.PAYEE, _ISSUED, "itself: it is owed less", Code.CREDIT_EXCEEDS_LINE
    ),
    RegisterInvoice: Authority(Asks.PAYER, _ISSUED, "itself: one of two persons"),
    DecideInvoice: Authority(
        Asks.PAYER,
        {**_ISSUED, InvoiceRegistered: Code.NOT_REGISTERED},
        "itself: the other of two persons",
        Again.ANEW,
    ),
    CommentDispute: Authority(Asks.PARTY, _DISPUTED, "nobody", Again.ANEW),
    ResolveDispute: Authority(
        Asks.PAYER,
        {**_DISPUTED, DocumentCredited: Code.NOT_CREDITED},
        "itself: as credited by the payee, amended by both, or upheld by another person",
        Code.NOT_DISPUTED,
    ),
    RegisterPayment: Authority(
        Asks.PAYER,
        {PeriodBilled: Code.UNKNOWN_INVOICE},
        "itself: the payee's own copy stands beside it",
        Again.ANEW,
    ),
    ImportBankEntries: Authority(
        Asks.ITSELF, _REGISTERED, "itself: its own copy of what is paid"
    ),
    MatchBankEntry: Authority(
        Asks.ITSELF,
        {BankEntryImported: Code.UNKNOWN_BANK_ENTRY, **_ISSUED},
        "itself: its own copy of what is paid",
    ),
    SetBankEntryAside: Authority(
        Asks.ITSELF, {BankEntryImported: Code.UNKNOWN_BANK_ENTRY}, "itself"
    ),
    DrawUpStatement: Authority(
        Asks.FIRST,
        _REGISTERED,
        "itself: nothing is closed before the other signs",
        Code.STATEMENT_NOT_ANSWERED,
    ),
    SignStatement: Authority(
        Asks.SECOND,
        {StatementDrawnUp: Code.UNKNOWN_STATEMENT},
        "both: it signs what the other has signed",
    ),
    AssertBalance: Authority(
        Asks.ITSELF, _REGISTERED, "nobody: the other asserts its own"
    ),
}
"""Of every command, whose word it is."""


def table() -> str:
    """Return the rows as ``README.md`` prints them."""
    rows = [
        "| command | who asks | what must have been said | whom it binds | said again |",
        "|---|---|---|---|---|",
    ]
    for command, of in AUTHORITIES.items():
        after = ", ".join(
            f"{_name(each)} (`{code}`)" for each, code in of.after.items()
        )
        again = f"`{of.again}`" if isinstance(of.again, Code) else of.again.value
        cells = (f"`{command.__name__}`", of.asks, after or "nothing", of.effect, again)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _name(fact: type[Fact]) -> str:
    """Return ``report.approved``: the stored name without its version."""
    return fact.TYPE.rpartition(".")[0]
