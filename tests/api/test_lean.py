"""A command's door reads as FastAPI does, which describes it and does not answer it."""

import random
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.auth import Role
from api.commands import CommandRoute, Endpoint
from api.late import LateRoute
from domain.refusal import Code, Refusal
from tests.support.doors import Client, Door
from tests.support.examples import BERGEN
from tests.support.federation import token

EACH = 25
"""So many requests are sent to each door."""
SCALARS: tuple[Any, ...] = (
    *("x", "", "Ola\u202e", "13097248022", "983974724", "2026-01-01", "2026-02-30"),
    *("2026-01-01T00:00:00", 1, -1, 2**70, 1.5, True, None, [], {}, [1], {"a": 1}),
)
IN_PATHS = (
    "x",
    "983974724",
    "2026-01-01",
    "2026",
    "0",
    "æ",
    "13097248022",
    "-1",
    "vest",
)
TYPES = (
    *(["application/json"] * 6),
    *("application/json; charset=utf-8", "application/vnd.x+json", "text/plain", ""),
)
CONTENTS = (b"", b"{", b"[]", b"null", b"1", b"\xff", b'{"a": NaN}', b'{"a":' * 2000)
HEADERS: tuple[dict[str, str], ...] = (
    *([{}] * 6),
    {"Idempotency-Key": "no blanks"},
    {"Idempotency-Key": "13097248022"},
    {"Fagnett-Business-Day": "1.1.2026"},
    {"Fagnett-Business-Day": "2026-01-05"},
    {"Accept-Language": "nn"},
)
TAGS: tuple[dict[str, str], ...] = (
    {},
    {"If-Match": '"x"'},
    {"If-Match": "*"},
    {"If-Match": "x" * 300},
)
QUERIES = (*([""] * 6), "?language=xx", "?language=en")


class Sent(NamedTuple):
    """One request."""

    path: str
    content: bytes
    headers: Mapping[str, str]


def requests(endpoint: Endpoint, path: str) -> Iterator[Sent]:
    """Yield what might be sent to a door, and mostly should not be."""
    chosen = random.Random(path)
    body = endpoint.door.body
    names = [*(body.model_fields if body else ()), "unknown"]
    for _ in range(EACH):
        parts = {name: chosen.choice(IN_PATHS) for name in endpoint.door.in_path}
        said = {name: chosen.choice(SCALARS) for name in names if chosen.random() < 0.6}
        content = httpx.Request("POST", "http://x", json=said).content
        if chosen.random() < 0.3:
            content = chosen.choice(CONTENTS)
        headers = {**chosen.choice(HEADERS), **chosen.choice(TAGS)}
        headers["Content-Type"] = chosen.choice(TYPES)
        role = chosen.choice([*([min(endpoint.door.roles)] * 4), Role.READER])
        headers["Authorization"] = f"Bearer {token(BERGEN, role)}"
        yield Sent(path.format_map(parts) + chosen.choice(QUERIES), content, headers)


def answered_by_fastapi(app: FastAPI) -> FastAPI:
    """Give the same app whose commands' routes FastAPI answers."""
    other = copy(app)
    other.router = copy(app.router)
    other.router.routes = [_as_fastapi(route) for route in app.routes]
    other.router.middleware_stack = other.router.app
    other.middleware_stack = None
    return other


def _as_fastapi(route: Any) -> Any:
    if not isinstance(route, CommandRoute):
        return route
    endpoint: Any = route.endpoint
    opened = endpoint.door

    def read(**said: Any) -> None:
        node, asker = said["node"], said["asker"]
        opened.asked(said, asker.organisation, node.persons.pseudonym)
        raise AssertionError(said)

    read.__signature__ = endpoint.__signature__  # type: ignore[attr-defined]
    return LateRoute(
        route.path,
        read,
        methods=["POST"],
        name=route.name,
        include_in_schema=True,
        dependencies=route.dependencies,
    )


def told(answer: httpx.Response) -> Any:
    """What an answer says, but for what names the request."""
    said = answer.json()
    said.pop("instance")
    said.pop("correlation_id")
    return answer.status_code, said


def test_what_cannot_be_read_is_refused_as_fastapi_refuses_it(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take(*_: object) -> Refusal:
        return Refusal(Code.COMMAND_REUSED)

    monkeypatch.setattr(type(door.node.executor), "executed", take)
    app = create_app(door.node)
    ours, theirs = Client(app), Client(answered_by_fastapi(app))
    codes = set()
    for route in app.routes:
        if not isinstance(route, CommandRoute):
            continue
        endpoint: Any = route.endpoint
        for sent in requests(endpoint, route.path):
            more: Any = {"content": sent.content, "headers": sent.headers}
            first = ours.request("POST", sent.path, **more)
            second = theirs.request("POST", sent.path, **more)
            if second.status_code == 500:
                assert told(first)[1]["code"] == Code.COMMAND_REUSED, sent
                continue
            assert told(first) == told(second), sent
            codes.add(first.json()["code"])
    assert {"invalid_row", "forbidden", "precondition_required"} <= codes
