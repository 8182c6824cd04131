"""Many commands in one request: a line each, in their order, answered as they are durable.

- Lines that are there are decided together, and those that follow are read when these
  are answered: so much of a request is held, and no more.
- Each line is read as the door of its command reads a request, and refused as there.
  Who asks is who sends the request; no line says it.
- A refused line changes nothing, and those after it are decided all the same.
"""

from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from api.auth import Caller
from api.clock import ClockSource
from api.commands import ENDPOINTS, Endpoint, Sending
from api.dependencies import positions_of
from api.problems import ProblemError, problem_document, problem_of
from api.requests import NOTHING, CommandBasis, Errors, Sayings, parsed
from api.services import Node
from api.signing import HEADER
from api.threshold import BODY_BYTES_MAX, TRAVELS_AS
from domain.refusal import Refusal
from federation.log.executor import GROUP_MAX
from federation.log.executor import Receipt as Recorded

MEDIA_TYPE: Final = "application/x-ndjson"
COMMAND: Final = "command"
HEADERS: Final = {
    "idempotency_key": "Idempotency-Key",
    "if_match": HEADER,
    "business_day": "Fagnett-Business-Day",
}
"""Members of a line, and the header that says the same to a door."""
AT_LEAST: Final = "at_least"
UNKNOWN: Final = "unknown_command"


class RequestLine(NamedTuple):
    """One line of a request."""

    number: int
    """From 1; blank lines count, and are not answered."""
    content: bytes | None
    """None where it is larger than a command may be."""


class LineReader:
    """Finds the lines in what comes, and keeps no more of them than one."""

    def __init__(self) -> None:
        """Start where nothing has come."""
        self._rest = b""
        self.next_number = 1
        self._is_too_large = False

    def lines(self, content: bytes) -> Iterator[RequestLine]:
        """Give the lines that end in what has come now."""
        *ended, self._rest = (self._rest + content).split(b"\n")
        for each in ended:
            yield from self._line(each)
        if len(self._rest) > BODY_BYTES_MAX:
            self._rest, self._is_too_large = b"", True

    def last(self) -> Iterator[RequestLine]:
        """Give the line that the end of the request has ended."""
        yield from self._line(self._rest)

    def _line(self, content: bytes) -> Iterator[RequestLine]:
        number, self.next_number = self.next_number, self.next_number + 1
        if self._is_too_large or len(content) > BODY_BYTES_MAX:
            self._is_too_large = False
            yield RequestLine(number, None)
        elif content.strip():
            yield RequestLine(number, content)


@dataclass(frozen=True, slots=True)
class LineSayings(Sayings):
    """What a line says of its command, which is named as the line does."""

    names: Mapping[str, str]
    """By its name in the address, a member of the line."""

    @override
    def place(self, where: str, alias: str) -> tuple[str, ...]:
        if where == "header":
            return next((name,) for name, of in HEADERS.items() if of == alias)
        return (self.names.get(alias, alias),)


class _Waiting(NamedTuple):
    """A line that is yet to be answered."""

    number: int
    at_least: Sequence[str]
    read: tuple[Endpoint, Sending] | Exception
    """Its command; or why there is none."""


