"""What the provider says of itself: its addresses and its keys, kept for a while.

Where it does not answer, what it said before counts on, for a day: who holds a token of
one of its programs goes on working.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from api.provider.outward import Outward, UnreachableError
from api.provider.profile import is_of, origin_of

FRESH_SECONDS: Final = 60 * 60
KEPT_SECONDS: Final = 24 * 60 * 60
UNKNOWN_KEY_SECONDS: Final = 60
"""So seldom is asked anew for keys because a token names one that is not known."""
KEYS_MAX: Final = 50
RSA_BITS_MIN: Final = 2048
RSA_CHARACTERS_MIN: Final = 342
"""So many bits in base64: what is shorter the library would warn of."""
_KINDS: Final = frozenset({"EC", "OKP", "RSA"})

ProviderKey = ECKey | OKPKey | RSAKey
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where a provider is asked for what. Source: RFC 8414, OpenID Connect Discovery."""

    authorization: str
    token: str
    keys: str
    pushed: str
    """Where a sign-in is announced (PAR); empty where it is not."""
    ending: str
    """Where people end their session at the provider; empty where they cannot."""
    takes_dpop: bool
    says_issuer: bool
    """Whether an answer names who gives it (RFC 9207)."""


class _Kept(Generic[T]):
    """A document that is asked for anew from time to time; safe for threads."""

    def __init__(self, ask: Callable[[], T], unix_seconds: Callable[[], int]) -> None:
        self._ask = ask
        self._now = unix_seconds
        self._lock = threading.Lock()
        self._asked_at = self._heard_at = 0
        self.held: T | None = None

    def get(self, fresh_seconds: int) -> T:
        """Give what was asked for so lately, or what is said now.

        Who asks while another does so already has what was said before.
        """
        held = self.held
        if held is not None and self._now() - self._asked_at < fresh_seconds:
            return held
        if not self._lock.acquire(blocking=held is None):
            assert held is not None
            return held
        try:
            return self._again(fresh_seconds)
        finally:
            self._lock.release()

    def _again(self, fresh_seconds: int) -> T:
        now, held = self._now(), self.held
        if held is not None and now - self._asked_at < fresh_seconds:
            return held
        try:
            heard = self._ask()
        except UnreachableError:
            if held is None or now - self._heard_at > KEPT_SECONDS:
                raise
            self._asked_at = now
            return held
        self._asked_at = self._heard_at = now
        self.held = heard
        return heard


class ProviderDocuments:
    """A provider's documents."""

    def __init__(
        self, issuer: str, outward: Outward, unix_seconds: Callable[[], int]
    ) -> None:
        self._issuer = issuer
        self._outward = outward
        self._metadata = _Kept(self._ask_metadata, unix_seconds)
        self._keys = _Kept(self._ask_keys, unix_seconds)

    def metadata(self) -> Metadata:
        """Addresses of the provider; raise :class:`UnreachableError` without any."""
        return self._metadata.get(FRESH_SECONDS)

    def metadata_heard(self) -> Metadata | None:
        """What is known without asking."""
        return self._metadata.held

    def key(self, kid: str) -> ProviderKey | None:
        """Key of a name; one that is not known is asked for, once a minute at most."""
        key = self._keys.get(FRESH_SECONDS).get(kid)
        return key or self._keys.get(UNKNOWN_KEY_SECONDS).get(kid)

    def _ask_metadata(self) -> Metadata:
        place = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        return _read_metadata(self._outward.get(place).members, self._issuer)

    def _ask_keys(self) -> Mapping[str, ProviderKey]:
        return _read_keys(self._outward.get(self.metadata().keys).members)


def _read_metadata(members: Mapping[str, Any], issuer: str) -> Metadata:
    """Raise where the document is of another issuer, or names another host."""
    if members.get("issuer") != issuer:
        message = "the provider's document is of another issuer"
        raise UnreachableError(message)
    dpop = members.get("dpop_signing_alg_values_supported")
    return Metadata(
        authorization=_address(members, "authorization_endpoint", issuer),
        token=_address(members, "token_endpoint", issuer),
        keys=_address(members, "jwks_uri", issuer),
        pushed=_address(members, "pushed_authorization_request_endpoint", issuer, ""),
        ending=_address(members, "end_session_endpoint", issuer, ""),
        takes_dpop=isinstance(dpop, list) and "ES256" in dpop,
        says_issuer=members.get("authorization_response_iss_parameter_supported")
        is True,
    )


def _address(
    members: Mapping[str, Any], name: str, issuer: str, without: str | None = None
) -> str:
    found = members.get(name, without)
    if not isinstance(found, str):
        raise UnreachableError
    if found and not is_of(found, origin_of(issuer)):
        message = f"{name} is of another host than the issuer"
        raise UnreachableError(message)
    return found


def _read_keys(members: Mapping[str, Any]) -> Mapping[str, ProviderKey]:
    """Public keys that sign, by their names; what else is there is passed over."""
    given = members.get("keys")
    if not isinstance(given, list) or len(given) > KEYS_MAX:
        raise UnreachableError
    keys: dict[str, ProviderKey] = {}
    for each in given:
        if isinstance(each, dict) and (key := public_key(each)) is not None:
            kid = each.get("kid")
            if isinstance(kid, str) and each.get("use", "sig") == "sig":
                keys[kid] = key
    return keys


def public_key(jwk: Mapping[str, Any]) -> ProviderKey | None:
    """Key that verifies; None of what is private, shared, short or broken."""
    kind, modulus = jwk.get("kty"), str(jwk.get("n", ""))
    if kind not in _KINDS or (kind == "RSA" and len(modulus) < RSA_CHARACTERS_MIN):
        return None
    try:
        (key,) = KeySet.import_key_set({"keys": [dict(jwk)]}).keys
        if not isinstance(key, ECKey | OKPKey | RSAKey) or key.is_private:
            return None
        if isinstance(key, RSAKey) and key.public_key.key_size < RSA_BITS_MIN:
            return None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key
