"""What a token of the provider says, once its signature and its times are checked."""

import base64
import binascii
import math
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Final

import orjson
from joserfc import jwt
from joserfc.errors import JoseError

from api.provider.known import ProviderDocuments

SKEW_SECONDS: Final = 60
"""So far apart may the provider's clock and ours be."""
TOKEN_CHARACTERS_MAX: Final = 16 * 1024
TEXT_CHARACTERS_MAX: Final = 255


class BadProviderTokenError(Exception):
    """A token of the provider is not good; the message says why, and holds none of it."""


class ProviderTokens:
    """Checks what an issuer has signed."""

    def __init__(
        self, issuer: str, algorithms: Collection[str], known: ProviderDocuments
    ) -> None:
        self._issuer = issuer
        self._algorithms = frozenset(algorithms)
        self._known = known

    def claims(
        self, token: str, audience: str, now: int, kinds: Collection[str]
    ) -> Mapping[str, Any]:
        """Claims of a token of one of some kinds (``typ``) that is good ``now``.

        Raises :class:`BadProviderTokenError`, or where the provider's keys are not known
        and do not come :class:`UnreachableError`.
        """
        header = header_of(token)
        if str(header.get("typ", "")).lower() not in kinds:
            message = "it is of another kind"
            raise BadProviderTokenError(message)
        claims = self._verified(token, header)
        if claims.get("iss") != self._issuer:
            message = "it is of another issuer"
            raise BadProviderTokenError(message)
        named = claims.get("aud")
        audiences = named if isinstance(named, list) else [named]
        if audience not in audiences:
            message = "it is for somebody else"
            raise BadProviderTokenError(message)
        check_times(claims, now)
        return claims

    def _verified(self, token: str, header: Mapping[str, Any]) -> Mapping[str, Any]:
        kid, algorithm = header.get("kid"), header.get("alg")
        if algorithm not in self._algorithms or not isinstance(kid, str):
            message = "it is signed in a way that is not taken"
            raise BadProviderTokenError(message)
        key = self._known.key(kid)
        if key is None:
            message = "it is signed with a key that the provider does not name"
            raise BadProviderTokenError(message)
        try:
            return jwt.decode(token, key, algorithms=[str(algorithm)]).claims
        except (JoseError, ValueError, TypeError):
            message = "its signature is not good"
            raise BadProviderTokenError(message) from None


def header_of(token: str) -> Mapping[str, Any]:
    """Header of a token, of which nothing is believed yet."""
    first = token[:TOKEN_CHARACTERS_MAX].split(".", maxsplit=1)[0]
    padded = first + "=" * (-len(first) % 4)
    header = None
    with suppress(ValueError, binascii.Error):
        header = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
    if len(token) > TOKEN_CHARACTERS_MAX:
        header = None
    if not isinstance(header, dict):
        message = "it cannot be read"
        raise BadProviderTokenError(message)
    return header


def check_times(claims: Mapping[str, Any], now: int) -> None:
    """Raise unless a token has been issued, and has not ended."""
    ends, issued = instant_of(claims, "exp"), instant_of(claims, "iat")
    begins = instant_of(claims, "nbf") if "nbf" in claims else issued
    if now >= ends + SKEW_SECONDS:
        message = "it has ended"
        raise BadProviderTokenError(message)
    if max(issued, begins) > now + SKEW_SECONDS:
        message = "it is of the future"
        raise BadProviderTokenError(message)


def instant_of(claims: Mapping[str, Any], name: str) -> float:
    """Instant of a claim, in POSIX seconds."""
    said = claims.get(name)
    if isinstance(said, bool) or not isinstance(said, int | float):
        message = f"it says no {name}"
        raise BadProviderTokenError(message)
    if not math.isfinite(said):
        message = f"it says no {name}"
        raise BadProviderTokenError(message)
    return said


def text_claim(claims: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
    """Text of a claim; empty where it is not there and not needed."""
    said = claims.get(name, "")
    if not isinstance(said, str) or len(said) > TEXT_CHARACTERS_MAX:
        message = f"its {name} cannot be read"
        raise BadProviderTokenError(message)
    if needed and not said:
        message = f"it says no {name}"
        raise BadProviderTokenError(message)
    return said
