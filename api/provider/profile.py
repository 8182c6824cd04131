"""What a node is told of its provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from joserfc.jwk import ECKey, OKPKey, RSAKey

from api.auth import Role

ClientKey = ECKey | OKPKey | RSAKey
ALGORITHMS: Final = ("ES256", "PS256", "RS256")
"""What a provider may sign with, where nothing else is said. RS256 is HelseID's."""
ALGORITHMS_EVER: Final = frozenset(
    {*ALGORITHMS, "ES384", "ES512", "PS384", "PS512", "RS384", "RS512", "Ed25519"}
)
"""Those of two keys alone: with ``none`` or a shared secret anybody signs."""
ORGANISATION_CLAIM: Final = "helseid://claims/client/claims/orgnr_parent"
"""In HelseID's tokens: the legal person, and not a unit of it."""
_SIGNS_WITH: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


class UnsafeProviderError(ValueError):
    """A provider cannot be used as it is configured; the message says why."""


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine, by a name that no name server answers for."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def origin_of(address: str) -> tuple[str, str, int]:
    """Scheme, host and port; raise :class:`UnsafeProviderError` for what is not safe.

    Safe is TLS, and without it this machine alone.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        message = "an address cannot be read"
        raise UnsafeProviderError(message) from None
    if not address.isascii() or not address.isprintable() or not host or "@" in address:
        message = "an address has no plain host"
        raise UnsafeProviderError(message)
    if parts.scheme == "https":
        return "https", host, port or 443
    if parts.scheme == "http" and is_loopback(host):
        return "http", host, port or 80
    message = f"{parts.scheme}://{host} is neither https nor this machine"
    raise UnsafeProviderError(message)


def is_of(address: str, origin: tuple[str, str, int]) -> bool:
    """Whether an address is safe, and of an origin."""
    try:
        return origin_of(address) == origin
    except UnsafeProviderError:
        return False


@dataclass(frozen=True, slots=True)
class Profile:
    """A provider, and the node as its client."""

    issuer: str
    client_id: str
    key: ClientKey
    """Private: what the node says who it is by."""
    public_url: str
    """The node's address as browsers know it, without a slash at its end."""
    name: str = "HelseID"
    """As people call it."""
    scope: str = "openid profile"
    algorithms: frozenset[str] = frozenset(ALGORITHMS)
    audience: str = ""
    """Whom access tokens of programs are for; none is taken where it is empty."""
    organisation_claims: tuple[str, ...] = (ORGANISATION_CLAIM,)
    """Which claim of such a token says for whom: the first that is there."""
    programs: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    """By client id, the roles of a program."""

    def __post_init__(self) -> None:
        """Refuse what would not be safe."""
        origin_of(self.issuer)
        origin_of(self.public_url)
        if not self.algorithms or not self.algorithms <= ALGORITHMS_EVER:
            message = f"algorithms are some of {', '.join(sorted(ALGORITHMS_EVER))}"
            raise UnsafeProviderError(message)
        if not self.key.is_private:
            message = "the key of the client has no private half"
            raise UnsafeProviderError(message)
        if urlsplit(self.public_url).path not in {"", "/"}:
            message = "the public address has a path"
            raise UnsafeProviderError(message)

    @property
    def back(self) -> str:
        """Where the provider sends people back to."""
        return f"{self.public_url}/sign-in/done"

    @property
    def origin(self) -> str:
        """The provider's own, as a browser compares it."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def signs_with(self) -> str:
        """Algorithm of the client's key."""
        if isinstance(self.key, RSAKey):
            return "PS256"
        if isinstance(self.key, OKPKey):
            return "Ed25519"
        return _SIGNS_WITH[str(self.key.as_dict(private=False)["crv"])]
