"""Refusals and failures as RFC 9457 problem documents, with stable codes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import orjson
import structlog
from eventsourcing.persistence import PersistenceError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from api.auth import CALLER_KEY
from api.clock import (
    AHEAD_DAYS_MAX,
    BusinessDayFarAheadError,
    BusinessDayRefusedError,
)
from api.hearing import not_heard
from api.unread import UnreadValue, has_words, reason, reasons, unread
from api.words import (
    Language,
    Words,
    catalogue,
    negotiate,
    problem,
    require_words,
    sentence,
)
from domain.catalogue import CODES
from domain.closing.ledger import NotConservedError
from domain.refusal import Code, Refusal
from domain.texts import CONTROL_CHARACTER, PERSONAL_DATA, without_national_id
from domain.values import Region
from federation.journal.shapes import EntryTooLargeError, WithheldError
from federation.log.executor import ContentionError, NotHereError
from federation.log.times import ClockApartError
from federation.signed.facts import UnreadableFactError
from projections.settlement import UnknownPartyError

log = structlog.get_logger()

V = TypeVar("V")
_NOT_TOLD: Final[Any] = "…"
NOT_FOUND: Final = "not_found"
MEDIA_TYPE: Final = "application/problem+json"


@dataclass
class ProblemError(Exception):
    """Ends a request with a problem document."""

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    errors: Sequence[UnreadValue] = ()
    members: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Leave out identity numbers: what somebody sent may be told to them again."""
        self.values = _impersonal(self.values)
        self.errors = [_impersonal(each) for each in self.errors]
        self.members = _impersonal(self.members)


def _impersonal(values: Mapping[str, V]) -> dict[str, V]:
    return {
        name: _NOT_TOLD if isinstance(value, str) and _is_personal(value) else value
        for name, value in values.items()
    }


def _is_personal(text: str) -> bool:
    try:
        without_national_id(unquote(text))
    except PydanticCustomError:
        return True
    return False


def refused(refusal: Refusal) -> ProblemError:
    """Problem of a refused command."""
    errors = [] if refusal.member is None else [_error(refusal.member, refusal.code)]
    members = {}
    if refusal.region is not None:
        members["region"] = refusal.region.value
    if refusal.organisation is not None:
        members["organisation"] = refusal.organisation
    return ProblemError(refusal.code.value, refusal.values, errors, members)


def row_of_others(organisation: str) -> ProblemError:
    """Problem of a row that is not for whoever uploads it to record."""
    return ProblemError("row_of_others", {"organisation": organisation})


def _error(member: str, code: str) -> UnreadValue:
    return {"field": member, "code": str(code)}


def wants_page(accept: str | None) -> bool:
    """Whether who asks names pages before JSON, as browsers do and programs do not."""
    kinds = [part.partition(";")[0].strip() for part in (accept or "").split(",")]
    page = kinds.index("text/html") if "text/html" in kinds else len(kinds)
    return page < len(kinds) and "application/json" not in kinds[:page]


def is_of_page(request: Request) -> bool:
    """Whether somebody looks at pages, and is told of a problem on one."""
    path: str = request.scope["path"]
    return not path.startswith("/v1/") and wants_page(request.headers.get("accept"))


def problem_response(request: Request, error: ProblemError) -> Response:
    """In the caller's language, as RFC 9457 has it; a page to who looks at pages."""
    if is_of_page(request):
        return request.app.state.problem_page(request, error)  # type: ignore[no-any-return]
    at_least = request.query_params.getlist("at_least")
    content, language = problem_document(request, error, at_least)
    headers = {**error.headers, "Content-Language": language.value}
    return Response(orjson.dumps(content), content["status"], headers, MEDIA_TYPE)


def problem_document(
    request: Request, error: ProblemError, at_least: Sequence[str]
) -> tuple[dict[str, Any], Language]:
    """Problem document, and its language; ``at_least`` is what was waited for."""
    language = negotiate(request.headers.get("accept-language"))
    words, errors = problem_in_words(error, language)
    if error.code == NOT_FOUND and request.scope.get("route") is not None:
        # Not what it is: an address may hold what somebody should not have sent.
        words = words._replace(detail=sentence(language, "hearing", "not_here"))
    correlation_id = structlog.contextvars.get_contextvars().get("correlation_id")
    content: dict[str, Any] = {
        "type": f"/v1/problems/{error.code}",
        "title": words.title,
        "status": words.status.value,
        "detail": words.detail,
        # Not the address: it may hold what somebody should not have sent.
        "instance": f"urn:fagnett:request:{correlation_id}",
        "code": error.code,
        "correlation_id": correlation_id,
        **error.members,
    }
    unheard = _not_heard(request, error.code, language, at_least)
    if unheard:
        content["not_heard"] = [region.value for region in unheard]
        content["detail"] = " ".join([words.detail, *unheard.values()])
    if errors:
        content["errors"] = errors
    return content, language


