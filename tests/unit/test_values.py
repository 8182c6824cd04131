"""Values: money, percentages, periods, numbers and instants."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.texts import as_recorded
from domain.values import (
    AccountText,
    BankReference,
    FreeLongText,
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
    last_of_years,
    parse_instant,
    parse_kroner,
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
    assert last_of_years(date(2025, 1, 1), 5) == date(2029, 12, 31)
    assert last_of_years(date(2024, 2, 29), 5) == date(2029, 2, 27)


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
        *(
            "13_09_72_48022",
            "130972  -  48022",
            "1 3 0 9 7 2 4 8 0 2 2",
            "130972:48022",
        ),
        *(
            "13-09-72--48022",
            "1.3.0.9.7.2.4.8.0.2.2",
            "(130972) 48022",
            "130972,\u200348022",
        ),
        *(
            "130972\u00ad48022",
            "1309\u200b7248022",
            "1\u20603\ufeff097248022",
            "13097\u034f248022",
        ),
        *(
            "\uff11\uff13\uff10\uff19\uff17\uff12\uff14\uff18\uff10\uff12\uff12",
            "\u0661\u0663\u0660\u0669\u0667\u0662\u0664\u0668\u0660\u0662\u0662",
        ),
        *(
            "\u0967\u0969\u0966\u096f\u096d\u0968\u096a\u096e\u0966\u0968\u0968",
            "\U0001d7cf\U0001d7d1\U0001d7ce97248022",
        ),
        *("13.09.1972-48022", "13091972 48022", "1972-09-13 48022", "1972091348022"),
        *("13.09.1972-480-22", "13/9 1972: 13 09 1972 48022"),
        *("\u2460\u2462097248022", "1\u03013\u0301097248022", "130972\u2e3148022"),
    ],
)
def test_a_national_identity_number_in_a_text_is_refused(number: str) -> None:
    with pytest.raises(ValidationError, match="personal_data") as caught:
        TypeAdapter(FreeText).validate_python(f"Call {number} today")
    assert number not in str([each["msg"] for each in caught.value.errors()])


@pytest.mark.law(8)
@pytest.mark.parametrize(
    "number",
    [
        *("55076500044", "53097230281"),  # D-numbers
        "13497230009",  # an H-number
        *("13897230091", "53897230085"),  # synthetic
        "01013550022",  # of somebody who will be born in 2035
    ],
)
def test_the_other_kinds_of_identity_number_are_found_too(number: str) -> None:
    with pytest.raises(ValidationError, match="personal_data"):
        TypeAdapter(NewName).validate_python(number)


def test_eleven_digits_that_are_no_identity_number_are_text() -> None:
    for text in (
        "Account 1234 56 78901, case 2023/1473",
        "Avtale 130972-48023 fra 01.01.2026 til 31.12.2026",
        "130972 kroner og 48022 kroner",
        "KID 0013097248022",
        "130972480221",
        "13937230170",  # no month 93
        "31927230034",
        "13897230092",
        "1309217248022",  # in the year 2172
        "13.09.1972 kl. 48022",
        "13.09.1972-48023",
    ):
        assert TypeAdapter(FreeText).validate_python(text) == text


@pytest.mark.law(8)
@pytest.mark.parametrize(
    "number",
    [
        *("13a09b72c48022", "1a3b0c9d7e2f4g8h0i2j2", "130972x48022", "nr13a0972x48022"),
        *("13.09.72x480-22", "13x09x1972x48022", "13\u00e609\u00f87248022"),
        *("nr13097248022", "fnr.13097248022b", "013097248022", "nr013097248022"),
        *("13.09.72, personnummer 48022", "130972 (pnr.) 48022", "13 09 72 pnr:48022"),
        *(
            "13.09.1972 personnr. 48022",
            "130972 D-nr 48022",
            "130972, F\u00f8dselsnr 48022",
        ),
        *("1309 fnr 72 pnr 48022", "013097248022 KID"),
    ],
)
def test_a_text_hides_no_identity_number_that_its_reader_sees(number: str) -> None:
    with pytest.raises(ValidationError, match="personal_data"):
        TypeAdapter(FreeText).validate_python(f"Call {number} today")


@pytest.mark.parametrize(
    "text",
    [
        "13a09b72 c48022",  # two words
        "13.09.72-sak-48022",
        "13.09.72 faktura nr 48022",
        "130972 nr. 48022",
        "130972 per 48022",
        "130972 x 48022",
        "4713097248022",
        "0013097248022",
        "KID 013097248022",
        "kid: 013097248022",
        "Org.nr. 983974724, konto 8601.11.17947, IBAN NO93 8601 1117 947",
        "Faktura 2026-0001-12 av 01.07.2026, KID 260000000104",
        "550e8400-e29b-41d4-a716-446655440000",
        "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d",
        "3097248022",  # without its first nought, or a telephone
        "13O97248O22",
    ],
)
def test_other_numbers_are_text(text: str) -> None:
    assert TypeAdapter(FreeText).validate_python(text) == text


def test_a_name_or_an_account_has_other_digits_than_a_person() -> None:
    for name in ("013097248022", "130972x48022"):
        assert TypeAdapter(NewName).validate_python(name) == name
    # An account passes the second check digit of an identity number, always.
    assert TypeAdapter(AccountText).validate_python("13097248022") == "13097248022"


@pytest.mark.parametrize(
    "text", ["13.09.1972-48022", "13897230091", "01013550022", "13a09b72c48022"]
)
def test_what_was_once_taken_stays_taken(text: str) -> None:
    with as_recorded():
        assert TypeAdapter(FreeText).validate_python(text) == text
        with pytest.raises(ValidationError, match="personal_data"):
            TypeAdapter(FreeText).validate_python("130972 48022")
    with pytest.raises(ValidationError, match="personal_data"):
        TypeAdapter(FreeText).validate_python(text)


KINDS = [FreeText, FreeLongText, NewName]
CONTROLS = [
    *("\x00", "\x1b", "\x7f", "\x85", "\x9f", "\t", "\r", "\u2028", "\u2029", "\u061c"),
    *("\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"),
]


@pytest.mark.parametrize("kind", KINDS, ids=["text", "paragraphs", "name"])
@pytest.mark.parametrize("character", CONTROLS)
def test_what_controls_how_a_text_is_shown_cannot_stand_in_it(
    kind: Any, character: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(f"ab{character}c")
    (error,) = caught.value.errors()
    assert error["type"] == "control_character"
    assert error["ctx"] == {"place": 3, "character": f"U+{ord(character):04X}"}


def test_paragraphs_have_lines_and_a_text_has_one() -> None:
    assert TypeAdapter(FreeLongText).validate_python("a\r\nb\nc") == "a\nb\nc"
    for kind in (FreeText, NewName):
        with pytest.raises(ValidationError, match="string_pattern_mismatch"):
            TypeAdapter(kind).validate_python("a\nb")
    for kind in (FreeText, FreeLongText, NewName):
        with pytest.raises(ValidationError, match="string_type"):
            TypeAdapter(kind).validate_python(1)


@pytest.mark.parametrize("kind", KINDS, ids=["text", "paragraphs", "name"])
def test_a_text_is_kept_composed_and_no_longer_than_it_may_be(kind: Any) -> None:
    assert (
        TypeAdapter(kind).validate_python("A\u030as og \u2126") == "\u00c5s og \u03a9"
    )
    if kind is not NewName:
        assert TypeAdapter(kind).validate_python("\u200d\u00ad") == "\u200d\u00ad"
    else:
        with pytest.raises(ValidationError, match="string_too_long"):
            TypeAdapter(kind).validate_python("\ufb1d" * 41)
        assert TypeAdapter(kind).validate_python("a\u030a" * 80) == "\u00e5" * 80


@pytest.mark.parametrize("name", ["", " ", "a:b", "a/b", "a\nb", "x" * 81])
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


INVISIBLE = [
    *("\u00a0", "\u00ad", "\u034f", "\u115f", "\u1680", "\u180e", "\u2003", "\u200b"),
    *("\u200d", "\u202f", "\u2060", "\u2064", "\u2800", "\u3000", "\u3164", "\ufe0f"),
    *("\ufeff", "\uffa0", "\U000e0041", "\U000e0100"),
]


@pytest.mark.parametrize("character", INVISIBLE, ids=ascii)
def test_what_nobody_sees_cannot_stand_in_a_name(character: str) -> None:
    kinds = [BankReference] if character in BLANKS else [BankReference, NewName]
    names = (f"m{character}s", f"{character}ms", f"ms{character}")
    for kind, name in product(kinds, names):
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(kind).validate_python(name)
        (error,) = caught.value.errors()
        if character.isspace() and name != f"m{character}s":
            assert error["type"] == "string_pattern_mismatch"
        else:
            assert error["type"] == "control_character"
            assert error["ctx"] == {
                "place": name.index(character) + 1,
                "character": f"U+{ord(character):04X}",
            }


BLANKS = [" ", "\u00a0", "\u1680", "\u2003", "\u2009", "\u202f", "\u205f", "\u3000"]


@pytest.mark.parametrize("blank", BLANKS, ids=ascii)
def test_names_that_differ_in_blanks_alone_are_one(blank: str) -> None:
    name = TypeAdapter(NewName)
    for given_name in (
        f"ms{blank}ous 2",
        f"ms{blank}{blank}ous 2",
        f"ms {blank} ous{blank}2",
        f"{blank}ms ous 2",
        f"ms ous 2{blank} ",
    ):
        assert name.validate_python(given_name) == "ms ous 2"
    for nothing in (blank, blank * 3):
        with pytest.raises(ValidationError):
            name.validate_python(nothing)


def test_what_was_recorded_keeps_its_blanks_and_a_banks_reference_does() -> None:
    with as_recorded():
        assert TypeAdapter(NewName).validate_python("ms  ous") == "ms  ous"
        with pytest.raises(ValidationError):
            TypeAdapter(NewName).validate_python(" ms")
    assert TypeAdapter(BankReference).validate_python("A  1") == "A  1"
    for number in (1, None):
        with pytest.raises(ValidationError):
            TypeAdapter(NewName).validate_python(number)


def test_a_name_is_what_people_write() -> None:
    for name in ("ms", "Ringebu-Åmot nr. 2", "...", ".a", "ДПС", "ms 2", "Čáhput"):
        assert TypeAdapter(NewName).validate_python(name) == name
    for name in (".", ".."):
        with pytest.raises(ValidationError, match="is no name"):
            TypeAdapter(NewName).validate_python(name)


def test_a_text_may_hold_what_its_writer_pasted() -> None:
    """It names nothing: of a text only what misleads who reads it is refused."""
    text = "sam\u00adarbeid\u00a01\u200b \u2764\ufe0f"
    assert TypeAdapter(FreeText).validate_python(text) == text
