"""What of a command is sent where: derived from the command, and from its way.

A body is the command less what the address, the caller and `If-Match` say. A member
that is a person's pseudonym is sent as the person's name, which is kept sealed in
the own region (law 8).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any, Final

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.bodies import Body
from api.shapes import MemberPlace, body_of, in_path, places_of_persons
from domain.fact import Command, Message
from domain.invoicing.invoice import OnDocument
from domain.kind import DECLARED
from domain.role import Role

NAMES_IN_PATHS: Final = {"payee": "seller", "body_name": "body"}
"""What an address calls a member of the command otherwise: of a document who is to be
paid, and a body, which is also what a request has."""


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
    known: frozenset[str] = frozenset()
    """Persons who are sent by their pseudonyms: another organisation's node has made
    them, and that has said them before."""
    issues: bool = False
    """It issues a document, whose address and warnings are answered."""
    pays: bool = False
    """It says what is paid; what may be wrong with that is answered."""


MOST: Final = Way()
OF_PERIOD: Final = "/agreements/{agreement}/invoices/{period_start}"
OF_DOCUMENT: Final = "/invoices/{payee}/{year}/{number}"
"""The two addresses of a document."""
NOT_PROPOSED: Final = frozenset({"wage_growth"})
"""Costs that have grown are proposed by a command of their own."""


@dataclass(frozen=True)
class Door:
    """A command and what is sent of it where."""

    path: str
    """Below ``PREFIX``."""
    command: type[Command]
    way: Way
    in_path: Mapping[str, str]
    """By the name in the address, the member."""

    @property
    def roles(self) -> AbstractSet[Role]:
        """In which role a person may send it."""
        return DECLARED[self.command].authority.by

    @property
    def speaks(self) -> bool:
        """Whether its answer says something in the caller's language."""
        return self.way.issues or self.way.pays or self.warns

    @property
    def warns(self) -> bool:
        """Whether its answer has what rules warn of."""
        return DECLARED[self.command].warns is not None

    @cached_property
    def content(self) -> type[Message]:
        """What the body is of: the command, or its one member."""
        if not self.way.within:
            return self.command
        kind = self.command.model_fields[self.way.within].annotation
        assert isinstance(kind, type)
        assert issubclass(kind, Message)
        return kind

    @cached_property
    def body(self) -> type[Body] | None:
        """The body's type, if anything is sent."""
        elsewhere = {*self.in_path.values(), *self.way.without, *self.way.tagged}
        elsewhere |= {self.way.by, "fingerprint" if self.way.signs else ""}
        if self.way.within:
            elsewhere -= self.command.model_fields.keys()
        if issubclass(self.command, OnDocument):
            # One of the two ways to name it stands in the address.
            elsewhere |= OnDocument.model_fields.keys()
        members = self.content.model_fields
        sent = [member for member in members if member not in elsewhere]
        return body_of(self.content, tuple(sent), self.way.known) if sent else None

    @cached_property
    def persons(self) -> Sequence[MemberPlace]:
        """Where in the body people are named."""
        sent = self.body.model_fields if self.body else {}
        return sorted(
            place
            for place in places_of_persons(self.content)
            if place[0] in sent and place[0] not in self.way.known
        )

    def names_in(self, body: Body) -> Iterator[str]:
        """Give the people whom a body names."""
        for place in self.persons:
            named: object = body
            for name in place:
                named = getattr(named, name, None)
            if isinstance(named, str) and named:
                yield named

    @cached_property
    def name(self) -> str:
        """Name of the operation."""
        return (
            self.way.name
            or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.command.__name__).lower()
        )

    @cached_property
    def in_line(self) -> Mapping[str, str]:
        """By the name in the address, the member of a line of many commands.

        Where the body has one of that name, it is of what the address names:
        ``of_version``.
        """
        own = self.body.model_fields if self.body else {}
        return {name: f"of_{name}" if name in own else name for name in self.in_path}

    def kinds_in_path(self) -> Mapping[str, Any]:
        """Types of what stands in the address, by name."""
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
            members = body.model_dump(mode="json", exclude_none=True)
            for *above, name in self.persons:
                holder = reduce(_part, above, members)
                person = pseudonym(organisation, holder.pop(name, ""))
                if person:
                    holder[name] = person
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


def _part(members: dict[str, Any], name: str) -> dict[str, Any]:
    part = members.get(name)
    return part if isinstance(part, dict) else {}
