"""What may be billed for a period, and what earlier periods are restated by.

Every øre that is billed belongs to one post and one period (S1-14). Source:
``README.md`` of this folder, "What may be invoiced".
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from domain.agreements.accrual import PostCost
from domain.values import Period, VatTreatment, half_away_from_zero


class Cause(StrEnum):
    """Why a period that was billed before is restated."""

    STAFFING = "staffing"
    AGREEMENT = "agreement"
    BOTH = "both"
    CREDIT = "credit"
    """The document of the period was credited, and nothing stands for it now."""
    UNKNOWN = "unknown"
    """The documents before do not say what they counted."""


@dataclass(frozen=True, slots=True)
class Restatement:
    """The correction of one period that was billed before."""

    period: Period
    amount_ore: int
    cause: Cause = Cause.UNKNOWN


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
    """A document that was issued before and is not taken back."""

    period: Period | None
    """The period that it invoices; the correction of a year invoices none."""
    lines: tuple[Line, ...]
    staffing: Mapping[str, int] | None = None
    """How many staffing facts of each post it counted, where it says so."""


Before = Callable[[str, int], PostCost]
"""A post's cost by the terms of now, of its first so many staffing facts."""


def billed_ore(documents: Iterable[Billed]) -> Mapping[tuple[str, Period], int]:
    """Return what has been billed so far for each post and period, in øre."""
    billed: defaultdict[tuple[str, Period], int] = defaultdict(int)
    for document in documents:
        for line in document.lines:
            own = line.amount_ore - line.restatement_ore
            if document.period is not None:
                billed[line.post, document.period] += own
            for restated in line.restatements:
                billed[line.post, restated.period] += restated.amount_ore
    return billed


def lines_of(
    period: Period | None,
    costs: Mapping[str, PostCost],
    earlier: Iterable[Billed],
    before: Before | None = None,
) -> tuple[Line, ...]:
    """Return the lines of a document for ``period``, given what was billed.

    ``earlier`` are the documents of the same agreement and calendar year, in the
    order of issue. A post that accrued nothing and needs no restatement has no
    line. Without a period there are only restatements.

    What was restated of a period whose document is taken back is taken back too,
    since the period may be invoiced anew in other pieces; for ``period`` itself
    it is set off.
    """
    documents = tuple(earlier)
    billed = billed_ore(documents)
    standing = {each.period for each in documents if each.period is not None}
    posts = sorted({*costs, *(post for post, _ in billed)})
    periods = sorted({*standing, *(of for _, of in billed)} - {period})
    lines = []
    for post in posts:
        cost = costs.get(post, PostCost(post, ()))
        restatements = []
        for restated in periods:
            was_ore = billed.get((post, restated), 0)
            now_ore = cost.amount_ore(restated) if restated in standing else 0
            if was_ore == now_ore:
                continue
            cause = Cause.CREDIT
            if restated in standing:
                told = _counted(documents, post, restated)
                cause = _cause(_Change(post, restated, was_ore, now_ore), told, before)
            restatements.append(Restatement(restated, now_ore - was_ore, cause))
        own = 0
        if period is not None:
            own = cost.amount_ore(period) - billed.get((post, period), 0)
        if own or restatements:
            amount = own + sum(each.amount_ore for each in restatements)
            lines.append(Line(post, amount, tuple(restatements)))
    return tuple(lines)


class _Change(NamedTuple):
    """What a period was billed, and what it would be now."""

    post: str
    period: Period
    was_ore: int
    now_ore: int


def _counted(
    documents: Iterable[Billed], post: str, period: Period
) -> Mapping[str, int] | None:
    """Return what the last document that billed a post for a period had counted."""
    told: Mapping[str, int] | None = None
    for document in documents:
        restates = any(
            line.post == post
            and any(each.period == period for each in line.restatements)
            for line in document.lines
        )
        if restates or document.period == period:
            told = document.staffing
    return told


def _cause(
    change: _Change, counted: Mapping[str, int] | None, before: Before | None
) -> Cause:
    """Return why an amount has changed: one step by the agreement, one by staffing.

    Between what was billed and what would be now lies what the terms of now cost
    with the staffing of then. A step that changes nothing is no cause. So what
    staffing does not explain is the agreement's, whatever changed in it.
    """
    if counted is None or before is None:
        return Cause.UNKNOWN
    if change.post not in counted:
        return Cause.AGREEMENT
    then = before(change.post, counted[change.post]).amount_ore(change.period)
    if then == change.was_ore:
        return Cause.STAFFING
    return Cause.AGREEMENT if then == change.now_ore else Cause.BOTH


def vat_ore(net_ore: int, treatment: VatTreatment) -> int:
    """Return the VAT of a document, rounded once on its sum, in øre."""
    return half_away_from_zero(net_ore * treatment.rate_percent, 100)
