"""The one table of commands and who decides on them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain import (
    answer,
    balance,
    bank,
    billing_details,
    closing,
    counter,
    credit,
    day,
    dispute,
    endorsement,
    invoice_decision,
    issue,
    network,
    notice,
    organisation,
    payment,
    proposal,
    report,
    staffing,
    wage_growth,
    withdrawal,
    year_correction,
)
from domain.agreement import ProposeVersion
from domain.fact import Command
from domain.history import Asked, Decision, History
from domain.refusal import Refusal

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
    bank.ImportBankEntries: bank.import_entries,
    bank.MatchBankEntry: bank.match_by_hand,
    bank.SetBankEntryAside: bank.set_aside,
    closing.DrawUpStatement: closing.draw_up,
    closing.SignStatement: closing.sign,
    balance.AssertBalance: balance.assert_balance,
}


def decide(command: Command, asked: Asked, history: History) -> Decision | Refusal:
    """Decide on any command."""
    return DECIDERS[type(command)](command, asked, history)
