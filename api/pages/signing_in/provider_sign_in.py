"""Signing in by a provider: to it, back from it, and when its session has ended."""

from typing import Annotated, Final
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.desk.once import BEGUN_SECONDS
from api.desk.sessions import SESSION_KEY, Session
from api.guards import FRAMED_BY_PROVIDER, FROM_PROVIDER, SIGNED_IN, is_over_tls
from api.pages.addresses import FIRST_PAGE, on_this_node
from api.pages.cookies import begun_cookie, gone_on, session_there
from api.pages.rendering import Speaker, framed_by, html_page
from api.pages.signing_in.roles import only_choice
from api.pages.visit import CHOOSE, SIGN_IN, frame_of, language_of
from api.problems import ProblemError
from api.provider.claims import BadProviderTokenError
from api.provider.code_flow import SignInFailedError, TurnedBackError
from api.provider.outward import UnreachableError
from api.provider.provider import Provider
from api.routers import public
from api.services import Node

log = structlog.get_logger()
router: Final[APIRouter] = public()
OVER: Final = "/sign-in/over"
SECTION: Final = "page_sign_in"
_NOT_KEPT: Final = {"Cache-Control": "no-store"}


def provider_of(request: Request) -> Provider:
    """The node's provider; where it has none there is no such page."""
    node: Node = request.app.state.node
    if node.provider is None:
        raise ProblemError("not_found")
    return node.provider


@router.get("/sign-in/begin", include_in_schema=False)
def begin_sign_in(request: Request, next: str = FIRST_PAGE) -> Response:  # noqa: A002 - in the address
    """Send somebody to the provider."""
    provider, node = provider_of(request), request.app.state.node
    language = language_of(request).value
    try:
        begun, address = provider.people.begin(on_this_node(next), language)
    except UnreachableError as error:
        raise _unreachable(provider, error) from None
    except SignInFailedError as error:
        raise _failed(error) from None
    response = RedirectResponse(address, 303, headers=_NOT_KEPT)
    response.set_cookie(
        begun_cookie(node.region),
        begun.secret,
        max_age=BEGUN_SECONDS,
        httponly=True,
        samesite="lax",
        path=SIGNED_IN,
        secure=is_over_tls(node, request.scope),
    )
    return response


@router.get(SIGNED_IN, include_in_schema=False)
def finish_sign_in(request: Request) -> Response:
    """Let in whom the provider has sent back, under a session that nobody knew before."""
    provider, node = provider_of(request), request.app.state.node
    secret = request.cookies.get(begun_cookie(node.region), "")
    try:
        back_to, known = provider.people.finish(secret, dict(request.query_params))
    except UnreachableError as error:
        raise _unreachable(provider, error) from None
    except TurnedBackError:
        raise ProblemError("sign_in_turned_back") from None
    except SignInFailedError as error:
        raise _failed(error) from None
    person = provider.person(known.subject)
    if known.name:
        node.persons.remember(person, known.name)
    before: Session | None = request.scope[SESSION_KEY]
    if before is not None:
        node.sessions.end(before.person, before.name)
    begun = node.sessions.begin(
        person,
        node.unix_seconds(),
        session_there(provider.profile.issuer, known.session),
        language_of(request).value,
    )
    only = only_choice(request, person)
    where = f"{CHOOSE}?next={quote(back_to, safe='')}"
    if only is not None:
        sessions = node.sessions
        begun = sessions.act_as(begun, only.organisation, only.role, only.mandate)
        where = back_to
    response = gone_on(request, begun, where)
    response.delete_cookie(begun_cookie(node.region), path=SIGNED_IN)
    return response


@router.post(FROM_PROVIDER, include_in_schema=False)
def provider_ended(request: Request, logout_token: Annotated[str, Form()]) -> Response:
    """End what rests on a session that has ended at the provider, which says so itself."""
    provider, node = provider_of(request), request.app.state.node
    try:
        ended = provider.people.ended(logout_token)
    except UnreachableError as error:
        raise _unreachable(provider, error) from None
    except BadProviderTokenError as error:
        log.warning("logout_token_refused", reason=str(error))
        return Response('{"error":"invalid_request"}', 400, _NOT_KEPT)
    if ended.session:
        issuer = provider.profile.issuer
        node.sessions.end_of_provider(session_there(issuer, ended.session))
    else:
        node.sessions.end_all(provider.person(ended.subject))
    return Response(None, 200, _NOT_KEPT)


@router.get(FRAMED_BY_PROVIDER, include_in_schema=False)
def provider_ended_in_frame(request: Request, iss: str = "", sid: str = "") -> Response:
    """End what rests on a session that ends at the provider, whose page frames this.

    Its id alone says which, and nobody guesses it: a browser sends no cookie along into
    another site's frame. Source: OpenID Connect Front-Channel Logout 1.0.
    """
    provider, node = provider_of(request), request.app.state.node
    issuer = provider.profile.issuer
    known = iss == issuer and sid != ""
    if known:
        node.sessions.end_of_provider(session_there(issuer, sid))
    else:
        log.warning("framed_logout_refused")
    headers = {**framed_by(provider.profile.origin), **_NOT_KEPT, "Pragma": "no-cache"}
    return Response("", 200 if known else 400, headers, "text/html; charset=utf-8")


@router.get(OVER, include_in_schema=False)
def end_at_provider(request: Request) -> Response:
    """Go on to where the session at the provider is ended too.

    By a page: after a form a browser goes to no other site (``form-action``).
    """
    provider = provider_of(request)
    address = provider.people.ending()
    if address is None:
        return RedirectResponse(SIGN_IN, 303, headers=_NOT_KEPT)
    speaker = Speaker(language_of(request), SECTION)
    values = {
        **frame_of(request, request.app.state.node, speaker),
        "provider": provider.profile.name,
        "address": address,
    }
    return html_page(
        "signed_out.html", speaker, values, headers={"Refresh": f"0; url={address}"}
    )


def _unreachable(provider: Provider, error: UnreachableError) -> ProblemError:
    log.warning("provider_unreachable", reason=str(error))
    values = {"provider": provider.profile.name}
    return ProblemError("provider_unreachable", values, headers={"Retry-After": "5"})


def _failed(error: SignInFailedError) -> ProblemError:
    log.warning("sign_in_failed", reason=str(error))
    return ProblemError("sign_in_failed")
