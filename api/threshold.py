"""What every request passes before a route: who calls, how much, how many at once."""

import asyncio
import re
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import CALLER_KEY, BadTokenError, Caller, verify_token
from api.completeness import HEADER, SCOPE_KEY
from api.desk.sessions import SESSION_KEY, Session, cookie_name
from api.folders import UPLOAD_BYTES_MAX
from api.guards import CHANGES, FROM_PROVIDER, HSTS, Guards, is_over_tls
from api.metrics import count_request
from api.problems import ProblemError, problem_response
from api.provider.claims import BadProviderTokenError
from api.provider.outward import UnreachableError
from api.provider.programs import ProgramCall
from api.resting import session_now
from api.services import Node
from api.xml_reading import BYTES_MAX as FILE_BYTES_MAX
from domain.texts import without_national_id

log = structlog.get_logger()

WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
UNANSWERED: Final = 0
_INTERNAL: Final = ProblemError("internal")
BODY_BYTES_MAX: Final = 1024 * 1024
FILE_ROUTES: Final = frozenset(
    {
        *("/v1/bank-entries/import", "/v1/received-invoices", "/v1/commands"),
        *("/bank/import", "/invoices/received"),
    }
)
"""They take a file as it is, which holds more than a command: a day at a bank."""
FOLDER_ROUTE: Final = "/import"
"""It takes a workbook, or a zip of files."""
DOCUMENT_ROUTE: Final = "/v1/documents"
"""It takes a text or file as it is, as large as the node is told."""
DRAFT_PAGE: Final = re.compile(
    r"/grants/applications/[^/]+/(draft|reports/[^/]+/submit)"
)
"""They take a form with attachments, of which the largest may be as large."""
DOCUMENT_FORMS: Final = re.compile(r"/grants/applications/[^/]+/draft")
"""Forms that a text or file comes with."""
AT_ONCE: Final = 32
"""Concurrent requests of one organisation; fewer than there are threads."""
WAITING_MAX: Final = 256
"""Requests of one organisation that queue; more are turned away."""
CALLERS_MAX: Final = 4096
"""Verified tokens that are cached: a signature is verified once, not each time."""
API: Final = "/v1"
BY_ITSELF: Final = "fagnett-by-itself"
"""A header of what a page asks without anybody's doing."""
SIGNING_IN: Final = frozenset({"/sign-in", FROM_PROVIDER})
"""Where a form, or the provider, sends what nobody has signed in for yet."""
TRAVELS_AS: Final = "fagnett.travels_as"
"""In a request's scope: the id that its entries have."""
_CORRELATION: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")


class Turns:
    """Lets every organisation have its share of a node, and none have all of it."""

    def __init__(self) -> None:
        self._running: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )
        self._waiting: defaultdict[str, int] = defaultdict(int)

    @asynccontextmanager
    async def turn(self, caller: Caller | None) -> AsyncIterator[None]:
        """Wait for a turn; who has no good token needs none, and soon has its answer.

        Raises :class:`ProblemError` where too many wait already.
        """
        if caller is None:
            yield
            return
        who = caller.organisation
        if self._waiting[who] >= WAITING_MAX:
            raise ProblemError("too_many_requests", headers={"Retry-After": "1"})
        self._waiting[who] += 1
        try:
            await self._running[who].acquire()
        finally:
            self._waiting[who] -= 1
        try:
            yield
        finally:
            self._running[who].release()


