"""Values to their bounds, and what is said of those beyond them, whole."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from domain.catalogue import (
    COMMANDS,
    BrokenFactError,
    UnknownFactError,
    decode,
    stream_kind,
)
from domain.decisions import decide
from domain.fact import Message, canonical
from domain.history import Asked, Decision, EntryPlace, RecordedFact, Stream
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.day import DayConfirmed
from domain.payments.matching import Direction
from domain.payments.telling import BookedEntry, ImportBankEntries
from domain.person import person
from domain.refusal import Code, Refusal
from domain.values import (
    FreeText,
    Frequency,
    GrowthFactor,
    NewName,
    Period,
    Region,
    WrittenPercent,
    add_months,
    day_after,
    day_before,
    day_end,
    days_in_year,
    half_away_from_zero,
    instant_text,
    is_name,
    is_organisation_number,
    last_of_years,
    months_later,
    not_before,
    parse_instant,
    parse_kroner,
)
from tests.support.examples import OSLO
from tests.support.scenario import Scenario

JUNE: Final = Period(date(2026, 6, 1), date(2026, 6, 30))


@pytest.mark.parametrize(
    ("text", "amount_ore"),
    [
        ("0", 0),
        ("1.5", 1_50),
        ("1.05", 1_05),
        ("-0.01", -1),
        ("-12", -12_00),
        ("1234567890123", 1234567890123_00),
    ],
)
def test_kroner_are_read_as_ore(text: str, amount_ore: int) -> None:
    assert parse_kroner(text) == amount_ore


def said(kind: Any, value: object) -> str:
    """Return what is wrong with a value."""
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    (error,) = caught.value.errors()
    return error["msg"]


def test_what_is_wrong_is_said_in_so_many_words() -> None:
    percent = "Value error, not a percentage with at most two decimals"
    for wrong in ("1000", "1.234", "", "x1", "1x"):
        assert said(WrittenPercent, wrong) == percent
    factor = "Value error, not a factor above 0 and below 10 with at most six decimals"
    for wrong in ("0", "0.000000", "10", "1.0000001", "x1", ""):
        assert said(GrowthFactor, wrong) == factor
    assert said(FreeText, "13097248022") == "holds a national identity number"
    assert said(FreeText, "ab\u200ec") == "character 3 is U+200E"
    assert said(FreeText, "\x00") == "character 1 is U+0000"
    for function, arguments, message in (
        (parse_kroner, ("1234567890123.123",), "not an amount in kroner with at most"),
        (parse_kroner, ("12345678901234",), "not an amount in kroner with at most"),
        (parse_instant, ("x",), "not an instant in UTC with microseconds"),
        (half_away_from_zero, (1, 0), "the denominator must be positive"),
    ):
        with pytest.raises(ValueError, match=rf"^{message}") as caught:
            function(*arguments)
        assert not str(caught.value).endswith("X")


def test_percentages_and_factors_are_taken_to_their_bounds() -> None:
    percent, factor = TypeAdapter(WrittenPercent), TypeAdapter(GrowthFactor)
    for written, kept in (("999.99", "999.99"), ("0", "0.00"), ("100.5", "100.50")):
        assert percent.validate_python(written) == kept
    for written in ("0.000001", "9.999999", "1"):
        assert factor.validate_python(written) == written


def test_a_last_day_does_not_come_before_the_first() -> None:
    class Term(Message):
        first: date | None = None
        last: Annotated[date | None, not_before("first")] = None

    first, before = date(2026, 1, 2), date(2026, 1, 1)
    assert Term(first=first, last=first).last == first
    assert Term(first=first).last is None
    assert Term(last=before).last == before
    assert Term(first=first, last=None).last is None
    with pytest.raises(ValidationError) as caught:
        Term(first=first, last=before)
    (error,) = caught.value.errors()
    assert (error["loc"], error["msg"]) == (
        ("last",),
        "Value error, comes before first",
    )


def test_days_are_counted_on_the_calendar() -> None:
    assert [days_in_year(year) for year in (2026, 2028, 1900)] == [365, 366, 365]
    assert day_before(date(2026, 3, 1)) == date(2026, 2, 28)
    assert day_after(date(2026, 2, 28)) == date(2026, 3, 1)
    assert add_months(date(2026, 12, 1), 1) == date(2027, 1, 1)
    assert add_months(date(2026, 1, 1), -1) == date(2025, 12, 1)
    assert add_months(date(2026, 1, 1), 11) == date(2026, 12, 1)
    assert last_of_years(date(2024, 2, 29), 4) == date(2028, 2, 28)
    for day, months, later in (
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 28), 1, date(2026, 2, 28)),
        (date(2026, 3, 31), 1, date(2026, 4, 30)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2026, 2, 28), 1, date(2026, 3, 28)),
        (date(2026, 5, 1), 0, date(2026, 5, 1)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ):
        assert months_later(day, months) == later


def test_a_day_ends_at_midnight_in_norway() -> None:
    end = day_end(date(2026, 7, 1))
    assert instant_text(end) == "2026-07-01T21:59:59.999999Z"
    assert parse_instant("2026-07-01T21:59:59.999999Z") == end
    assert instant_text(datetime(2026, 1, 1, tzinfo=UTC)) == (
        "2026-01-01T00:00:00.000000Z"
    )
    for wrong in ("2026-07-01T21:59:59.999999z", "2026-07-01T21:59:59.9999990Z"):
        with pytest.raises(ValueError, match=r"instant"):
            parse_instant(wrong)


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine's own time be that of New Zealand."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_away")
def test_an_instant_is_written_in_utc_wherever_the_machine_stands() -> None:
    end = day_end(date(2026, 7, 1))
    assert instant_text(end) == "2026-07-01T21:59:59.999999Z"


def test_periods_are_compared_day_by_day() -> None:
    start, end = JUNE
    for other, covers, overlaps in (
        (JUNE, True, True),
        (Period(day_before(start), end), False, True),
        (Period(start, day_after(end)), False, True),
        (Period(day_after(start), day_before(end)), True, True),
        (Period(end, day_after(end)), False, True),
        (Period(day_before(start), start), False, True),
        (Period(day_after(end), day_after(end)), False, False),
        (Period(day_before(start), day_before(start)), False, False),
    ):
        assert JUNE.covers(other) is covers
        assert JUNE.overlaps(other) is overlaps
    for frequency, whole in (
        (Frequency.MONTHLY, True),
        (Frequency.QUARTERLY, False),
        (Frequency.YEARLY, False),
    ):
        assert JUNE.is_whole(frequency) is whole
    assert not Period(start, day_before(end)).is_whole(Frequency.MONTHLY)
    assert not Period(day_after(start), date(2026, 7, 1)).is_whole(Frequency.MONTHLY)
    assert not Period(date(2026, 5, 1), date(2026, 7, 31)).is_whole(Frequency.QUARTERLY)


def test_names_and_numbers_are_told_from_what_is_none() -> None:
    for name in ("a", "x" * 80, "a b", "Ørsta"):
        assert is_name(name)
        assert TypeAdapter(NewName).validate_python(name) == name
    for name in ("", "x" * 81, "a:b", "a/b", " a", "a ", "a\n"):
        assert not is_name(name)
    assert is_organisation_number(OSLO)
    assert not is_organisation_number(f"{OSLO[:3]} {OSLO[3:6]}{OSLO[6:]}")
    assert not is_organisation_number(f"{OSLO[:8]}\uff19")


def test_a_person_is_known_by_what_is_seen() -> None:
    assert person("Ka\u0301ri\tBERG\u00ad \u2000x") == "k\u00e1ri berg x"
    assert person("Stra\u00dfe") == "strasse"
    assert person("\u3164") == ""


def test_what_is_not_known_or_not_whole_is_named_without_its_data() -> None:
    for name in ("payment.registered.v9", "nothing"):
        with pytest.raises(UnknownFactError) as unknown:
            decode(name, b"{}")
        assert unknown.value.args == (name,)
        assert stream_kind(name) is None
    assert stream_kind("invoice.issued.v1") == "invoices"
    assert stream_kind("payment.registered.v1") == "payments"
    for data, told in (
        (b"{", "invoice.issued.v1: JSONDecodeError"),
        (b"[]", "invoice.issued.v1: TypeError"),
        (b"{}", "invoice.issued.v1: KeyError"),
    ):
        with pytest.raises(BrokenFactError) as broken:
            decode("invoice.issued.v1", data)
        assert str(broken.value) == told
    with pytest.raises(BrokenFactError) as several:
        decode("region.day_confirmed.v1", b'{"x":{"y":1}}')
    assert str(several.value) == "region.day_confirmed.v1: day, region, x"


NOON: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)


def recorded(origin: str, epoch: int, position: int, **seen: Any) -> RecordedFact:
    """Return an entry of a region's log."""
    region = Region(origin)
    fact = DayConfirmed(region=region, day=date(2026, 1, 1))
    place = EntryPlace(origin, epoch, position)
    return RecordedFact(place, Stream(region, "days", origin), 1, fact, seen, NOON)