def problem_in_words(
    error: ProblemError, language: Language
) -> tuple[Words, list[dict[str, str]]]:
    """Words of a problem; and what is wrong with which value, if that is known.

    A row that cannot be read says no more than its values do.
    """
    words = problem(language, error.code, error.values)
    errors = [
        {
            "field": str(each["field"]),
            "code": str(each["code"]),
            "detail": _detail(each, error, words, language),
        }
        for each in error.errors
    ]
    if errors and error.code == Code.INVALID_ROW:
        said = reasons([each["detail"] for each in errors], language)
        words = words._replace(detail=said)
    return words, errors


def _detail(
    of: UnreadValue, error: ProblemError, words: Words, language: Language
) -> str:
    code = str(of["code"])
    if code in _OF_TEXTS:
        return problem(language, code, of).detail
    told_by_all = code == error.code or not has_words(of)
    return words.detail if told_by_all else reason(of, language)


def _not_heard(
    request: Request, code: str, language: Language, at_least: Sequence[str]
) -> Mapping[Region, str]:
    """Regions that may have said what a known caller asks for, in words."""
    no_item = code == NOT_FOUND and request.scope.get("route") is not None
    if not no_item and not code.startswith("unknown_"):
        return {}
    if request.scope.get(CALLER_KEY) is None:
        return {}
    # Who has said how much of a region is wanted has got that, and knows of no more.
    named = {text.partition(":")[0] for text in at_least}
    unheard = not_heard(request.app.state.node, language, folded=no_item)
    return {of: words for of, words in unheard.items() if of.value not in named}


def invalid(error: RequestValidationError | ValidationError) -> ProblemError:
    """Say what cannot be read and where, and never what was sent there."""
    errors: list[UnreadValue] = []
    code = Code.INVALID_ROW.value
    values: Mapping[str, str | int] = {}
    for wrong in error.errors():
        place = ".".join(str(part) for part in wrong["loc"] if part != "body")
        if wrong["type"] in _OF_TEXTS and not values:
            code, values = wrong["type"], {"field": place, **wrong.get("ctx", {})}
        fault = unread(place or "body", wrong)
        # A route and what it rests on may both ask for one parameter.
        if fault not in errors:
            errors.append(fault)
    return ProblemError(code, values, errors)


require_words(CODES, catalogue().problems)
_OF_TEXTS: Final = frozenset({PERSONAL_DATA, CONTROL_CHARACTER})
"""What a text may not hold: said as such, and not as a row that cannot be read."""
_BY_STATUS: Final = {
    HTTPStatus.UNAUTHORIZED: "unauthenticated",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}


def _http(request: Request, error: HTTPException) -> ProblemError:
    code = _BY_STATUS.get(HTTPStatus(error.status_code), Code.INVALID_ROW.value)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return ProblemError(code, headers=headers)


def _allowed(request: Request) -> set[str]:
    """What is answered at an address: by all its routes, not the first alone."""
    path = request.scope["path"]
    methods = {
        method
        for context in iter_route_contexts(request.app.routes)
        if context.path_regex.match(path)
        for method in context.methods or ()
    }
    return methods | {"HEAD"} if "GET" in methods else methods


def _unavailable(error: Exception) -> ProblemError:
    log.warning("database_unavailable", reason=type(error).__name__)
    return ProblemError("unavailable", headers={"Retry-After": "1"})


def _unreadable(error: UnreadableFactError) -> ProblemError:
    # Another region has upgraded first: what it said bears on this command.
    log.warning("fact_unreadable", reason=str(error))
    values = {"region": error.origin, "entry": error.place}
    members = {"region": error.origin}
    return ProblemError("fact_unreadable", values, (), members)


def _not_here(error: NotHereError) -> ProblemError:
    values: dict[str, str | int] = {
        "region": error.origin,
        "position": error.position,
    }
    members = {"region": error.origin}
    headers = {"Retry-After": "1"}
    return ProblemError("not_yet_here", values, (), members, headers)


def _party_not_here(error: UnknownPartyError) -> ProblemError:
    values = {"org_number": error.org_number}
    return ProblemError("party_not_here", values, headers={"Retry-After": "1"})


def _clock_apart(error: ClockApartError) -> ProblemError:
    return ProblemError("clock_apart", {"seconds": error.apart.seconds})


