"""What is recorded, as it comes: CloudEvents as server-sent events, for programs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Header, Query
from fastapi.responses import StreamingResponse

from api.access import note_if_of_others
from api.auth import Caller
from api.dependencies import TheCaller, TheNode
from api.feed import Came, Positions, feed, positions_text, read_positions
from api.problems import ProblemError
from api.resting import as_it_rests
from api.routers import PREFIX, member_router
from api.services import Node
from domain.history import ShownTo

router = member_router("events", ShownTo.MEMBERS)
MEDIA_TYPE: Final = "text/event-stream"
SILENT_TURNS: Final = 15
"""After so many seconds without anything a comment says that the line is alive."""


FEEDS_MAX: Final = 8
"""Of one organisation, at once."""


class EventStreamAnswer(StreamingResponse):
    """Server-sent events."""

    media_type = MEDIA_TYPE


ANSWERED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Each event's `data` is an entry, a CloudEvent in JSON; its `id` "
        "is what to ask for `after`, or what a browser sends as `Last-Event-ID`.",
        "content": {MEDIA_TYPE: {}},
    }
}


@router.get(
    "/events",
    response_class=EventStreamAnswer,
    responses=ANSWERED,
)
async def stream_events(
    node: TheNode,
    caller: TheCaller,
    after: Annotated[
        str,
        Query(
            max_length=200,
            description="The positions that were had: `midt:55,vest:122`. From the "
            "beginning where nothing is said.",
        ),
    ] = "",
    kinds: Annotated[
        list[str],
        Query(
            alias="type",
            max_length=20,
            description="Beginnings of the types that are wanted: `invoice.`.",
        ),
    ] = [],  # noqa: B006 - never changed
    last_event_id: Annotated[str | None, Header(max_length=200)] = None,
) -> EventStreamAnswer:
    """Entries of all regions that the caller may read, as they come; each region's in order.

    Nothing is lost between two askings: go on from the last `id`. An entry that is read
    here has been decided again at this node, and stands in the answers of all questions.
    """
    positions = read_positions(last_event_id or after)
    if node.feeding[caller.organisation] >= FEEDS_MAX:
        raise ProblemError("too_many_requests", headers={"Retry-After": "60"})
    await asyncio.to_thread(note_if_of_others, node, caller, f"{PREFIX}/events")
    asked = Wanted(node, caller, positions, kinds)
    return EventStreamAnswer(_told(asked), headers={"Cache-Control": "no-store"})


class Wanted(NamedTuple):
    """Which entries somebody wants to hear of."""

    node: Node
    caller: Caller
    positions: Positions
    kinds: Sequence[str]


async def _told(asked: Wanted) -> AsyncIterator[str]:
    """Write events until who asked hangs up, or may ask no longer."""
    node, caller, said, _ = asked
    silent = 0
    node.feeding[caller.organisation] += 1
    try:
        async for found, reached in feed(*asked):
            if not await asyncio.to_thread(_may_ask, node, caller):
                return
            for came in found:
                yield _event(came)
            silent = 0 if found else silent + 1
            if silent >= SILENT_TURNS or (not found and reached != said):
                # Who goes on from here need not look through it again.
                yield f"id: {positions_text(reached)}\n: nothing more yet\n\n"
                silent = 0
            said = reached
    finally:
        node.feeding[caller.organisation] -= 1


def _may_ask(node: Node, caller: Caller) -> bool:
    """Whether the token is good, and its roles count that counted when it was taken."""
    is_over = caller.until_seconds and node.unix_seconds() > caller.until_seconds
    return not is_over and as_it_rests(node, caller).roles >= caller.roles


def _event(came: Came) -> str:
    body = came.row.body.decode()
    return f"id: {positions_text(came.positions)}\nevent: {came.row.type}\ndata: {body}\n\n"
