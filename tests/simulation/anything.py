"""A command of any kind that is declared, made of its types.

Whatever a member of the same name has been said to be is said again, so that commands
are about things that are there; a new kind of command needs no line here.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import Enum
from random import Random
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from domain.catalogue import COMMANDS
from domain.fact import Command, Message
from tests.simulation.book import NUMBERS, YEAR

TRIES: Final = 40
"""Most commands bind their members to each other; some are made many times in vain."""
KNOWN: Final = 0.9
"""So often something is said that was said before, where anything was."""
ABSENT: Final = 0.5
REMEMBERED: Final = 30
KINDS: Final = sorted(
    (command for command, kind in COMMANDS.items() if kind.authority.by),
    key=lambda command: command.__name__,
)
"""What people send; a node's own word comes of what it does."""
_PATTERNS: Final = ("p", "7", "example", "0.5", "2026/1")
"""Texts, of which one mostly has the form that is asked for."""


class Said:
    """What has been said so far, by the name of the member."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._values: defaultdict[str, list[object]] = defaultdict(list)

    def note(self, message: Message) -> None:
        """Remember what a command says."""
        for name, value in message:
            parts = value if isinstance(value, tuple) else (value,)
            for part in parts:
                if isinstance(part, Message):
                    self.note(part)
                elif part not in (None, "") and not isinstance(part, bool | Enum):
                    self._values[name] = [*self._values[name], part][-REMEMBERED:]

    def anything(self) -> Command | None:
        """Return a command of any kind, or none where chance made none."""
        kind = self._random.choice(KINDS)
        for _ in range(TRIES):
            try:
                made = kind.model_validate(self._members(kind), strict=False)
            except ValidationError:
                continue
            assert isinstance(made, Command)
            return made
        return None

    def _members(self, kind: type[Message]) -> dict[str, object]:
        """Return members: sometimes all that may be absent are."""
        return {
            name: self._member(name, info)
            for name, info in kind.model_fields.items()
            if info.is_required() or self._random.random() > ABSENT
        }

    def _member(self, name: str, info: FieldInfo) -> object:
        known = self._values[name]
        if known and self._random.random() < KNOWN:
            return self._random.choice(known)
        return self._value(info.annotation)

    def _value(self, kind: Any) -> object:
        of, args = get_origin(kind), get_args(kind)
        if of is Annotated:
            return self._value(args[0])
        if of in {Union, UnionType}:
            return self._value(self._random.choice(args))
        if of is tuple:
            return tuple(self._value(each) for each in args if each is not Ellipsis)
        if of is dict:
            return {self._value(args[0]): self._value(args[1])}
        if of is Literal:
            return self._random.choice(args)
        if issubclass(kind, Message):
            return self._members(kind)
        if issubclass(kind, Enum):
            return self._random.choice(list(kind))
        return _PLAIN[kind](self._random)


_PLAIN: Final[Mapping[type, Callable[[Random], object]]] = {
    type(None): lambda _: None,
    str: lambda random: random.choice(_PATTERNS),
    bool: lambda random: random.random() < ABSENT,
    int: lambda random: random.randrange(NUMBERS),
    date: lambda random: date(YEAR, 1, 1) + timedelta(days=random.randrange(365)),
}