def test_an_entry_is_known_to_what_has_seen_it() -> None:
    first = recorded("vest", 2, 5)
    assert str(first.place) == "vest/2/5"
    assert str(first.stream) == "vest:days:vest"
    for later, known in (
        (recorded("vest", 2, 5), True),
        (recorded("vest", 2, 4), False),
        (recorded("vest", 3, 1), True),
        (recorded("vest", 1, 9), False),
        (recorded("nord", 1, 1, vest=(2, 5)), True),
        (recorded("nord", 1, 1, vest=(2, 4)), False),
        (recorded("nord", 9, 9, midt=(2, 5)), False),
        (recorded("nord", 1, 1), False),
    ):
        assert first.known_to(later) is known
    assert not recorded("vest", 0, 1).known_to(recorded("nord", 1, 1))


ENTRY: Final = BookedEntry(
    reference="B1",
    direction=Direction.CREDIT,
    amount_ore=1,
    booked_on=date(2026, 1, 1),
)


def test_what_no_fact_may_say_is_refused_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> Decision:
        ImportBankEntries.model_validate({"organisation": OSLO, "entries": (1,)})
        return ()

    command = ImportBankEntries(organisation=OSLO, entries=(ENTRY,))
    kind = replace(COMMANDS[ImportBankEntries], decide=broken)
    monkeypatch.setattr("domain.decisions.COMMANDS", {ImportBankEntries: kind})
    asked = Asked(Region.SOROST, OSLO, date(2026, 1, 1), "controller")
    found = decide(command, asked, Scenario())
    assert found == Refusal(Code.INVALID_ROW, "entries.0")


def test_canonical_bytes_are_sorted_and_leave_out_what_is_absent() -> None:
    assert canonical({"b": [1], "a": {"d": 1, "c": None}}) == (
        b'{"a":{"c":null,"d":1},"b":[1]}'
    )
    details = RecordBillingDetails(org_number=OSLO, city="Oslo")
    assert orjson.loads(details.to_bytes()) == {
        "org_number": OSLO,
        "account": "",
        "buyer_reference": "",
        "city": "Oslo",
        "postcode": "",
        "street": "",
    }
