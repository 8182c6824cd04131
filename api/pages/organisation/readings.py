"""Who has read names of persons and data of others: looked through, and taken out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Query, Response

from api.access import require_reading_log
from api.auth import Role
from api.pages.addresses import address
from api.pages.organisation.own_organisation import instant_shown
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.saying import name_of
from api.pages.settling.settlement import read_day
from api.pages.visit import TheVisit, Visit, is_authority
from api.problems import ProblemError
from api.reading_chain import NotedRead
from api.readings import AskedReadings, Whose, readings_sheet, seen_by
from api.routers import public
from api.sheet_responses import SheetFormat, sheets_response
from domain.values import business_day, day_end

router: Final[APIRouter] = public()
SECTION: Final = "page_readings"
AT: Final = "/organisation/readings"
FILE: Final = f"{AT}/file"
DAYS: Final = 30
"""Of which readings are shown when no first day is asked for."""
SHOWN_MAX: Final = 100
_Day = Annotated[str, Query(max_length=20)]
_Text = Annotated[str, Query(max_length=100)]


class ReadRow(NamedTuple):
    """A reading, in words."""

    number: int
    at: str
    person: str
    """A code."""
    organisation: str
    role: str
    what: str


class _Typed(NamedTuple):
    """What is asked for, as it stands in the form."""

    first: str
    last: str
    whose: Whose
    text: str


class _Period(NamedTuple):
    days: tuple[date, date]
    typed: _Typed
    faults: Mapping[str, str]

    @property
    def asked(self) -> AskedReadings:
        """The period in seconds; days are Norwegian."""
        first, last = self.days
        since = int(day_end(first - timedelta(days=1)).timestamp()) + 1
        until = int(day_end(last).timestamp())
        return AskedReadings(since, until, self.typed.whose, self.typed.text.strip())


@router.get(AT, include_in_schema=False)
def readings_page(
    visit: TheVisit,
    first: _Day = "",
    last: _Day = "",
    whose: Whose = Whose.ALL,
    text: _Text = "",
    before: Annotated[int, Query(ge=1, lt=10**18)] = 10**18 - 1,
) -> Response:
    """The readings that the visitor sees, the last one first."""
    require_reading_log(visit.caller)
    speaker = visit.speaker(SECTION)
    period = _period(visit, speaker, _Typed(first, last, whose, text))
    found = [] if period.faults else _found(visit, period.asked, before)
    rows, more = found[:SHOWN_MAX], found[SHOWN_MAX:]
    filters = period.typed._asdict()
    end = visit.node.reading_log.last()
    return visit.page(
        "readings.html",
        SECTION,
        "organisation",
        rows=_rows(rows, visit, speaker),
        typed=period.typed,
        faults=period.faults,
        choices=[(each.value, speaker.say(f"whose_{each}")) for each in Whose],
        sees=_sees(visit),
        older=address(AT, **filters, before=rows[-1].number) if more else "",
        files={
            each.value: address(FILE, **filters, format=each) for each in SheetFormat
        },
        end=end,
        end_at=instant_shown(end.at, speaker) if end else "",
        home=AT,
    )


def _sees(visit: Visit) -> str:
    if visit.role is Role.AUDITOR:
        return "sees_all"
    return "sees_region" if is_authority(visit) else "sees_own"


def _period(visit: Visit, speaker: Speaker, typed: _Typed) -> _Period:
    """Read the days; the last ones where none are asked for."""
    # As the log's instants: a local federation has a business day of its own.
    today = business_day(datetime.fromtimestamp(visit.node.unix_seconds(), UTC))
    usual = (today - timedelta(days=DAYS), today)
    faults, days, texts = {}, [], []
    for name, text, day in zip(("first", "last"), typed, usual, strict=False):
        read = read_day(text) if text else day
        if read is None:
            faults[name] = "day_unread"
        days.append(read or day)
        texts.append(speaker.short_day(read) if read else text)
    said = typed._replace(first=texts[0], last=texts[1])
    return _Period((days[0], days[1]), said, faults)


def _found(visit: Visit, asked: AskedReadings, before: int) -> Sequence[NotedRead]:
    """Give one more than is shown, where there are more."""
    with visit.views() as connection:
        sees = seen_by(visit.caller, connection)
    lines = visit.node.reading_log.latest(before, asked.since, asked.until)
    fitting = (
        line for line in lines if sees(line) and asked.fits(line, visit.organisation)
    )
    return [*islice(fitting, SHOWN_MAX + 1)]


def _rows(
    lines: Sequence[NotedRead], visit: Visit, speaker: Speaker
) -> Sequence[ReadRow]:
    with visit.views() as connection:
        known = register(connection, visit.day)
    return [
        ReadRow(
            line.number,
            instant_shown(line.at, speaker),
            line.person,
            name_of(line.organisation, known),
            ", ".join(speaker.say(f"role_{each}") for each in line.role.split("/")),
            line.what,
        )
        for line in lines
    ]


@router.get(FILE, include_in_schema=False)
def readings_file(
    visit: TheVisit,
    first: _Day = "",
    last: _Day = "",
    whose: Whose = Whose.ALL,
    text: _Text = "",
    as_format: Annotated[SheetFormat, Query(alias="format")] = SheetFormat.CSV,
) -> Response:
    """The same readings with their chain, as a file."""
    require_reading_log(visit.caller)
    speaker = visit.speaker(SECTION)
    period = _period(visit, speaker, _Typed(first, last, whose, text))
    if period.faults:
        errors = [{"field": name, "code": "date_parsing"} for name in period.faults]
        raise ProblemError("invalid_row", errors=errors)
    with visit.views() as connection:
        sees = seen_by(visit.caller, connection)
    sheet = readings_sheet(
        visit.node.reading_log, period.asked, visit.organisation, sees
    )
    return sheets_response(
        *([sheet], "readings", as_format, None, visit.language, visit.day)
    )
