"""What the browser of somebody holds: nothing that says anything, and no longer than it must."""

import hashlib

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api.desk.sessions import Session, cookie_name
from api.guards import is_over_tls
from api.pages.visit import LANGUAGE_COOKIE
from api.services import Node
from api.words import Language
from domain.values import Region


def gone_on(request: Request, session: Session, address: str) -> Response:
    """Go on with a session that has just begun, or has another secret."""
    response = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    node: Node = request.app.state.node
    secure = is_over_tls(node, request.scope)
    response.set_cookie(
        cookie_name(node.region, secure=secure),
        session.secret,
        httponly=True,
        samesite="lax",
        path="/",
        secure=secure,
    )
    return response


def forget_session(request: Request, response: Response) -> None:
    """Have the browser forget its session."""
    node: Node = request.app.state.node
    secure = is_over_tls(node, request.scope)
    response.delete_cookie(
        cookie_name(node.region, secure=secure),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def speak(request: Request, response: Response, language: Language) -> None:
    """Have the browser remember which language is read."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language.value,
        httponly=True,
        samesite="lax",
        path="/",
        secure=is_over_tls(request.app.state.node, request.scope),
    )


def begun_cookie(region: Region) -> str:
    """Name of what a browser holds while somebody is at the provider."""
    return f"fagnett-{region.value}-begun"


def session_there(issuer: str, session: str) -> str:
    """How a session at the provider is remembered: not by its own name."""
    if not session:
        return ""
    return hashlib.sha256(f"{issuer}\n{session}".encode()).hexdigest()
