"""Telling an open page that something new has come: server-sent events, without any of it.

The page asks for itself anew, as its visitor; nothing but positions is told here.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Header, Query, Request, Response

from api.auth import Caller
from api.dependencies import TheNode, day_of
from api.desk.sessions import SESSION_KEY, Session
from api.feed import Came, Positions, feed, positions_text, read_positions
from api.guards import CHANGES
from api.pages.how_complete import how_complete
from api.pages.visit import language_of
from api.resting import session_now
from api.routers import public
from api.routes.events import EventStreamAnswer
from api.services import Node
from api.words import Language
from projections.completeness import complete_to

router: Final[APIRouter] = public()
OF_A_PERSON_MAX: Final = 4
"""Browsers hold six connections to one host, and pages need some of them."""
OF_ALL_MAX: Final = 1000
LASTS_SECONDS: Final = 600
"""A browser asks again by itself."""
LOOKS: Final = 15
"""Turns of the feed between two looks at the session, about a second each."""


class _Watched(NamedTuple):
    node: Node
    session: Session
    caller: Caller
    after: Positions
    about: str
    language: Language


@router.get(CHANGES, include_in_schema=False)
async def changes(
    request: Request,
    node: TheNode,
    after: Annotated[str, Query(max_length=200)] = "",
    about: Annotated[str, Query(max_length=200)] = "",
    last_event_id: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Tell a page of the visitor's of what comes ``after``; of all, or what names one.

    Whoever may not hear more is told so in the way that ends a browser's asking (204).
    """
    session: Session | None = request.scope[SESSION_KEY]
    caller = None if session is None else session.caller
    if session is None or caller is None:
        return Response(status_code=204)
    watching = node.watching
    if watching[session.person] >= OF_A_PERSON_MAX or watching.total() >= OF_ALL_MAX:
        return Response(status_code=204)
    watched = _Watched(
        node,
        session,
        caller,
        read_positions(last_event_id or after),
        about,
        language_of(request),
    )
    headers = {
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        "X-Content-Type-Options": "nosniff",
    }
    return EventStreamAnswer(_told(watched), headers=headers)


async def _told(watched: _Watched) -> AsyncIterator[str]:
    """Write events until the browser hangs up, or its session or time is over."""
    node, person = watched.node, watched.session.person
    ends_at = node.unix_seconds() + LASTS_SECONDS
    node.watching[person] += 1
    try:
        # What is written at once tells the browser that it is let in.
        yield ": hears\n\n"
        looks, standing = 0, await asyncio.to_thread(_standing, watched)
        async for found, reached in feed(node, watched.caller, watched.after):
            looks += 1
            is_new = any(_is_about(each, watched.about) for each in found)
            if looks % LOOKS == 0:
                if not await asyncio.to_thread(_goes_on, watched):
                    return
                now = await asyncio.to_thread(_standing, watched)
                is_new, standing = is_new or now != standing, now
                yield ": nothing more yet\n\n"
            if is_new:
                text = positions_text(reached)
                yield f"id: {text}\nevent: changed\ndata: {text}\n\n"
            if node.unix_seconds() >= ends_at:
                return
    finally:
        node.watching[person] -= 1
        if node.watching[person] <= 0:
            del node.watching[person]


def _is_about(came: Came, about: str) -> bool:
    """Whether an entry names a thing."""
    return not about or f'"{about}"'.encode() in came.row.body


def _goes_on(watched: _Watched) -> bool:
    """Whether the visitor is signed in, in the same role."""
    node = watched.node
    found = session_now(node, watched.session.secret, by_itself=True)
    return found is not None and found.caller == watched.caller


def _standing(watched: _Watched) -> str:
    """How complete the figures are: what a page says under the menu."""
    node = watched.node
    complete = complete_to(node.journal, node.projector)
    return how_complete(complete, day_of(node, None), watched.language).words
