"""A fact: what an event says, in canonical bytes."""

from typing import ClassVar

import orjson
from pydantic import BaseModel, ConfigDict, JsonValue


def canonical(value: JsonValue) -> bytes:
    """Return the one byte string of a JSON value without floats.

    Keys are sorted and there is no space between tokens; with ASCII keys and
    without floats this is RFC 8785.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


class Message(BaseModel):
    """A frozen value without unknown members: the base of facts and commands."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; absent optional members take no space."""
        return canonical(self.model_dump(mode="json", exclude_none=True))


class Fact(Message):
    """What was recorded. ``TYPE`` is its stored name with its version.

    The name and the members are the storage format: a change is a new version
    with an upcast in ``domain/catalogue.py``, never an edit.
    """

    TYPE: ClassVar[str]


class Command(Message):
    """What somebody asks for, in the imperative."""
