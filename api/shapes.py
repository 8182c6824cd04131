"""Types that are derived from messages: what of them is sent, and what is answered."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, Field, Strict, create_model
from pydantic.fields import FieldInfo

from api.bodies import AsWritten, Body, PersonsName
from domain.catalogue import STREAMS
from domain.fact import Fact, Message
from domain.texts import written
from domain.values import PERSON

_PERSONS_NAME_MAX: Final = 200


def in_path(info: FieldInfo) -> Any:  # noqa: ANN401 - a type
    """Type of a member in an address, where nothing may be absent."""
    kind: Any = info.annotation
    if get_origin(kind) in {Union, UnionType}:
        (kind,) = (arg for arg in get_args(kind) if arg is not type(None))
    kind = _with(kind, info.metadata)
    if date in {kind, *get_args(kind)}:
        kind = Annotated[kind, AsWritten]
    parameter = Path(description=info.description, examples=info.examples)
    return Annotated[kind, parameter]


@cache
def persons_of(kind: type[Message]) -> frozenset[str]:
    """Members that are pseudonyms of persons."""
    return frozenset(
        name
        for name, info in kind.model_fields.items()
        if PERSON in info.metadata or PERSON in _metadata(info.annotation)
    )


MemberPlace = tuple[str, ...]
"""Names of a member and of those within it."""


@cache
def places_of_persons(kind: type[Message]) -> frozenset[MemberPlace]:
    """Where a message, or one within it, has pseudonyms of persons."""
    places: set[MemberPlace] = {(name,) for name in persons_of(kind)}
    for name, info in kind.model_fields.items():
        within = _message(info.annotation)
        if within is not None:
            places |= {(name, *rest) for rest in places_of_persons(within)}
    return frozenset(places)


def _message(kind: Any) -> type[Message] | None:  # noqa: ANN401 - a type
    """Message that a member is, if it is one alone, maybe none."""
    if isinstance(kind, type):
        return kind if issubclass(kind, Message) else None
    if get_origin(kind) in {Annotated, Union, UnionType}:
        return next(filter(None, map(_message, get_args(kind))), None)
    return None


def _metadata(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type
    if get_origin(kind) is Annotated:
        return get_args(kind)[1:]
    return tuple(each for arg in get_args(kind) for each in _metadata(arg))


@cache
def body_of(
    kind: type[Message],
    sent: tuple[str, ...],
    known: frozenset[str] = frozenset(),
) -> type[Body]:
    """Type of a body with some members of a message.

    ``known`` are persons whose pseudonyms are sent, and not their names.
    """
    fields: dict[str, Any] = {}
    for name in sent:
        info = kind.model_fields[name]
        if name in persons_of(kind) - known:
            fields[name] = _persons_name(info)
            continue
        field = Field(
            *(() if info.is_required() else (info.default,)),
            description=info.description,
            examples=info.examples,
        )
        fields[name] = (_sent(_with(info.annotation, info.metadata)), field)
    # Two bodies of one command have names of their own.
    name = "".join([kind.__name__, *("Known" for _ in known)])
    made: type[Body] = create_model(name, __base__=Body, __doc__=kind.__doc__, **fields)
    return made


def _persons_name(info: FieldInfo) -> tuple[Any, Any]:
    least = 1 if info.is_required() else None
    field: Any = Field(
        *(() if info.is_required() else ("",)),
        description=info.description,
        min_length=least,
        max_length=_PERSONS_NAME_MAX,
    )
    return PersonsName, field


def _sent(kind: Any) -> Any:  # noqa: ANN401 - a type
    """Type of a member as JSON brings it: numbers as such, days as written."""
    if kind in {int, bool}:
        return Annotated[kind, Strict()]
    if kind is date:
        return Annotated[date, AsWritten]
    if get_origin(kind) is Annotated and get_args(kind)[0] is date:
        # Outermost, so that what bounds a day stays a bound of the schema.
        return Annotated[kind, AsWritten]
    if isinstance(kind, type) and issubclass(kind, Message):
        return body_of(kind, tuple(kind.model_fields))
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return Annotated[_sent(args[0]), *args[1:]]
    if origin in {Union, UnionType}:
        return reduce(or_, map(_sent, args))
    if origin is tuple:
        return tuple.__class_getitem__((_sent(args[0]), ...))
    return kind


def _with(kind: Any, metadata: Sequence[Any]) -> Any:  # noqa: ANN401 - types
    return Annotated[kind, *metadata] if metadata else kind


def filter_of(info: FieldInfo) -> Any:  # noqa: ANN401 - a type
    """Type of a member by which a list may be asked for."""
    kind: Any = Union[_recorded(info), None]  # noqa: UP007 - types
    return Annotated[kind, Query(description=info.description, examples=info.examples)]


def asked_by(info: FieldInfo) -> Any:  # noqa: ANN401 - a type
    """Type of a member of a fact in an address."""
    parameter = Path(description=info.description, examples=info.examples)
    return Annotated[_recorded(info), parameter]


def _recorded(info: FieldInfo) -> Any:  # noqa: ANN401 - a type
    """Type of a member as somebody writes what was recorded."""
    kind = _with(info.annotation, info.metadata)
    return Annotated[kind, BeforeValidator(written)] if info.annotation is str else kind


@cache
def answer_of(kind: type[Fact]) -> type[BaseModel]:
    """What is answered with a fact: its members, named as its kind of stream."""
    return _answer(kind, {})


@cache
def item_of(kind: type[Fact]) -> type[BaseModel]:
    """What an item of a list is: a fact, and the day on which it was recorded."""
    return _answer(kind, {"recorded_on": (date, ...)})


def _answer(kind: type[Fact], more: Mapping[str, Any]) -> type[BaseModel]:
    name = STREAMS[kind].kind.title().replace("-", "")
    members: dict[str, Any] = {
        member: (
            _with(info.annotation, info.metadata),
            Field(description=info.description, examples=info.examples),
        )
        for member, info in kind.model_fields.items()
    }
    made: type[BaseModel] = create_model(
        name, __doc__=kind.__doc__, **{**members, **more}
    )
    return made
