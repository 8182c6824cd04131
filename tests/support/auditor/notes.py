"""Canonical JSON, keys and notes, as federation/README.md has them."""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

REGIONS = ("midt", "nord", "sorost", "vest")
NOTE = re.compile(
    r"(fagnett/([a-z]{1,20})/([1-9]\d{0,8})\n(0|[1-9]\d{0,17})\n([A-Za-z0-9+/=]{44})\n"
    r"complete-to (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)\n)\n((?:— [^\s+]+ \S+\n)+)",
    re.ASCII,
)
KEY_LINE = re.compile(
    r"(fagnett/[^\s+]+)\+([0-9a-f]{8})\+(\S{44})"
    r"(?: from (\S+) (?:signed (\S+)|(trusted))| revoked (\S+))?"
)
Place = tuple[int, int]


class Wrong(Exception):
    """The pack is not what it should be."""


def need(holds: object, what: str) -> None:
    """Raise :class:`Wrong` unless something holds."""
    if not holds:
        raise Wrong(what)


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of a value."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def read_json(octets: bytes, what: str) -> Any:
    """Read canonical JSON, in which every number is an integer."""

    def no_number(text: str) -> Any:
        raise Wrong(f"{what}: {text} is no integer")

    try:
        value = json.loads(octets, parse_float=no_number, parse_constant=no_number)
        need(canonical(value) == octets, f"{what}: not canonical")
    except (ValueError, RecursionError):
        raise Wrong(f"{what}: not JSON") from None
    return value


def unbase64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Wrong(f"{what}: not base64") from None


def signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


# Keys


@dataclass
class Term:
    """A key of a region, and the part of its log that it signs."""

    public: bytes
    first: Place
    last: Place | None = None
    revoked: bool = False

    def signs(self, place: Place) -> bool:
        return self.first <= place and (self.last is None or place <= self.last)


def key_id(region: str, public: bytes, kind: int) -> bytes:
    return sha256(f"fagnett/{region}\n".encode() + bytes([kind]) + public)[:4]


def vkey_of(region: str, public: bytes) -> str:
    encoded = base64.b64encode(b"\x01" + public).decode()
    return f"fagnett/{region}+{key_id(region, public, 1).hex()}+{encoded}"


def place_of(text: str) -> Place:
    need(re.fullmatch(r"[1-9]\d{0,8}/(0|[1-9]\d{0,17})", text), f"{text}: no place")
    epoch, position = text.split("/")
    return int(epoch), int(position)


def read_keys(text: str) -> dict[str, list[Term]]:
    """Read ``regions.pub`` (check 1)."""
    rings: dict[str, list[Term]] = {region: [] for region in REGIONS}
    for line in filter(None, map(str.strip, text.splitlines())):
        found = KEY_LINE.fullmatch(line)
        need(found, f"{line}: no line of keys")
        assert found is not None
        name, named_id, encoded, first, signed, trusted, revoked = found.groups()
        region, key = name.removeprefix("fagnett/"), unbase64(encoded, line)
        need(len(key) == 33 and key[0] == 1, f"{line}: no Ed25519 key")
        public = key[1:]
        need(key_id(region, public, 1).hex() == named_id, f"{line}: not its key id")
        ring = rings.setdefault(region, [])
        if revoked:
            need(ring and ring[-1].public == public, f"{line}: not the last key")
            need(not ring[-1].revoked, f"{line}: revoked before")
            ring[-1].last, ring[-1].revoked = place_of(revoked), True
            continue
        need(bool(ring) == bool(first), f"{line}: out of order")
        need(
            all(term.public != public for term in ring), f"{line}: the key came before"
        )
        if not ring:
            ring.append(Term(public, (0, 0)))
            continue
        begins, old = place_of(first), ring[-1]
        need(begins >= old.first, f"{line}: its place goes back")
        if not trusted:
            word = unbase64(signed, line)
            said = f"fagnett key succession\n{line.split(' ')[0]} from {first}\n"
            need(old.signs(begins), f"{line}: the old key ended before")
            need(
                word[:4] == key_id(region, old.public, 1), f"{line}: another key's word"
            )
            need(signed_by(old.public, word[4:], said.encode()), f"{line}: not signed")
        old.last = min(begins, old.last or begins)
        ring.append(Term(public, begins))
    return rings


# Notes


@dataclass(frozen=True)
class Note:
    """A signed note, read."""

    region: str
    epoch: int
    size: int
    root: bytes
    complete_to: str
    text: bytes
    lines: tuple[tuple[str, bytes], ...]


def read_note(note: str) -> Note:
    found = NOTE.fullmatch(note)
    need(found and len(note) <= 4096, "a note is none")
    assert found is not None
    text, region, epoch, size, root, complete_to, lines = found.groups()
    signatures = []
    for line in lines.splitlines():
        _, name, encoded = line.split(" ")
        try:
            signatures.append((name, base64.b64decode(encoded, validate=True)))
        except binascii.Error:
            continue
    decoded = unbase64(root, "a root")
    need(len(decoded) == 32, "a root is no hash")
    place = (region, int(epoch), int(size), decoded, complete_to, text.encode())
    return Note(*place, tuple(signatures))


def is_signed(note: Note, keys: list[Term]) -> bool:
    """Say whether the region itself has signed a note, with a key that is good there."""
    return any(
        name == f"fagnett/{note.region}"
        and line[:4] == key_id(note.region, term.public, 1)
        and signed_by(term.public, line[4:], note.text)
        for term in keys
        if term.signs((note.epoch, note.size))
        for name, line in note.lines
    )


def is_cosigned(note: Note, witness: str, keys: list[Term]) -> bool:
    """Say whether a witness has cosigned a note, with any key that it has had."""
    for term in keys:
        for name, line in note.lines:
            named = (name, line[:4])
            if named != (f"fagnett/{witness}", key_id(witness, term.public, 4)):
                continue
            seconds = int.from_bytes(line[4:12], "big")
            message = f"cosignature/v1\ntime {seconds}\n".encode() + note.text
            if signed_by(term.public, line[12:], message):
                return True
    return False