class _GroupBasis(CommandBasis):
    """What the commands of one group are decided on.

    Before anything is waited for, and before another day, those are answered that
    stand before it.
    """

    def __init__(
        self, node: Node, flush: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        super().__init__(node)
        self._flush = flush
        self._ends: Mapping[str, int] = {}
        self._day: date | None = None
        self._instant: datetime | None = None

    @override
    async def reach(self, at_least: Sequence[str]) -> None:
        asked = positions_of([*at_least]).items()
        if any(position > self._ends.get(origin, 0) for origin, position in asked):
            await self._flush()
            self._ends = await self.reached(at_least)

    @override
    async def now(self, business_day: date | None) -> datetime:
        if self.node.clock.source is ClockSource.SYSTEM:
            return await super().now(business_day)
        if self._instant is None or business_day != self._day:
            await self._flush()
            self._instant = await super().now(business_day)
            self._day = business_day
        return self._instant

    def end(self) -> None:
        """Begin the next group: what was recorded may have gone on to another day."""
        self._instant = None


class LinesAnswer(Response):
    """Takes the commands of a request, and answers a line for each."""

    media_type = MEDIA_TYPE

    def __init__(self, request: Request, caller: Caller) -> None:
        super().__init__()
        self._request = request
        self._caller = caller
        self._node: Node = request.app.state.node
        self._basis = _GroupBasis(self._node, self._flush)
        self._group: list[_Waiting] = []
        self._send: Send

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send = send
        begun, reader = False, LineReader()
        try:
            async for content in _contents(receive):
                if not begun:
                    # Not before: a client may wait to be told to send.
                    await send(_start(200))
                    begun = True
                for line in reader.lines(content):
                    await self._take(line)
                await self._flush()
            for line in reader.last():
                await self._take(line)
        except HTTPException as error:
            if not begun:
                raise
            # The request is larger than a request may be: this line is not read.
            self._group.append(_Waiting(reader.next_number, (), error))
        await self._flush()
        await self._write(b"", more=False)

    async def _take(self, line: RequestLine) -> None:
        at_least: list[str] = []
        read: tuple[Endpoint, Sending] | Exception
        try:
            read = await self._read(line, at_least)
        except Exception as error:  # noqa: BLE001 - it is this line's answer
            read = error
        self._group.append(_Waiting(line.number, at_least, read))
        if len(self._group) >= GROUP_MAX:
            await self._flush()

    async def _read(
        self, line: RequestLine, at_least: list[str]
    ) -> tuple[Endpoint, Sending]:
        if line.content is None:
            raise ProblemError("too_large")
        members = parsed(line.content)
        if not isinstance(members, dict):
            raise _unread(("model_attributes_type", ("body",)))
        name = members.pop(COMMAND, None)
        endpoint = ENDPOINTS.get(name) if isinstance(name, str) else None
        if endpoint is None:
            code = "missing" if name is None else UNKNOWN
            raise _unread((code, (COMMAND,)))
        at_least += _positions(members.pop(AT_LEAST, []))
        sayings, content = self._said(endpoint, members, at_least)
        sending = await endpoint.read(self._basis, self._caller, sayings, content)
        return endpoint, sending

    def _said(
        self, endpoint: Endpoint, members: dict[str, Any], at_least: Sequence[str]
    ) -> tuple[LineSayings, Any]:
        """Divide the members of a line into what stands elsewhere in a request, and its body."""
        path: dict[str, str] = {}
        wrong = (
            []
            if members.get("idempotency_key")
            else [("missing", ("idempotency_key",))]
        )
        names = endpoint.door.in_line
        for name, member in names.items():
            said = members.pop(member, None)
            if isinstance(said, str | int) and not isinstance(said, bool):
                path[name] = str(said)
            else:
                wrong.append(("missing" if said is None else "string_type", (member,)))
        asked = self._request.headers
        header = {"accept-language": asked.get("accept-language")}
        for name in endpoint.said_in_headers(HEADERS):
            said = members.pop(name, None)
            if said is None and name == "business_day":
                said = asked.get(HEADERS[name])
            if said is not None:
                header[HEADERS[name]] = said
        if endpoint.door.body is None:
            wrong += [("extra_forbidden", (name,)) for name in members]
        if wrong:
            raise _unread(*wrong)
        sayings = LineSayings(
            path,
            self._request.query_params,
            header,
            at_least,
            self._request.scope[TRAVELS_AS],
            names,
        )
        return sayings, NOTHING if endpoint.door.body is None else members

    async def _flush(self) -> None:
        """Decide the lines that wait, and answer them."""
        group, self._group = self._group, []
        self._basis.end()
        if not group:
            return
        commands = [
            (sending.command, sending.asker)
            for _, sending in (
                each.read for each in group if isinstance(each.read, tuple)
            )
        ]
        outcomes = self._node.executor.executed_in_order(commands)
        for each in group:
            try:
                said = await self._answer(each.read, outcomes)
            except Exception as error:  # noqa: BLE001 - it is this line's answer
                problem = problem_of(self._request, error)
                said, _ = problem_document(self._request, problem, each.at_least)
            await self._write(orjson.dumps({"line": each.number, **said}) + b"\n")

    async def _answer(
        self, read: tuple[Endpoint, Sending] | Exception, outcomes: AsyncIterator[Any]
    ) -> dict[str, Any]:
        if isinstance(read, Exception):
            raise read
        outcome = await anext(outcomes)
        if not isinstance(outcome, Recorded | Refusal):
            raise outcome
        endpoint, sending = read
        return (await endpoint.answer(self._node, sending, outcome)).line()

    async def _write(self, content: bytes, *, more: bool = True) -> None:
        message = {"type": "http.response.body", "body": content, "more_body": more}
        await self._send(message)


def _start(status: int) -> dict[str, Any]:
    headers = [(b"content-type", MEDIA_TYPE.encode())]
    return {"type": "http.response.start", "status": status, "headers": headers}


async def _contents(receive: Receive) -> AsyncIterator[bytes]:
    """Give what comes of a request's body, piece by piece."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _positions(said: Any) -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(said, list) and all(isinstance(each, str) for each in said):
        return said
    raise _unread(("list_type", (AT_LEAST,)))


def _unread(*wrong: tuple[str, tuple[str, ...]]) -> RequestValidationError:
    errors: Errors = [{"type": code, "loc": place} for code, place in wrong]
    return RequestValidationError(errors)
