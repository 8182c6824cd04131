"""Whether a party may end an agreement: it is agreed, and the notice is long enough."""

from collections.abc import Sequence
from datetime import date

from domain.agreements.accrual import in_force, last_in_force
from domain.agreements.agreement import Terms
from domain.agreements.answer import AGREED
from domain.agreements.known import known_agreement
from domain.agreements.termination import TERMINATIONS, AgreementTerminated
from domain.fact import Command
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.parties.organisation import registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import Day, FreeText, NewName, months_later


class TerminateAgreement(Command):
    """End an agreement after a day, with the agreed notice, as either party."""

    agreement: NewName
    ends_on: Day
    """The last day of the agreement."""
    reason: FreeText = ""


def terminate(command: TerminateAgreement, asked: Asked, history: History) -> Decision:
    """Decide on a termination; the notice is that of the version in force today."""
    agreement = known_agreement(command.agreement, history)
    if agreement is None or agreement.agreement.terms is None:
        values = {"agreement": command.agreement}
        raise Refusal(Code.UNKNOWN_AGREEMENT, "agreement", values)
    first = agreement.agreement.terms
    number = first.payer if asked.organisation == first.payer else first.payee
    party = registered(number, "agreement", history)
    require_party(asked, party.org_number, party.region)
    terms = _governing(agreement.accepted, asked.today)
    if terms is None:
        raise Refusal(Code.NOT_ACCEPTED, "agreement")
    fact = AgreementTerminated(
        agreement=command.agreement,
        terminated_by=party.org_number,
        ends_on=command.ends_on,
        reason=command.reason,
    )
    terminations = agreement.terminations
    if fact in terminations.notices:
        return ()
    if terminations.last_day is not None and terminations.last_day <= command.ends_on:
        values = {"last_day": terminations.last_day.isoformat()}
        raise Refusal(Code.AGREEMENT_TERMINATED, "ends_on", values)
    earliest = months_later(asked.today, terms.notice_months or 0)
    if command.ends_on < earliest:
        values = {"first_day": earliest.isoformat()}
        raise Refusal(Code.NOTICE_TOO_SHORT, "ends_on", values)
    return (Append(TERMINATIONS.stream(party.region, command.agreement), fact),)


declare(
    TerminateAgreement,
    terminate,
    Authority(
        Asks.PARTY,
        {Role.CONTROLLER},
        AGREED,
        "both, after the notice that both have signed",
    ),
    AgreementTerminated,
)


def _governing(signed: Sequence[Terms], today: date) -> Terms | None:
    """Version in force, else the last that was, else the first to come."""
    costs = [terms.costs for terms in signed]
    to_come = [span.terms for span in in_force(costs)]
    last = last_in_force(costs, today) or next(iter(to_come), None)
    return next(
        (terms for terms in signed if last and terms.version == last.version), None
    )
