"""The app of one node: receives finished objects, builds nothing."""

import re
import time
import uuid
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.completeness import HEADER, SCOPE_KEY
from api.metrics import count_request
from api.problems import ProblemError, document, install
from api.routes import ROUTERS
from api.services import Node
from api.xml_reading import BYTES_MAX as FILE_BYTES_MAX
from domain.values import without_national_id

log = structlog.get_logger()

UNANSWERED: Final = 0
BODY_BYTES_MAX: Final = 1024 * 1024
FILE_ROUTES: Final = frozenset({"/v1/bank-entries/import", "/v1/received-invoices"})
"""They take a file as it is, which holds more than a command: a day at a bank."""
_CORRELATION: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")

DESCRIPTION: Final = """
One region's node of the federation. Commands record facts at the region that owns
them; questions are answered from all regions' facts, as of any day.

Amounts are whole øre. Days are `YYYY-MM-DD`, instants are UTC. Every call needs a
bearer token. Refusals are RFC 9457 problem documents with a stable `code`, in
bokmål, nynorsk or English by `Accept-Language`.
"""


class Threshold:
    """What every request passes: a bound on its size, and an id of its own.

    The id stands in its log lines and its entries, and follows them into the
    other regions' logs.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Request(scope).headers.get("x-correlation-id", "")
        correlation_id = asked if _may_be_logged(asked) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
        started = time.perf_counter()
        status = UNANSWERED
        received = 0
        most = FILE_BYTES_MAX if scope["path"] in FILE_ROUTES else BODY_BYTES_MAX

        async def take() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                name = (b"x-correlation-id", correlation_id.encode())
                headers = [*message.get("headers", []), name]
                if SCOPE_KEY in scope:
                    headers.append((HEADER, scope[SCOPE_KEY].encode()))
                message["headers"] = headers
            await send(message)

        try:
            await self._app(scope, take, tell)
        except ClientDisconnect:
            # Who has hung up is no fault of ours, and hears no answer.
            pass
        except Exception as error:
            # Nobody below knew what this is; the caller learns only that.
            log.exception("request_failed", exc_info=error)
            if status != UNANSWERED:
                raise
            response = document(Request(scope), ProblemError("internal"))
            await response(scope, receive, tell)
        finally:
            _tell(scope, status, time.perf_counter() - started)


def _may_be_logged(correlation_id: str) -> bool:
    try:
        without_national_id(correlation_id)
    except ValueError:
        return False
    return _CORRELATION.fullmatch(correlation_id) is not None


def _tell(scope: Scope, status: int, seconds: float) -> None:
    # The route's template, not the path: a path may hold what is asked for.
    route = getattr(scope.get("route"), "path", "-")
    count_request(scope["method"], route, status, seconds)
    log.info(
        "request",
        method=scope["method"],
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 1),
    )


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
        **options,
    )
    app.state.node = node
    app.add_middleware(Threshold)
    install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app
