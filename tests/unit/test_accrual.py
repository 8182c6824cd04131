"""Accrual against a day-by-day count in fractions, and its properties."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.accrual import (
    PostTerms,
    StaffingChange,
    VersionTerms,
    filled,
    full_staffing,
    in_force,
    last_in_force,
    post_costs,
)
from domain.values import Frequency, Period, Vacancy, add_months, days_in_year

FIRST, LAST = date(2023, 6, 1), date(2025, 9, 30)
days = st.dates(FIRST, LAST)


@st.composite
def versions(draw: st.DrawFn) -> list[VersionTerms]:
    """Draw up to four versions of an agreement with up to two posts."""
    numbers = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4, unique=True))
    return [
        VersionTerms(
            number,
            draw(days),
            draw(days),
            draw(days),
            draw(st.sampled_from(Vacancy)),
            {
                name: PostTerms(draw(days), draw(days), draw(st.integers(0, 10**8)))
                for name in draw(st.sets(st.sampled_from(["a", "b"])))
            },
        )
        for number in numbers
    ]


changes = st.lists(st.builds(StaffingChange, days, st.booleans()), max_size=6)


def governing(terms: Sequence[VersionTerms], day: date) -> VersionTerms | None:
    """Return the version in force on a day, as the contract says it in words."""
    begun = [each for each in terms if each.effective_from <= day]
    if not begun:
        return None
    highest = max(begun, key=lambda each: each.version)
    return highest if highest.starts_on <= day <= highest.ends_on else None


def is_filled(recorded: Sequence[StaffingChange], day: date) -> bool:
    """Say whether a post is filled on a day, as the contract says it in words."""
    begun = [each for each in recorded if each.effective_on <= day]
    if not begun:
        return False
    last_day = max(each.effective_on for each in begun)
    return [each for each in begun if each.effective_on == last_day][-1].filled


def counted(
    terms: Sequence[VersionTerms],
    recorded: Sequence[StaffingChange] | None,
    post: str,
    until: date,
) -> int:
    """Return what accrued from 1 January, added up day by day; halves away from zero."""
    total = Fraction(0)
    day = date(until.year, 1, 1)
    while day <= until:
        version = governing(terms, day)
        agreed = version.posts.get(post) if version else None
        if version and agreed and agreed.starts_on <= day <= agreed.ends_on:
            pays = recorded is None or version.vacancy is Vacancy.PAY
            if pays or is_filled(recorded or (), day):
                total += Fraction(agreed.annual_cost_ore, days_in_year(day.year))
        day += timedelta(days=1)
    return int(total + Fraction(1, 2))


@given(versions(), changes, st.sampled_from(["a", "b"]), days)
def test_accrual_is_the_count_of_days(
    terms: list[VersionTerms], recorded: list[StaffingChange], post: str, until: date
) -> None:
    costs = post_costs(terms, {post: recorded})
    if post in costs:
        assert costs[post].accrued_ore(until) == counted(terms, recorded, post, until)
        full = full_staffing(terms)[post]
        assert full.accrued_ore(until) == counted(terms, None, post, until)


@given(
    versions(), changes, st.sampled_from(Frequency), st.sampled_from([2023, 2024, 2025])
)
def test_periods_add_up_to_the_year(
    terms: list[VersionTerms],
    recorded: list[StaffingChange],
    frequency: Frequency,
    year: int,
) -> None:
    for cost in post_costs(terms, {"a": recorded, "b": recorded}).values():
        months = frequency.months
        starts = [date(year, month, 1) for month in range(1, 13, months)]
        periods = [
            Period(start, add_months(start, months) - timedelta(days=1))
            for start in starts
        ]
        assert sum(map(cost.amount_ore, periods)) == cost.year_ore(year)


@given(versions(), days)
def test_the_version_in_force_is_the_highest_that_has_begun(
    terms: list[VersionTerms], day: date
) -> None:
    spans = in_force(terms)
    found = [
        each.terms for each in spans if each.period.start <= day <= each.period.end
    ]
    expected = governing(terms, day)
    assert found == ([] if expected is None else [expected])
    assert spans == sorted(spans, key=lambda each: each.period)


@given(versions(), days)
def test_the_last_version_in_force_is_found_by_looking_back(
    terms: list[VersionTerms], day: date
) -> None:
    expected, back = governing(terms, day), day
    while expected is None and back > FIRST:
        back -= timedelta(days=1)
        expected = governing(terms, back)
    assert last_in_force(terms, day) == expected


@given(changes, days)
def test_a_post_is_filled_as_its_changes_say(
    recorded: list[StaffingChange], day: date
) -> None:
    spans = filled(recorded)
    assert any(span.start <= day <= span.end for span in spans) == is_filled(
        recorded, day
    )


@pytest.mark.parametrize(("year", "expected"), [(2026, 10000), (2028, 9973)])
def test_a_leap_year_has_cheaper_days(year: int, expected: int) -> None:
    posts = {"a": PostTerms(date(2020, 1, 1), date(2030, 1, 1), 365_000)}
    terms = VersionTerms(
        1,
        date(2020, 1, 1),
        date(2020, 1, 1),
        date(2030, 1, 1),
        Vacancy.PAY,
        posts,
    )
    assert post_costs([terms], {})["a"].accrued_ore(date(year, 1, 10)) == expected
