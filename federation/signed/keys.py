"""Signing keys of regions, in the text form of C2SP signed notes.

A verifier key is ``<name>+<hash>+<base64>``, a signing key
``PRIVATE+KEY+<name>+<hash>+<base64>``, both for Ed25519 (algorithm 1). Source:
C2SP signed-note, and the note package of the Go checksum database.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from typing_extensions import override

_ED25519: Final = b"\x01"
_PRIVATE: Final = "PRIVATE+KEY"
_KEY_BYTES: Final = 32


class BrokenKeyError(Exception):
    """A text is not a key; the message never holds the text."""


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


class Verifier(Protocol):
    """What signatures of a region are checked with: one key, or one after the other."""

    @property
    def name(self) -> str:
        """The name under which the region signs."""
        ...

    def at(self, epoch: int, size: int) -> "Sequence[VerifierKey]":
        """Keys that may sign a log of a size."""
        ...

    def ever(self) -> "Sequence[VerifierKey]":
        """All keys that the region has had."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public key of a region."""

    name: str
    key: Ed25519PublicKey

    @property
    def public(self) -> bytes:
        """The 32 bytes of the key."""
        return self.key.public_bytes_raw()

    @property
    def hash(self) -> bytes:
        """The four bytes that stand before a signature."""
        return _key_hash(self.name, self.public)

    @override
    def __str__(self) -> str:
        encoded = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.hash.hex()}+{encoded}"

    def at(self, epoch: int, size: int) -> "Sequence[VerifierKey]":  # noqa: ARG002
        """Only this key: alone, it signs everything."""
        return [self]

    def ever(self) -> "Sequence[VerifierKey]":
        """Only this key."""
        return (self,)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature of ``message`` is this key's."""
        try:
            self.key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The secret key of a region; its text form goes to a file of mode 0600."""

    name: str
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, self.key.public_key())

    def secret_text(self) -> str:
        """Text form, which is a secret."""
        encoded = base64.b64encode(_ED25519 + self.key.private_bytes_raw()).decode()
        return f"{_PRIVATE}+{self.name}+{self.verifier.hash.hex()}+{encoded}"

    def sign(self, message: bytes) -> bytes:
        """64 bytes of the signature."""
        return self.key.sign(message)


def signs(key: SigningKey, keys: Verifier, epoch: int, size: int) -> bool:
    """Whether a key is one with which its region signs a log of a size."""
    public = key.verifier.public
    return any(candidate.public == public for candidate in keys.at(epoch, size))


def key_name(region: str) -> str:
    """Name under which a region signs."""
    return f"fagnett/{region}"


def signing_key(name: str, seed: bytes) -> SigningKey:
    """Key of a 32-byte seed."""
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(seed))


def read_signing_key(text: str) -> SigningKey:
    """Read the text form of a signing key; raise :class:`BrokenKeyError`."""
    if not text.startswith(f"{_PRIVATE}+"):
        message = "this is not a signing key"
        raise BrokenKeyError(message)
    name, digest, seed = _parts(text.removeprefix(f"{_PRIVATE}+"))
    key = signing_key(name, seed)
    if key.verifier.hash != digest:
        message = "the signing key does not fit its name"
        raise BrokenKeyError(message)
    return key


def read_verifier_key(text: str) -> VerifierKey:
    """Read the text form of a verifier key; raise :class:`BrokenKeyError`."""
    name, digest, public = _parts(text)
    key = VerifierKey(name, Ed25519PublicKey.from_public_bytes(public))
    if key.hash != digest:
        message = "the verifier key does not fit its name"
        raise BrokenKeyError(message)
    return key


_PARTS: Final = re.compile(
    r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{43}[A-Za-z0-9+/=])"
)


def _parts(text: str) -> tuple[str, bytes, bytes]:
    match = _PARTS.fullmatch(text.strip())
    key = base64.b64decode(match.group(3)) if match else b""
    if match is None or key[:1] != _ED25519 or len(key) != 1 + _KEY_BYTES:
        message = "this is not an Ed25519 key of a signed note"
        raise BrokenKeyError(message)
    return match.group(1), bytes.fromhex(match.group(2)), key[1:]
