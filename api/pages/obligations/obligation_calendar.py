"""What an organisation owes, for calendar programs: by a secret address of each person."""

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.dependencies import TheNode, day_of
from api.guards import CALENDAR
from api.obligations import OwedOnDay, all_owed
from api.pages.obligations.owed_rows import SECTION, OwedTeller, address_of_owed
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, sent_form
from api.problems import ProblemError
from api.routers import public
from api.services import Node
from api.words import Language
from api.written.calendar import MEDIA_TYPE, CalendarEvent, calendar_text
from domain.obligations.obligation import ObligationState
from projections.database import reading

router: Final[APIRouter] = public()
TOKEN_MAX: Final = 100
_OVER: Final = frozenset(
    {ObligationState.DONE, ObligationState.LATE, ObligationState.WAIVED}
)


@router.get(CALENDAR, include_in_schema=False)
def obligation_calendar(
    node: TheNode,
    request: Request,
    token: Annotated[str, Query(max_length=TOKEN_MAX)] = "",
) -> Response:
    """Give what the organisation of an address owes: no person's name is in it."""
    whose = node.calendars.find(token)
    if whose is None:
        raise ProblemError("not_found")
    speaker = Speaker(Language(whose.language), SECTION)
    day = day_of(node, None)
    with reading(node.views) as connection:
        found = all_owed(node, connection, day, day.year + 1, whose.organisation)
        known = register(connection, day)
    teller = OwedTeller(speaker, known, day, whose.organisation)
    events = [
        _event(node, request, speaker, teller, each)
        for each in found
        if each.obligation.owed_by == whose.organisation
        and each.obligation.due_on.year >= day.year - 1
    ]
    name = speaker.say("calendar_name", name=teller.called(whose.organisation))
    text = calendar_text(name, whose.language, node.clock.now(), events)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'inline; filename="fagnett.ics"',
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return Response(text, headers=headers, media_type=MEDIA_TYPE)


def _event(
    node: Node, request: Request, speaker: Speaker, teller: OwedTeller, each: OwedOnDay
) -> CalendarEvent:
    row = teller.row(each)
    state = speaker.say(f"state_{row.state.value}")
    return CalendarEvent(
        f"{row.id}@{node.region.value}.fagnett",
        row.due_on,
        f"{row.what}: {row.of}",
        f"{state}. {row.rule}. {row.owed_by}",
        f"{site_of(node, request)}{address_of_owed(row.id)}",
        each.state in _OVER,
        each.obligation.remind_on,
    )


def site_of(node: Node, request: Request) -> str:
    """Address of the node as browsers know it."""
    here = urlsplit(str(request.base_url))
    return node.public_url or f"{here.scheme}://{here.netloc}"


@router.post("/obligations/calendar", include_in_schema=False)
async def make_calendar(visit: TheVisit) -> Response:
    """Make a secret address for the visitor's organisation, and show it this once."""
    await sent_form(visit)
    secret = visit.node.calendars.make(
        visit.caller.actor,
        visit.organisation,
        visit.language.value,
        visit.node.unix_seconds(),
    )
    site = site_of(visit.node, visit.request)
    return visit.page(
        "calendar_made.html",
        SECTION,
        "governance",
        address=f"{site}{CALENDAR}?token={secret}",
    )


@router.post("/obligations/calendar/revoke", include_in_schema=False)
async def revoke_calendar(visit: TheVisit) -> Response:
    """End the visitor's address: it answers nobody from now on."""
    await sent_form(visit)
    visit.node.calendars.revoke(visit.caller.actor, visit.organisation)
    return RedirectResponse("/obligations#calendar", 303)
