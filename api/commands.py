"""The door of a command: its address, its body, its answer, all from the command.

FastAPI describes it, as it does any route, and does not answer it: what it does for
each request of a route costs more than the rest of a command. What is read, and how
what cannot be read is refused, is the same; ``tests/api/test_lean.py`` holds them
together.
"""

import asyncio
import inspect
import re
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter
from typing_extensions import override

from api.auth import Caller
from api.dependencies import (
    LanguageAsked,
    TheAsker,
    TheLanguage,
    TheNode,
    known_caller,
    require,
    senders,
    the_language,
)
from api.doors import MOST, NAMES_IN_PATHS, Door, Way
from api.late import LateRoute
from api.problems import REFUSALS, refused
from api.receipts import (
    LOCATED,
    DocumentReceipt,
    PaymentReceipt,
    Receipt,
    WarnedReceipt,
    document_receipt,
    note_recorded,
    payment_receipt,
    receipt,
    warned_receipt,
    with_status,
)
from api.requests import (
    NOTHING,
    CommandBasis,
    Errors,
    Parameter,
    Sayings,
    asker_of,
    json_body,
    parameter,
    sayings_of,
    validated,
)
from api.services import Node
from api.signing import HEADER, IfMatch, Signs
from domain.fact import Command
from domain.invoicing.sales_document import InvoiceIssued
from domain.refusal import Refusal
from federation.log.executor import Receipt as Recorded
from federation.log.executor import RequestContext

_IN_PATH: Final = re.compile(r"{(\w+)}")

DOORS: Final[list[Door]] = []
"""The doors of the routes that were imported; read ``api.routes.DOORS``."""
ENDPOINTS: Final[dict[str, "Endpoint"]] = {}
"""What is behind them, by the name of the operation."""


def door(router: APIRouter, path: str, command: type[Command], way: Way = MOST) -> None:
    """Open the door of a command at an address of the router."""
    own = command.model_fields
    names = _IN_PATH.findall(path)
    in_path = {
        name: name if name in own or way.within else NAMES_IN_PATHS[name]
        for name in names
    }
    opened = Door(path, command, way, in_path)
    DOORS.append(opened)
    endpoint = Endpoint(opened)
    assert endpoint.__name__ not in ENDPOINTS, "each has its own"
    ENDPOINTS[endpoint.__name__] = endpoint
    router.add_api_route(
        path,
        endpoint,
        methods=["POST"],
        status_code=201,
        dependencies=senders(command),
        responses={**REFUSALS, **LOCATED} if way.made or way.issues else REFUSALS,
        response_model=_answer_model(opened),
        route_class_override=CommandRoute,
    )


def _answer_model(of: Door) -> type[Receipt]:
    if of.way.pays:
        return PaymentReceipt
    if of.way.issues:
        return DocumentReceipt
    return WarnedReceipt if of.warns else Receipt


class Sending(NamedTuple):
    """A command that was read, who sends it, and what was said with it."""

    command: Command
    asker: RequestContext
    said: Mapping[str, Any]


class CommandAnswer(NamedTuple):
    """What a command recorded, and where that which it made is read."""

    shown: Receipt
    made: str
    outcome: Recorded

    def response(self) -> Response:
        """Give the answer to a request for one command."""
        content = orjson.dumps(self.shown.model_dump(mode="json"))
        response = Response(content, media_type="application/json")
        if self.made:
            response.headers["Location"] = self.made
        with_status(self.outcome, response)
        return response

    def line(self) -> dict[str, Any]:
        """Give the answer to one command of many."""
        said: dict[str, Any] = {"status": 201 if self.outcome.rows else 200}
        said |= self.shown.model_dump(mode="json")
        if self.made:
            said["location"] = self.made
        if self.outcome.repeated:
            said["replayed"] = True
        return said


