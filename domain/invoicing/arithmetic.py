"""How an amount of a document came about, as the document itself says it."""

from domain.fact import Message
from domain.invoicing.billing import Reckoned
from domain.values import (
    AmountOre,
    CostOre,
    Day,
    Period,
    VersionNumber,
    days_in_year,
)


class AccruedDays(Message):
    """Days on which a post accrued at one cost, in one version of the agreement."""

    starts_on: Day
    ends_on: Day
    days: int
    annual_cost_ore: CostOre
    version: VersionNumber


class Arithmetic(Message):
    """How an amount came about, so that nobody need compute it anew.

    Each day adds a part of the year's cost; the sum from 1 January is rounded once.
    The amount is what was due by that, less what had been billed before.
    """

    days_in_year: int
    days: tuple[AccruedDays, ...]
    accrued_ore: AmountOre
    staffing: int
    """How many facts of the post's staffing were known, the first ones recorded."""
    billed_ore: AmountOre | None = None
    """Billed for the post and period before, credits included; absent if nothing."""
    conceded_ore: AmountOre | None = None
    """Of what had been given up by credit until then; absent if nothing."""


def arithmetic_of(
    reckoned: Reckoned | None, period: Period, staffing: int
) -> Arithmetic | None:
    """How the amount of a period came about, as a document says it."""
    if reckoned is None:
        return None
    return Arithmetic(
        days_in_year=days_in_year(period.start.year),
        days=tuple(
            AccruedDays(
                starts_on=days.period.start,
                ends_on=days.period.end,
                days=days.days,
                annual_cost_ore=days.annual_cost_ore,
                version=days.version,
            )
            for days in reckoned.days
        ),
        accrued_ore=reckoned.accrued_ore,
        staffing=staffing,
        billed_ore=reckoned.billed_ore or None,
        conceded_ore=reckoned.conceded_ore or None,
    )
