"""Deciding again: whether what a region recorded is what it had to decide.

A fact holds all that its command said, but for what may not be kept. So the
command is put together again from what it led to, and decided on what its
region saw then: whoever holds the logs finds what should have been refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from domain.agreements.agreement import VersionProposed, VersionWithdrawn
from domain.agreements.answer import (
    Answer,
    AnswerVersion,
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
    VersionEndorsed,
)
from domain.agreements.counter import CounterVersion, as_proposed
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.notice import TerminateAgreement
from domain.agreements.termination import AgreementTerminated
from domain.agreements.wage_growth import ProposeWageGrowth
from domain.agreements.withdrawal import WithdrawVersion
from domain.closing.balance import AssertBalance, BalanceAsserted
from domain.closing.closing import (
    STATEMENTS,
    CarriedLine,
    DrawUpStatement,
    SignStatement,
    StatementDrawnUp,
    StatementRejected,
    StatementSigned,
)
from domain.decisions import decide
from domain.fact import Command, Fact
from domain.history import Append, Asked, History
from domain.invoicing.credit import CreditedLine, CreditInvoice
from domain.invoicing.dispute import CommentDispute, DisputeCommented, ResolveDispute
from domain.invoicing.invoice import (
    DocumentCredited,
    DocumentId,
    PeriodBilled,
    YearCorrected,
    document_of,
)
from domain.invoicing.invoice_decision import (
    DecideInvoice,
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    InvoiceRegistered,
    RegisterInvoice,
    Verdict,
)
from domain.invoicing.issue import IssueInvoice
from domain.invoicing.kid_assignment import KIDS
from domain.invoicing.sales_document import InvoiceIssued
from domain.invoicing.year_correction import CorrectYear
from domain.parties.billing_details import BillingDetailsRecorded, RecordBillingDetails
from domain.parties.day import ConfirmDay, DayConfirmed
from domain.parties.network import EstablishNetwork, NetworkEstablished
from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation
from domain.parties.pair import pair_of
from domain.payments.bank import (
    BankEntryImported,
    BankEntryMatched,
    BankEntrySetAside,
    MatchBankEntry,
    SetBankEntryAside,
)
from domain.payments.bank_import import BankEntry, ImportBankEntries
from domain.payments.matching import Clues, match
from domain.payments.payment import PaymentRegistered, RegisterPayment
from domain.posts.report import (
    DecideReport,
    Outcome,
    ReportApproved,
    ReportReturned,
    ReportSubmitted,
    SubmitReport,
)
from domain.posts.staffing import Change, PostFilled, PostVacated, RecordStaffing
from domain.refusal import Refusal

Facts = Sequence[Fact]
NO_COMMAND: Final = "no_command"
"""No command leads to these facts."""
OTHER_FACTS: Final = "other_facts"
"""The command that says this leads to other facts."""
NOBODYS_ACCOUNT: Final = "00000000000"


def unfounded(
    recorded: Sequence[Append], askers: Iterable[Asked], history: History
) -> str | None:
    """Return why these facts are no decision on what was known, or None.

    ``recorded`` are those of one command, in order; ``history`` is cut at what
    its region saw. Of the ``askers`` one has asked: they differ in the day, where
    that is not known exactly. Returns the code of a refusal, or one of ours.
    """
    facts = [each.fact for each in recorded]
    restored = RESTORED.get(type(facts[0]))
    reason = NO_COMMAND
    try:
        command = None if restored is None else restored(facts, history)
        if command is None:
            return reason
        for asked in askers:
            decision = decide(command, asked, history)
            if isinstance(decision, Refusal):
                reason = decision.code.value
            elif tuple(decision) == tuple(recorded):
                return None
            else:
                reason = OTHER_FACTS
    except (ValidationError, AssertionError, LookupError):
        # What the facts name is not there, or no command may say it.
        return NO_COMMAND
    return reason


def _said(fact: Fact, *names: str) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in names}


def _version(fact: Any) -> dict[str, Any]:  # noqa: ANN401 - any fact about a version
    return _said(fact, "agreement", "version", "fingerprint")


def _document(fact: Any) -> dict[str, Any]:  # noqa: ANN401 - any fact about a document
    return _said(fact, "seller", "year", "number")


def _proposed(facts: Facts, _: History) -> Command:
    (fact,) = _only(VersionProposed, facts[:1])
    terms = fact.terms
    if terms.wage_growth is None:
        return as_proposed(terms)
    return ProposeWageGrowth(
        **_said(terms, "agreement", "version", "effective_from"),
        factor=terms.wage_growth.factor,
        source=terms.wage_growth.source,
    )


def _countered(facts: Facts, _: History) -> Command:
    (fact,) = _only(VersionCountered, facts)
    return CounterVersion(
        version=fact.version,
        proposal=as_proposed(fact.terms),
        fingerprint=fact.fingerprint,
    )


def _filled(facts: Facts, _: History) -> Command:
    said = _said(facts[0], "post", "effective_on", "agreement")
    if isinstance(facts[0], PostFilled):
        return RecordStaffing(**said, change=Change.FILLED, holder=facts[0].holder)
    return RecordStaffing(**said, change=Change.VACATED)


def _submitted(facts: Facts, _: History) -> Command:
    names = ("report", "network", "trust", "period_start", "period_end")
    return SubmitReport(**_said(facts[0], *names))


def _issued(facts: Facts, _: History) -> Command | None:
    issued, *told = facts
    assert isinstance(issued, InvoiceIssued), "it is restored by its type"
    billed = told[0] if told else None
    match billed:
        case PeriodBilled():
            period = _said(billed, "agreement", "period_start", "period_end")
            return IssueInvoice(**period)
        case YearCorrected(agreement=agreement, corrected_year=year):
            return CorrectYear(agreement=agreement, year=year)
        case DocumentCredited(whole=whole):
            lines = () if whole else issued.lines
            return CreditInvoice(
                **_document(billed),
                lines=tuple(
                    CreditedLine(post=line.post, amount_ore=-line.amount_ore)
                    for line in lines
                ),
                reason=issued.reason,
            )
        case _:
            return None


def _verdict(facts: Facts, _: History) -> Command:
    fact, last = facts[0], facts[-1]
    if isinstance(last, DisputeResolved):
        said = _said(last, "post", "outcome", "text")
        return ResolveDispute(**_document(last), **said)
    approved = isinstance(fact, InvoiceApproved)
    return DecideInvoice(
        **_document(fact),
        **_said(fact, "post", "reason"),
        verdict=Verdict.APPROVED if approved else Verdict.DISPUTED,
    )


def _paid(facts: Facts, history: History) -> Command:
    (fact,) = _only(PaymentRegistered, facts)
    document = document_of(DocumentId(fact.seller, fact.year, fact.number), history)
    return RegisterPayment(
        **_said(document, "agreement", "period_start"),
        **_said(fact, "amount_ore", "paid_on"),
    )


def _imported(facts: Facts, history: History) -> Command:
    entries = [each for each in facts if isinstance(each, BankEntryImported)]
    names = BankEntry.model_fields.keys() - {"paid_to"}
    return ImportBankEntries(
        organisation=entries[0].organisation,
        entries=tuple(
            BankEntry(**_said(each, *names), paid_to=_paid_to(each, history))
            for each in entries
        ),
    )


def _paid_to(entry: BankEntryImported, history: History) -> str:
    """Return an account that tells as much as the bank's did, which is not kept."""
    clues = Clues(entry.kid, entry.direction, entry.amount_ore)
    assigned = history.state(KIDS, entry.kid).facts if entry.kid else ()
    documents = (DocumentId(each.seller, each.year, each.number) for each in assigned)
    accounts = [document_of(each, history).account for each in documents]
    for paid_to in ("", *accounts, NOBODYS_ACCOUNT):
        told = match(clues._replace(paid_to=paid_to), entry.organisation, history)
        if told == (entry.document or entry.unmatched):
            return paid_to
    return ""


