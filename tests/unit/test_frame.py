"""The frame, year by year, with what is thought of and with growing wages."""

from datetime import date
from fractions import Fraction

import pytest

from domain.agreements.accrual import PostTerms, VersionTerms
from domain.agreements.frame import (
    Budget,
    FrameYear,
    Growth,
    Reading,
    fits_until,
    frame_years,
)
from domain.values import KRONE, Vacancy

MILLION = 1_000_000 * KRONE
BUDGET = Budget(2 * MILLION, MILLION)
YEARS = range(2026, 2031)


def terms(
    annual_ore: int, first: int = 2026, last: int = 2030, number: int = 1
) -> VersionTerms:
    """Return a version with one post for some whole years."""
    start, end = date(first, 1, 1), date(last, 12, 31)
    post = PostTerms(start, end, annual_ore)
    return VersionTerms(number, start, start, end, Vacancy.STOP, {"p": post})


def same(version: VersionTerms) -> Reading:
    """Return an agreement whose only version is accepted."""
    return Reading([version], [version])


@pytest.mark.rule("S1-30")
@pytest.mark.rule("S1-34")
def test_each_year_counts_coordination_and_the_dearer_reading() -> None:
    waiting = Reading(
        [terms(200_000_00)], [terms(200_000_00), terms(300_000_00, number=2)]
    )
    cheaper = Reading([terms(400_000_00)], [terms(400_000_00), terms(1_00, number=2)])
    years = frame_years(BUDGET, YEARS, [waiting, cheaper])
    assert [each.year for each in years] == list(YEARS)
    (first, *_) = years
    assert first == FrameYear(2026, 2 * MILLION, MILLION, 600_000_00, 700_000_00)
    assert first.cost_ore == 1_700_000_00
    assert first.left_ore == 300_000_00


@pytest.mark.rule("S1-34")
@pytest.mark.parametrize(
    ("annual_ore", "warned", "fits"),
    [
        (799_999_99, False, True),
        (800_000_00, True, True),
        (MILLION, True, True),
        (MILLION + 1, True, False),
    ],
)
def test_nine_tenths_warn_and_more_than_all_does_not_fit(
    annual_ore: int, warned: bool, fits: bool
) -> None:
    (year,) = frame_years(BUDGET, [2026], [same(terms(annual_ore))])
    assert (year.is_nearly_used, year.fits) == (warned, fits)


def test_wages_grow_from_the_year_after() -> None:
    growth = Growth(Fraction(10, 100), 2026)
    years = frame_years(BUDGET, YEARS, [same(terms(800_000_00))], growth)
    costs = [each.accepted_ore for each in years]
    assert costs[:3] == [800_000_00, 880_000_00, 968_000_00]
    assert costs[3] == 1_064_800_00
    assert fits_until(years) == 2028, "what a controller asks before proposing"


def test_a_year_that_does_not_fit_ends_what_fits() -> None:
    once = same(terms(MILLION + 1, 2027, 2027))
    assert fits_until(frame_years(BUDGET, YEARS, [once])) == 2026
    assert fits_until(frame_years(BUDGET, YEARS, [same(terms(MILLION + 1))])) is None
    assert fits_until([]) is None
