"""All-day events as calendar programs read them: RFC 5545, the little that is needed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

LINE_OCTETS: Final = 75
"""Source: RFC 5545, 3.1; a longer line is folded."""
MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
_END: Final = "\r\n"


class CalendarEvent(NamedTuple):
    """Something that is due on a day."""

    uid: str
    """The same as long as it is the same thing."""
    day: date
    summary: str
    description: str
    address: str
    """Where one reads more."""
    is_over: bool
    """Done or waived: it blocks nobody's day, and calls for nothing."""
    remind_on: Sequence[date] = ()


def calendar_text(
    name: str, language: str, at: datetime, events: Sequence[CalendarEvent]
) -> str:
    """Write a calendar that is called ``name``, as of an instant."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Fagnett//Obligations//NO",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME;LANGUAGE={language}:{_text(name)}",
    ]
    stamp = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    for event in events:
        lines.extend(_event(event, stamp))
    lines.append("END:VCALENDAR")
    return "".join(f"{folded_line(line)}{_END}" for line in lines)


def _event(event: CalendarEvent, stamp: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(event.summary)}"
    yield f"DESCRIPTION:{_text(event.description)}"
    if event.address:
        yield f"URL:{event.address}"
    yield "TRANSP:TRANSPARENT"
    for day in () if event.is_over else event.remind_on:
        if day <= event.day:
            yield from _alarm(event, (event.day - day).days)
    yield "END:VEVENT"


def _alarm(event: CalendarEvent, days: int) -> Iterator[str]:
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"DESCRIPTION:{_text(event.summary)}"
    yield f"TRIGGER:-P{days}D" if days else "TRIGGER:PT0S"
    yield "END:VALARM"


def _text(value: str) -> str:
    """Escape a text (RFC 5545, 3.3.11); what else is not printed is left out."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = "\\n".join(escaped.splitlines())
    return "".join(each for each in lines if each.isprintable())


def folded_line(line: str) -> str:
    """Fold a line: no more than 75 octets a line, and no letter is cut apart."""
    parts, part, octets = [], "", 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > LINE_OCTETS:
            parts.append(part)
            part, octets = " ", 1
        part += letter
        octets += size
    return _END.join([*parts, part])
