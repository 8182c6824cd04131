"""Lists: page by page, in the order of a key, whatever is added meanwhile."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from api.problems import ProblemError

T = TypeVar("T")


ITEMS_MAX: Final = 2**31


Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most.")]


Cursor = Annotated[
    str | None, Query(max_length=500, description="`next_cursor` of the page before.")
]


class Page(BaseModel, Generic[T]):
    """One page of a sorted list."""

    items: list[T]
    next_cursor: str | None = Field(description="Ask with this for the next page.")


def page_of(
    items: Sequence[T], limit: int, key: Callable[[T], list[str | int]]
) -> Page[T]:
    """A full page says where the next begins."""
    cursor = None
    if len(items) == limit:
        cursor = base64.urlsafe_b64encode(orjson.dumps(key(items[-1]))).decode()
    return Page(items=list(items), next_cursor=cursor)


def after(cursor: str | None, default: list[str | int]) -> list[Any]:
    """Key of the last item of the page before."""
    if cursor is None:
        return default
    try:
        key = list(orjson.loads(base64.urlsafe_b64decode(cursor)))
        fits = all(_fits(*pair) for pair in zip(key, default, strict=True))
    except (binascii.Error, orjson.JSONDecodeError, TypeError, ValueError):
        key, fits = [], False
    if not fits:
        errors = [{"field": "cursor", "code": "invalid_cursor"}]
        raise ProblemError("invalid_row", errors=errors)
    return key


def _fits(member: object, default: str | int) -> bool:
    """Whether a member of a cursor may stand in a key."""
    if isinstance(default, str):
        # A name may hold a soft hyphen or a no-break space; no database looks for NUL.
        return isinstance(member, str) and "\0" not in member
    return type(member) is int and 0 <= member < ITEMS_MAX


def only(items: Sequence[T]) -> T:
    """The one item there is, or end with 404."""
    if not items:
        raise ProblemError("not_found")
    return items[0]
