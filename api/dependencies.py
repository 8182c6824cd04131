"""What routes ask for: the node, the caller, the day, the asker of a command.

What only computes is ``async``, which spares a request the way to a thread and
back; what may read a database is not.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from typing import Annotated, Final

import structlog
from fastapi import Depends, Header, Query, Request, params
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator
from sqlalchemy import Connection

from api.access import (
    is_of_others,
    note_read,
    readable_by,
    require_reading,
    role_needed,
)
from api.auth import CALLER_KEY, Caller
from api.bodies import AsWritten, RequestDay
from api.completeness import (
    COMPLETE_KEY,
    SCOPE_KEY,
    header,
    incomplete,
    not_complete_yet,
)
from api.desk.sessions import SESSION_KEY
from api.problems import ProblemError
from api.resting import as_it_rests
from api.services import Node
from api.threshold import TRAVELS_AS
from api.words import Language, negotiate
from domain.fact import Command
from domain.history import ShownTo
from domain.kind import DECLARED
from domain.parties.organisation import ORGANISATION
from domain.role import Role
from domain.texts import without_national_id
from domain.values import REGIONAL_AUTHORITY, business_day
from federation.log.arrivals import arrived
from federation.log.executor import RequestContext
from projections.completeness import complete_to
from projections.readable import reading_as

READ_WAIT_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.005
_RESTING: Final = "fagnett.resting"
"""Where the scope of a request holds its caller as ``TheCaller`` is, once looked up."""
_bearer = HTTPBearer(
    auto_error=False, description="A token that names actor, organisation and roles."
)


async def the_node(request: Request) -> Node:
    """The one that the app was made for."""
    node = request.app.state.node
    assert isinstance(node, Node)
    return node


async def the_bytes(request: Request) -> bytes:
    """Body as it came."""
    return await request.body()


TheNode = Annotated[Node, Depends(the_node)]


async def the_sender(
    request: Request,
    _credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Every call needs a good token; what it decides is held against mandates itself."""
    return known_caller(request)


TheSender = Annotated[Caller, Depends(the_sender)]


async def the_caller(request: Request, node: TheNode, sender: TheSender) -> Caller:
    """Who asks, in the roles that count for them."""
    return await _resting(request, node, sender)


async def _resting(request: Request, node: Node, sender: Caller) -> Caller:
    """Look up once in a request what counts; of a session that was done before."""
    if _RESTING not in request.scope:
        known = request.scope[SESSION_KEY] is not None
        found = sender if known else await asyncio.to_thread(as_it_rests, node, sender)
        request.scope[_RESTING] = found
    resting: Caller = request.scope[_RESTING]
    return resting


def known_caller(request: Request) -> Caller:
    """Who calls; the log names the organisation."""
    caller = request.scope[CALLER_KEY]
    if caller is None:
        headers = {"WWW-Authenticate": "Bearer"}
        raise ProblemError("unauthenticated", headers=headers)
    assert isinstance(caller, Caller)
    structlog.contextvars.bind_contextvars(organisation=caller.organisation)
    return caller


TheCaller = Annotated[Caller, Depends(the_caller)]


def reader_of(what: ShownTo) -> Callable[..., Awaitable[None]]:
    """Give what lets only those through who may read such a thing.

    What a command needs of its sender the command decides.
    """

    async def the_reader(request: Request, node: TheNode, sender: TheSender) -> None:
        if request.method == "GET":
            caller = await _resting(request, node, sender)
            require_reading(caller, what)
            await require_registered(node, caller)
            if what is not ShownTo.MEMBERS and is_of_others(caller):
                path = request.url.path
                await asyncio.to_thread(note_read, node, caller, path)

    return the_reader


async def require_registered(node: Node, caller: Caller) -> None:
    """Let who has no registered organisation read the register alone."""
    if caller.organisation in node.registered:
        return
    if not await asyncio.to_thread(_is_registered, node, caller.organisation):
        values = {"organisation": caller.organisation}
        raise ProblemError("unregistered", values)
    node.registered.add(caller.organisation)


def _is_registered(node: Node, organisation: str) -> bool:
    if organisation in REGIONAL_AUTHORITY.values():
        return True
    with node.executor.history() as history:
        return history.state(ORGANISATION, organisation).registered is not None


IdempotencyKey = Annotated[
    str | None,
    AfterValidator(without_national_id),
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._:-]{1,128}$",
        description="Names the command for ever: sent again with the same content it "
        "gets the same answer and changes nothing, with other content it is refused. "
        "Without it the node makes one up. It does not leave the node.",
        examples=["2026-07-10-invoice-ms-ous-h1"],
    ),
]

BusinessDay = Annotated[
    RequestDay | None,
    Header(
        alias="Fagnett-Business-Day",
        include_in_schema=False,
        description="Only in a local federation: the business day that the node's "
        "clock is set to. A production node refuses it.",
    ),
]


_AT_LEAST: Final = re.compile(r"(midt|nord|sorost|vest):([0-9]{1,18})")

AtLeast = Annotated[
    list[str],
    Query(
        description="Positions that the answer must rest on at least, such as "
        "`vest:42` from the receipt of a command. The node waits a little for them.",
        examples=[["vest:42"]],
    ),
]


