"""All kinds of facts and commands, read off the modules that declare them.

- A stored name has one fact, and a fact one kind of stream.
- Whatever name was ever stored is decoded: as it is, or by its upcasts. A text that
  was once taken stays taken, whatever later releases find in it.
- An error names members, never what stands in them (law 8).
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from domain import (
    agreements,
    closing,
    governance,
    grants,
    invoicing,
    obligations,
    parties,
    payments,
    posts,
)
from domain.fact import Command, Fact, Upcast, canonical
from domain.history import Category
from domain.kind import DECLARED, CommandKind
from domain.refusal import codes
from domain.texts import as_recorded

PACKAGES: Final = (
    parties,
    agreements,
    posts,
    invoicing,
    payments,
    closing,
    grants,
    governance,
    obligations,
)
"""Packages whose modules declare facts, streams and commands."""


def _modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            yield import_module(module.name)


STREAMS: Final[Mapping[type[Fact], Category[Any]]] = {
    fact: category
    for module in _modules()
    for category in vars(module).values()
    if isinstance(category, Category)
    for fact in category.holds
}
"""Each fact with the kind of stream that holds it, here and from any region."""

COMMANDS: Final[Mapping[type[Command], CommandKind]] = DECLARED
"""Each command with what is declared of it."""

CODES: Final = frozenset(codes())
"""Why any command may be refused."""

FACTS: Final[Mapping[str, type[Fact]]] = {kind.TYPE: kind for kind in STREAMS}


class Earlier(NamedTuple):
    """What a name that is recorded no more has become."""

    fact: type[Fact]
    upcast: Upcast


EARLIER: Final[Mapping[str, Earlier]] = {
    name: Earlier(fact, upcast)
    for fact in STREAMS
    for name, upcast in fact.EARLIER.items()
}
"""Facts by old stored name."""

_FAMILIES: Final = {
    kind.TYPE.rpartition(".")[0]: category.kind for kind, category in STREAMS.items()
}


def stream_kind(name: str) -> str | None:
    """Kind of stream that holds events of this name.

    None for a name that this release does not know: whatever it is, it is stored.
    """
    if name in FACTS or name in EARLIER:
        return _FAMILIES[name.rpartition(".")[0]]
    return None


class UnknownFactError(Exception):
    """An event has a name that this release does not know."""


class BrokenFactError(Exception):
    """An event of a known name does not have its shape."""


_OTHER_SHAPE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""Errors of an upcast whose input does not have the old shape."""


def decode(name: str, data: bytes) -> Fact:
    """Decode a stored event.

    Raises :class:`UnknownFactError` and :class:`BrokenFactError`; neither
    message holds the data.
    """
    kind = FACTS.get(name)
    if name in EARLIER:
        kind, upcast = EARLIER[name]
        try:
            data = canonical(upcast(orjson.loads(data)))
        except _OTHER_SHAPE as error:
            message = f"{name}: {type(error).__name__}"
            raise BrokenFactError(message) from None
    if kind is None:
        raise UnknownFactError(name)
    try:
        with as_recorded():
            return kind.model_validate_json(data)
    except ValidationError as error:
        places = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        message = f"{kind.TYPE}: {', '.join(places)}"
        raise BrokenFactError(message) from None
