"""Whatever a door answers in a test is as its OpenAPI document says."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import FastAPI

_OF_THE_MESSAGE = {"content-length", "content-type"}
_UNDESCRIBED = {"/v1/openapi.json"}
_described: list[tuple[re.Pattern[str], Mapping[str, Any]]] = []


def _paths(app: FastAPI) -> list[tuple[re.Pattern[str], Mapping[str, Any]]]:
    """Return what is said of each address; all nodes say the same."""
    if not _described:
        for template, operations in app.openapi()["paths"].items():
            parts = re.split(r"{\w+}", template)
            pattern = re.compile("[^/]+".join(map(re.escape, parts)))
            _described.append((pattern, operations))
    return _described


def check_described(app: FastAPI, method: str, answer: httpx.Response) -> None:
    """Fail where an answer has a status, content or header that is not described."""
    path = answer.request.url.raw_path.partition(b"?")[0].decode()
    if path in _UNDESCRIBED or not path.startswith("/v1/"):
        return
    found = [said for pattern, said in _paths(app) if pattern.fullmatch(path)]
    if not found:
        assert answer.status_code in {401, 404, 405}, (method, path)
        return
    operation = found[0].get(method.lower())
    if operation is None:
        assert answer.status_code in {401, 405}, (method, path)
        return
    where = (method, path, answer.status_code)
    said = operation["responses"].get(str(answer.status_code))
    assert said is not None, where
    if answer.content:
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in said["content"], (*where, kind)
    told = {name.lower() for name in said["headers"]} | _OF_THE_MESSAGE
    assert set(answer.headers) <= told, (*where, set(answer.headers) - told)
