"""The few pages that a browser meets: where it is, and what each problem means."""

from typing import Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.browsing import html_page, page_file, wants_page
from api.dependencies import TheLanguage, TheNode, day_of
from api.problems import Problem, ProblemError
from api.routers import public
from api.routes.health import node_checks, takes_commands
from api.routes.settlement import get_settlement
from api.status import standings
from api.words import Language, catalogue, negotiate, problem, sentence
from domain.values import Region

router = public()
LANGUAGES: Final = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
"""What each language calls itself."""


@router.get("/", include_in_schema=False)
def home(node: TheNode, language: TheLanguage, request: Request) -> Response:
    """Say where one is and where to go on: to a browser as a page, else as JSON."""
    if not wants_page(request.headers.get("accept")):
        links = {
            "region": node.region,
            "version": node.version,
            "openapi": "/v1/openapi.json",
            "ready": "/readyz",
            "metrics": "/metrics",
            "docs": "/docs",
        }
        return JSONResponse(links, headers={"Vary": "Accept"})
    shown = [
        {
            "name": region_name(standing.region, language),
            "words": standing.words,
            "well": standing.well,
        }
        for standing in standings(node, language)
    ]
    return html_page(
        "home.html",
        language,
        names=LANGUAGES,
        region=node.region.value,
        region_called=region_name(node.region, language),
        settlement=get_settlement.__name__,
        standings=shown,
        version=node.version,
        whole=takes_commands(node_checks(node)) and all(each["well"] for each in shown),
        year=day_of(node, None).year,
    )


@router.get("/docs", include_in_schema=False)
def docs(node: TheNode, language: TheLanguage) -> Response:
    """The page on which the API is read and tried."""
    return html_page(
        "docs.html", language, region_called=region_name(node.region, language)
    )


@router.get("/static/{name}", include_in_schema=False)
def static(name: str) -> Response:
    """What the pages need, and nothing else."""
    return page_file(name)


def region_name(region: Region, language: Language) -> str:
    """Name of a region in a language."""
    return sentence(language, "value", region.value)


@router.get("/v1/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """The document of all operations, as this node answers them."""
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
    """What a problem's code means: the `type` of a problem document."""
    if code not in catalogue().problems:
        raise ProblemError("not_found")
    words = problem(negotiate(request.headers.get("accept-language")), code)
    return Meaning(code=code, status=words.status.value, title=words.title)
