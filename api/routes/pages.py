"""The few pages that a browser meets: where it is, and what each problem means."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.dependencies import TheNode
from api.problems import Problem, ProblemError
from api.routers import public
from api.words import catalogue, negotiate, problem

router = public()


@router.get("/", include_in_schema=False)
def home(node: TheNode) -> dict[str, Any]:
    """Say where one is and where to go on."""
    return {
        "region": node.region,
        "version": node.version,
        "openapi": "/v1/openapi.json",
        "ready": "/readyz",
        "metrics": "/metrics",
    }


@router.get("/v1/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """Return the document of all operations, as this node answers them."""
    return JSONResponse(request.app.openapi())


class Meaning(BaseModel):
    """What a problem is, in the caller's language."""

    code: str
    status: int
    title: str


@router.get(
    "/v1/problems/{code}",
    tags=["problems"],
    responses={404: {"model": Problem, "description": "There is no such problem."}},
)
def get_problem(code: str, request: Request) -> Meaning:
    """Return what a problem's code means: the `type` of a problem document."""
    if code not in catalogue().problems:
        raise ProblemError("not_found")
    words = problem(negotiate(request.headers.get("accept-language")), code)
    return Meaning(code=code, status=words.status.value, title=words.title)
