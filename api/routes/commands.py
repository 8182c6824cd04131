"""Any commands of one organisation's people, many in one request."""

from typing import Any, Final

from fastapi import Request

from api.bodies import FILE
from api.dependencies import LanguageAsked, TheSender
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
        "address takes as `If-Match`, and `at_least` a list of positions.",
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


@router.post(
    "/commands",
    status_code=200,
    responses={**REFUSALS, **ANSWERED},
    response_class=LinesAnswer,
    openapi_extra=LINES,
)
async def send_commands(
    request: Request,
    sender: TheSender,
    language: LanguageAsked = None,  # noqa: ARG001 - each line reads it
) -> LinesAnswer:
    """Send many commands, a line each; each is decided after those before it.

    A line is answered when it is durable, and what is refused does not stop the others.
    A request holds 5 MiB and a line 1 MiB; what goes beyond is refused where it stands.
    The same lines, sent again, get the same answers and change nothing.
    """
    return LinesAnswer(request, sender)
