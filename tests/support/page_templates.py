"""The pages there are, by the templates of their addresses."""

from fastapi.routing import APIRoute
from starlette.routing import Match

from api.pages.site import page_routes

_NO_PAGE = (
    *("/static/", "/docs", "/v1/", "/sign-in", "/metrics", "/readyz"),
    "/changes",
)


def templates() -> set[str]:
    """Return the template of each page that is shown in answer to GET."""
    return {
        route.path
        for route in page_routes()
        if isinstance(route, APIRoute)
        and "GET" in (route.methods or ())
        and route.path != "/"
        and not route.path.endswith(("/proof", "/file"))  # taken along, not looked at
        and not route.path.startswith(_NO_PAGE)
    }


def template_of(path: str) -> str | None:
    """Return the template of a page's address; None of what is no page."""
    scope = {"type": "http", "path": path, "method": "GET", "headers": []}
    for route in page_routes():
        if isinstance(route, APIRoute) and route.path in templates():
            match, _ = route.matches(scope)
            if match is Match.FULL:
                return route.path
    return None
