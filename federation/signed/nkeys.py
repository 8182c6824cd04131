"""NKeys: how a user of NATS proves who it is; Ed25519 in NATS's own text form.

A seed is base32 of two prefix bytes, 32 secret bytes and a checksum, a public
key of one prefix byte, 32 bytes and a checksum. Source: nats-io/nkeys. The
client's own signing needs a package more; this needs none.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.signed.keys import BrokenKeyError

_SEED: Final = 18 << 3
_USER: Final = 20 << 3
_KEY_BYTES: Final = 32
_CHECKSUM_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class NKey:
    """The key of a user; its seed goes to a file of mode 0600."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """What a server's configuration knows the user by: ``U…``."""
        return _text(bytes([_USER]) + self.key.public_key().public_bytes_raw())

    def seed_text(self) -> str:
        """Text form of the seed, ``SU…``, which is a secret."""
        # The second prefix, five bits, lies across the border of two bytes.
        prefix = bytes([_SEED | _USER >> 5, (_USER & 31) << 3])
        return _text(prefix + self.key.private_bytes_raw())

    def derived(self, purpose: str) -> "NKey":
        """Key of another user, who has no secret of its own."""
        secret = b"%s\n%s" % (purpose.encode(), self.key.private_bytes_raw())
        return nkey(hashlib.sha256(secret).digest())

    def sign(self, nonce: bytes) -> bytes:
        """Signature that a server asks for, in base64."""
        return base64.b64encode(self.key.sign(nonce))


def nkey(seed: bytes) -> NKey:
    """Key of 32 secret bytes."""
    return NKey(Ed25519PrivateKey.from_private_bytes(seed))


def read_nkey(text: str) -> NKey:
    """Read a user's seed; raise :class:`BrokenKeyError`, never with the text."""
    try:
        padded = text.strip() + "=" * (-len(text.strip()) % 8)
        decoded = base64.b32decode(padded)
    except (binascii.Error, ValueError):
        decoded = b""
    key = nkey(decoded[2:-_CHECKSUM_BYTES].ljust(_KEY_BYTES, b"\0")[:_KEY_BYTES])
    if key.seed_text() != text.strip():
        message = "this is not the seed of a NATS user"
        raise BrokenKeyError(message)
    return key


def _text(raw: bytes) -> str:
    checksum = binascii.crc_hqx(raw, 0).to_bytes(_CHECKSUM_BYTES, "little")
    return base64.b32encode(raw + checksum).decode().rstrip("=")
