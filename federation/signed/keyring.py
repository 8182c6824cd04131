"""The keys of a region one after the other, each valid for a part of its log.

A key signs checkpoints from the place where it began to the place where the next
began, both included: so an old signature stays good for what it was given for,
and for nothing later. A line for each key, in the file of all regions' keys::

    fagnett/vest+1f2e3d4c+AZ…                         the first
    fagnett/vest+5a6b7c8d+AX… from 1/1200 signed Wms…  named by the one before
    fagnett/vest+9a8b7c6d+AY… from 1/1500 trusted      on an operator's word
    fagnett/vest+9a8b7c6d+AY… revoked 1/1600           good to there, no further
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, NoReturn

from federation.signed.keys import (
    BrokenKeyError,
    SigningKey,
    Verifier,
    VerifierKey,
    read_verifier_key,
)

LINE_CHARACTERS_MAX: Final = 500
KEYS_MAX: Final = 1000
"""Most keys of one region: what comes from others is bounded."""


class KeyPlace(NamedTuple):
    """A position of a region's log in an epoch."""

    epoch: int
    position: int


START: Final = KeyPlace(0, 0)


@dataclass(frozen=True, slots=True)
class Term:
    """A key, and the part of the log for which it signs."""

    key: VerifierKey
    first: KeyPlace
    last: KeyPlace | None = None
    """Where the next began, or where it was revoked."""
    revoked: bool = False

    def covers(self, place: KeyPlace) -> bool:
        """Whether the key signs at a place."""
        return self.first <= place and (self.last is None or place <= self.last)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys that a region has had, in order; none of one that is yet to join."""

    name: str
    """Under which the region signs."""
    terms: Sequence[Term] = ()

    def at(self, epoch: int, size: int) -> Sequence[VerifierKey]:
        """Keys that may sign a log of a size: where they change, two."""
        place = KeyPlace(epoch, size)
        return [term.key for term in self.terms if term.covers(place)]

    def ever(self) -> Sequence[VerifierKey]:
        """All keys, also those that sign no more."""
        return [term.key for term in self.terms]

    @property
    def current(self) -> VerifierKey | None:
        """The key that signs what comes next, unless it is revoked."""
        if not self.terms or self.terms[-1].revoked:
            return None
        return self.terms[-1].key


@dataclass(frozen=True, slots=True)
class EverKeys:
    """All keys that a region has had, wherever they ended.

    For what was read when it came, with the keys that counted then.
    """

    keys: Verifier

    @property
    def name(self) -> str:
        """The name under which the region signs."""
        return self.keys.name

    def at(self, epoch: int, size: int) -> Sequence[VerifierKey]:  # noqa: ARG002
        """All of them, for any size."""
        return self.keys.ever()

    def ever(self) -> Sequence[VerifierKey]:
        """All of them."""
        return self.keys.ever()


_LINE: Final = re.compile(
    r"(?P<key>\S+)(?: (?:from (?P<first>\S+) (?:signed (?P<signed>\S+)|trusted)"
    r"|revoked (?P<last>\S+)))?",
    re.ASCII,
)
_PLACE: Final = re.compile(r"([1-9]\d{0,8})/(0|[1-9]\d{0,17})", re.ASCII)


def read_key_rings(lines: Iterable[str]) -> Mapping[str, KeyRing]:
    """Read the lines of all regions; return each region's keys by its name.

    Raises :class:`BrokenKeyError` for a line that does not follow from those
    before it: nobody gets a key by adding one.
    """
    rings: dict[str, KeyRing] = {}
    for line in lines:
        if line.strip():
            ring = extended(rings, line.strip())
            rings[ring.name] = ring
    return rings


def extended(rings: Mapping[str, KeyRing], line: str) -> KeyRing:
    """Keys of a region with one line more; else :class:`BrokenKeyError`."""
    match = _LINE.fullmatch(line) if len(line) <= LINE_CHARACTERS_MAX else None
    if match is None:
        _refuse("this is not a line of a region's keys")
    key = read_verifier_key(match["key"])
    ring = rings.get(key.name)
    if ring is None or not ring.terms:
        if match["first"] or match["last"]:
            _refuse(f"the first key of {key.name} is missing")
        return KeyRing(key.name, [Term(key, START)])
    if len(ring.terms) >= KEYS_MAX:
        _refuse(f"{key.name} has had too many keys")
    if match["last"]:
        return _revoked(ring, key, read_place(match["last"]))
    if not match["first"]:
        _refuse(f"{key.name} has a key already; the next one says from where")
    return _succeeded(ring, key, read_place(match["first"]), match["signed"])


def _succeeded(
    ring: KeyRing, key: VerifierKey, first: KeyPlace, signed: str | None
) -> KeyRing:
    last = ring.terms[-1]
    if any(term.key.public == key.public for term in ring.terms):
        _refuse(f"{key.name} has had this key before")
    if first < last.first:
        _refuse(f"a key of {key.name} begins before the one before it")
    if signed is not None:
        if not last.covers(first):
            _refuse(f"the key of {key.name} was revoked before it named another")
        if not _is_signed(signed, _statement(key, first), last.key):
            _refuse(f"the key of {key.name} is not named by the one before it")
    closed = replace(last, last=min(first, last.last or first))
    return KeyRing(ring.name, [*ring.terms[:-1], closed, Term(key, first)])


def _revoked(ring: KeyRing, key: VerifierKey, last: KeyPlace) -> KeyRing:
    *before, term = ring.terms
    if term.key.public != key.public or term.revoked:
        _refuse(f"only the last key of {key.name} can be revoked, and once")
    return KeyRing(ring.name, [*before, replace(term, last=last, revoked=True)])


def succession(old: SigningKey, new: VerifierKey, first: KeyPlace) -> str:
    """Line by which a key names the next."""
    statement = _statement(new, first)
    signature = old.verifier.hash + old.sign(statement.encode())
    return f"{_head(new, first)} signed {base64.b64encode(signature).decode()}"


def trusted(new: VerifierKey, first: KeyPlace) -> str:
    """Line of a key that an operator vouches for."""
    return f"{_head(new, first)} trusted"


def revocation(key: VerifierKey, last: KeyPlace) -> str:
    """Line that ends a key."""
    return f"{key} revoked {last.epoch}/{last.position}"


def _head(key: VerifierKey, first: KeyPlace) -> str:
    return f"{key} from {first.epoch}/{first.position}"


def _statement(key: VerifierKey, first: KeyPlace) -> str:
    # No checkpoint begins like this, so no signature can pass for the other's.
    return f"fagnett key succession\n{_head(key, first)}\n"


def read_place(text: str) -> KeyPlace:
    """Read ``epoch/position``; raise :class:`BrokenKeyError`."""
    match = _PLACE.fullmatch(text)
    if match is None:
        _refuse("a place in a log is written epoch/position")
    return KeyPlace(int(match[1]), int(match[2]))


def _is_signed(encoded: str, statement: str, key: VerifierKey) -> bool:
    try:
        signature = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return False
    return signature[:4] == key.hash and key.verifies(signature[4:], statement.encode())


def _refuse(message: str) -> NoReturn:
    raise BrokenKeyError(message)