class Threshold:
    """What every request passes: who calls, bounds, and an id of its own.

    The id stands in its log lines and its entries, and follows them into the
    other regions' logs; where its caller chose it, a keyed digest does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turns = Turns()
        self._guards = Guards()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        node = scope["app"].state.node
        correlation_id = _correlated(node, scope, headers)
        scope[SESSION_KEY] = scope[CALLER_KEY] = None
        for_browsers = not scope["path"].startswith(f"{API}/")
        kept_to_tls = for_browsers and is_over_tls(node, scope)
        started = time.perf_counter()
        status = UNANSWERED

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                name = (b"x-correlation-id", correlation_id.encode())
                added = [*message.get("headers", []), name]
                added += [HSTS] if kept_to_tls else []
                if SCOPE_KEY in scope:
                    added.append((HEADER, scope[SCOPE_KEY].encode()))
                message["headers"] = added
            await send(message)

        try:
            self._guards.check(node, scope, headers)
            caller = await self._known(node, scope, headers)
            # Who waits for what comes does so for minutes, and takes nobody's turn.
            waits = scope["path"] == CHANGES
            async with self._turns.turn(None if waits else caller):
                await self._app(scope, _bounded(node, scope, receive), tell)
        except ClientDisconnect:
            # Who has hung up is no fault of ours, and hears no answer.
            pass
        except Exception as error:
            if not isinstance(error, ProblemError):
                # Nobody below knew what this is; the caller learns only that.
                log.exception("request_failed", exc_info=error)
            if status != UNANSWERED:
                raise
            problem = error if isinstance(error, ProblemError) else _INTERNAL
            await problem_response(Request(scope), problem)(scope, receive, tell)
        finally:
            _tell(scope, status, time.perf_counter() - started)

    async def _known(self, node: Node, scope: Scope, headers: Headers) -> Caller | None:
        """Who asks, by a token or by a session; the scope of the request says so."""
        session = scope[SESSION_KEY] = await _session(node, scope, headers)
        if session is not None:
            self._guards.check_person(session.person)
        caller = _caller(node, headers) or await _program(node, scope, headers)
        caller = scope[CALLER_KEY] = caller or _by_session(scope)
        return caller


def _correlated(node: Node, scope: Scope, headers: Headers) -> str:
    """Id of a request, in its log lines from now on; its scope has what its entries have."""
    asked = headers.get("x-correlation-id", "")
    chosen = _may_be_logged(asked)
    correlation_id = asked if chosen else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
    scope[TRAVELS_AS] = correlation_id
    if chosen:
        travels_as = scope[TRAVELS_AS] = node.executor.digests.of("correlation", asked)
        structlog.contextvars.bind_contextvars(travels_as=travels_as)
    return correlation_id


async def _session(node: Node, scope: Scope, headers: Headers) -> Session | None:
    """Session of a browser; a program's token counts alone."""
    name = cookie_name(node.region, secure=is_over_tls(node, scope))
    secret = cookie_parser(headers.get("cookie", "")).get(name)
    if not secret or "authorization" in headers:
        return None
    by_itself = scope["path"] == CHANGES or BY_ITSELF in headers
    return await asyncio.to_thread(session_now, node, secret, by_itself=by_itself)


def _by_session(scope: Scope) -> Caller | None:
    """Who asks by a session.

    A command of the API is never sent by one: no page that somebody else has made can
    have it sent (CSRF).
    """
    session: Session | None = scope[SESSION_KEY]
    of_program = scope["path"].startswith(f"{API}/") and scope["method"] in WITH_BODY
    return None if session is None or of_program else session.caller


def _caller(node: Node, headers: Headers) -> Caller | None:
    """Who a request's token speaks for; None where it has no good one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    token, now = token.strip(), node.unix_seconds()
    checked = node.callers.get(token)
    if checked is not None and now <= checked.until_seconds:
        return checked
    try:
        caller = verify_token(token, node.token_key, now)
    except BadTokenError:
        return None
    if len(node.callers) >= CALLERS_MAX:
        node.callers.clear()
    node.callers[token] = caller
    return caller


async def _program(node: Node, scope: Scope, headers: Headers) -> Caller | None:
    """Which program calls with a token of the provider; None where it is none of them."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if node.provider is None or scheme.lower() != "dpop":
        return None
    proofs = headers.getlist("dpop")
    if len(proofs) != 1:
        return None
    path = quote(scope["path"], safe="/:@!$&'()*+,;=-._~")
    call = ProgramCall(token.strip(), proofs[0], scope["method"], path)
    try:
        programs, now = node.provider.programs, node.unix_seconds()
        return await asyncio.to_thread(programs.caller, call, now)
    except BadProviderTokenError as error:
        log.info("program_refused", reason=str(error))
        return None
    except UnreachableError:
        values = {"provider": node.provider.profile.name}
        raise ProblemError(
            "provider_unreachable", values, headers={"Retry-After": "5"}
        ) from None


def _bounded(node: Node, scope: Scope, receive: Receive) -> Receive:
    """How a request's body is read: known callers' alone, and not without end."""
    most = FILE_BYTES_MAX if scope["path"] in FILE_ROUTES else BODY_BYTES_MAX
    if scope["path"] == FOLDER_ROUTE:
        most = UPLOAD_BYTES_MAX + BODY_BYTES_MAX
    if scope["path"] == DOCUMENT_ROUTE:
        most = node.documents.bytes_max
    elif DOCUMENT_FORMS.fullmatch(scope["path"]):
        most = node.documents.bytes_max + BODY_BYTES_MAX
    if DRAFT_PAGE.fullmatch(scope["path"]):
        most = node.documents.bytes_max + BODY_BYTES_MAX
    received = 0

    async def take() -> Message:
        nonlocal received
        known = scope[CALLER_KEY] or scope[SESSION_KEY] or scope["path"] in SIGNING_IN
        if not known and scope["method"] in WITH_BODY:
            headers = {"WWW-Authenticate": "Bearer"}
            raise HTTPException(HTTPStatus.UNAUTHORIZED, headers=headers)
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message

    return take


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
