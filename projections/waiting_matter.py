"""What somebody has to do: of which kind, for whom it waits, and who may end it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from domain.agreements.answer import AnswerVersion
from domain.agreements.counter import AdoptCounterProposal
from domain.agreements.endorsement import EndorseVersion
from domain.closing.closing import DrawUpStatement, SignStatement
from domain.fact import Command
from domain.grants.applying import EndorseApplication
from domain.grants.assessing import AssessApplication, CheckApplication
from domain.grants.awarding import DecideApplication
from domain.grants.ranking import RankApplications
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice_decision import DecideInvoice, RegisterInvoice
from domain.invoicing.issue import IssueInvoice
from domain.kind import DECLARED
from domain.parties.participation import DeclareParticipation
from domain.payments.bank import MatchBankEntry
from domain.payments.payment import RegisterPayment
from domain.posts.report import DecideReport, SubmitReport
from domain.role import Role
from domain.values import Period


class WaitingKind(StrEnum):
    """What is to be done."""

    ANSWER_VERSION = "answer_version"
    ANSWER_COUNTER = "answer_counter"
    ENDORSE_VERSION = "endorse_version"
    SUBMIT_REPORT = "submit_report"
    DECIDE_REPORT = "decide_report"
    ISSUE_INVOICE = "issue_invoice"
    REGISTER_INVOICE = "register_invoice"
    """Received and checked, by the first of two persons."""
    APPROVE_INVOICE = "approve_invoice"
    """By the other of two persons."""
    PAY_INVOICE = "pay_invoice"
    ANSWER_DISPUTE = "answer_dispute"
    RESOLVE_DISPUTE = "resolve_dispute"
    DRAW_UP_STATEMENT = "draw_up_statement"
    SIGN_STATEMENT = "sign_statement"
    MATCH_BANK_ENTRY = "match_bank_entry"
    RECEIVED_NOT_REGISTERED = "received_not_registered"
    """The payee's bank has more than the payer has registered."""
    PAID_TOO_LITTLE = "paid_too_little"
    ENDORSE_APPLICATION = "endorse_application"
    CHECK_APPLICATIONS = "check_applications"
    """Whether they are complete, by their funder; its key is the call's, as of the next."""
    RANK_APPLICATIONS = "rank_applications"
    ASSESS_APPLICATIONS = "assess_applications"
    DECIDE_APPLICATIONS = "decide_applications"
    ANSWER_INVITATION = "answer_invitation"
    """To take part in a network, its key; no entry asks for it."""
    MEET_OBLIGATION = "meet_obligation"
    """What is owed by a day; its key is the obligation's id, its subject the kind."""

    @property
    def is_difference(self) -> bool:
        """Whether what two have recorded does not agree."""
        return self in {self.RECEIVED_NOT_REGISTERED, self.PAID_TOO_LITTLE}


ENDED_BY: Final[Mapping[WaitingKind, type[Command]]] = {
    WaitingKind.ANSWER_VERSION: AnswerVersion,
    WaitingKind.ANSWER_COUNTER: AdoptCounterProposal,
    WaitingKind.ENDORSE_VERSION: EndorseVersion,
    WaitingKind.ENDORSE_APPLICATION: EndorseApplication,
    WaitingKind.CHECK_APPLICATIONS: CheckApplication,
    WaitingKind.RANK_APPLICATIONS: RankApplications,
    WaitingKind.ASSESS_APPLICATIONS: AssessApplication,
    WaitingKind.DECIDE_APPLICATIONS: DecideApplication,
    WaitingKind.ANSWER_INVITATION: DeclareParticipation,
    WaitingKind.SUBMIT_REPORT: SubmitReport,
    WaitingKind.DECIDE_REPORT: DecideReport,
    WaitingKind.ISSUE_INVOICE: IssueInvoice,
    WaitingKind.REGISTER_INVOICE: RegisterInvoice,
    WaitingKind.APPROVE_INVOICE: DecideInvoice,
    WaitingKind.PAY_INVOICE: RegisterPayment,
    WaitingKind.ANSWER_DISPUTE: CommentDispute,
    WaitingKind.RESOLVE_DISPUTE: ResolveDispute,
    WaitingKind.DRAW_UP_STATEMENT: DrawUpStatement,
    WaitingKind.SIGN_STATEMENT: SignStatement,
    WaitingKind.MATCH_BANK_ENTRY: MatchBankEntry,
    WaitingKind.RECEIVED_NOT_REGISTERED: RegisterPayment,
    WaitingKind.PAID_TOO_LITTLE: RegisterPayment,
}
"""The command that ends each: it says in which roles somebody may."""


@dataclass(frozen=True, slots=True)
class WaitingMatter:
    """One thing that somebody has still to do."""

    kind: WaitingKind
    key: tuple[str, ...]
    """What names it: of a version its agreement and number; of a report its name, and
    before there is one network, trust, first and last day; of a document its payee, year
    and number, and of a dispute its post too; of a statement both trusts and the last
    day; of a bank's entry its reference; of an application its name, and of many their call; of an invoice to come agreement, first and last day."""
    waits_for: str
    """Whose it is to do."""
    other: str
    """Whom it concerns besides."""
    since: date
    amount_ore: int | None = None
    deadline: date | None = None
    subject: str = ""
    """The agreement; of a report the network, of an application its call's title."""
    period: Period | None = None
    """Which days it is about."""
    ended_by: type[Command] | None = None
    """The command that ends it, where its kind does not say it."""

    @property
    def roles(self) -> AbstractSet[Role]:
        """In which role a person may do it."""
        command = self.ended_by or ENDED_BY[self.kind]
        return DECLARED[command].authority.by

    @property
    def order(self) -> tuple[date, date, str, tuple[str, ...]]:
        """What is due first comes first, then what has waited longest."""
        return self.deadline or date.max, self.since, self.kind.value, self.key
