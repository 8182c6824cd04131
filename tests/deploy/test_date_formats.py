"""A day is read where a person sees all of it, and no other one."""

from datetime import date

import pytest

from api.words import Language
from deploy.year.lines import CellKind
from deploy.year.number_formats import number_format
from deploy.year.readers import UnreadableCellError, as_day
from deploy.year.telling import cell_reason

WHOLE_DAYS: list[str] = [
    "d.m.yyyy",
    "d.m.yy",
    "d. mmm yy",
    "yyyy-mm-dd",
    "yyyymmdd",
    "ddmmyy",
    "d.m.yyyy hh:mm",
    "d.m.yyyy h:mm:ss.000",
    "d.m.yyyy h:mm AM/PM",
    "yyyy-mm-ddThh:mm:ss",
    'dddd" den "d. mmmm yyyy" kl. "hh:mm',
    "d.m.yyyy;@",
    "[Blue]d.m.yyyy",
    "mmmm d, yyyy",
    "[$-414]d. mmmm yyyy",
    "[$-nb-NO]d. mmmm yyyy",
    "[$-en-US]mmmm d, yyyy",
    "[$-10409]mmmm d, yyyy",
    "[$-101041E]d mmm yy",
    "[$-ar-SA,101]d.m.yyyy",
    "[$-2010401]d.m.yyyy",
    "[$-F800]dddd, mmmm dd, yyyy",
    "[$-x-sysdate]dddd, mmmm dd, yyyy",
]
OTHER_DAYS: list[str] = [
    "mmm yyyy",
    "d. mmm",
    "yyyy",
    "dddd mmmm yyyy",
    "d. mmmmm yyyy",
    "d.yy hh:mm",
    "d.yy [hh]:mm",
    "d.yyyy m:ss",
    "dd.mm.ee",
    "ggge.m.d",
    "d.m.bbbb",
    "d.m.yyyy b",
    "B2d.m.yyyy",
    "B1d.m.yyyy",
    "[$-107041E]d mmm yy",
    "[$-107041E]d mmmm yyyy",
    "[$-41E]d mmmm yyyy",
    "[$-th-TH]d mmmm yyyy",
    "[$-th-TH,D07]d mmmm yyyy",
    "[$-D07041E]d mmmm yyyy",
    "[$-1060401]d mmmm yyyy",
    "[$-1170000]B2d.m.yyyy",
    "[$-401]d.m.yyyy",
    "[$-ar-SA]d.m.yyyy",
    "[$-fa-IR]d.m.yyyy",
    "[$-8040D]d.m.yyyy",
    "[$-F400]d.m.yyyy",
    "[$-x-systime]d.m.yyyy",
    "[$-?]d.m.yyyy",
    "[~buddhist]d.m.yyyy",
    '"uke "d.m.yyyy',
    'd.m.yyyy" (1. kvartal)"',
    '"kvartal "m d.yyyy',
    'd.m."20"yy',
    'd.m.yyyy"5"',
    "d.m.yyyy 0",
    "d.m.yyyy %",
    "d.m.yyyy @",
    "[$kr]d.m.yyyy",
    "m/d/yyyy",
    "mm.dd.yy",
    "yyyy-dd-mm",
    "yy-mm-dd",
    "yy mmm d",
    "dmyyyy",
]


@pytest.mark.parametrize("code", WHOLE_DAYS)
def test_a_day_that_shows_is_that_day(code: str) -> None:
    for value in (46024, 46024.75):
        seen = number_format(code).seen(value, from_1904=False)
        assert (seen.kind, seen.text, seen.fault) == (CellKind.DAY, "2026-01-02", "")


@pytest.mark.parametrize("code", OTHER_DAYS)
def test_what_shows_no_day_or_another_is_refused_as_it_shows(code: str) -> None:
    seen = number_format(code).seen(46024, from_1904=False)
    assert (seen.text, seen.fault) == (f"2026-01-02 ({code})", "formatted")
    assert number_format(code).seen_day(date(2026, 1, 2)) == seen


@pytest.mark.parametrize(
    ("code", "value", "from_1904", "shown"),
    [
        ("d.m.yy", 17000, False, "1946-07-17 (d.m.yy)"),
        ("d.m.yy", 55000, False, "2050-07-31 (d.m.yy)"),
        ("d.m.yyyy", 46023.999999, False, "46023.999999"),
        ("d.m.yyyy", 2_958_000, True, "2958000"),
        ("d.m.yyyy", 60, False, "60"),
        ("h:mm", 1.5, False, "1.5"),
        ("[h]:mm", 30, False, "30"),
    ],
)
def test_a_number_that_may_be_another_day_is_refused(
    code: str, value: float, shown: str, *, from_1904: bool
) -> None:
    seen = number_format(code).seen(value, from_1904=from_1904)
    assert (seen.text, seen.fault) == (shown, "formatted")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("31.06.2026", "Dato finnes ikke: juni 2026 har 30 dager."),
        ("2026-02-29", "Dato finnes ikke: februar 2026 har 28 dager."),
        ("31. april 2026", "Dato finnes ikke: april 2026 har 30 dager."),
        ("31.13.2026", "Dato er ikke en dag skrevet"),
        ("0.06.2026", "Dato er ikke en dag skrevet"),
        ("31.06.0000", "Dato er ikke en dag skrevet"),
    ],
)
def test_a_day_after_the_last_of_its_month_is_told_how_many_there_are(
    text: str, reason: str
) -> None:
    with pytest.raises(UnreadableCellError) as raised:
        as_day(text)
    values = {**raised.value.values, "column": "Dato"}
    assert cell_reason(Language.NB, raised.value.key, values).startswith(reason)
