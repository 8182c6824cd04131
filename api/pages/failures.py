"""What went wrong, as a page: what happened, what is safe, what to do; the code last."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from structlog.contextvars import get_contextvars

from api.desk.sessions import SESSION_KEY, Session
from api.pages.addresses import on_this_node
from api.pages.rendering import Speaker, html_page
from api.pages.visit import SIGN_IN, SignInNeededError, frame_of, language_of, who
from api.problems import ProblemError, problem_in_words
from api.services import Node
from api.words import catalogue

SECTION = "page_problem"


def to_sign_in(_: Request, error: Exception) -> Response:
    """Send somebody to where they sign in, or choose a role."""
    assert isinstance(error, SignInNeededError)
    return RedirectResponse(error.address, 303, headers={"Cache-Control": "no-store"})


def problem_page(request: Request, error: ProblemError) -> Response:
    """Show a problem to somebody who looks at pages."""
    session: Session | None = request.scope.get(SESSION_KEY)
    node: Node = request.app.state.node
    speaker = Speaker(language_of(request), SECTION)
    words, errors = problem_in_words(error, speaker.language)
    caller = None if session is None else session.caller
    asked = request.method in {"GET", "HEAD"}
    safe = "nothing_asked" if asked else "nothing_recorded"
    if words.status.value >= 500:  # noqa: PLR2004 - RFC 9110
        safe = "not_known" if not asked else "nothing_asked"
    values = {
        **frame_of(request, node, speaker),
        "title": words.title,
        "detail": words.detail,
        "errors": errors,
        "safe": speaker.say(safe),
        "todo": _todo(speaker, error.code),
        "code": error.code,
        "reference": str(get_contextvars().get("correlation_id", ""))[:12],
        "back": _back(request),
        "signed_in": caller is not None,
        "who": None if caller is None else who(node, caller, speaker),
        "sign_in": SIGN_IN,
    }
    return html_page("problem.html", speaker, values, words.status.value, error.headers)


def _todo(speaker: Speaker, code: str) -> str:
    known = f"todo_{code}" in catalogue().sentences[SECTION]
    return speaker.say(f"todo_{code}" if known else "todo")


def _back(request: Request) -> str:
    """The page that a form was on, if it was one of ours."""
    came_from = request.headers.get("referer", "")
    base = f"{request.url.scheme}://{request.url.netloc}/"
    if not came_from.startswith(base):
        return "/"
    return on_this_node("/" + came_from.removeprefix(base))
