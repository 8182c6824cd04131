"""What the node signs for its provider: who it is, and that a key is its own."""

import secrets
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey

from api.provider.profile import Profile

ASSERTION_SECONDS: Final = 60
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def client_assertion(profile: Profile, now: int) -> dict[str, str]:
    """Fields that say which client asks (``private_key_jwt``).

    It is for the issuer, and not for one of its addresses (FAPI 2.0).
    """
    header = {"alg": profile.signs_with, "typ": "client-authentication+jwt"}
    if kid := profile.key.as_dict(private=False).get("kid"):
        header["kid"] = str(kid)
    claims = {
        "iss": profile.client_id,
        "sub": profile.client_id,
        "aud": profile.issuer,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "nbf": now,
        "exp": now + ASSERTION_SECONDS,
    }
    algorithms = [profile.signs_with]
    return {
        "client_id": profile.client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode(
            header, claims, profile.key, algorithms=algorithms
        ),
    }


def dpop_proof(key: ECKey, address: str, now: int, nonce: str = "") -> str:
    """Prove that whoever posts to an address holds a key. Source: RFC 9449."""
    public = key.as_dict(private=False)
    header = {
        "typ": "dpop+jwt",
        "alg": "ES256",
        "jwk": {name: public[name] for name in ("kty", "crv", "x", "y")},
    }
    claims = {
        "jti": secrets.token_urlsafe(16),
        "htm": "POST",
        "htu": address,
        "iat": now,
        **({"nonce": nonce} if nonce else {}),
    }
    return jwt.encode(header, claims, key, algorithms=["ES256"])
