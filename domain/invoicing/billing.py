"""What may be billed for a period, and what earlier periods are restated by.

Source: ``domain/README.md``, "What may be invoiced".

- Every øre that is billed belongs to one post and one period (S1-14).
- What is billed is never below zero, and never more than what accrued.
- What was given up by a credit is never billed again.
- A document that is taken back counts for nothing, nor do its credits.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from domain.agreements.accrual import AccruingDays, PostCost
from domain.values import Period, VatTreatment, half_away_from_zero


class BillingCause(StrEnum):
    """Why a period that was billed before is restated."""

    STAFFING = "staffing"
    AGREEMENT = "agreement"
    BOTH = "both"
    CREDIT = "credit"
    """The document of the period was credited, and nothing stands for it now."""
    UNKNOWN = "unknown"
    """The documents before do not say what they counted."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """How an amount comes about: what is due by what accrued, less what is billed."""

    days: tuple[AccruingDays, ...]
    """On which the post accrued; none where the period is not invoiced any more."""
    accrued_ore: int
    billed_ore: int
    conceded_ore: int

    @property
    def amount_ore(self) -> int:
        """What is billed by it; below zero what is taken off."""
        due = due_ore(self.accrued_ore, self.billed_ore, self.conceded_ore)
        return due - self.billed_ore


@dataclass(frozen=True, slots=True)
class Restatement:
    """The correction of one period that was billed before."""

    period: Period
    amount_ore: int
    cause: BillingCause = BillingCause.UNKNOWN
    reckoned: Reckoned | None = field(default=None, compare=False)
    """Of a document that is being made; not told of one that was issued before."""


@dataclass(frozen=True, slots=True)
class BilledLine:
    """What one post is billed in one document."""

    post: str
    amount_ore: int
    """With its restatements."""
    restatements: tuple[Restatement, ...] = ()
    reckoned: Reckoned | None = field(default=None, compare=False)
    """Of the document's own period."""

    @property
    def restatement_ore(self) -> int:
        """The part of the amount that corrects earlier periods."""
        return sum(restated.amount_ore for restated in self.restatements)


@dataclass(frozen=True, slots=True)
class Billed:
    """A document that was issued before and is not taken back, or a credit on it."""

    period: Period | None
    """The period that it invoices; the correction of a year invoices none."""
    lines: tuple[BilledLine, ...]
    staffing: Mapping[str, int] | None = None
    """How many staffing facts of each post it counted, where it says so."""
    concedes: bool = False
    """It is a credit by line: what it takes off is given up."""


Before = Callable[[str, int], PostCost]
"""A post's cost by the terms of now, of its first so many staffing facts."""


OfPeriod = Mapping[tuple[str, Period], int]
"""An amount for each post and period, in øre."""


def billed_ore(documents: Iterable[Billed]) -> OfPeriod:
    """Øre billed so far for each post and period.

    Documents, restatements and credits count, whichever document they stand in.
    """
    billed: defaultdict[tuple[str, Period], int] = defaultdict(int)
    for document in documents:
        for line in document.lines:
            own = line.amount_ore - line.restatement_ore
            if document.period is not None:
                billed[line.post, document.period] += own
            for restated in line.restatements:
                billed[line.post, restated.period] += restated.amount_ore
    return billed


def conceded_ore(documents: Iterable[Billed], period: Period | None = None) -> OfPeriod:
    """Øre given up so far for each post and period.

    What was given up of a period that no document stands for, since its own is taken
    back, counts in the one that its first day is invoiced in now, or with ``period``.
    """
    documents = tuple(documents)
    standing = {each.period for each in documents if not each.concedes} | {period}
    conceded: defaultdict[tuple[str, Period], int] = defaultdict(int)
    billed = billed_ore(each for each in documents if each.concedes)
    for (post, given_up), amount_ore in billed.items():
        conceded[post, _invoiced_in(given_up, standing)] -= amount_ore
    return conceded


def _invoiced_in(given_up: Period, standing: Iterable[Period | None]) -> Period:
    """Period in which a period's first day is invoiced; else itself."""
    return next(
        (
            period
            for period in standing
            if period and period.start <= given_up.start <= period.end
        ),
        given_up,
    )


def due_ore(accrued_ore: int, billed_ore: int, conceded_ore: int) -> int:
    """Øre to bill for a post and period in all, credits included.

    A fall is restated to what accrued; a rise to no more than what accrued less
    what was given up. So what was given up is set off against a later fall, and is
    never billed again. What is billed is never more than what accrued, and never
    below zero.

    >>> due_ore(100, 130, 50), due_ore(181, 100, 50), due_ore(0, 0, 181)
    (100, 131, 0)
    """
    if accrued_ore < billed_ore:
        return accrued_ore
    return max(billed_ore, accrued_ore - conceded_ore)


