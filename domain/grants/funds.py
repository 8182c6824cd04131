"""The money of calls, year by year: given, paid, used, lapsed, left, repaid.

A cost is of the year in which it was incurred, a payment of that in which it was paid, an
award of that of the decision, and a lapse of that in which it was recorded. So used,
lapsed and left are together what was awarded, at the end of every year.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from domain.grants.award import AWARDS
from domain.grants.call import CALL_APPLICATIONS
from domain.grants.grant import GRANT
from domain.grants.money import folded_grant
from domain.grants.standing import ApplicationStanding, applications_named
from domain.grants.use import GRANT_USE
from domain.history import History, RecordedFact


@dataclass(slots=True)
class Funds:
    """Amounts in øre."""

    awarded: int = 0
    disbursed: int = 0
    used: int = 0
    lapsed: int = 0
    to_repay: int = 0
    """What lapses asked for; what was repaid of it is not taken off."""
    repaid: int = 0

    @property
    def left(self) -> int:
        """What may still be used; below zero by costs that crossed a lapse."""
        return self.awarded - self.used - self.lapsed

    @property
    def owed(self) -> int:
        """What is still to be repaid."""
        return self.to_repay - self.repaid

    def add(self, other: "Funds") -> None:
        """Add amounts to these."""
        for each in fields(self):
            mine: int = getattr(self, each.name)
            setattr(self, each.name, mine + getattr(other, each.name))


def funds_by_year(
    calls: Collection[str], history: History
) -> Mapping[str, Mapping[int, Funds]]:
    """What came of each call in each year; nothing of a call that awarded nothing."""
    listed = history.states(CALL_APPLICATIONS, calls)
    decided = history.states(AWARDS, calls)
    names = {
        name
        for call in calls
        for name in (*listed[call].trusts, *decided[call].decided)
    }
    with_money = {
        name: standing
        for name, standing in applications_named(sorted(names), history).items()
        if standing.call in calls and standing.award and standing.award.amount_ore
    }
    of_funders = history.entries(GRANT, with_money)
    of_trusts = history.entries(GRANT_USE, with_money)
    found: dict[str, defaultdict[int, Funds]] = {}
    for name, standing in with_money.items():
        years = found.setdefault(standing.call, defaultdict(Funds))
        for year, amounts in _movements(standing, of_funders[name], of_trusts[name]):
            years[year].add(amounts)
    return {call: dict(sorted(found[call].items())) for call in sorted(found)}


def standing_at_year_ends(years: Mapping[int, Funds]) -> Mapping[int, Funds]:
    """Sums to the end of each year."""
    sums = Funds()
    found = {}
    for year, amounts in years.items():
        sums.add(amounts)
        found[year] = Funds(*_amounts(sums))
    return found


def sum_of(several: Collection[Funds]) -> Funds:
    """Sum of some."""
    total = Funds()
    for each in several:
        total.add(each)
    return total


def _amounts(of: Funds) -> Sequence[int]:
    return [getattr(of, each.name) for each in fields(of)]


def _movements(
    standing: ApplicationStanding,
    of_funder: Sequence[RecordedFact],
    of_trust: Sequence[RecordedFact],
) -> Iterator[tuple[int, Funds]]:
    award = standing.award
    assert award is not None, "it got money"
    yield award.decided_on.year, Funds(awarded=award.amount_ore)
    grant, use = folded_grant(standing, of_funder, of_trust)
    for payment in grant.disbursed:
        yield payment.paid_on.year, Funds(disbursed=payment.amount_ore)
    for cost in use.costs:
        yield cost.incurred_on.year, Funds(used=cost.amount_ore)
    for repayment in use.repaid:
        yield repayment.paid_on.year, Funds(repaid=repayment.amount_ore)
    lapse = grant.lapsed
    if lapse is not None:
        recorded = (each.recorded_on for each in of_funder if each.fact == lapse)
        amounts = Funds(lapsed=lapse.lapsed_ore, to_repay=lapse.to_repay_ore)
        yield next(recorded).year, amounts
