"""The few pages that a browser meets: where it is, and what each problem means."""

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel

from api.dependencies import TheLanguage, TheNode
from api.desk.sessions import SESSION_KEY
from api.pages.rendering import Speaker, html_page, page_file
from api.problems import Problem, ProblemError, wants_page
from api.routers import public
from api.words import Language, catalogue, negotiate, problem, sentence
from domain.values import Region

router = public()


@router.get("/", include_in_schema=False)
def home(node: TheNode, request: Request) -> Response:
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
    signed_in = request.scope[SESSION_KEY] is not None
    return RedirectResponse(
        "/my-day" if signed_in else "/sign-in",
        303,
        headers={"Vary": "Accept, Cookie", "Cache-Control": "no-store"},
    )


@router.get("/docs", include_in_schema=False)
def docs(node: TheNode, language: TheLanguage) -> Response:
    """The page on which the API is read and tried."""
    values = {"region_called": region_name(node.region, language)}
    return html_page("docs.html", Speaker(language, "page"), values)


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
