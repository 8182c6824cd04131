"""What the trust does with a grant: records costs, reports, repays."""

from dataclasses import dataclass, replace

from domain.document import Document
from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.values import CostOre, Day, FreeText, Key, Name


class GrantCostRecorded(Fact, name="grant.cost_recorded.v1"):
    """A cost on an approved line."""

    application: Name
    cost: Name
    line: Name
    amount_ore: CostOre
    incurred_on: Day
    text: FreeText


class GrantReported(Fact, name="grant.reported.v1"):
    """The trust reports on the use of a grant."""

    application: Name
    report: Key
    submission: int
    """Counts from 1; a returned report is submitted again."""
    declares: tuple[Key, ...] = ()
    document: Document | None = None


class GrantRepaid(Fact, name="grant.repaid.v1"):
    """The trust has paid back what lapsed after it was paid out."""

    application: Name
    amount_ore: CostOre
    paid_on: Day


@dataclass(frozen=True, slots=True)
class GrantUse:
    """What the trust said of a grant, in the order of recording."""

    costs: tuple[GrantCostRecorded, ...] = ()
    reports: tuple[GrantReported, ...] = ()
    repaid: tuple[GrantRepaid, ...] = ()

    @property
    def used_ore(self) -> int:
        """All costs that were recorded, also one that crossed the lapse."""
        return sum(cost.amount_ore for cost in self.costs)

    @property
    def repaid_ore(self) -> int:
        """All that was paid back."""
        return sum(payment.amount_ore for payment in self.repaid)

    def last_report(self, report: str) -> GrantReported | None:
        """The last submission of a report."""
        of_it = (each for each in reversed(self.reports) if each.report == report)
        return next(of_it, None)


def evolve(state: GrantUse, fact: Fact) -> GrantUse:
    """Fold one fact; the first cost of a name stays."""
    match fact:
        case GrantCostRecorded() if fact.cost not in {c.cost for c in state.costs}:
            return replace(state, costs=(*state.costs, fact))
        case GrantReported():
            return replace(state, reports=(*state.reports, fact))
        case GrantRepaid():
            return replace(state, repaid=(*state.repaid, fact))
        case _:
            return state


GRANT_USE = Category(
    "grant-use",
    GrantUse(),
    evolve,
    holds=(GrantCostRecorded, GrantReported, GrantRepaid),
    shown_to=ShownTo.MEMBERS,
)