def billed_lines(
    period: Period | None,
    costs: Mapping[str, PostCost],
    earlier: Iterable[Billed],
    before: Before,
) -> tuple[BilledLine, ...]:
    """Lines of a document for ``period``, given what was billed.

    ``earlier`` are the documents of the same agreement and calendar year with their
    credits, in the order of issue. A post that accrued nothing and needs no
    restatement has no line. Without a period there are only restatements.

    What was restated of a period whose document is taken back is taken back too,
    since the period may be invoiced anew in other pieces; for ``period`` itself
    it is set off.
    """
    so_far = _SoFar.of(earlier, period)
    lines = []
    for post in sorted({*costs, *(post for post, _ in so_far.billed)}):
        cost = costs.get(post, PostCost(post, ()))
        restatements = tuple(so_far.restatements(cost, period, before))
        own = so_far.reckon(cost, period) if period is not None else None
        own_ore = own.amount_ore if own is not None else 0
        if own_ore or restatements:
            amount_ore = own_ore + sum(restated.amount_ore for restated in restatements)
            lines.append(BilledLine(post, amount_ore, restatements, own))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class _SoFar:
    """What an agreement was billed for the periods of a calendar year."""

    documents: Sequence[Billed]
    billed: OfPeriod
    conceded: OfPeriod
    standing: frozenset[Period]
    """The periods that are invoiced."""

    @classmethod
    def of(cls, earlier: Iterable[Billed], period: Period | None) -> Self:
        documents = tuple(earlier)
        standing = {each.period for each in documents if each.period is not None}
        billed, conceded = billed_ore(documents), conceded_ore(documents, period)
        return cls(documents, billed, conceded, frozenset(standing))

    def reckon(self, cost: PostCost, period: Period) -> Reckoned:
        """Reckon the amount due for a post and period by its cost as known now."""
        key = cost.post, period
        return Reckoned(
            cost.days_in(period),
            cost.amount_ore(period),
            self.billed.get(key, 0),
            self.conceded.get(key, 0),
        )

    def restatements(
        self, cost: PostCost, but: Period | None, before: Before
    ) -> Iterator[Restatement]:
        """Yield what is due for a post and each other period, and why."""
        periods = {*self.standing, *(period for _, period in self.billed)}
        for period in sorted(periods - {but}):
            stands = period in self.standing
            reckoned = self.reckon(cost if stands else _nothing(cost), period)
            amount_ore, cause = reckoned.amount_ore, BillingCause.CREDIT
            if amount_ore:
                if stands:
                    cause = self._cause(cost.post, period, amount_ore, before)
                yield Restatement(period, amount_ore, cause, reckoned)

    def _cause(
        self, post: str, period: Period, change_ore: int, before: Before
    ) -> BillingCause:
        """Why an amount changes: one step by the agreement, one by staffing.

        Between what was billed and what is due now lies what were due by the terms of
        now with the staffing of then. A step that changes nothing is no cause. So what
        staffing does not explain is the agreement's, whatever changed in it.
        """
        counted = _counted(self.documents, post, period)
        if counted is None:
            return BillingCause.UNKNOWN
        if post not in counted:
            return BillingCause.AGREEMENT
        by_agreement_ore = self.reckon(before(post, counted[post]), period).amount_ore
        if by_agreement_ore == 0:
            return BillingCause.STAFFING
        return (
            BillingCause.AGREEMENT
            if by_agreement_ore == change_ore
            else BillingCause.BOTH
        )


def _nothing(cost: PostCost) -> PostCost:
    return PostCost(cost.post, ())


def _counted(
    documents: Iterable[Billed], post: str, period: Period
) -> Mapping[str, int] | None:
    """Staffing counted by the last document that billed a post for a period.

    The period is invoiced, so there is one.
    """
    counted = [
        document.staffing
        for document in documents
        if not document.concedes
        and (document.period == period or _restates(document, post, period))
    ]
    return counted[-1]


def _restates(document: Billed, post: str, period: Period) -> bool:
    return any(
        line.post == post and any(each.period == period for each in line.restatements)
        for line in document.lines
    )


def vat_ore(net_ore: int, treatment: VatTreatment) -> int:
    """VAT of a document, rounded once on its sum, in øre."""
    return half_away_from_zero(net_ore * treatment.rate_percent, 100)
