"""Cosignatures: what a witness signs about another region's checkpoint.

C2SP tlog-cosignature, ``cosignature/v1`` with Ed25519: at a time, this was the
largest history of that log that the witness had seen, and it extends every one
that it signed before. Ours says more: the witness holds the entries.
"""

import base64
import binascii
import hashlib
from typing import Final

from federation.signed.checkpoint import BrokenCheckpointError, claimed
from federation.signed.keys import SigningKey, Verifier, VerifierKey

_COSIGNATURE: Final = b"\x04"
_TIME_BYTES: Final = 8
_ID_BYTES: Final = 4
_SECONDS_MAX: Final = 2**63 - 1
LAST: Final = (2**31, 2**62)
"""A place behind every log: the keys that sign there are those that sign now."""


def key_id(key: VerifierKey) -> bytes:
    """Four bytes that stand before a key's cosignature."""
    named = key.name.encode() + b"\n" + _COSIGNATURE + key.public
    return hashlib.sha256(named).digest()[:_ID_BYTES]


def cosign(note: str, key: SigningKey, unix_seconds: int) -> str:
    """Note with one more line, the cosignature."""
    signature = key.sign(_message(note, unix_seconds))
    stamped = unix_seconds.to_bytes(_TIME_BYTES, "big") + signature
    encoded = base64.b64encode(key_id(key.verifier) + stamped).decode()
    return f"{note}\u2014 {key.name} {encoded}\n"


def cosigned_at(note: str, witness: Verifier) -> int | None:
    """When a witness cosigned a note, with a key that it has now.

    In POSIX seconds; None where it did not. Raises
    :class:`~federation.signed.checkpoint.BrokenCheckpointError` where the note
    is not a checkpoint. Whether its own region signed it is asked elsewhere.
    """
    times = (cosigned_with(note, key) for key in witness.at(*LAST))
    return next((seconds for seconds in times if seconds is not None), None)


def cosigned_with(note: str, key: VerifierKey) -> int | None:
    """As :func:`cosigned_at`, of one key."""
    claimed(note)
    for line in note.partition("\n\n")[2].splitlines():
        _, name, encoded = line.split(" ")
        try:
            stamped = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            continue
        if name != key.name or stamped[:_ID_BYTES] != key_id(key):
            continue
        time, signature = stamped[_ID_BYTES:12], stamped[12:]
        seconds = int.from_bytes(time, "big")
        if seconds <= _SECONDS_MAX and key.verifies(signature, _message(note, seconds)):
            return seconds
    return None


def _message(note: str, unix_seconds: int) -> bytes:
    text, separator, _ = note.partition("\n\n")
    if not separator:
        message = "a note is not a checkpoint"
        raise BrokenCheckpointError(message)
    return f"cosignature/v1\ntime {unix_seconds}\n{text}\n".encode()
