"""What may be billed for a period, and what earlier periods are restated by.

Every øre that is billed belongs to one post and one period (S1-14). Source:
``README.md`` of this folder, "What may be invoiced".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.accrual import PostCost
from domain.values import Period, VatTreatment, half_away_from_zero


@dataclass(frozen=True, slots=True)
class Restatement:
    """The correction of one period that was billed before."""

    period: Period
    amount_ore: int


@dataclass(frozen=True, slots=True)
class Line:
    """What one post is billed in one document."""

    post: str
    amount_ore: int
    """With its restatements."""
    restatements: tuple[Restatement, ...] = ()

    @property
    def restatement_ore(self) -> int:
        """The part of the amount that corrects earlier periods."""
        return sum(each.amount_ore for each in self.restatements)


@dataclass(frozen=True, slots=True)
class Billed:
    """A document that was issued before: its period and its lines."""

    period: Period
    lines: tuple[Line, ...]


def billed_ore(documents: Iterable[Billed]) -> Mapping[tuple[str, Period], int]:
    """Return what has been billed so far for each post and period, in øre."""
    billed: defaultdict[tuple[str, Period], int] = defaultdict(int)
    for document in documents:
        for line in document.lines:
            own = line.amount_ore - line.restatement_ore
            billed[line.post, document.period] += own
            for restated in line.restatements:
                billed[line.post, restated.period] += restated.amount_ore
    return billed


def lines_of(
    period: Period, costs: Mapping[str, PostCost], earlier: Iterable[Billed]
) -> tuple[Line, ...]:
    """Return the lines of a document for ``period``, given what was billed.

    ``earlier`` are the documents of the same agreement and calendar year. A
    post that accrued nothing and needs no restatement has no line.
    """
    documents = tuple(earlier)
    billed = billed_ore(documents)
    periods = sorted({document.period for document in documents})
    posts = sorted({*costs, *(post for post, _ in billed)})
    lines = []
    for post in posts:
        cost = costs.get(post, PostCost(post, ()))
        restatements = tuple(
            Restatement(restated, difference)
            for restated in periods
            if (
                difference := cost.amount_ore(restated)
                - billed.get((post, restated), 0)
            )
        )
        own = cost.amount_ore(period)
        if own or restatements:
            amount = own + sum(each.amount_ore for each in restatements)
            lines.append(Line(post, amount, restatements))
    return tuple(lines)


def vat_ore(net_ore: int, treatment: VatTreatment) -> int:
    """Return the VAT of a document, rounded once on its sum, in øre."""
    return half_away_from_zero(net_ore * treatment.rate_percent, 100)
