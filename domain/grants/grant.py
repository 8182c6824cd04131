"""What the funder does with a grant: pays, decides on reports, carries over, lets lapse."""

from dataclasses import dataclass, replace
from enum import StrEnum

from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.posts.report import Outcome
from domain.values import CostOre, Day, Key, Name, OrganisationNumber, Text


class LapseCause(StrEnum):
    """Why a grant lapses."""

    USE_PERIOD_OVER = "use_period_over"
    NOT_TAKEN_INTO_USE = "not_taken_into_use"


class GrantDisbursed(Fact, name="grant.disbursed.v1"):
    """The funder has paid a part of a grant, or all of it."""

    application: Name
    amount_ore: CostOre
    payee: OrganisationNumber
    paid_on: Day


class GrantReportDecided(Fact, name="grant.report_decided.v1"):
    """The funder approves a report on a grant, or returns it."""

    application: Name
    report: Key
    submission: int
    outcome: Outcome


class GrantCarriedOver(Fact, name="grant.carried_over.v1"):
    """The funder lets the rest of a grant be used until a later day."""

    application: Name
    use_until: Day
    reason: Text


class GrantLapsed(Fact, name="grant.lapsed.v1"):
    """What was not used of a grant falls back to the funder."""

    application: Name
    cause: LapseCause
    used_ore: CostOre
    costs: int
    """How many costs it counted; one that crosses it is not covered."""
    lapsed_ore: CostOre
    to_repay_ore: CostOre


@dataclass(frozen=True, slots=True)
class Grant:
    """What the funder said of a grant, in the order of recording."""

    disbursed: tuple[GrantDisbursed, ...] = ()
    report_decisions: tuple[GrantReportDecided, ...] = ()
    carried_over: GrantCarriedOver | None = None
    lapsed: GrantLapsed | None = None

    @property
    def disbursed_ore(self) -> int:
        """All that was paid out."""
        return sum(payment.amount_ore for payment in self.disbursed)

    def report_outcome(self, report: str, submission: int) -> Outcome | None:
        """What was decided first on a submission of a report."""
        for each in self.report_decisions:
            if (each.report, each.submission) == (report, submission):
                return each.outcome
        return None


def evolve(state: Grant, fact: Fact) -> Grant:
    """Fold one fact."""
    match fact:
        case GrantDisbursed():
            return replace(state, disbursed=(*state.disbursed, fact))
        case GrantReportDecided():
            return replace(state, report_decisions=(*state.report_decisions, fact))
        case GrantCarriedOver() if state.carried_over is None:
            return replace(state, carried_over=fact)
        case GrantLapsed() if state.lapsed is None:
            return replace(state, lapsed=fact)
        case _:
            return state


GRANT = Category(
    "grant",
    Grant(),
    evolve,
    holds=(GrantDisbursed, GrantReportDecided, GrantCarriedOver, GrantLapsed),
    shown_to=ShownTo.MEMBERS,
)
