"""The app of one node: receives finished objects, builds nothing."""

from typing import Any, Final

from fastapi import FastAPI

from api.head import Head
from api.openapi import describe
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


def create_app(node: Node, **options: Any) -> FastAPI:  # noqa: ANN401 - FastAPI's own
    """Return the app of a node."""
    app = FastAPI(
        title=f"Fagnett {node.region.value}",
        version=node.version,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        # It would send who asks to whatever host the request names.
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        **options,
    )
    app.state.node = node
    app.add_middleware(Head)
    app.add_middleware(Threshold)
    install(app)
    include(app)
    describe(app)
    return app
