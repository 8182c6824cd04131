"""Signing in and out, and choosing whom to act for."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.desk.sessions import SESSION_KEY, Session
from api.pages.addresses import FIRST_PAGE, on_this_node
from api.pages.cookies import forget_session, gone_on, speak
from api.pages.rendering import Speaker, html_page
from api.pages.signing_in.local_people import ReadyPerson, is_from_here, ready_people
from api.pages.signing_in.provider_sign_in import OVER
from api.pages.visit import (
    SIGN_IN,
    frame_of,
    language_of,
)
from api.problems import ProblemError
from api.routers import public
from api.services import Node
from api.status import standings
from domain.values import Region

router: Final[APIRouter] = public()
SECTION: Final = "page_sign_in"


@router.get(SIGN_IN, include_in_schema=False)
def sign_in(request: Request, next: str = FIRST_PAGE) -> Response:  # noqa: A002 - in the address
    """Say where one is, and let people in."""
    node: Node = request.app.state.node
    language = language_of(request)
    speaker = Speaker(language, SECTION)
    shown = standings(node, language)
    response = html_page(
        "sign_in.html",
        speaker,
        {
            **frame_of(request, node, speaker),
            "next": on_this_node(next),
            "provider": _provider(node, speaker),
            "people": ready_people(node, language) if _is_local(request) else None,
            "well": all(each.well for each in shown),
            "regions": [
                (speaker.say(f"region_{each.region.value}"), each.well, each.words)
                for each in shown
            ],
            "others": [
                speaker.say(f"region_{each.value}")
                for each in Region
                if each is not node.region
            ],
        },
    )
    if request.query_params.get("language"):
        speak(request, response, language)
    return response


def _provider(node: Node, speaker: Speaker) -> tuple[str, str] | None:
    """What the provider is called, and since when it does not answer."""
    if node.provider is None:
        return None
    since = node.provider.down_since
    down = "" if since is None else speaker.at(datetime.fromtimestamp(since, UTC))
    return node.provider.profile.name, down


def _is_local(request: Request) -> bool:
    node: Node = request.app.state.node
    return node.local_people and is_from_here(request)


@router.post(SIGN_IN, include_in_schema=False)
def sign_in_here(
    request: Request,
    person: Annotated[str, Form()],
    next: Annotated[str, Form()] = FIRST_PAGE,  # noqa: A002 - in the form
) -> Response:
    """Let one of the ready people of a local federation in, and nobody anywhere else."""
    node: Node = request.app.state.node
    if not _is_local(request):
        raise ProblemError("local_sign_in_only")
    language = language_of(request)
    chosen = next_of(ready_people(node, language), person)
    node.persons.remember(chosen.person, chosen.name)
    sessions, now = node.sessions, node.unix_seconds()
    before: Session | None = request.scope[SESSION_KEY]
    if before is not None:
        sessions.end(before.person, before.name)
    begun = sessions.begin(chosen.person, now, language=language.value)
    begun = sessions.act_as(begun, chosen.organisation, chosen.role, None)
    return gone_on(request, begun, on_this_node(next))


def next_of(people: list[ReadyPerson], named: str) -> ReadyPerson:
    """Person of the list that a form names."""
    for each in people:
        if each.key == named:
            return each
    raise ProblemError("no_such_person")


@router.post("/sign-out", include_in_schema=False)
async def sign_out(request: Request) -> Response:
    """End the session here; nothing of it works any more."""
    session: Session | None = request.scope[SESSION_KEY]
    node: Node = request.app.state.node
    if session is not None:
        form = await request.form()
        if not session.is_form_token(str(form.get("form", ""))):
            raise ProblemError("form_of_another_session")
        node.sessions.end(session.person, session.name)
    there = session is not None and session.provider_session
    over = OVER if there and node.provider is not None else SIGN_IN
    response = RedirectResponse(over, 303, headers={"Cache-Control": "no-store"})
    forget_session(request, response)
    return response