def _day_refused(error: BusinessDayRefusedError) -> ProblemError:
    last = "own_clock" if error.last is None else error.last.isoformat()
    return ProblemError("business_day_refused", {"last": last})


def far_ahead(error: BusinessDayFarAheadError) -> ProblemError:
    """Problem of a day that somebody has mistyped, most likely."""
    values: dict[str, str | int] = {
        "day": error.asked.isoformat(),
        "last": error.last.isoformat(),
        "days": AHEAD_DAYS_MAX,
    }
    return ProblemError("business_day_far_ahead", values)


def _not_conserved(error: NotConservedError) -> ProblemError:
    values = error.first._asdict()
    log.error("books_not_conserved", **values)
    return ProblemError("not_conserved", values)


_TOLD: Final[Mapping[type[Exception], Callable[[Any], ProblemError]]] = {
    ProblemError: lambda error: error,
    UnreadableFactError: _unreadable,
    PoolTimeoutError: _unavailable,
    UnknownPartyError: _party_not_here,
    NotConservedError: _not_conserved,
    RequestValidationError: invalid,
    PersistenceError: _unavailable,
    OperationalError: _unavailable,
    # Another process of the region makes the read models anew, in its shape.
    ProgrammingError: _unavailable,
    ContentionError: _unavailable,
    NotHereError: _not_here,
    ClockApartError: _clock_apart,
    WithheldError: lambda _: ProblemError("home_log_withheld"),
    EntryTooLargeError: lambda _: ProblemError("too_large"),
    BusinessDayRefusedError: _day_refused,
    BusinessDayFarAheadError: far_ahead,
}
"""Failures that are known, and the problem that each is."""


def problem_of(request: Request, error: Exception) -> ProblemError:
    """Which problem a failure is; one that nobody knows is the node's fault."""
    if isinstance(error, HTTPException):
        return _http(request, error)
    for kind in type(error).__mro__:
        if kind in _TOLD:
            return _TOLD[kind](error)
    # The caller learns only that.
    log.error("request_failed", exc_info=error)
    return ProblemError("internal")


def install(app: FastAPI) -> None:
    """Make every failure of an app a problem document; no words, no app."""
    catalogue()

    def told(request: Request, error: Exception) -> Response:
        return problem_response(request, problem_of(request, error))

    for kind in (*_TOLD, HTTPException):
        app.add_exception_handler(kind, told)


class Problem(BaseModel):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(examples=["frame_exceeded"])
    correlation_id: str | None
    errors: list[dict[str, str]] = Field(
        default=[],
        description="Each value that cannot be: its `field`, a stable `code` of what is "
        "wrong with it, and `detail`, the same in words.",
    )
    region: str | None = Field(
        None, description="The region that may record it, or that it waits for."
    )
    complete_to: str | None = Field(
        None, description="The instant to which that region is complete."
    )
    organisation: str | None = Field(None, description="Who may record it.")
    not_heard: list[Region] = Field(
        default=[],
        description="What is unknown here may be known to these regions: they have not "
        "been heard for a while, or have said more than is here.",
    )
    read_at: str | None = Field(
        None, description="Where what is signed is read, with its ETag."
    )


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Problem, "description": "No good token."},
    403: {"model": Problem, "description": "Not for this caller."},
    404: {"model": Problem, "description": "There is nothing at this address."},
    422: {"model": Problem, "description": "Something asked for cannot be read."},
    429: {"model": Problem, "description": "Too much is asked at once."},
    503: {"model": Problem, "description": "The node does not hold enough yet."},
}
"""What any question may meet."""

CONFLICTS: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "Conflicts with what is recorded."}
}
"""What a question may meet that asks what a command would do."""

REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Problem, "description": description}
    for status, description in (
        (401, "No good token."),
        (403, "Not this caller's to record."),
        (404, "What the command names is not there."),
        (409, "Conflicts with what is recorded."),
        (412, "What was read has changed since."),
        (413, "More than a request may hold."),
        (421, "Belongs to another region's node."),
        (422, "Refused, with a stable code."),
        (429, "Too much is asked at once."),
        (503, "Try again with the same Idempotency-Key."),
    )
}
"""What any command may meet."""

GIVING_DOCUMENTS: Final[dict[int | str, dict[str, Any]]] = {
    **REFUSALS,
    415: {"model": Problem, "description": "Of a type that is not taken."},
}
"""What may be met by whoever gives a document."""

READING_DOCUMENTS: Final[dict[int | str, dict[str, Any]]] = {
    410: {"model": Problem, "description": "Removed; what refers to it stands."},
    502: {"model": Problem, "description": "Its region gives something else."},
}
"""What may be met, besides, by whoever reads one."""
