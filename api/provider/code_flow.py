"""Signing people in through a provider, and hearing from it that they have signed out."""

import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from joserfc.jwk import ECKey

from api.desk.once import BegunSignIn, OnceOnly
from api.provider.claims import (
    SKEW_SECONDS,
    BadProviderTokenError,
    ProviderTokens,
    instant_of,
    text_claim,
)
from api.provider.known import ProviderDocuments
from api.provider.outward import Outward, ProviderAnswer
from api.provider.profile import Profile
from api.provider.proofs import client_assertion, dpop_proof

LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LONGEST_AGE_SECONDS: Final = 10 * 60
"""So old may an id token be that has just been given."""
_GOOD: Final = (200, 201)
OF_PEOPLE: Final = frozenset({"access_denied", "login_required", "consent_required"})
"""What comes of somebody who turned back, and of no fault."""


class SignInFailedError(Exception):
    """Nobody is signed in; the message says why, in our words, and holds no secret."""


class TurnedBackError(Exception):
    """Somebody turned back at the provider."""


class Identified(NamedTuple):
    """Who the provider says has signed in."""

    subject: str
    name: str
    """Empty where it is not told."""
    session: str
    """The provider's name of its session; empty where it has none."""


class EndedThere(NamedTuple):
    """What has ended at the provider: one session, or all of somebody."""

    subject: str
    session: str


