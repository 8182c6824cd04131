"""The app of one node: receives finished objects, builds nothing."""

from collections.abc import Callable
from copy import copy
from functools import cache
from typing import Any, Final

from fastapi import FastAPI
from starlette.datastructures import State

from api.head import HeadMiddleware
from api.openapi import describe
from api.pages.failures import problem_page, to_sign_in
from api.pages.site import page_routes
from api.pages.visit import SignInNeededError
from api.problems import install
from api.routes import include
from api.services import Node
from api.threshold import Threshold

DESCRIPTION: Final = """
One region's node of the federation. Commands record facts at the region that owns
them; questions are answered from all regions' facts, as of any day.

Amounts are whole øre. Days are `YYYY-MM-DD`, instants are UTC. Every call needs a
bearer token. Refusals are RFC 9457 problem documents with a stable `code`, in
bokmål, nynorsk or English by `Accept-Language`.
"""


def create_app(node: Node, lifespan: Callable[[FastAPI], Any] | None = None) -> FastAPI:
    """Answer for one node; ``lifespan`` is run around its requests."""
    app = copy(_without_a_node())
    app.title, app.version = f"Fagnett {node.region.value}", node.version
    app.state = State({"node": node, "problem_page": problem_page})
    if lifespan is not None:
        app.router = copy(app.router)
        app.router.lifespan_context = lifespan
        # What a router begins with is bound to itself, and would be the first one.
        app.router.middleware_stack = app.router.app
    describe(app)
    return app


@cache
def _without_a_node() -> FastAPI:
    """Make all that apps share: to make the routes takes longest, and is done once."""
    app = FastAPI(
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # the pages have it, of the node that is asked
        # It would send who asks to whatever host the request names.
        redirect_slashes=False,
    )
    app.add_middleware(HeadMiddleware)
    app.add_middleware(Threshold)
    install(app)
    app.add_exception_handler(SignInNeededError, to_sign_in)
    include(app)
    app.router.routes.extend(page_routes())
    return app
