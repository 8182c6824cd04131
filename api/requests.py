"""What a request says, read without FastAPI: parameters, a body, and who sends it.

It reads and refuses as FastAPI does, by the same types, in the same order.
"""

import asyncio
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import Message
from http import HTTPStatus
from typing import Any, Final, NamedTuple, get_args

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.params import Param
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from api.auth import Caller
from api.clock import ClockSource
from api.dependencies import BusinessDay, IdempotencyKey, here
from api.services import Node
from api.threshold import TRAVELS_AS
from federation.log.executor import RequestContext

NOTHING: Final = object()
"""There is no body."""
_LONG_NUMBER: Final = re.compile(rb"[0-9]{1000}")
Errors = list[Any]
"""Where in a request what cannot be read, as pydantic tells it."""


@dataclass(frozen=True, slots=True)
class Sayings:
    """What is said of a command beside its body, by where it is said."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    header: Mapping[str, Any]
    at_least: Sequence[str]
    """Positions that are waited for."""
    correlation_id: str
    """That its entries have."""

    def of(self, where: str) -> Mapping[str, Any]:
        """What is said in one of the three places, by its name there."""
        if where == "path":
            return self.path
        return self.query if where == "query" else self.header

    def place(self, where: str, alias: str) -> tuple[str, ...]:
        """How a problem names what is said somewhere."""
        return where, alias


def sayings_of(request: Request) -> Sayings:
    """What a request for one command says beside its body."""
    query = request.query_params
    return Sayings(
        request.path_params,
        query,
        request.headers,
        query.getlist("at_least"),
        request.scope[TRAVELS_AS],
    )


class CommandBasis:
    """What commands are decided on: what is here, and which day it is."""

    def __init__(self, node: Node) -> None:
        self.node = node

    async def reach(self, at_least: Sequence[str]) -> None:
        """Wait a little for positions; refuse where they do not come."""
        await self.reached(at_least)

    async def reached(self, at_least: Sequence[str]) -> Mapping[str, int]:
        """:meth:`reach` positions; give those that were reached, where any was asked."""
        return await here(self.node, [*at_least])

    async def now(self, business_day: date | None) -> datetime:
        """Instant of a command, on the day that is asked for."""
        clock = self.node.clock
        if clock.source is ClockSource.SYSTEM:
            return clock.now(business_day)
        return await asyncio.to_thread(clock.now, business_day)


class Parameter(NamedTuple):
    """What stands in an address, a query or a header."""

    name: str
    where: str
    """``path``, ``query`` or ``header``."""
    alias: str
    kind: TypeAdapter[Any]

    def read(self, sayings: Sayings, errors: Errors) -> Any:  # noqa: ANN401
        """Read it; None where it is not said, or where what is wrong is in ``errors``."""
        said = sayings.of(self.where)
        if self.alias not in said:
            return None
        place = sayings.place(self.where, self.alias)
        return validated(self.kind, said[self.alias], place, errors)


def parameter(name: str, kind: Any) -> Parameter:  # noqa: ANN401 - a type
    """Read off a type where a parameter stands."""
    (param,) = (each for each in get_args(kind)[1:] if isinstance(each, Param))
    alias = param.alias or name
    return Parameter(name, param.in_.value, alias, TypeAdapter(kind))


def validated(
    kind: TypeAdapter[Any],
    said: Any,  # noqa: ANN401 - as it came
    place: tuple[str, ...],
    errors: Errors,
) -> Any:  # noqa: ANN401
    """Read a value; None where it cannot be, with its place in ``errors``."""
    try:
        # As FastAPI does, which names what is no object accordingly.
        return kind.validate_python(said, from_attributes=True)
    except ValidationError as error:
        errors += [{**each, "loc": (*place, *each["loc"])} for each in error.errors()]
        return None


_KEY: Final = parameter("idempotency_key", IdempotencyKey)
_BUSINESS_DAY: Final = parameter("business_day_asked", BusinessDay)


async def asker_of(
    sayings: Sayings, basis: CommandBasis, caller: Caller, errors: Errors
) -> RequestContext | None:
    """Who sends a command, once all is here that it is to be decided from.

    None where what is said of it cannot be read.
    """
    key = _KEY.read(sayings, errors)
    business_day = _BUSINESS_DAY.read(sayings, errors)
    if errors:
        return None
    await basis.reach(sayings.at_least)
    return RequestContext(
        actor=caller.actor,
        organisation=caller.organisation,
        key=key or uuid.uuid4().hex,
        correlation_id=sayings.correlation_id,
        now=await basis.now(business_day),
        mandate=caller.mandate,
    )


async def json_body(request: Request) -> Any:  # noqa: ANN401 - JSON
    """Read a body as JSON where it says that it is, or as bytes; or ``NOTHING``.

    Raises ``RequestValidationError`` where it is no JSON.
    """
    content = await request.body()
    if not content:
        return NOTHING
    if not _is_json(request.headers.get("content-type", "")):
        return content
    return parsed(content)


def parsed(content: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read bytes as JSON; raise as FastAPI does where they are none."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise _no_json(error.pos) from None
    except (UnicodeDecodeError, RecursionError):
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    except ValueError:
        # A number of more digits than Python reads.
        number = _LONG_NUMBER.search(content)
        raise _no_json(number.start() if number else 0) from None


def _no_json(position: int) -> RequestValidationError:
    place = {"type": "json_invalid", "loc": ("body", position)}
    return RequestValidationError([place])


def _is_json(content_type: str) -> bool:
    if content_type == "application/json":
        return True
    header = Message()
    header["content-type"] = content_type
    subtype = header.get_content_subtype()
    return header.get_content_maintype() == "application" and (
        subtype == "json" or subtype.endswith("+json")
    )