class Endpoint:
    """The far side of a door: it is read by FastAPI, and takes the commands."""

    def __init__(self, opened: Door) -> None:
        self.door = opened
        self.__name__ = opened.name
        self.__doc__ = opened.command.__doc__

    async def __call__(self, request: Request) -> Response:
        """Take one command, and answer with what it recorded."""
        node: Node = request.app.state.node
        caller = known_caller(request)
        content = NOTHING if self._body is None else await json_body(request)
        basis, sayings = CommandBasis(node), sayings_of(request)
        sending = await self.read(basis, caller, sayings, content)
        outcome = await node.executor.executed(sending.command, sending.asker)
        return (await self.answer(node, sending, outcome)).response()

    async def read(
        self,
        basis: CommandBasis,
        caller: Caller,
        sayings: Sayings,
        content: Any,  # noqa: ANN401 - JSON
    ) -> "Sending":
        """Read a command, once all is here that it is to be decided from.

        Raises what becomes a problem where it may not be sent, or cannot be read.
        """
        way = self.door.way
        require(caller, self.door.roles)
        errors: Errors = []
        asker = await asker_of(sayings, basis, caller, errors)
        told = len(errors)
        said = {each.name: each.read(sayings, errors) for each in self._parameters}
        tag = sayings.place("header", HEADER)
        if way.signs and not any(
            each["loc"][: len(tag)] == tag for each in errors[told:]
        ):
            field = ".".join(tag)
            said["signed"] = Signs(way.signs).tag(sayings.path, said["if_match"], field)
        if self._body is not None:
            said["body"] = self._read(content, errors)
        if errors or asker is None:
            raise RequestValidationError(errors)
        if self.door.speaks:
            accepted = sayings.header.get("accept-language")
            said["language"] = the_language(said["language"], accepted)
        command = self.door.asked(
            said, asker.organisation, basis.node.persons.pseudonym
        )
        return Sending(command, asker, said)

    async def answer(
        self, node: Node, sending: "Sending", outcome: Recorded | Refusal
    ) -> "CommandAnswer":
        """Give what a command recorded; raise the problem of a refusal."""
        if isinstance(outcome, Refusal):
            raise refused(outcome)
        command, asker, said = sending
        way = self.door.way
        note_recorded(node, asker, outcome)
        if said.get("body") is not None and self.door.persons:
            await asyncio.to_thread(self._remember, node, asker.organisation, said)
        shown: Receipt
        if way.pays:
            shown = await asyncio.to_thread(
                payment_receipt, outcome, node, said["language"]
            )
        elif way.issues:
            shown = document_receipt(outcome, said["language"])
        elif self.door.warns:
            shown = warned_receipt(outcome, said["language"])
        else:
            shown = receipt(outcome)
        made = made_at(way, command) if way.made else ""
        return CommandAnswer(
            shown, _document_at(outcome) if way.issues else made, outcome
        )

    def _read(self, content: Any, errors: Errors) -> Any:  # noqa: ANN401 - JSON
        if content is NOTHING:
            errors.append({"type": "missing", "loc": ("body",)})
            return None
        assert self._body is not None
        return validated(self._body, content, ("body",), errors)

    def _remember(self, node: Node, organisation: str, said: Mapping[str, Any]) -> None:
        """Keep the names of the persons that entries hold as pseudonyms."""
        for written in self.door.names_in(said["body"]):
            pseudonym = node.persons.pseudonym(organisation, written)
            node.persons.remember(pseudonym, written)

    def said_in_headers(self, names: Iterable[str]) -> Iterator[str]:
        """Which of these members of a line its door takes, in headers."""
        tagged = self.door.way.signs or self.door.way.tagged
        return (name for name in names if name != "if_match" or tagged)

    @cached_property
    def __signature__(self) -> inspect.Signature:
        """What a request says, by name, for FastAPI to describe it."""
        way = self.door.way
        kinds: dict[str, Any] = {"node": TheNode, "asker": TheAsker}
        kinds |= self.door.kinds_in_path()
        if self.door.body is not None:
            kinds["body"] = self.door.body
        if self.door.speaks:
            kinds["language"] = TheLanguage
        if way.signs:
            kinds["signed"] = Annotated[str, Depends(Signs(way.signs))]
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [
            inspect.Parameter(name, keyword, annotation=kind)
            for name, kind in kinds.items()
        ]
        if way.tagged:
            tag = inspect.Parameter(
                "if_match", keyword, annotation=IfMatch, default=None
            )
            parameters.append(tag)
        return inspect.Signature(parameters, return_annotation=Receipt)

    @cached_property
    def _parameters(self) -> list[Parameter]:
        way = self.door.way
        tag = {"if_match": IfMatch}
        kinds: dict[str, Any] = {}
        if self.door.speaks:
            kinds["language"] = LanguageAsked
        kinds |= tag if way.signs else {}
        kinds |= self.door.kinds_in_path()
        kinds |= tag if way.tagged else {}
        return [parameter(name, kind) for name, kind in kinds.items()]

    @cached_property
    def _body(self) -> TypeAdapter[Any] | None:
        return None if self.door.body is None else TypeAdapter(self.door.body)


class CommandRoute(LateRoute):
    """A route that its endpoint answers, and not FastAPI."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give what takes its requests."""
        endpoint: Endpoint = self.endpoint  # type: ignore[assignment]  # of a door
        return endpoint.__call__


def made_at(way: Way, asked: Command) -> str:
    """Address of what a command has made."""
    members = dict(asked)
    if way.within:
        members = {**dict(members[way.within])}
    return way.made.format_map({k: quote(str(v)) for k, v in members.items()})


def _document_at(outcome: Recorded) -> str:
    for row in outcome.rows:
        if row.type == InvoiceIssued.TYPE:
            _, _, seller, year = row.stream.split(":")
            return f"/v1/invoices/{seller}/{year}/{row.version}"
    return ""
