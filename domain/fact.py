"""A fact: what an event says, in canonical bytes."""

from collections.abc import Callable, Mapping
from typing import ClassVar

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue
from typing_extensions import override


def canonical(value: JsonValue) -> bytes:
    """One byte string of a JSON value without floats.

    Keys are sorted and there is no space between tokens; with ASCII keys and
    without floats this is RFC 8785.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


class Message(BaseModel):
    """A frozen value without unknown members: the base of facts and commands."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def to_bytes(self) -> bytes:
        """Canonical bytes; absent optional members take no space."""
        return canonical(self.model_dump(mode="json", exclude_none=True))


Shape = dict[str, JsonValue]
Upcast = Callable[[Shape], Shape]


def unchanged(shape: Shape) -> Shape:
    """Shape of an earlier version of which only the name differs."""
    return shape


class Fact(Message):
    """What was recorded: ``class DayConfirmed(Fact, name="region.day_confirmed.v1")``.

    The name and the members are the storage format: a change is a new version that
    says in ``earlier`` what the old names' shapes become, never an edit.
    """

    TYPE: ClassVar[str]
    """The stored name with its version."""
    EARLIER: ClassVar[Mapping[str, Upcast]]
    """By each name that it was stored under before, its shape as it is now."""
    FOUND_BY: ClassVar[tuple[str, ...]]
    """By which of its members its rows are found: by its key, then by others; one that
    is several members names them all, ``"seller year number"``. A fact that is found
    by none has no rows of its own."""

    @override
    def __init_subclass__(
        cls,
        *,
        name: str,
        earlier: Mapping[str, Upcast] | None = None,
        found_by: tuple[str, ...] = (),
    ) -> None:
        """Keep what is declared."""
        super().__init_subclass__()
        cls.TYPE = name
        cls.EARLIER = earlier or {}
        cls.FOUND_BY = found_by


class Command(Message):
    """What somebody asks for, in the imperative.

    Its description and its members' are what the API's document says of it.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)
