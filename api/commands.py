"""The door of a command, derived from it: its address, its body, its answer.

A body is the command less what the address, the caller and `If-Match` say. A member
that is a person's pseudonym is sent as the person's name, which is kept sealed in
the own region (law 8).
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Response
from fastapi.exceptions import RequestValidationError
from fastapi.params import Depends as Dependency
from pydantic import ValidationError

from api.bodies import Body
from api.dependencies import TheAsker, TheLanguage, TheNode
from api.problems import REFUSALS
from api.receipts import (
    CONTROLLER,
    LOCATED,
    DocumentReceipt,
    Receipt,
    document_receipt,
    execute,
    receipt,
)
from api.services import Node
from api.shapes import body_of, in_path, persons_of
from api.signing import IfMatch, Signs
from domain.fact import Command, Message
from domain.invoicing.invoice import OnDocument
from domain.invoicing.sales_document import InvoiceIssued
from federation.log.executor import Receipt as Recorded
from federation.log.executor import RequestContext

_IN_PATH: Final = re.compile(r"{(\w+)}")
_OF_DOCUMENT: Final = {"payee": "seller"}
"""What the address of a document calls a member of the command."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a command is sent, where it is not as most are."""

    name: str = ""
    """Of the operation, where the command has another door."""
    made: str = ""
    """The address of what is made, with members of the command."""
    signs: str = ""
    """Where that is read which `If-Match` must name: the command's fingerprint."""
    tagged: Mapping[str, Callable[[str | None], Any]] = field(default_factory=dict)
    """A member that `If-Match` may say, and how it is read."""
    by: str = ""
    """The member that is the caller's organisation."""
    within: str = ""
    """The member whose members are sent, in place of the command's own."""
    without: frozenset[str] = frozenset()
    """Members that nobody sends."""
    issues: bool = False
    """It issues a document, whose address and warnings are answered."""
    allowed: Sequence[Dependency] = tuple(CONTROLLER)


MOST: Final = Way()
OF_PERIOD: Final = "/agreements/{agreement}/invoices/{period_start}"
OF_DOCUMENT: Final = "/invoices/{payee}/{year}/{number}"
"""The two addresses of a document."""
NOT_PROPOSED: Final = frozenset({"wage_growth"})
"""Costs that have grown are proposed by a command of their own."""


@dataclass(frozen=True, slots=True)
class Door:
    """A command and what is sent of it where."""

    path: str
    """Below ``PREFIX``."""
    command: type[Command]
    way: Way
    in_path: Mapping[str, str]
    """By the name in the address, the member."""

    @property
    def content(self) -> type[Message]:
        """What the body is of: the command, or its one member."""
        if not self.way.within:
            return self.command
        kind = self.command.model_fields[self.way.within].annotation
        assert isinstance(kind, type)
        assert issubclass(kind, Message)
        return kind

    @property
    def body(self) -> type[Body] | None:
        """The body's type, if anything is sent."""
        elsewhere = {*self.in_path.values(), *self.way.without, *self.way.tagged}
        elsewhere |= {self.way.by, "fingerprint" if self.way.signs else ""}
        if self.way.within:
            elsewhere -= self.command.model_fields.keys()
        if issubclass(self.command, OnDocument):
            # One of the two ways to name it stands in the address.
            elsewhere |= OnDocument.model_fields.keys()
        sent = [each for each in self.content.model_fields if each not in elsewhere]
        return body_of(self.content, tuple(sent)) if sent else None

    def kinds_in_path(self) -> Mapping[str, Any]:
        """Return the types of what stands in the address."""
        own, content = self.command.model_fields, self.content.model_fields
        return {
            name: in_path(own.get(member) or content[member])
            for name, member in self.in_path.items()
        }

    def asked(
        self,
        said: Mapping[str, Any],
        organisation: str,
        pseudonym: Callable[[str, str], str],
    ) -> Command:
        """Put the command together; raise ``RequestValidationError`` if it cannot be.

        ``pseudonym`` gives that of a person of an organisation, or nothing for nobody.
        """
        body: Body | None = said.get("body")
        members: dict[str, Any] = {}
        if body is not None:
            names = persons_of(self.content)
            members = body.model_dump(mode="json", exclude_none=True, exclude={*names})
            for name in names & body.__class__.model_fields.keys():
                written = getattr(body, name)
                person = pseudonym(organisation, written)
                if person:
                    members[name] = person
        own = {member: said[name] for name, member in self.in_path.items()}
        own |= {each: read(said["if_match"]) for each, read in self.way.tagged.items()}
        if self.way.by:
            own[self.way.by] = organisation
        if self.way.signs:
            own["fingerprint"] = said["signed"]
        if self.way.within:
            ours = {k: own.pop(k) for k in [*own] if k not in self.command.model_fields}
            members = {self.way.within: {**members, **ours}}
        try:
            return self.command.model_validate_json(orjson.dumps({**members, **own}))
        except ValidationError as error:
            raise RequestValidationError(error.errors()) from None


DOORS: Final[list[Door]] = []
"""The doors of the routes that were imported; read ``api.routes.DOORS``."""


def door(router: APIRouter, path: str, command: type[Command], way: Way = MOST) -> None:
    """Open the door of a command at an address of the router."""
    own = command.model_fields
    names = _IN_PATH.findall(path)
    in_path = {
        name: name if name in own or way.within else _OF_DOCUMENT[name]
        for name in names
    }
    opened = Door(path, command, way, in_path)
    DOORS.append(opened)

    def endpoint(
        node: Node,
        asker: RequestContext,
        response: Response,
        **said: Any,  # noqa: ANN401
    ) -> Receipt:
        asked = opened.asked(said, asker.organisation, node.persons.pseudonym)
        outcome = execute(node, asked, asker, response)
        body = said.get("body")
        for name in persons_of(opened.content) if body is not None else ():
            written = getattr(body, name)
            node.persons.remember(
                node.persons.pseudonym(asker.organisation, written), written
            )
        made = way.made and made_at(way, asked)
        if way.issues:
            made = _document_at(outcome)
        if made:
            response.headers["Location"] = made
        if way.issues:
            return document_receipt(outcome, said["language"])
        return receipt(outcome)

    endpoint.__name__ = way.name or _snake(command.__name__)
    endpoint.__doc__ = command.__doc__
    endpoint.__signature__ = _signature(opened)  # type: ignore[attr-defined]
    router.post(
        path,
        status_code=201,
        dependencies=way.allowed,
        responses={**REFUSALS, **LOCATED} if way.made or way.issues else REFUSALS,
        response_model=DocumentReceipt if way.issues else Receipt,
    )(endpoint)


def made_at(way: Way, asked: Command) -> str:
    """Return the address of what a command has made."""
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


def _signature(opened: Door) -> inspect.Signature:
    """Return what a request says, by name; FastAPI reads it."""
    way = opened.way
    kinds: dict[str, Any] = {"node": TheNode, "asker": TheAsker, "response": Response}
    kinds |= opened.kinds_in_path()
    if opened.body is not None:
        kinds["body"] = opened.body
    if way.issues:
        kinds["language"] = TheLanguage
    if way.signs:
        kinds["signed"] = Annotated[str, Depends(Signs(way.signs))]
    parameters = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind)
        for name, kind in kinds.items()
    ]
    if way.tagged:
        parameters.append(
            inspect.Parameter(
                "if_match",
                inspect.Parameter.KEYWORD_ONLY,
                annotation=IfMatch,
                default=None,
            )
        )
    return inspect.Signature(parameters, return_annotation=Receipt)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
