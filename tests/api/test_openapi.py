"""The OpenAPI document: whole, described, and kept by the app itself."""

import importlib
import pkgutil
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from api import routes
from api.app import create_app
from api.auth import Role
from domain.decisions import DECIDERS
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import token

METHODS = ("get", "post", "put", "delete", "patch")


@pytest.fixture
def document(door: Door) -> dict[str, Any]:
    """Return the document of a node."""
    found: dict[str, Any] = door.client.request("GET", "/v1/openapi.json").json()
    return found


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
                assert {"401", "403", "404", "409", "421", "422", "503"} <= set(
                    operation["responses"]
                )


def test_amounts_say_their_unit_by_their_name(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        for member, content in schema.get("properties", {}).items():
            kinds = [content, *content.get("anyOf", [])]
            assert all(kind.get("type") != "number" for kind in kinds), (name, member)


def test_every_command_of_the_domain_has_a_route() -> None:
    used = {
        name
        for module in pkgutil.iter_modules(routes.__path__, "api.routes.")
        for name in vars(importlib.import_module(module.name))
    }
    assert {kind.__name__ for kind in DECIDERS} <= used


def test_random_requests_meet_what_the_document_says(door: Door) -> None:
    """No request that the document allows is a crash, or answered as it does not say."""
    door.register(BERGEN, STAVANGER)
    door.node.projector.catch_up()
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", create_app(door.node))
    roles = (Role.CONTROLLER, Role.REGISTRAR)
    headers = {"Authorization": f"Bearer {token(BERGEN, *roles)}"}
    operations: list[Any] = [each.ok() for each in schema.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) > 25
    for operation in operations:

        @settings(max_examples=4, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def meets(case: Any) -> None:
            # What is waited for would make each of these requests wait.
            waits = {"at_least", "complete"}
            case.query = {k: v for k, v in case.query.items() if k not in waits}
            answer = case.call(headers=headers)
            assert answer.status_code in (*range(200, 300), *range(400, 500)), case.path
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0] == "application/problem+json"

        meets()
