"""The pinned bytes of facts that have none yet, made of examples of their types.

What is written is never edited.
"""

import re
from collections.abc import Iterable
from datetime import date
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from hypothesis import find
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from domain.fact import Fact, Message

GOLDEN: Final = Path(__file__).parents[1] / "golden"


def example_of(kind: type[Message]) -> Message:
    """Return an example of a message, with all its members."""
    return kind.model_validate({n: _member(n, i) for n, i in kind.model_fields.items()})


def _member(name: str, info: FieldInfo) -> object:
    if info.examples:
        return info.examples[0]
    return _value(name, info.annotation, info.metadata)


def _value(name: str, kind: Any, marks: Iterable[object]) -> object:
    of, args = get_origin(kind), get_args(kind)
    if of is Annotated:
        return _value(name, args[0], (*marks, *args[1:]))
    if of in {Union, UnionType}:
        (some,) = (each for each in args if each is not type(None))
        return _value(name, some, marks)
    if of is tuple:
        return tuple(_value(name, each, ()) for each in args if each is not Ellipsis)
    if of is dict:
        return {_value(name, args[0], ()): _value(name, args[1], ())}
    if of is Literal:
        return args[0]
    if issubclass(kind, Message):
        return example_of(kind)
    if issubclass(kind, Enum):
        return next(iter(kind))
    return _plain(name, kind, _bounds(marks))


def _bounds(marks: Iterable[object]) -> dict[str, Any]:
    """Return what bounds a value: ``pattern``, ``ge``, ``examples``."""
    bounds: dict[str, Any] = {}
    for mark in marks:
        if isinstance(mark, FieldInfo):
            bounds |= {"examples": mark.examples, **_bounds(mark.metadata)}
        for bound in ("pattern", "ge"):
            if (found := getattr(mark, bound, None)) is not None:
                bounds[bound] = found
    return bounds


def _plain(name: str, kind: type, bounds: dict[str, Any]) -> object:
    if bounds.get("examples"):
        return bounds["examples"][0]
    if kind is date:
        return date(2026, 7, 10)
    if kind is bool:
        return True
    if kind is int:
        return max(bounds.get("ge", 1), 1)
    assert kind is str, kind
    text = name.replace("_", " ")
    pattern = bounds.get("pattern", "")
    if re.search(pattern, text):
        return text
    return find(st.from_regex(pattern, fullmatch=True), lambda found: len(found) > 1)


def write(kind: type[Fact], folder: Path = GOLDEN) -> None:
    """Pin the bytes of a fact, unless they are pinned."""
    path = folder / f"{kind.TYPE}.json"
    if not path.exists():
        path.write_bytes(example_of(kind).to_bytes() + b"\n")
