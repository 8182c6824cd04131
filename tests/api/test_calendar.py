"""Calendars as programs read them: RFC 5545's lines, folded and escaped."""

from datetime import UTC, date, datetime

from api.written.calendar import LINE_OCTETS, CalendarEvent, calendar_text, folded_line

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
EVENT = CalendarEvent(
    "body/a/plan/2027@vest.fagnett",
    date(2026, 11, 30),
    "Vedta handlingsplan; styring, 2027",
    "Åpen.\nS4-23\\",
    "https://vest.test/obligations/x",
    is_over=False,
    remind_on=(date(2026, 10, 31), date(2026, 11, 30), date(2026, 12, 7)),
)


def unfolded(text: str) -> list[str]:
    """Give the lines as a program reads them."""
    return text.replace("\r\n ", "").split("\r\n")


def test_an_event_lasts_the_whole_day_and_has_a_reminder_for_each_day_before() -> None:
    lines = unfolded(calendar_text("Frister", "nb", AT, [EVENT]))
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert "DTSTAMP:20260105T090000Z" in lines
    assert "DTSTART;VALUE=DATE:20261130" in lines
    assert "DTEND;VALUE=DATE:20261201" in lines
    assert [each for each in lines if each.startswith("TRIGGER")] == [
        "TRIGGER:-P30D",
        "TRIGGER:PT0S",
    ]


def test_what_is_over_reminds_of_nothing() -> None:
    over = EVENT._replace(is_over=True)
    assert "VALARM" not in calendar_text("Frister", "nb", AT, [over])


def test_what_means_something_in_a_calendar_is_escaped() -> None:
    lines = unfolded(calendar_text("a;b", "nb", AT, [EVENT]))
    assert "X-WR-CALNAME;LANGUAGE=nb:a\\;b" in lines
    assert "SUMMARY:Vedta handlingsplan\\; styring\\, 2027" in lines
    assert "DESCRIPTION:Åpen.\\nS4-23\\\\" in lines


def test_no_text_begins_a_line_of_its_own() -> None:
    hostile = EVENT._replace(summary="a\r\nBEGIN:VALARM\x00\u2028X:1")
    text = calendar_text("Frister", "nb", AT, [hostile])
    assert "\r\nBEGIN:VALARM\x00" not in text
    assert "SUMMARY:a\\nBEGIN:VALARM\\nX:1" in unfolded(text)


def test_lines_are_folded_at_75_octets_and_no_letter_is_cut() -> None:
    line = "SUMMARY:" + "æøå–𝄞" * 40
    parts = folded_line(line).split("\r\n")
    assert all(len(part.encode()) <= LINE_OCTETS for part in parts)
    assert all(part.startswith(" ") for part in parts[1:])
    assert "".join([parts[0], *(part[1:] for part in parts[1:])]) == line
    assert folded_line("x" * LINE_OCTETS) == "x" * LINE_OCTETS
