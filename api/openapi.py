"""The OpenAPI document: all that is answered, as a client's generator needs it.

FastAPI writes what routes declare. What follows from a rule that holds for many
routes is added here, from the rule: nobody writes it twice.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from api.dependencies import the_views
from api.problems import MEDIA_TYPE, Problem
from api.signing import HEADER, signature_of

OpenApiDocument = dict[str, Any]
_REF: Final = "#/components/schemas/"
_PROBLEM: Final = {"schema": {"$ref": f"{_REF}Problem"}}
_ERRORS_FROM: Final = 400

_ALWAYS: Final = {
    "408": "The request did not come to its end in time; there is no content.",
    "431": "The request's head is too large; there is no content.",
    "500": "A fault of the node.",
    "503": "The node does not take it now.",
}
_PRECONDITION: Final = "It signs, and `If-Match` does not say what."


def _text(description: str) -> OpenApiDocument:
    return {"description": description, "schema": {"type": "string"}}


_CORRELATION: Final = {
    "X-Correlation-Id": _text("Names the request in the node's log, and its entries.")
}
_LANGUAGE: Final = {"Content-Language": _text("The language of the words.")}
_BY_STATUS: Final[Mapping[str, OpenApiDocument]] = {
    "401": {"WWW-Authenticate": _text("`Bearer`.")},
    "429": {"Retry-After": _text("Seconds.")},
    "503": {"Retry-After": _text("Seconds, where it is known when to ask again.")},
}
_INCOMPLETE: Final = {
    "Fagnett-Incomplete": _text(
        "The regions of which something of the answer's day may be missing (RFC 9651)."
    )
}
_REPLAYED: Final = {
    "Idempotency-Replayed": _text("`true` where the command was here before.")
}


def describe(app: FastAPI) -> None:
    """Let an app describe all that it answers."""
    written = app.openapi

    def whole() -> OpenApiDocument:
        if app.openapi_schema is None:
            app.openapi_schema = _whole(app, written())
        return app.openapi_schema

    app.openapi = whole  # type: ignore[method-assign]  # FastAPI's own way


def _whole(app: FastAPI, document: OpenApiDocument) -> OpenApiDocument:
    schemas = document["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema(ref_template=_REF + "{model}")
    for path, method, dependant in _operations(app):
        operation = document["paths"][path][method]
        _signing(operation, dependant)
        _answers(operation, method, dependant)
        if method == "get":
            if "{" not in path:
                operation["responses"].pop("404", None)
            document["paths"][path]["head"] = _without_content(operation)
    return document


def _operations(app: FastAPI) -> Iterator[tuple[str, str, Dependant]]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and context.include_in_schema:
            for method in context.methods or ():
                yield str(context.path_format), method.lower(), context.dependant


def _signing(operation: OpenApiDocument, dependant: Dependant) -> None:
    """Say what a route signs: the header is asked for, and where its value is."""
    signed = signature_of(dependant)
    if signed is None:
        return
    (parameter,) = (p for p in operation["parameters"] if p["name"] == HEADER)
    parameter["required"] = True
    parameter["schema"] = {
        "type": "string",
        "maxLength": parameter["schema"]["anyOf"][0]["maxLength"],
    }
    parameter["description"] = (
        f"The ETag of `GET {signed.read_at}`, as it was read: that is what is signed."
    )
    operation["responses"]["428"] = {"description": _PRECONDITION}


def _answers(operation: OpenApiDocument, method: str, dependant: Dependant) -> None:
    """Complete the answers of an operation, of all statuses."""
    responses = operation["responses"]
    for status, description in _ALWAYS.items():
        responses.setdefault(status, {"description": description})
    success = responses.get("201")
    if method == "post" and success is not None:
        success["description"] = "It is recorded."
        responses["200"] = deepcopy(success)
        responses["200"]["description"] = "All of it was recorded before."
    rests_on_views = any(by.call is the_views for by in dependant.dependencies)
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers |= _CORRELATION
        if rests_on_views:
            headers |= _INCOMPLETE
        if int(status) >= _ERRORS_FROM:
            _error(status, response)
        elif method == "post":
            headers |= _REPLAYED
    operation["responses"] = dict(sorted(responses.items()))


def _error(status: str, response: OpenApiDocument) -> None:
    """Say of a failure that it is a problem document (RFC 9457)."""
    if status in {"408", "431"}:
        # The server itself says so, before it is known what is asked.
        del response["headers"]
        return
    content = response.get("content", {})
    if content.get("application/json") == _PROBLEM:
        del content["application/json"]
    response["content"] = {**content, MEDIA_TYPE: _PROBLEM}
    response["headers"] |= {**_LANGUAGE, **_BY_STATUS.get(status, {})}


def _without_content(operation: OpenApiDocument) -> OpenApiDocument:
    """What HEAD answers: what GET does, but for the content."""
    head = deepcopy(operation)
    head["operationId"] += "_head"
    head["summary"] += ", without content"
    for response in head["responses"].values():
        response.pop("content", None)
    return head
