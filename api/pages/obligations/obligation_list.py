"""What is owed in a year: the wheel, the same as a table, and the calendar's address."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.obligations import OwedOnDay, owed_in, shown_to
from api.pages.obligations.owed_rows import SECTION, OwedTeller, RowOfOwed
from api.pages.obligations.year_wheel import Mark, WheelWords, wheel
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit, is_authority
from api.routers import public
from domain.obligations.obligation import ObligationState

router: Final[APIRouter] = public()
ROWS: Final = 200
EVERYBODY: Final = "all"
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "network": frozenset({"network", "assignment"}),
    "body": frozenset({"body", "seat"}),
    "grant": frozenset({"application", "grant", "call"}),
}
"""What obligations come from, as one chooses: the first parts of their ids."""


class OwedCriteria(BaseModel):
    """Which obligations are asked for; an empty text is no wish."""

    year: int | None = Field(None, ge=1900, le=2199)
    by: str = Field("", max_length=9)
    """Of the visitor's own organisation; ``all``, or of another."""
    state: str = Field("", max_length=10)
    source: str = Field("", max_length=10)
    start: int = Field(0, ge=0, le=1_000_000)


@router.get("/obligations", include_in_schema=False)
def obligation_list_page(
    visit: TheVisit, criteria: Annotated[OwedCriteria, Query()]
) -> Response:
    """Deadlines of a year, those of the visitor's organisation first of all."""
    speaker = visit.speaker(SECTION)
    year = criteria.year or visit.day.year
    by = criteria.by or (EVERYBODY if is_authority(visit) else visit.organisation)
    with visit.views() as connection:
        of_year = owed_in(
            visit.node, connection, visit.day, year, shown_to(visit.caller)
        )
        known = register(connection, visit.day)
    asked = [
        each
        for each in of_year
        if by in {EVERYBODY, each.obligation.owed_by}
        and criteria.state in {"", each.state.value}
        and _is_of(each, criteria.source)
    ]
    teller = OwedTeller(speaker, known, visit.day, visit.organisation)
    rows = teller.rows(asked)
    shown = rows[criteria.start : criteria.start + ROWS]
    owing = sorted({each.obligation.owed_by for each in of_year} | {visit.organisation})
    return visit.page(
        "obligations.html",
        SECTION,
        "governance",
        rows=shown,
        number=len(rows),
        next_start=criteria.start + ROWS if criteria.start + ROWS < len(rows) else 0,
        counted={
            s.value: sum(each.state is s for each in asked) for s in ObligationState
        },
        year=year,
        by=by,
        by_name=teller.called(by),
        criteria=criteria,
        owing=[(number, teller.called(number)) for number in owing],
        states=[each.value for each in ObligationState],
        sources=[*KINDS],
        picture=wheel_of(rows, year, visit, speaker) if rows else None,
        calendar=visit.node.calendars.of(visit.caller.actor, visit.organisation),
        our_name=teller.called(visit.organisation),
    )


def _is_of(each: OwedOnDay, source: str) -> bool:
    kinds = KINDS.get(source)
    return kinds is None or each.obligation.id.partition("/")[0] in kinds


def wheel_of(
    rows: Sequence[RowOfOwed], year: int, visit: Visit, speaker: Speaker
) -> object:
    """Draw the deadlines of a year as a wheel."""
    words = WheelWords(
        speaker.say("wheel_title", year=year),
        speaker.say("today"),
        speaker.say("wheel_more", count="{count}"),
    )
    marks = [
        Mark(row.due_on, row.kind, f"{row.of}, {speaker.short_day(row.due_on)[:5]}")
        for row in rows
    ]
    return wheel(year, marks, visit.day, words, visit.language)
