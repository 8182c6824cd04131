"""Programs that call with an access token of the provider, bound to a key of theirs.

Whoever steals such a token has nothing: each call proves anew that it holds the key
(DPoP). For which organisation a program acts the token says, and nothing else does.
Source: RFC 9068, RFC 9449.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from joserfc import jwt
from joserfc.errors import JoseError

from api.auth import Caller
from api.desk.once import OnceOnly
from api.provider.claims import (
    SKEW_SECONDS,
    BadProviderTokenError,
    ProviderTokens,
    header_of,
    instant_of,
    text_claim,
)
from api.provider.known import public_key
from api.provider.profile import ALGORITHMS_EVER, Profile

PROOF_SECONDS: Final = 60
"""So old may a proof be."""
AHEAD_SECONDS: Final = 10
TOKENS_MAX: Final = 1024
"""Verified tokens that are remembered."""
_ORGANISATION: Final = re.compile(r"[0-9]{9}")


class ProgramCall(NamedTuple):
    """A call as it came."""

    token: str
    proof: str
    method: str
    path: str


class _Good(NamedTuple):
    caller: Caller
    thumbprint: str


class Programs:
    """Which programs may call, and whether it is they."""

    def __init__(
        self,
        profile: Profile,
        tokens: ProviderTokens,
        once: OnceOnly,
        pseudonym: Callable[[str], str],
    ) -> None:
        self._profile = profile
        self._tokens = tokens
        self._once = once
        self._pseudonym = pseudonym
        """Of a client id."""
        self._good: dict[str, _Good] = {}

    def caller(self, call: ProgramCall, now: int) -> Caller:
        """Who calls.

        Raises :class:`BadProviderTokenError`, and where no key is known
        :class:`api.provider.outward.UnreachableError`.
        """
        good = self._good.get(call.token)
        if good is None or now >= good.caller.until_seconds + SKEW_SECONDS:
            good = self._verified(call.token, now)
            if len(self._good) >= TOKENS_MAX:
                self._good.clear()
            self._good[call.token] = good
        self._check_proof(call, good.thumbprint, now)
        return good.caller

    def _verified(self, token: str, now: int) -> _Good:
        if not self._profile.audience:
            message = "no program calls here"
            raise BadProviderTokenError(message)
        claims = self._tokens.claims(
            token, self._profile.audience, now, {"at+jwt", "application/at+jwt"}
        )
        client = text_claim(claims, "client_id", needed=True)
        roles = self._profile.programs.get(client)
        if not roles:
            message = "the program is not known here"
            raise BadProviderTokenError(message)
        bound = claims.get("cnf")
        thumbprint = bound.get("jkt") if isinstance(bound, dict) else None
        if not isinstance(thumbprint, str):
            message = "it is bound to no key"
            raise BadProviderTokenError(message)
        until = int(instant_of(claims, "exp"))
        organisation = self._organisation(claims)
        caller = Caller(self._pseudonym(client), organisation, roles, until)
        return _Good(caller, thumbprint)

    def _organisation(self, claims: Mapping[str, Any]) -> str:
        for name in self._profile.organisation_claims:
            if name in claims:
                said = text_claim(claims, name)
                if _ORGANISATION.fullmatch(said):
                    return said
                break
        message = "it names no organisation"
        raise BadProviderTokenError(message)

    def _check_proof(self, call: ProgramCall, thumbprint: str, now: int) -> None:
        claims = _proven(call.proof, thumbprint)
        address = f"{self._profile.public_url}{call.path}"
        if (text_claim(claims, "htm"), _plain(text_claim(claims, "htu"))) != (
            call.method,
            address,
        ):
            message = "the proof is of another call"
            raise BadProviderTokenError(message)
        issued = instant_of(claims, "iat")
        if not now - PROOF_SECONDS <= issued <= now + AHEAD_SECONDS:
            message = "the proof is old, or of the future"
            raise BadProviderTokenError(message)
        digest = hashlib.sha256(call.token.encode()).digest()
        hashed = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not hmac.compare_digest(text_claim(claims, "ath").encode(), hashed.encode()):
            message = "the proof is of another token"
            raise BadProviderTokenError(message)
        used = f"proof {thumbprint} {text_claim(claims, 'jti', needed=True)}"
        if not self._once.use(used, now, int(issued) + PROOF_SECONDS + 1):
            message = "the proof was used before"
            raise BadProviderTokenError(message)


def _proven(proof: str, thumbprint: str) -> Mapping[str, Any]:
    """Claims of a proof that the key of a thumbprint has signed."""
    header = header_of(proof)
    algorithm, jwk = header.get("alg"), header.get("jwk")
    if header.get("typ") != "dpop+jwt" or algorithm not in ALGORITHMS_EVER:
        message = "the proof is none"
        raise BadProviderTokenError(message)
    key = public_key(jwk) if isinstance(jwk, dict) else None
    if key is None or not hmac.compare_digest(key.thumbprint(), thumbprint):
        message = "the proof is of another key"
        raise BadProviderTokenError(message)
    try:
        return jwt.decode(proof, key, algorithms=[str(algorithm)]).claims
    except (JoseError, ValueError, TypeError):
        message = "the proof is not signed"
        raise BadProviderTokenError(message) from None


def _plain(address: str) -> str:
    """Address of a proof without what RFC 9449 (4.3) says is not compared."""
    return address.partition("#")[0].partition("?")[0]
