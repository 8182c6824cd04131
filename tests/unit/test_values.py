"""Values: money, percentages, periods, numbers and instants."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.values import (
    FreeText,
    Frequency,
    NewName,
    Period,
    WrittenPercent,
    add_months,
    business_day,
    half_away_from_zero,
    instant_text,
    is_organisation_number,
    parse_instant,
    parse_kroner,
    years_later,
)


@given(st.integers(-(10**14), 10**14), st.integers(1, 10**6))
def test_rounding_is_to_the_nearest_and_halves_go_away_from_zero(
    numerator: int, denominator: int
) -> None:
    exact = Fraction(numerator, denominator)
    rounded = half_away_from_zero(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    assert half_away_from_zero(-numerator, denominator) == -rounded
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


def test_rounding_by_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="positive"):
        half_away_from_zero(1, 0)


@given(st.integers(-(10**12), 10**12))
def test_kroner_are_read_to_the_ore(amount_ore: int) -> None:
    sign = "-" if amount_ore < 0 else ""
    text = f"{sign}{abs(amount_ore) // 100}.{abs(amount_ore) % 100:02d}"
    assert parse_kroner(text) == amount_ore


@pytest.mark.parametrize(
    "text", ["", "1,50", "1.005", "1 000", "abc", "1e3", ".5", "١"]
)
def test_what_is_not_kroner_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="kroner"):
        parse_kroner(text)


@pytest.mark.parametrize(
    ("frequency", "periods"),
    [
        (Frequency.YEARLY, 1),
        (Frequency.HALF_YEARLY, 2),
        (Frequency.TERTIAL, 3),
        (Frequency.QUARTERLY, 4),
        (Frequency.MONTHLY, 12),
    ],
)
@pytest.mark.parametrize("year", [2026, 2028])
def test_a_year_has_whole_periods_of_each_frequency(
    frequency: Frequency, periods: int, year: int
) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    ends = [day for day in days if day.year == year]
    whole = [
        Period(start, end)
        for start in ends
        for end in ends
        if start.day == 1
        and (end + timedelta(days=1)).day == 1
        and Period(start, end).is_whole(frequency)
    ]
    assert len(whole) == periods
    assert sum((p.end - p.start).days + 1 for p in whole) == len(ends)


def test_periods_that_share_a_day_overlap_and_a_period_covers_itself() -> None:
    first = Period(date(2026, 1, 1), date(2026, 6, 30))
    second = Period(date(2026, 6, 30), date(2026, 7, 31))
    assert first.overlaps(second)
    assert first.covers(first)
    assert not first.covers(second)


def test_months_and_years_are_counted_on_the_calendar() -> None:
    assert add_months(date(2026, 11, 1), 3) == date(2027, 2, 1)
    assert years_later(date(2025, 1, 1), 5) == date(2030, 1, 1)
    assert years_later(date(2024, 2, 29), 5) == date(2029, 3, 1)


def test_organisation_numbers_pass_modulus_11() -> None:
    assert is_organisation_number("983974724")
    for wrong in (
        "983974725",
        "98397472",
        "983 974 724",
        "９８３974724",
        "abcdefghi",
        "",
    ):
        assert not is_organisation_number(wrong)


def test_the_business_day_is_norways() -> None:
    assert business_day(datetime(2026, 6, 30, 21, 59, tzinfo=UTC)) == date(2026, 6, 30)
    assert business_day(datetime(2026, 6, 30, 22, 0, tzinfo=UTC)) == date(2026, 7, 1)
    assert business_day(datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == date(2027, 1, 1)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2199, 1, 1)))  # noqa: DTZ001
def test_instants_are_text_that_sorts_like_time(moment: datetime) -> None:
    instant = moment.replace(tzinfo=UTC)
    text = instant_text(instant)
    assert parse_instant(text) == instant
    assert text < instant_text(instant + timedelta(microseconds=1))


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01T00:00:00Z", "", "x" * 27])
def test_other_writings_of_an_instant_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="instant"):
        parse_instant(text)


@pytest.mark.law(8)
@pytest.mark.parametrize(
    "number",
    [
        *("13097248022", "130972 48022", "130972-48022", "130972\u00a048022"),
        *("130972\u201348022", "13.09.72 48022", "13/09/72-48022", "130972 480 22"),
    ],
)
def test_a_national_identity_number_in_a_text_is_refused(number: str) -> None:
    with pytest.raises(ValidationError, match="personal_data") as caught:
        TypeAdapter(FreeText).validate_python(f"Call {number} today")
    assert number not in str([each["msg"] for each in caught.value.errors()])


def test_eleven_digits_that_are_no_identity_number_are_text() -> None:
    for text in (
        "Account 1234 56 78901, case 2023/1473",
        "Avtale 130972-48023 fra 01.01.2026 til 31.12.2026",
    ):
        assert TypeAdapter(FreeText).validate_python(text) == text


@pytest.mark.parametrize("name", ["", " ms", "ms ", "a:b", "a/b", "a\nb", "x" * 81])
def test_names_that_cannot_stand_in_an_id_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(NewName).validate_python(name)


def test_names_may_be_norwegian() -> None:
    for name in ("ms-ous", "Ørsta 2", "a", "ås.kirurgi_1"):
        assert TypeAdapter(NewName).validate_python(name) == name


def test_percentages_have_two_decimals() -> None:
    percent = TypeAdapter(WrittenPercent)
    assert percent.validate_python("20") == "20.00"
    assert percent.validate_python("12.5") == "12.50"
    for wrong in ("12.345", "abc", "-5", "1e1", "20,0"):
        with pytest.raises(ValidationError):
            percent.validate_python(wrong)