def positions_of(texts: list[str]) -> dict[str, int]:
    """Read ``vest:42`` and its like; of several of a region, the furthest counts."""
    positions: dict[str, int] = {}
    for text in texts:
        match = _AT_LEAST.fullmatch(text)
        if match is None:
            errors = [
                {
                    "field": "at_least",
                    "code": "string_pattern_mismatch",
                    "pattern": _AT_LEAST.pattern,
                }
            ]
            raise ProblemError("invalid_row", errors=errors)
        region, position = match.group(1), int(match.group(2))
        positions[region] = max(position, positions.get(region, 0))
    return positions


def not_yet_here(missing: Mapping[str, int]) -> ProblemError:
    """Problem of an answer that would rest on too little."""
    region, position = min(missing.items())
    values: dict[str, str | int] = {"region": region, "position": position}
    members = {"region": region}
    return ProblemError("not_yet_here", values, (), members, {"Retry-After": "1"})


async def the_positions(
    node: TheNode,
    _sender: TheSender,
    at_least: AtLeast = [],  # noqa: B006 - never changed
) -> None:
    """Let a command wait until all that it is to be decided from is here."""
    await here(node, at_least)


async def here(node: Node, at_least: list[str]) -> Mapping[str, int]:
    """Wait a little for positions; refuse where they do not come.

    Give all that were reached, where any beyond the beginning was asked for.
    """
    asked = {o: position for o, position in positions_of(at_least).items() if position}
    if not asked:
        return {}
    ends = await arrived(node.journal, asked, READ_WAIT_SECONDS)
    if missing := {o: p for o, p in asked.items() if ends.get(o, 0) < p}:
        raise not_yet_here(missing)
    return ends


def the_asker(
    request: Request,
    node: TheNode,
    sender: TheSender,
    _here: Annotated[None, Depends(the_positions)],
    idempotency_key: IdempotencyKey = None,
    business_day_asked: BusinessDay = None,
) -> RequestContext:
    """Who sends a command, and what may be asked on the way."""
    return RequestContext(
        actor=sender.actor,
        organisation=sender.organisation,
        key=idempotency_key or uuid.uuid4().hex,
        correlation_id=request.scope[TRAVELS_AS],
        now=node.clock.now(business_day_asked),
        mandate=sender.mandate,
    )


TheAsker = Annotated[RequestContext, Depends(the_asker)]


def require(caller: Caller, roles: AbstractSet[Role]) -> None:
    """Refuse a caller who comes in none of some roles."""
    if not caller.may_act_as(roles):
        raise role_needed(caller, roles)


def senders(command: type[Command]) -> list[params.Depends]:
    """Let only those through who may send a command."""
    roles = DECLARED[command].authority.by

    async def may_send(sender: TheSender) -> None:
        require(sender, roles)

    return [Depends(may_send)]


Views = Callable[[], AbstractContextManager[Connection]]
"""Opens the read models; a route does so itself, in the thread that it runs in.

Were a connection opened before, requests that wait for a thread would hold all
connections, and those that wait for a connection all threads.
"""


AsOf = Annotated[
    date | None,
    AsWritten,
    Query(
        description="Answer from what was recorded up to and including this day in "
        "Norway; today when left out.",
        examples=["2026-12-31"],
    ),
]

Complete = Annotated[
    bool,
    Query(
        description="Refuse to answer unless every region is complete to the end of "
        "that day. Without it, the header `Fagnett-Incomplete` names those that are not."
    ),
]


async def the_views(
    node: TheNode,
    caller: TheCaller,
    request: Request,
    at_least: AtLeast = [],  # noqa: B006 - never changed
    as_of: AsOf = None,
    *,
    complete: Complete = False,
) -> Views:
    """Read models, once they hold what was asked for.

    Also what this process has recorded for the caller's organisation. The answer says which regions are not complete to the end of its day.
    """
    positions = positions_of(at_least)
    home, own = node.region.value, node.recorded.get(caller.organisation, 0)
    if own > positions.get(home, 0) and node.projector.follows(home):
        positions[home] = own
    until = time.monotonic() + READ_WAIT_SECONDS
    while missing := node.projector.missing(positions):
        if time.monotonic() > until:
            raise not_yet_here(missing)
        await asyncio.sleep(LOOK_SECONDS)
    found = await asyncio.to_thread(complete_to, node.journal, node.projector)
    request.scope[COMPLETE_KEY] = found
    lacking = _lacking(node, found, as_of, complete)
    if lacking:
        request.scope[SCOPE_KEY] = header(lacking)
    return partial(reading_as, node.views, readable_by(caller), node.moments)


def _lacking(
    node: Node,
    found: Mapping[str, str],
    as_of: date | None,
    complete: bool,  # noqa: FBT001 - as it was asked
) -> Mapping[str, str]:
    day = day_of(node, as_of)
    lacking = incomplete(found, day)
    if lacking and complete:
        raise not_complete_yet(node, day, lacking)
    return lacking


TheViews = Annotated[Views, Depends(the_views)]


def day_of(node: Node, as_of: date | None) -> date:
    """Day that a question is asked as of."""
    return as_of or business_day(node.clock.now())


LanguageAsked = Annotated[
    Language | None, Query(description="Before what `Accept-Language` prefers.")
]


def the_language(
    language: LanguageAsked = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> Language:
    """The parameter counts before ``Accept-Language``."""
    return language or negotiate(accept_language)


TheLanguage = Annotated[Language, Depends(the_language)]
