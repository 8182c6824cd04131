"""How a command is sent: its door, its members, and what it refers to."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from api.routers import PREFIX
from api.routes import DOORS
from deploy.year.enclosed import referred_in
from deploy.year.parts import RowParts
from deploy.year.readers import Cell
from domain.fact import Command
from domain.role import Role

SentMembers = Mapping[str, Any]


class Around(NamedTuple):
    """What of the folder belongs to a row, beside its cells."""

    parts: RowParts = MappingProxyType({})
    """The rows that are played with it."""
    files: Mapping[str, bytes] = MappingProxyType({})
    """What its cells name beside the tables."""
    employer: str = ""
    """The organisation whose node names its person, where others may record the row."""
    endorsed: bool = False
    """The folder says who endorses, so a version may ask for that."""


ALONE: Final = Around()


class Request(NamedTuple):
    """A command as it is sent."""

    path: str
    body: dict[str, Any]
    signed_at: str = ""
    """Where that which it signs is read, or nothing."""
    line: Mapping[str, Any] = MappingProxyType({})
    """The same as one line of many, where it may be."""
    by: AbstractSet[Role] = frozenset({Role.CONTROLLER})
    """In which role a person may send it."""

    @property
    def refers(self) -> bool:
        """Whether its members refer to documents, or to people of others."""
        return any(True for _ in referred_in(self.body))


def sent(command: type[Command], members: SentMembers, name: str = "") -> Request:
    """How a command is sent: through the door of a name, or the first that takes it."""
    for door in DOORS:
        takes = {*door.in_path.values()} <= members.keys()
        if door.command is command and takes and name in {"", door.name}:
            break
    else:
        raise LookupError(command)
    in_path = {name: _quoted(members[of]) for name, of in door.in_path.items()}
    body = {k: v for k, v in members.items() if k not in door.in_path.values()}
    at = (PREFIX + door.path).format_map(in_path)
    named = {of: members[door.in_path[name]] for name, of in door.in_line.items()}
    line = {"command": door.name, **named, **body}
    return Request(at, body, door.way.signs.format_map(in_path), line, door.roles)


def _quoted(name: object) -> str:
    return quote(str(name), safe="")


Otherwise = Callable[[SentMembers, Mapping[str, Cell], Around], Request]
"""Makes a request of a row that has not the members of one command."""
