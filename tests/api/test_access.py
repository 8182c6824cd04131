"""Who may ask: every route of the app, with every kind of token."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app
from api.auth import Role
from api.commands import ENDPOINTS
from api.routers import PREFIX
from api.routes import DOORS, webhooks
from api.routes.documents import GIVERS
from api.webhooks.subscribing import SUBSCRIBERS
from domain.catalogue import COMMANDS
from domain.closing.closing import SignStatement
from domain.fact import Command
from domain.invoicing.invoice_decision import RegisterInvoice
from domain.payments.telling import ImportBankEntries
from tests.api.test_problems import is_problem
from tests.support.doors import NETWORK, Door
from tests.support.examples import BERGEN, STAVANGER, UNKNOWN
from tests.support.federation import token

PUBLIC = {
    *("/healthz", "/readyz", "/metrics"),
    *("/v1/openapi.json", "/v1/problems/{code}"),
}
NO_PAGES = (PREFIX, "/healthz", "/readyz", "/metrics")
"""Pages have doors of their own, and their own tests."""
LINES = f"{PREFIX}/commands"
ELSEWHERE = frozenset({LINES, f"{PREFIX}/events"})
"""Each line is let in, or not, as at the address of its own (``test_lines``); a feed has
no end (``test_feed``)."""
REGISTER = {
    "/v1/organisations",
    "/v1/organisations/{org_number}",
    "/v1/networks",
    "/v1/networks/{network}",
}
NAMED = {"network": "ms", "org_number": BERGEN, "code": "outdated", "name": "docs.js"}
"""What an address names; who may not ask does not learn whether it is there."""
NO_ROLE = token(BERGEN)
STRANGER = token(UNKNOWN, *Role)


def routes(door: Door, method: str) -> Iterator[tuple[str, str]]:
    """Yield the template and an address of every route of a method, but those of pages.

    Pages know their visitors by a session, and ``LINES`` each line's command.
    """
    for each in iter_route_contexts(create_app(door.node).routes):
        template = str(each.path)
        api = isinstance(each.original_route, APIRoute) and template.startswith(
            NO_PAGES
        )
        if api and method in (each.methods or ()) and template not in ELSEWHERE:
            yield template, re.sub(r"{(\w+)}", lambda m: NAMED.get(m[1], "1"), template)


def ask(door: Door, method: str, path: str, bearer: str | None) -> Any:
    """Send a request with a token, or with none."""
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    return door.client.request(method, path, headers=headers)


@pytest.fixture
def known(door: Door) -> Door:
    """Open a door of a node that knows two trusts and a network."""
    door.register(BERGEN, STAVANGER)
    assert door.post("/v1/networks", NETWORK).status_code == 201
    door.node.projector.catch_up()
    return door


def test_who_is_nobody_here_reads_the_register_alone(known: Door) -> None:
    """Without a role, or for an organisation that is not registered; every route."""
    found = dict(routes(known, "GET"))
    assert found.keys() > PUBLIC | REGISTER
    for template, path in found.items():
        without = ask(known, "GET", path, None)
        if template in PUBLIC:
            assert without.status_code in {200, 503}, template
            continue
        is_problem(without, 401, "unauthenticated")
        for bearer, code in ((NO_ROLE, "forbidden"), (STRANGER, "unregistered")):
            answer = ask(known, "GET", path, bearer)
            if template in REGISTER:
                assert answer.status_code == 200, answer.text
            else:
                is_problem(answer, 403, code)


def test_nobody_sends_a_command_without_a_role(known: Door) -> None:
    sent = dict(routes(known, "POST"))
    assert len(sent) > 20
    for path in sent.values():
        is_problem(ask(known, "POST", path, None), 401, "unauthenticated")
        is_problem(ask(known, "POST", path, NO_ROLE), 403, "forbidden")
        reader = token(BERGEN, Role.READER)
        is_problem(ask(known, "POST", path, reader), 403, "forbidden")


def senders_of() -> dict[str, frozenset[Role]]:
    """Return, by the template of a command's address, who is let in with a token.

    What is no door of its own sends the command that is named here.
    """
    beside: dict[str, type[Command]] = {
        "/v1/bank-entries": ImportBankEntries,
        "/v1/bank-entries/import": ImportBankEntries,
        "/v1/received-invoices": RegisterInvoice,
        "/v1/statements/{first}/{second}/{period_end}/rejection": SignStatement,
    }
    sent = {f"{PREFIX}{each.path}": each.command for each in DOORS} | beside
    found = {}
    for template, command in sent.items():
        roles = COMMANDS[command].authority.by
        stands = roles & {Role.APPROVER, Role.LEADER, Role.COORDINATOR}
        found[template] = frozenset({*roles, *([Role.CONTROLLER] if stands else [])})
    sends = {each for each, kind in COMMANDS.items() if kind.authority.by}
    assert {*sent.values()} == sends, "each has a door that a role sends"
    hooks = {
        route.path: SUBSCRIBERS
        for route in webhooks.router.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    }
    return {**found, **hooks, "/v1/documents": GIVERS, "/v1/persons": GIVERS}


def test_each_command_is_taken_in_its_roles_alone(known: Door) -> None:
    """Each address that takes something, each role: it is read, or `forbidden`."""
    senders, sent = senders_of(), dict(routes(known, "POST"))
    assert sent.keys() == senders.keys()
    for template, path in sent.items():
        for role in Role:
            answer = ask(known, "POST", path, token(BERGEN, role))
            told = (template, role, answer.text)
            if role in senders[template]:
                assert answer.json()["code"] != "forbidden", told
            else:
                is_problem(answer, 403, "forbidden")


def test_each_line_is_taken_in_the_roles_of_its_command_alone(known: Door) -> None:
    lines = [
        {"command": name, "idempotency_key": name}
        | {each: NAMED.get(each, "1") for each in endpoint.door.in_line.values()}
        for name, endpoint in ENDPOINTS.items()
    ]
    content = b"".join(orjson.dumps(line) + b"\n" for line in lines)
    senders = senders_of()
    is_problem(ask(known, "POST", LINES, None), 401, "unauthenticated")
    for role in Role:
        answer = known.post(LINES, content, roles=(role,), actor="nobody")
        said = [orjson.loads(line) for line in answer.content.splitlines()]
        for endpoint, told in zip(ENDPOINTS.values(), said, strict=True):
            is_let_in = role in senders[f"{PREFIX}{endpoint.door.path}"]
            assert (told.get("code") != "forbidden") == is_let_in, (role, told)


def test_who_is_registered_meanwhile_reads_all(door: Door) -> None:
    reader = {"roles": (Role.READER,), "organisation": STAVANGER}
    refused = is_problem(door.get("/v1/agreements", **reader), 403, "unregistered")
    assert STAVANGER in refused["detail"]
    door.register(BERGEN, STAVANGER)
    assert door.get("/v1/agreements", **reader).status_code == 200
    assert door.get("/v1/agreements", **reader).status_code == 200


def test_the_authority_of_a_region_is_one_before_anything_is_registered(
    door: Door,
) -> None:
    assert door.get("/v1/agreements", organisation="983658725").status_code == 200


@pytest.mark.anyio
async def test_what_runs_around_the_requests_of_a_node_begins_and_ends_with_it(
    door: Door,
) -> None:
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        told.append("begun")
        yield
        told.append("ended")

    said = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

    async def receive() -> Any:
        return next(said)

    async def send(message: Any) -> None:
        told.append(message["type"])

    app = create_app(door.node, lifespan=lifespan)
    await app({"type": "lifespan"}, receive, send)
    assert told == [
        *("begun", "lifespan.startup.complete"),
        *("ended", "lifespan.shutdown.complete"),
    ]
