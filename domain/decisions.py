"""The one table of commands and who decides on them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from domain.agreements import (
    answer,
    counter,
    endorsement,
    notice,
    proposal,
    wage_growth,
    withdrawal,
)
from domain.agreements.agreement import ProposeVersion
from domain.closing import balance, closing
from domain.fact import Command
from domain.history import Asked, Decision, History
from domain.invoicing import credit, dispute, invoice_decision, issue, year_correction
from domain.parties import billing_details, day, network, organisation
from domain.payments import bank, bank_import, payment
from domain.posts import report, staffing
from domain.refusal import Code, Refusal

DECIDERS: Final[
    Mapping[type[Command], Callable[[Any, Asked, History], Decision | Refusal]]
] = {
    day.ConfirmDay: day.confirm,
    organisation.RegisterOrganisation: organisation.register,
    billing_details.RecordBillingDetails: billing_details.record,
    network.EstablishNetwork: network.establish,
    ProposeVersion: proposal.propose,
    wage_growth.ProposeWageGrowth: wage_growth.propose_growth,
    answer.AnswerVersion: answer.answer,
    counter.CounterVersion: counter.counter,
    counter.AdoptCounterProposal: counter.adopt,
    withdrawal.WithdrawVersion: withdrawal.withdraw,
    endorsement.EndorseVersion: endorsement.endorse,
    notice.TerminateAgreement: notice.terminate,
    staffing.RecordStaffing: staffing.record,
    report.SubmitReport: report.submit,
    report.DecideReport: report.decide,
    issue.IssueInvoice: issue.issue,
    year_correction.CorrectYear: year_correction.correct,
    credit.CreditInvoice: credit.credit,
    invoice_decision.RegisterInvoice: invoice_decision.register,
    dispute.CommentDispute: dispute.comment,
    dispute.ResolveDispute: dispute.resolve,
    invoice_decision.DecideInvoice: invoice_decision.decide,
    payment.RegisterPayment: payment.register,
    bank_import.ImportBankEntries: bank_import.import_entries,
    bank.MatchBankEntry: bank.match_by_hand,
    bank.SetBankEntryAside: bank.set_aside,
    closing.DrawUpStatement: closing.draw_up,
    closing.SignStatement: closing.sign,
    balance.AssertBalance: balance.assert_balance,
}


def decide(command: Command, asked: Asked, history: History) -> Decision | Refusal:
    """Decide on any command.

    What no fact may say is refused, such as an invoice whose lines add up to more
    than an amount may be.
    """
    try:
        decision = DECIDERS[type(command)](command, asked, history)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        decision = Refusal(Code.INVALID_ROW, place or None)
    return _placed(decision, command) if isinstance(decision, Refusal) else decision


def _placed(refusal: Refusal, command: Command) -> Refusal:
    """Return the refusal without its place where the command has none of that name.

    One decision may rest on another's: adopting is refused as proposing is, and who
    adopts has sent no posts.
    """
    place = (refusal.member or "").split(".")[0]
    return refusal if place in members(type(command)) else replace(refusal, member=None)


@cache
def members(kind: type[BaseModel]) -> frozenset[str]:
    """Return the names of a message's members, and of those within them."""
    names = {*kind.model_fields}
    for info in kind.model_fields.values():
        for within in (info.annotation, *get_args(info.annotation)):
            if isinstance(within, type) and issubclass(within, BaseModel):
                names |= members(within)
    return frozenset(names)
