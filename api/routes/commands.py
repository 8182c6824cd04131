"""Any commands, many in one request."""

from typing import Annotated, Any, Final

from fastapi import Header, Request

from api.bodies import FILE, RequestDay
from api.clock import BusinessDayRefusedError, ClockSource
from api.dependencies import LanguageAsked, TheNode, TheSender
from api.lines import MEDIA_TYPE, LinesAnswer
from api.problems import REFUSALS
from api.routers import member_router
from domain.history import ShownTo

router = member_router("commands", ShownTo.MEMBERS)

LINES: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "NDJSON: each line is an object with the `command`, which is the "
        "`operationId` of its own address; its `idempotency_key`; and the members of "
        "that address and of its body beside each other; where both have one of a name, "
        "that of the address is `of_` and the name. `if_match` is what that "
        "address takes as `If-Match`, and `at_least` a list of positions. A line that "
        "somebody else sends has their `token`.",
        "content": {MEDIA_TYPE: FILE},
    }
}
ANSWERED: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "NDJSON: of each line, in their order, an object with its number "
        "`line`, from 1, and its `status`: what its own address answers, or the problem "
        "document. An object has `location` where that answer has `Location`, and "
        "`replayed` where it has `Idempotency-Replayed`.",
        "content": {MEDIA_TYPE: FILE},
    }
}


OPEN_FROM: Final = "Fagnett-Open-From"
OpenFrom = Annotated[
    RequestDay | None,
    Header(
        alias=OPEN_FROM,
        include_in_schema=False,
        description="Only in a local federation: of this day and those after it more "
        "commands may come, whatever day begins elsewhere. The answer says it again.",
    ),
]


@router.post(
    "/commands",
    status_code=200,
    responses={**REFUSALS, **ANSWERED},
    response_class=LinesAnswer,
    openapi_extra=LINES,
)
async def send_commands(
    request: Request,
    node: TheNode,
    sender: TheSender,
    language: LanguageAsked = None,  # noqa: ARG001 - each line reads it
    open_from: OpenFrom = None,
) -> LinesAnswer:
    """Send many commands, a line each; each is decided after those before it.

    A line is answered when it is durable, and what is refused does not stop the others.
    A request holds 5 MiB and a line 1 MiB; what goes beyond is refused where it stands.
    The same lines, sent again, get the same answers and change nothing.
    """
    if open_from is None:
        return LinesAnswer(request, sender)
    if node.clock.source is ClockSource.SYSTEM:
        raise BusinessDayRefusedError
    node.clock.days.open_from = open_from
    return LinesAnswer(request, sender, {OPEN_FROM: open_from.isoformat()})
