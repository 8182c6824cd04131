"""What the trust does with a grant: records costs, reports, and repays what lapsed."""

from domain.document import Document
from domain.fact import Command
from domain.grants.applying import applicant
from domain.grants.codes import GrantCode
from domain.grants.funding import require_not_lapsed
from domain.grants.grant import GrantLapsed
from domain.grants.money import AWARDED, Funded, first_use_until, funded, said_of
from domain.grants.standing import application_named
from domain.grants.use import (
    GRANT_USE,
    GrantCostRecorded,
    GrantRepaid,
    GrantReported,
)
from domain.history import Append, Asked, Decision, History
from domain.kind import Asks, Authority, declare
from domain.posts.report import Outcome
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import CostOre, Day, FreeText, Key, NewName


class RecordGrantCost(Command):
    """Record a cost on a budget line that was granted, as the trust."""

    application: NewName
    cost: NewName
    line: NewName
    amount_ore: CostOre
    incurred_on: Day
    text: FreeText = ""


def record_grant_cost(
    command: RecordGrantCost, asked: Asked, history: History
) -> Decision:
    """Decide on a cost: on a granted line, in time, no more than was awarded."""
    name = command.application
    standing = application_named(name, history)
    region = applicant(standing, asked, history)
    money = funded(standing, history)
    fact = GrantCostRecorded(**dict(command))
    known = next((each for each in money.use.costs if each.cost == fact.cost), None)
    if known is not None:
        if known == fact:
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "cost")
    require_not_lapsed(money)
    if command.line not in {each.line for each in money.content.lines}:
        raise Refusal(GrantCode.UNKNOWN_LINE, "line")
    _require_in_time(fact, money)
    if money.use.used_ore + command.amount_ore > money.award.amount_ore:
        raise Refusal(GrantCode.AWARD_EXCEEDED, "amount_ore")
    return (Append(GRANT_USE.stream(region, name), fact),)


declare(
    RecordGrantCost,
    record_grant_cost,
    Authority(
        Asks.APPLICANT,
        {Role.CONTROLLER},
        AWARDED,
        "itself: what it has used does not lapse",
    ),
    GrantCostRecorded,
)


def _require_in_time(cost: GrantCostRecorded, money: Funded) -> None:
    """Refuse a cost before the decision, outside the period of use, or begun too late."""
    rule, award = money.rule, money.award
    if rule.after_decision and cost.incurred_on < award.decided_on:
        raise Refusal(GrantCode.BEFORE_DECISION, "incurred_on")
    last_day = money.last_day
    too_early = rule.first_day is not None and cost.incurred_on < rule.first_day
    if too_early or (last_day is not None and cost.incurred_on > last_day):
        raise Refusal(GrantCode.OUTSIDE_USE_PERIOD, "incurred_on")
    first_until = first_use_until(rule, award)
    is_first = not money.use.costs
    if is_first and first_until is not None and cost.incurred_on > first_until:
        raise Refusal(GrantCode.FIRST_USE_TOO_LATE, "incurred_on")


class ReportGrant(Command):
    """Report on the use of a grant, as the trust; again when a report was returned."""

    application: NewName
    report: Key
    """One that the call asks for."""
    declares: tuple[Key, ...] = ()
    """What the trust answers for with it."""
    document: Document | None = None


def report_grant(command: ReportGrant, asked: Asked, history: History) -> Decision:
    """Decide on a report: the first of its kind, or the next after a return."""
    name = command.application
    standing = application_named(name, history)
    region = applicant(standing, asked, history)
    money = funded(standing, history)
    rules = {each.key: each for each in standing.rules.reports}
    if command.report not in rules:
        raise Refusal(Code.UNKNOWN_REPORT, "report", {"report": command.report})
    last = money.use.last_report(command.report)
    number = 0 if last is None else last.submission
    outcome = money.grant.report_outcome(command.report, number)
    declares = tuple(sorted({*command.declares}))
    fact = GrantReported(
        **dict(command) | {"declares": declares}, submission=number + 1
    )
    if last is not None and outcome is not Outcome.RETURNED:
        if last == fact.model_copy(update={"submission": number}):
            return ()
        raise Refusal(Code.CONFLICTING_ROW, "report")
    if not {*rules[command.report].declares} <= {*declares}:
        raise Refusal(Code.INCOMPLETE, "declares")
    return (Append(GRANT_USE.stream(region, name), fact),)


declare(
    ReportGrant,
    report_grant,
    Authority(
        Asks.APPLICANT,
        {Role.SECRETARY},
        AWARDED,
        "nobody: the funder approves or returns it",
    ),
    GrantReported,
)


class RepayGrant(Command):
    """Say that what was paid out and has lapsed is paid back, as the trust."""

    application: NewName
    amount_ore: CostOre
    paid_on: Day


def repay_grant(command: RepayGrant, asked: Asked, history: History) -> Decision:
    """Decide on a repayment: no more than the lapse left to be repaid."""
    name = command.application
    standing = application_named(name, history)
    region = applicant(standing, asked, history)
    fact = GrantRepaid(**dict(command))
    grant, use = said_of(standing, history)
    if fact in use.repaid:
        return ()
    lapse = grant.lapsed
    if lapse is None or use.repaid_ore + command.amount_ore > lapse.to_repay_ore:
        raise Refusal(GrantCode.NOTHING_TO_REPAY, "amount_ore")
    return (Append(GRANT_USE.stream(region, name), fact),)


declare(
    RepayGrant,
    repay_grant,
    Authority(
        Asks.APPLICANT,
        {Role.CONTROLLER},
        {GrantLapsed: GrantCode.NOTHING_TO_REPAY},
        "nobody: the funder sees it in its own account",
    ),
    GrantRepaid,
)