class CodeFlow:
    """The node as a client of its provider, on behalf of people."""

    def __init__(
        self,
        profile: Profile,
        outward: Outward,
        known: ProviderDocuments,
        tokens: ProviderTokens,
        once: OnceOnly,
        unix_seconds: Callable[[], int],
    ) -> None:
        self._profile = profile
        self._outward = outward
        self._known = known
        self._tokens = tokens
        self._once = once
        self._now = unix_seconds

    def begin(self, back_to: str, language: str) -> tuple[BegunSignIn, str]:
        """Set out for the provider: what the browser holds, and where it goes.

        Raises :class:`api.provider.outward.UnreachableError`, and
        :class:`SignInFailedError` where the provider refuses.
        """
        metadata = self._known.metadata()
        begun = self._once.begin(back_to, self._now())
        asked = {
            "client_id": self._profile.client_id,
            "response_type": "code",
            "redirect_uri": self._profile.back,
            "scope": self._profile.scope,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": begun.challenge,
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        if metadata.pushed:
            asked = self._pushed(metadata.pushed, asked)
        joint = "&" if "?" in metadata.authorization else "?"
        return begun, f"{metadata.authorization}{joint}{urlencode(asked)}"

    def _pushed(self, address: str, asked: Mapping[str, str]) -> dict[str, str]:
        assertion = client_assertion(self._profile, self._now())
        answer = self._outward.post(address, {**asked, **assertion}, {})
        uri = answer.members.get("request_uri")
        if answer.status not in _GOOD or not isinstance(uri, str):
            raise SignInFailedError(_refusal("the request", answer))
        return {"client_id": self._profile.client_id, "request_uri": uri}

    def finish(self, secret: str, said: Mapping[str, str]) -> tuple[str, Identified]:
        """Read the provider's answer: where the person wanted to go, and who it is.

        Raises as :meth:`begin` does, and :class:`TurnedBackError`.
        """
        begun = self._once.take(secret, self._now()) if secret else None
        if begun is None:
            message = "it was not begun in this browser, or too long ago"
            raise SignInFailedError(message)
        if not _same(said.get("state", ""), begun.state):
            message = "the answer is of another sign-in"
            raise SignInFailedError(message)
        says_issuer = self._known.metadata().says_issuer
        if (says_issuer or "iss" in said) and said.get("iss") != self._profile.issuer:
            message = "the answer is of another provider"
            raise SignInFailedError(message)
        if said.get("error") in OF_PEOPLE:
            raise TurnedBackError
        code = said.get("code", "")
        if not code or "error" in said:
            message = "the provider's answer is an error"
            raise SignInFailedError(message)
        return begun.back_to, self._identified(self._exchanged(code, begun), begun)

    def _exchanged(self, code: str, begun: BegunSignIn) -> str:
        """Id token for a code; the access token is not wanted, and thrown away."""
        metadata = self._known.metadata()
        key = ECKey.generate_key("P-256") if metadata.takes_dpop else None
        answer = self._posted(metadata.token, code, begun, key, "")
        nonce = answer.headers.get("dpop-nonce", "")
        if answer.members.get("error") == "use_dpop_nonce" and nonce:
            answer = self._posted(metadata.token, code, begun, key, nonce)
        token = answer.members.get("id_token")
        if answer.status not in _GOOD or not isinstance(token, str):
            raise SignInFailedError(_refusal("the code", answer))
        return token

    def _posted(
        self, address: str, code: str, begun: BegunSignIn, key: ECKey | None, nonce: str
    ) -> ProviderAnswer:
        now = self._now()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._profile.back,
            "code_verifier": begun.verifier,
            **client_assertion(self._profile, now),
        }
        proof = {} if key is None else {"DPoP": dpop_proof(key, address, now, nonce)}
        return self._outward.post(address, form, proof)

    def _identified(self, token: str, begun: BegunSignIn) -> Identified:
        """Source: OpenID Connect Core 1.0, 3.1.3.7."""
        try:
            return self._read(token, begun)
        except BadProviderTokenError as error:
            message = f"the id token: {error}"
            raise SignInFailedError(message) from None

    def _read(self, token: str, begun: BegunSignIn) -> Identified:
        client, now = self._profile.client_id, self._now()
        claims = self._tokens.claims(token, client, now, {"", "jwt"})
        if not _same(text_claim(claims, "nonce", needed=True), begun.nonce):
            message = "it is of another sign-in"
            raise BadProviderTokenError(message)
        _check_party(claims, client)
        if now - instant_of(claims, "iat") > LONGEST_AGE_SECONDS:
            message = "it is old"
            raise BadProviderTokenError(message)
        return Identified(
            text_claim(claims, "sub", needed=True),
            text_claim(claims, "name"),
            text_claim(claims, "sid"),
        )

    def ended(self, token: str) -> EndedThere:
        """Read a logout token, once. Source: OpenID Connect Back-Channel Logout 1.0.

        Raises :class:`BadProviderTokenError`, and where no key is known
        :class:`api.provider.outward.UnreachableError`.
        """
        now, client = self._now(), self._profile.client_id
        claims = self._tokens.claims(token, client, now, {"", "jwt", "logout+jwt"})
        events = claims.get("events")
        if not isinstance(events, dict) or LOGOUT_EVENT not in events:
            message = "it tells of no logout"
            raise BadProviderTokenError(message)
        if "nonce" in claims:
            message = "it is of a sign-in"
            raise BadProviderTokenError(message)
        ended = EndedThere(text_claim(claims, "sub"), text_claim(claims, "sid"))
        if not any(ended):
            message = "it names nobody"
            raise BadProviderTokenError(message)
        used = f"logout {text_claim(claims, 'jti', needed=True)}"
        until = int(instant_of(claims, "exp")) + SKEW_SECONDS
        if not self._once.use(used, now, until):
            message = "it was taken before"
            raise BadProviderTokenError(message)
        return ended

    def ending(self) -> str | None:
        """Where people end their session at the provider too; None where they cannot."""
        metadata = self._known.metadata_heard()
        if metadata is None or not metadata.ending:
            return None
        asked = {
            "client_id": self._profile.client_id,
            "post_logout_redirect_uri": f"{self._profile.public_url}/sign-in",
        }
        return f"{metadata.ending}?{urlencode(asked)}"


def _check_party(claims: Mapping[str, Any], client: str) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if ("azp" in claims or several) and claims.get("azp") != client:
        message = "it is for another party"
        raise BadProviderTokenError(message)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _refusal(what: str, answer: ProviderAnswer) -> str:
    """Why the provider refuses, by the codes of RFC 6749 alone."""
    code = str(answer.members.get("error", ""))
    known = code if code.isascii() and code.isidentifier() else "unknown"
    return f"the provider refuses {what}: {answer.status} {known[:40]}"
