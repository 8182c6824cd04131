"""The doors of questions, derived from facts and from the folds of streams.

A list and its items are facts as they are, from their table. Where what is asked for
comes about by several facts it is the fold that decisions use, over the journal as it
was known on the day: one rule, one place.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastapi import APIRouter

from api.auth import Caller
from api.dependencies import AsOf, TheCaller, TheNode, TheViews, day_of
from api.known import known_until
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.services import Node
from api.shapes import answer_of, asked_by, filter_of, item_of
from domain.catalogue import STREAMS
from domain.fact import Fact
from domain.history import Category
from projections.asof import Slice
from projections.listed import Listed, first_facts, key_of, listed

S = TypeVar("S")


def listing(
    router: APIRouter,
    path: str,
    kind: type[Fact],
    words: str,
    by: Mapping[str, str] | None = None,
) -> None:
    """Open a list of facts by key; ``by`` names parameters, and the members they mean."""
    member_of, key = by or {}, key_of(kind)

    def endpoint(
        node: TheNode,
        views: TheViews,
        as_of: AsOf = None,
        limit: Limit = 100,
        cursor: Cursor = None,
        **asked: Any,  # noqa: ANN401
    ) -> Page[Any]:
        part = Slice(after(cursor, [""])[0], limit)
        members = {member_of[name]: value for name, value in asked.items()}
        with views() as connection:
            facts = listed(connection, kind, day_of(node, as_of), part, **members)
        return page_of(list(map(_shown, facts)), limit, lambda item: [item[key]])

    parameters = {
        name: filter_of(kind.model_fields[member]) for name, member in member_of.items()
    }
    endpoint.__name__ = f"list_{path.rpartition('/')[2].replace('-', '_')}"
    _open(router, path, endpoint, parameters, words, Page[item_of(kind)])  # type: ignore[misc]


def one(router: APIRouter, path: str, kind: type[Fact], words: str) -> None:
    """Open one of a list of facts by its key; 404 where there is none."""
    key = key_of(kind)

    def endpoint(
        node: TheNode,
        views: TheViews,
        as_of: AsOf = None,
        **asked: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        with views() as connection:
            facts = first_facts(connection, kind, day_of(node, as_of), [asked[key]])
        return _shown(only([*facts.values()]))

    endpoint.__name__ = _name(kind)
    parameters = {key: asked_by(kind.model_fields[key])}
    _open(router, path, endpoint, parameters, words, item_of(kind))


def by_key(
    router: APIRouter,
    path: str,
    category: Category[S],
    shows: Callable[[S], Fact | None],
    words: str,
    may_ask: Callable[[Node, Caller, str], None],
) -> None:
    """Open what a stream has come to, by its key; 404 where ``shows`` gives none.

    ``may_ask`` raises where the caller may not read what has that key.
    """
    (kind,) = category.holds
    (key,) = re.findall(r"{(\w+)}", path)

    def endpoint(
        node: TheNode,
        caller: TheCaller,
        _views: TheViews,
        as_of: AsOf = None,
        **asked: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        may_ask(node, caller, asked[key])
        with known_until(node, day_of(node, as_of)) as history:
            shown = shows(history.state(category, asked[key]))
        return dict(only([] if shown is None else [shown]))

    endpoint.__name__ = _name(kind)
    parameters = {key: asked_by(kind.model_fields[key])}
    _open(router, path, endpoint, parameters, words, answer_of(kind))


def _open(
    router: APIRouter,
    path: str,
    endpoint: Callable[..., Any],
    parameters: Mapping[str, Any],
    words: str,
    answer: Any,  # noqa: ANN401 - a type
) -> None:
    """Have FastAPI read the endpoint's own parameters, and those of this question."""
    own = inspect.signature(endpoint).parameters.values()
    named = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for each in own
        if each.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    asked = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind)
        if f"{{{name}}}" in path
        else inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=None
        )
        for name, kind in parameters.items()
    ]
    every = [*asked, *named]
    endpoint.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]
    endpoint.__doc__ = words
    router.get(path, response_model=answer)(endpoint)


def _name(kind: type[Fact]) -> str:
    return f"get_{STREAMS[kind].kind.replace('-', '_')}"


def _shown(fact: Listed[Any]) -> dict[str, Any]:
    return {**dict(fact.fact), "recorded_on": fact.recorded_on}
