"""Following every link of the pages, as far as each page has been seen."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from fastapi.routing import APIRoute
from starlette.routing import Match

from api.pages.site import page_routes
from tests.support.browsing import Visitor

_EACH = 2
"""Addresses of one page that are opened: with what differs between them."""
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


def crawl(guest: Visitor, *starts: str, each: int = _EACH) -> Iterator[tuple[str, str]]:
    """Open pages by their links; give the template and address of each when it is open.

    A link to what is not there fails, as does a page that breaks.
    """
    seen: Counter[str] = Counter()
    known, waiting = {*starts}, [*starts]
    while waiting:
        address = waiting.pop(0)
        template = template_of(urlsplit(address).path)
        if template is None or seen[template] >= each:
            continue
        seen[template] += 1
        guest.go(address)
        yield template, address
        links = guest.page.eval_on_selector_all(
            "header a[href], main a[href], footer a[href]",
            "all => all.map(a => a.getAttribute('href'))",
        )
        for link in links:
            plain = link.partition("#")[0]
            if (
                plain.startswith("/")
                and plain not in known
                and "language=" not in plain
            ):
                known.add(plain)
                waiting.append(plain)