def _matched(facts: Facts, _: History) -> Command:
    fact = facts[0]
    assert isinstance(fact, BankEntryMatched), "it is restored by its type"
    said = _said(fact, "organisation", "reference", "year", "number")
    return MatchBankEntry(**said, payee=fact.seller)


def _drawn_up(facts: Facts, _: History) -> Command:
    (fact,) = _only(StatementDrawnUp, facts)
    statement = fact.statement
    return DrawUpStatement(
        **_said(statement, "first", "second", "period_start", "period_end"),
        carry_over=tuple(
            CarriedLine(**_said(line, "agreement", "post", "period_start"))
            for line in statement.open_lines
        ),
        fingerprint=fact.fingerprint,
    )


def _signed(facts: Facts, history: History) -> Command | None:
    fact = facts[0]
    assert isinstance(fact, StatementSigned | StatementRejected)
    last = history.state(STATEMENTS, pair_of(fact.first, fact.second).key).last
    if last is None:
        return None
    return SignStatement(
        **_said(fact, "first", "second", "fingerprint"),
        period_end=last.statement.period_end,
        reason=fact.reason if isinstance(fact, StatementRejected) else None,
    )


def _only(kind: type[Any], facts: Facts) -> list[Any]:
    assert all(isinstance(each, kind) for each in facts), "it is restored by its type"
    return list(facts)


def _same(command: type[Command], **more: Any) -> "Restore":  # noqa: ANN401 - members
    """Return what restores a command whose members its fact has under the same names."""

    def restore(facts: Facts, _: History) -> Command:
        names = command.model_fields.keys() & type(facts[0]).model_fields.keys()
        return command(**_said(facts[0], *sorted(names - more.keys())), **more)

    return restore


Restore = Callable[[Facts, History], Command | None]
RESTORED: Final[Mapping[type[Fact], Restore]] = {
    DayConfirmed: _same(ConfirmDay),
    OrganisationRegistered: _same(RegisterOrganisation),
    BillingDetailsRecorded: _same(RecordBillingDetails),
    NetworkEstablished: _same(EstablishNetwork),
    VersionProposed: _proposed,
    VersionWithdrawn: _same(WithdrawVersion),
    VersionAccepted: _same(AnswerVersion, answer=Answer.ACCEPTED),
    VersionDeclined: _same(AnswerVersion, answer=Answer.DECLINED),
    VersionCountered: _countered,
    VersionEndorsed: _same(EndorseVersion),
    AgreementTerminated: _same(TerminateAgreement),
    PostFilled: _filled,
    PostVacated: _filled,
    ReportSubmitted: _submitted,
    ReportApproved: _same(DecideReport, outcome=Outcome.APPROVED),
    ReportReturned: _same(DecideReport, outcome=Outcome.RETURNED),
    InvoiceIssued: _issued,
    InvoiceRegistered: _same(RegisterInvoice),
    InvoiceApproved: _verdict,
    InvoiceDisputed: _verdict,
    DisputeResolved: _verdict,
    DisputeCommented: _same(CommentDispute),
    PaymentRegistered: _paid,
    BankEntryImported: _imported,
    BankEntryMatched: _matched,
    BankEntrySetAside: _same(SetBankEntryAside),
    StatementDrawnUp: _drawn_up,
    StatementSigned: _signed,
    StatementRejected: _signed,
    BalanceAsserted: _same(AssertBalance),
}
"""By the first fact of a decision, how its command is put together again."""
