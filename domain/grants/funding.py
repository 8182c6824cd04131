"""What the funder does with a grant: pays, decides on reports, carries over, lets lapse."""

from domain.fact import Command
from domain.grants.assessing import require_funder
from domain.grants.codes import GrantCode
from domain.grants.grant import (
    GRANT,
    GrantCarriedOver,
    GrantDisbursed,
    GrantLapsed,
    GrantReportDecided,
    LapseCause,
)
from domain.grants.money import AWARDED, Funded, first_use_until, funded, said_of
from domain.grants.standing import application_named
from domain.grants.use import GrantReported
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.posts.report import Outcome
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import CostOre, Day, FreeText, Key, NewName, OrganisationNumber


class DisburseGrant(Command):
    """Say that a part of a grant, or all of it, is paid out, as the funder."""

    application: NewName
    amount_ore: CostOre
    payee: OrganisationNumber
    """The trust that applied; the money is paid to no other."""
    paid_on: Day


def disburse_grant(command: DisburseGrant, asked: Asked, history: History) -> Decision:
    """Decide on a payment: to the trust, from the decision on, no more than awarded."""
    name = command.application
    standing = application_named(name, history)
    region = require_funder(standing.call, asked, history)
    fact = GrantDisbursed(**dict(command))
    grant, _ = said_of(standing, history)
    if fact in grant.disbursed:
        return ()
    money = funded(standing, history)
    require_not_lapsed(money)
    if command.payee != standing.trust:
        raise Refusal(GrantCode.OTHER_PAYEE, "payee")
    if command.paid_on < money.award.decided_on:
        raise Refusal(GrantCode.BEFORE_DECISION, "paid_on")
    if money.grant.disbursed_ore + command.amount_ore > money.award.amount_ore:
        raise Refusal(GrantCode.AWARD_EXCEEDED, "amount_ore")
    return (Append(GRANT.stream(region, name), fact),)


declare(
    DisburseGrant,
    disburse_grant,
    Authority(
        Asks.FUNDER, {Role.CONTROLLER}, AWARDED, "nobody: what is awarded stands"
    ),
    GrantDisbursed,
)


def require_not_lapsed(money: Funded) -> None:
    """Refuse what comes after the rest has lapsed."""
    if money.grant.lapsed is not None:
        raise Refusal(GrantCode.GRANT_LAPSED, "application")


class DecideGrantReport(Command):
    """Approve the last submission of a report on a grant, or return it, as the funder."""

    application: NewName
    report: Key
    submission: int | None = None
    """When given, the one that was read; a later one is not decided."""
    outcome: Outcome


def decide_grant_report(
    command: DecideGrantReport, asked: Asked, history: History
) -> Decision:
    """Decide on a report: on its last submission, once."""
    name = command.application
    standing = application_named(name, history)
    grant, use = said_of(standing, history)
    last = use.last_report(command.report)
    if last is None:
        raise Refusal(Code.UNKNOWN_REPORT, "report", {"report": command.report})
    region = require_funder(standing.call, asked, history)
    number = command.submission or last.submission
    known = grant.report_outcome(command.report, number)
    if known is not None:
        if known is command.outcome:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "outcome")
    if number != last.submission:
        raise Refusal(Code.OUTDATED, "submission", {"submission": last.submission})
    fact = GrantReportDecided(**dict(command) | {"submission": number})
    return (Append(GRANT.stream(region, name), fact),)


declare(
    DecideGrantReport,
    decide_grant_report,
    Authority(
        Asks.FUNDER,
        {Role.DECIDER},
        {GrantReported: Code.UNKNOWN_REPORT},
        "the trust: what is returned is reported again",
    ),
    GrantReportDecided,
)


class CarryOverGrant(Command):
    """Let the rest of a grant be used until a later day, as the funder."""

    application: NewName
    use_until: Day | None = None
    """The new last day of use; there must be one."""
    reason: FreeText = ""


def carry_over_grant(
    command: CarryOverGrant, asked: Asked, history: History
) -> Decision:
    """Decide on a carry-over: once, where the call has it decided, to a later day."""
    name = command.application
    standing = application_named(name, history)
    region = require_funder(standing.call, asked, history)
    money = funded(standing, history)
    known = money.grant.carried_over
    if known is not None:
        if (known.use_until, known.reason) == (command.use_until, command.reason):
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "application")
    require_not_lapsed(money)
    if money.rule.remainder != "carried_by_decision":
        raise Refusal(GrantCode.CARRY_OVER_NOT_ALLOWED, "application")
    last_day = money.last_day
    if command.use_until is None or (last_day and command.use_until <= last_day):
        raise Refusal(Code.INVALID_ROW, "use_until")
    fact = GrantCarriedOver(**dict(command))
    return (Append(GRANT.stream(region, name), fact),)


declare(
    CarryOverGrant,
    carry_over_grant,
    Authority(
        Asks.FUNDER,
        {Role.CONTROLLER},
        AWARDED,
        "itself: until that day nothing lapses for its end",
    ),
    GrantCarriedOver,
)


class LapseGrant(Command):
    """Let what was not used of a grant fall back to the funder, as the funder."""

    application: NewName


def lapse_grant(command: LapseGrant, asked: Asked, history: History) -> Decision:
    """Decide on a lapse: once, when the time is over, of what is left by the costs known."""
    name = command.application
    standing = application_named(name, history)
    region = require_funder(standing.call, asked, history)
    money = funded(standing, history)
    if money.grant.lapsed is not None:
        return ()
    cause = _cause(money, asked)
    used_ore = money.use.used_ore
    if used_ore == money.award.amount_ore:
        raise Refusal(GrantCode.NOTHING_TO_LAPSE, "application")
    fact = GrantLapsed(
        application=name,
        cause=cause,
        used_ore=used_ore,
        costs=len(money.use.costs),
        lapsed_ore=money.award.amount_ore - used_ore,
        to_repay_ore=max(0, money.grant.disbursed_ore - used_ore),
    )
    return (Append(GRANT.stream(region, name), fact),)


declare(
    LapseGrant,
    lapse_grant,
    Authority(
        Asks.FUNDER,
        {Role.CONTROLLER},
        AWARDED,
        "the trust: it repays what it was paid and has not used",
    ),
    GrantLapsed,
)


def _cause(money: Funded, asked: Asked) -> LapseCause:
    """Why a grant lapses today; refuse where it does not."""
    last_day = money.last_day
    if last_day is not None and asked.today > last_day:
        return LapseCause.USE_PERIOD_OVER
    first_until = first_use_until(money.rule, money.award)
    if first_until is not None and asked.today > first_until and not money.use.costs:
        return LapseCause.NOT_TAKEN_INTO_USE
    raise Refusal(GrantCode.USE_PERIOD_NOT_ENDED, "application")
