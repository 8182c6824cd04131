"""Checkpoints: what a region signs about its log.

A C2SP tlog-checkpoint in a signed note: the log's origin, its size, its Merkle
root, and as an extension line the moment up to which the log is complete.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from federation.signed.keys import SigningKey, Verifier, VerifierKey
from federation.signed.merkle import HASH_BYTES

_SIGNATURE_BYTES: Final = 4 + 64
"""Key id and signature."""
NOTE_CHARACTERS_MAX: Final = 4096
"""Room for a checkpoint with some signatures; each one more is work for who reads
it."""


class BrokenCheckpointError(Exception):
    """A note is not a checkpoint of that region, or its signature is not good."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a region's log that the region vouches for."""

    origin: str
    epoch: int
    size: int
    root: bytes
    complete_to: str
    """No entry of the first ``size`` is recorded after this instant, and every
    later entry will be."""

    def text(self) -> str:
        """Signed part of the note."""
        encoded = base64.b64encode(self.root).decode()
        return (
            f"fagnett/{self.origin}/{self.epoch}\n{self.size}\n{encoded}\n"
            f"complete-to {self.complete_to}\n"
        )


_NOTE: Final = re.compile(
    r"(fagnett/([a-z]{1,20})/([1-9]\d{0,8})\n(0|[1-9]\d{0,17})\n([A-Za-z0-9+/=]{44})\n"
    r"complete-to (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\n)"
    r"\n((?:\u2014 [^\s+]+ [A-Za-z0-9+/=]+\n)+)",
    re.ASCII,
)


def sign(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Note with the key's signature."""
    text = checkpoint.text()
    signature = key.verifier.hash + key.sign(text.encode())
    return f"{text}\n\u2014 {key.name} {base64.b64encode(signature).decode()}\n"


def read(note: str, key: Verifier) -> Checkpoint:
    """Checkpoint of a note, signed by a key that is valid for it.

    Raises :class:`BrokenCheckpointError` for anything else.
    """
    checkpoint, text, signatures = _parts(note)
    valid = key.at(checkpoint.epoch, checkpoint.size)
    if not any(_is_signed(text.encode(), signatures, candidate) for candidate in valid):
        message = (
            f"a checkpoint of {checkpoint.origin} is not signed with the key of "
            f"{key.name}"
        )
        raise BrokenCheckpointError(message)
    return checkpoint


def is_claimed(note: str, origin: str, key: Verifier) -> bool:
    """Whether a note that :func:`read` refuses may be its region's all the same.

    By a key that is not known here, or one that does not sign there. Where a known
    key is named that did not sign it, it is nobody's.
    """
    try:
        checkpoint, text, signatures = _parts(note)
    except BrokenCheckpointError:
        return False
    if checkpoint.origin != origin:
        return False
    keys = {known_key.hash: known_key for known_key in key.ever()}
    for line in signatures.splitlines():
        _, name, encoded = line.split(" ")
        signature = _decoded(encoded)
        if name != key.name or len(signature) != _SIGNATURE_BYTES:
            continue
        named = keys.get(signature[:4])
        if named is None or named.verifies(signature[4:], text.encode()):
            return True
    return False


def claimed(note: str) -> Checkpoint:
    """Checkpoint in a note, whoever signed it: for notes that were read before."""
    return _parts(note)[0]


def _parts(note: str) -> tuple[Checkpoint, str, str]:
    """Checkpoint, signed text and signature lines."""
    match = _NOTE.fullmatch(note) if len(note) <= NOTE_CHARACTERS_MAX else None
    if match is None:
        message = "a note is not a checkpoint"
        raise BrokenCheckpointError(message)
    text, origin, epoch, size, encoded, complete_to, signatures = match.groups()
    root = _decoded(encoded)
    if len(root) != HASH_BYTES:
        message = f"a checkpoint of {origin} has no root"
        raise BrokenCheckpointError(message)
    checkpoint = Checkpoint(origin, int(epoch), int(size), root, complete_to)
    return checkpoint, text, signatures


def _is_signed(text: bytes, signatures: str, key: VerifierKey) -> bool:
    for line in signatures.splitlines():
        _, name, encoded = line.split(" ")
        if name != key.name:
            continue
        signature = _decoded(encoded)
        if signature[:4] == key.hash and key.verifies(signature[4:], text):
            return True
    return False


def _decoded(encoded: str) -> bytes:
    """Empty where it is no Base64."""
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return b""
