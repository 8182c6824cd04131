"""The OpenAPI document: whole, described, and kept by the app itself."""

import asyncio
import importlib
import json
import pkgutil
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import routes
from api.app import create_app
from api.auth import Role
from api.problems import (
    GIVING_DOCUMENTS,
    PROBLEMS,
    READING_DOCUMENTS,
    REFUSALS,
)
from api.words import catalogue
from domain.catalogue import COMMANDS
from tests.support.doors import NETWORK, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import token

CONFORMS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
METHODS = ("get", "head", "post", "put", "delete", "patch")
schemathesis.serializer.alias("application/x-ndjson", "application/octet-stream")
CLIENT = Path(__file__).parents[2] / "api" / "client.yaml"
"""What the generator is told of the files that a node takes and gives."""


@pytest.fixture
def document(door: Door) -> dict[str, Any]:
    """Return the document of a node."""
    found: dict[str, Any] = door.client.request("GET", "/v1/openapi.json").json()
    return found


def test_no_two_models_share_a_name(document: dict[str, Any]) -> None:
    """FastAPI would tell them apart by the paths of their modules."""
    assert not [name for name in document["components"]["schemas"] if "__" in name]


def test_every_operation_says_what_it_does_and_what_can_go_wrong(
    document: dict[str, Any],
) -> None:
    for path, operations in document["paths"].items():
        for method in METHODS:
            operation = operations.get(method)
            if operation is None:
                continue
            assert operation["description"], (method, path)
            if path.startswith("/v1/") and method == "post":
                assert {str(status) for status in REFUSALS} <= set(
                    operation["responses"]
                )


def test_amounts_say_their_unit_by_their_name(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        for member, content in schema.get("properties", {}).items():
            if member.endswith("_seconds"):
                continue
            kinds = [content, *content.get("anyOf", [])]
            assert all(kind.get("type") != "number" for kind in kinds), (name, member)


def test_every_command_that_people_send_has_a_route() -> None:
    used = {
        name
        for module in pkgutil.iter_modules(routes.__path__, "api.routes.")
        for name in vars(importlib.import_module(module.name))
    }
    sends = {each.__name__ for each, kind in COMMANDS.items() if kind.authority.by}
    assert sends <= used
    assert not sends.symmetric_difference(each.__name__ for each in COMMANDS) & used


def test_random_requests_meet_what_the_document_says(door: Door) -> None:
    """No request that the document allows is a crash, or answered as it does not say."""
    door.register(BERGEN, STAVANGER)
    door.node.projector.catch_up()
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", create_app(door.node))
    roles = (Role.CONTROLLER, Role.REGISTRAR)
    headers = {"Authorization": f"Bearer {token(BERGEN, *roles)}"}
    every: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]
    # A feed has no end; it is read in its own tests.
    operations = [each for each in every if each.path != "/v1/events"]
    assert len(operations) > 25
    for operation in operations:

        @settings(
            max_examples=4 if operation.method != "head" else 1,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def meets(case: Any) -> None:
            # What is waited for would make each of these requests wait.
            waits = {"at_least", "complete"}
            case.query = {k: v for k, v in case.query.items() if k not in waits}
            answer = case.call(headers=headers)
            assert answer.status_code != HTTPStatus.INTERNAL_SERVER_ERROR, case.path
            case.validate_response(answer, checks=CONFORMS)

        meets()


def test_every_status_of_a_problem_is_described() -> None:
    described = {*PROBLEMS, *REFUSALS, HTTPStatus.PRECONDITION_REQUIRED}
    described |= {*GIVING_DOCUMENTS, *READING_DOCUMENTS}
    told = {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.INTERNAL_SERVER_ERROR}
    problems = catalogue().problems.values()
    statuses = {words.status for each in problems for words in each.values()}
    assert statuses - told <= described


def test_operations_and_models_have_names_of_their_own(
    document: dict[str, Any],
) -> None:
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names))
    assert not [each for each in document["components"]["schemas"] if "__" in each]


def test_the_clock_of_a_local_federation_is_no_part_of_what_is_public(
    door: Door,
) -> None:
    text = door.client.request("GET", "/v1/openapi.json").text
    assert "Business-Day" not in text


def test_what_signs_asks_for_the_header_and_says_where_it_is_from(
    document: dict[str, Any],
) -> None:
    path = "/v1/agreements/{agreement}/versions/{version}"
    operation = document["paths"][f"{path}/answer"]["post"]
    (header,) = (p for p in operation["parameters"] if p["name"] == "If-Match")
    assert header["required"]
    assert f"GET {path}" in header["description"]
    assert "428" in operation["responses"]
    read = document["paths"][path]["get"]["responses"]["200"]
    assert "ETag" in read["headers"]


@pytest.mark.parametrize("path", ["/v1/networks", "/v1/networks/none", "/readyz"])
def test_head_says_what_get_would(door: Door, path: str) -> None:
    read, head = (door.call(method, path) for method in ("GET", "HEAD"))
    assert head.status_code == read.status_code
    assert head.content == b""
    assert set(head.headers) == set(read.headers)
    for name in set(read.headers) - {"x-correlation-id"}:
        assert head.headers[name] == read.headers[name]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/networks", "GET, HEAD, POST"),
        ("PUT", "/v1/networks/ms", "GET, HEAD"),
        ("GET", "/v1/networks/ms/frame/x", None),
        ("HEAD", "/v1/agreements/a/terminations", "POST"),
        ("PATCH", "/healthz", "GET, HEAD"),
    ],
)
def test_what_is_not_allowed_says_what_is(
    door: Door, method: str, path: str, allowed: str | None
) -> None:
    answer = door.call(method, path)
    assert answer.status_code == (404 if allowed is None else 405)
    assert answer.headers.get("Allow") == allowed


@pytest.fixture
def made(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Let a public generator make a client, which must not be warned of anything."""
    source = tmp_path / "openapi.json"
    source.write_text(json.dumps(document))
    config = Config.from_sources(
        ConfigFile.load_from_path(CLIENT),
        MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=False,
        output_path=tmp_path / "fagnett_client",
    )
    assert [each.header for each in generate(config=config)] == []
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / "fagnett_client"


def test_a_public_generator_makes_a_client_with_all_operations(
    door: Door, document: dict[str, Any], made: Path
) -> None:
    """And the client that it makes sends commands and reads answers."""
    operations = {
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    }
    modules = {path.stem for path in made.glob("api/*/*.py")} - {"__init__"}
    assert modules == operations
    door.register(BERGEN, STAVANGER)

    async def use() -> tuple[Any, Any, Any]:
        package = importlib.import_module("fagnett_client")
        client = package.AuthenticatedClient(
            "http://node.test", token(BERGEN, Role.CONTROLLER)
        )
        client.set_async_httpx_client(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(create_app(door.node)),
                base_url="http://node.test",
                headers={"Authorization": f"Bearer {client.token}"},
            )
        )
        networks = "fagnett_client.api.networks"
        new = importlib.import_module("fagnett_client.models").EstablishNetwork
        send = importlib.import_module(f"{networks}.establish_network").asyncio
        ask = importlib.import_module(f"{networks}.get_network").asyncio
        recorded = await send(client=client, body=new.from_dict(NETWORK))
        again = await send(
            client=client, body=new.from_dict({**NETWORK, "kind": "regional"})
        )
        door.node.projector.catch_up()
        return recorded, again, await ask("ms", client=client)

    recorded, refused, network = asyncio.run(use())
    assert recorded.position == "vest:3"
    assert refused.code == "conflicting_row"
    assert network.coordinating_trust == BERGEN
