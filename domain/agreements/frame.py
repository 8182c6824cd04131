"""The frame of a network: what it may cost, costs and would cost, year by year.

S1-30, S1-34: the frame is per calendar year and includes coordination. S1-34
also asks for a warning where nine tenths are used.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from domain.agreements.accrual import PostCost, VersionTerms, full_staffing
from domain.values import half_away_from_zero

WARNING: Final = Fraction(9, 10)


class Reading(NamedTuple):
    """One agreement's versions: those accepted, and those that still may count."""

    accepted: Collection[VersionTerms]
    not_declined: Collection[VersionTerms]


class Growth(NamedTuple):
    """How costs grow each year after one, as a fraction of the year before."""

    rate: Fraction
    after: int


NO_GROWTH: Final = Growth(Fraction(0), 0)


@dataclass(frozen=True, slots=True)
class FrameYear:
    """One calendar year of a network, in øre."""

    year: int
    frame_ore: int
    coordination_ore: int
    accepted_ore: int
    """Full-staffing cost of accepted versions."""
    reserved_ore: int
    """The dearer reading: with versions that await an answer, where they cost more."""

    @property
    def cost_ore(self) -> int:
        """What counts against the frame."""
        return self.coordination_ore + self.reserved_ore

    @property
    def left_ore(self) -> int:
        """What is left; below zero where the frame is exceeded."""
        return self.frame_ore - self.cost_ore

    @property
    def fits(self) -> bool:
        """Whether the year stays within the frame."""
        return self.left_ore >= 0

    @property
    def is_nearly_used(self) -> bool:
        """Whether nine tenths of the frame or more are used."""
        return self.cost_ore >= WARNING * self.frame_ore


class Budget(NamedTuple):
    """A network's frame and what coordination takes of it, in øre a year."""

    frame_ore: int
    coordination_ore: int


def frame_years(
    budget: Budget,
    years: Iterable[int],
    readings: Sequence[Reading],
    growth: Growth = NO_GROWTH,
) -> list[FrameYear]:
    """Cost of a network's agreements against its frame, year by year.

    Of an agreement the dearer of its two readings counts.
    """
    staffed = [_staffed(reading) for reading in readings]
    return [_year(budget, year, staffed, growth) for year in years]


_Costs = Collection[PostCost]
"""What the posts of one reading of an agreement cost."""


def _staffed(reading: Reading) -> tuple[_Costs, _Costs]:
    """Costs of both readings, which mostly are the same."""
    accepted, not_declined = (list(versions) for versions in reading)
    agreed = full_staffing(accepted).values()
    if not_declined == accepted:
        return agreed, agreed
    return agreed, full_staffing(not_declined).values()


def _year(
    budget: Budget, year: int, staffed: Sequence[tuple[_Costs, _Costs]], growth: Growth
) -> FrameYear:
    grown = (1 + growth.rate) ** max(0, year - growth.after)
    costs = []
    for agreed, reserved in staffed:
        accepted_ore = _cost_ore(agreed, year)
        same = reserved is agreed
        costs.append(
            (accepted_ore, accepted_ore if same else _cost_ore(reserved, year))
        )
    return FrameYear(
        year=year,
        frame_ore=budget.frame_ore,
        coordination_ore=budget.coordination_ore,
        accepted_ore=_grown(sum(accepted for accepted, _ in costs), grown),
        reserved_ore=_grown(sum(max(pair) for pair in costs), grown),
    )


def _grown(amount_ore: int, grown: Fraction) -> int:
    exact = amount_ore * grown
    return half_away_from_zero(exact.numerator, exact.denominator)


def _cost_ore(costs: _Costs, year: int) -> int:
    return sum(cost.year_ore(year) for cost in costs)


def fits_until(years: Sequence[FrameYear]) -> int | None:
    """Last year before the first that does not fit, or None."""
    last = None
    for year in years:
        if not year.fits:
            break
        last = year.year
    return last
