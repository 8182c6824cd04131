"""One recorded event as one canonical JSON line: a CloudEvents 1.0 event.

The same bytes are stored at home, hashed, shipped, and stored by every
receiver. Source: CloudEvents 1.0.2, JSON event format; ``design.md``.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import orjson

from domain.values import Region, parse_instant

SPEC_VERSION: Final = "1.0"
LEAF_PREFIX: Final = b"\x00"
"""RFC 9162 §2.1.1: what a leaf is hashed with."""

IN_ORDER: Final = 1
"""Rules by which commands are decided one after the other: see :mod:`.seen`."""
ENTRY_BYTES_MAX: Final = 256 * 1024
"""Largest entry that is taken, at home and from a peer."""


class BrokenEntryError(Exception):
    """Bytes are not an entry; the message names the place, never the data."""


class Row(NamedTuple):
    """An entry as the journal keeps it."""

    origin: str
    epoch: int
    position: int
    stream: str
    version: int
    type: str
    recorded_at: str
    leaf: bytes
    """RFC 9162 leaf hash of the body."""
    body: bytes

    @property
    def id(self) -> str:
        """The id that it has as an event."""
        return entry_id(self.origin, self.epoch, self.position)


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who recorded something, why, and what the deciding node had seen."""

    actor: str
    """A pseudonym, never a name (law 8)."""
    organisation: str
    command_id: str
    command_digest: str
    correlation_id: str
    seen: str
    """``midt/1/12 nord/1/0 …``: the positions on which the decision rests."""
    causation_id: str | None = None
    rules: int = 0
    """By which rules it was recorded, such as ``IN_ORDER``; 0 where it names none."""
    mandate: int | None = None
    """The number of the organisation's mandate that the decision rests on, if on one."""


@dataclass(frozen=True, slots=True)
class EntryHeader:
    """Where in its region's log and in its stream an entry stands."""

    origin: str
    epoch: int
    position: int
    stream: str
    version: int
    type: str
    recorded_at: str


def entry_id(origin: str, epoch: int, position: int) -> str:
    """As ``vest/1/42``."""
    return f"{origin}/{epoch}/{position}"


def place_of(text: str) -> tuple[str, int, int] | None:
    """Region, epoch and position of an entry's id; None where it is none."""
    match = _ID.fullmatch(text)
    return None if match is None else (match[1], int(match[2]), int(match[3]))


def position_of(place: str) -> int:
    """Position in an entry's id, which is one."""
    return int(place.rpartition("/")[2])


def leaf_hash(body: bytes) -> bytes:
    """Leaf hash of RFC 9162."""
    return hashlib.sha256(LEAF_PREFIX + body).digest()


def build(header: EntryHeader, envelope: Envelope | None, data: bytes) -> Row:
    """Build an entry.

    ``data`` are the canonical bytes of a fact; bytes that are not a JSON object
    are carried as ``data_base64``, as CloudEvents has it.
    """
    attributes: dict[str, object] = {
        "id": entry_id(header.origin, header.epoch, header.position),
        "source": f"urn:fagnett:{header.origin}",
        "specversion": SPEC_VERSION,
        "streamversion": header.version,
        "subject": header.stream,
        "time": header.recorded_at,
        "type": header.type,
    }
    if envelope is not None:
        attributes |= _envelope(envelope)
    if data.startswith(b"{"):
        attributes["datacontenttype"] = "application/json"
        attributes["data"] = orjson.Fragment(data)
    else:
        attributes["data_base64"] = base64.b64encode(data).decode()
    body = orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS)
    return Row(
        header.origin,
        header.epoch,
        header.position,
        header.stream,
        header.version,
        header.type,
        header.recorded_at,
        leaf_hash(body),
        body,
    )


def _envelope(envelope: Envelope) -> dict[str, object]:
    attributes: dict[str, object] = {
        "actor": envelope.actor,
        "commanddigest": envelope.command_digest,
        "commandid": envelope.command_id,
        "correlationid": envelope.correlation_id,
        "organisation": envelope.organisation,
        "seen": envelope.seen,
    }
    if envelope.causation_id is not None:
        attributes["causationid"] = envelope.causation_id
    if envelope.mandate is not None:
        attributes["mandate"] = envelope.mandate
    if envelope.rules:
        attributes["rules"] = envelope.rules
    return attributes


_ID: Final = re.compile(r"([a-z]{1,20})/([1-9]\d{0,8})/([1-9]\d{0,17})", re.ASCII)
_SECOND: Final = len("2026-01-01T12:00:00")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_STREAM_BYTES_MAX: Final = 500
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
_VERSION_MAX: Final = 2**31 - 1
_TYPE_BYTES_MAX: Final = 100


def parse(body: bytes) -> Row:
    """Read an entry that came from elsewhere.

    Raises :class:`BrokenEntryError` when the bytes are not canonical, or do
    not say what an entry says. Whether the fact inside is known and well
    formed is asked later: an unknown fact is stored, never dropped.
    """
    if len(body) > ENTRY_BYTES_MAX:
        message = f"an entry of {len(body)} bytes is too large"
        raise BrokenEntryError(message)
    try:
        attributes = orjson.loads(body)
        again = orjson.dumps(attributes, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        message = "an entry is not JSON"
        raise BrokenEntryError(message) from None
    except orjson.JSONEncodeError:
        # More than 254 levels are read, and cannot be written.
        message = "an entry is nested too deeply"
        raise BrokenEntryError(message) from None
    if not isinstance(attributes, dict) or body != again:
        message = "an entry is not in canonical bytes"
        raise BrokenEntryError(message)
    return _row(attributes, body)


def _row(attributes: dict[str, object], body: bytes) -> Row:
    match = _ID.fullmatch(str(attributes.get("id")))
    stream, version = attributes.get("subject"), attributes.get("streamversion")
    kind, recorded_at = attributes.get("type"), attributes.get("time")
    origin = match.group(1) if match else ""
    if (
        match is None
        or attributes.get("source") != f"urn:fagnett:{origin}"
        or attributes.get("specversion") != SPEC_VERSION
        or not isinstance(stream, str)
        or not stream.startswith(f"{origin}:")
        or _CONTROLS.search(stream)
        or len(stream.encode()) > _STREAM_BYTES_MAX
        or type(version) is not int
        or not 1 <= version <= _VERSION_MAX
        or not isinstance(kind, str)
        or _CONTROLS.search(kind)
        or len(kind) > _TYPE_BYTES_MAX
        or not isinstance(recorded_at, str)
        or not _is_instant(recorded_at)
        or not _has_data(attributes)
        or not _has_seen(attributes)
        or not _has_mandate(attributes)
        or not _is_plain(attributes)
    ):
        message = f"entry {attributes.get('id')!s:.60} does not say what an entry says"
        raise BrokenEntryError(message)
    position = int(match.group(3))
    epoch = int(match.group(2))
    return Row(
        origin,
        epoch,
        position,
        stream,
        version,
        kind,
        recorded_at,
        leaf_hash(body),
        body,
    )


def _is_instant(text: str) -> bool:
    # At either end of the calendar an instant has no day before it or after it.
    return (
        _TIME.fullmatch(text) is not None
        and not text.startswith(("0001", "9999"))
        and _is_second(text[:_SECOND])
    )


@lru_cache(maxsize=1024)
def _is_second(text: str) -> bool:
    """Whether there is such a second; entries of one follow each other."""
    try:
        # Some Pythons take 24:00, but nothing after it.
        parse_instant(f"{text}.000001Z")
    except ValueError:
        return False
    return True


def _has_seen(attributes: dict[str, object]) -> bool:
    """Whether an entry tells in the one form what it rested on, or not at all."""
    seen = attributes.get("seen", "")
    return isinstance(seen, str) and _PLACES.fullmatch(seen) is not None


def _has_mandate(attributes: dict[str, object]) -> bool:
    """Whether an entry names the mandate that it rests on by a number, or none."""
    mandate = attributes.get("mandate", 1)
    return type(mandate) is int and 1 <= mandate <= _VERSION_MAX


def _is_plain(attributes: dict[str, object]) -> bool:
    """Whether nothing but the fact holds anything in itself, as in any CloudEvent.

    Nor may a name stand between those of the fact and of its form.
    """
    values = [each for each in attributes.values() if each.__class__ in _NESTING]
    if len(values) != (attributes.get("data").__class__ in _NESTING):
        return False
    others = attributes.keys() - _NAMES
    return not any("data" < name < "datacontenttype" for name in others)


def _has_data(attributes: dict[str, object]) -> bool:
    """Whether an entry holds its fact in the one or the other form, whole."""
    if "data" in attributes:
        json = attributes.get("datacontenttype") == "application/json"
        return json and "data_base64" not in attributes
    try:
        base64.b64decode(str(attributes["data_base64"]), validate=True)
    except (KeyError, ValueError):
        return False
    return True


_NESTING: Final[frozenset[type[object]]] = frozenset({dict, list})
_NAMES: Final = frozenset(
    (
        *("actor", "causationid", "commanddigest", "commandid", "correlationid"),
        *(
            "data",
            "data_base64",
            "datacontenttype",
            "id",
            "mandate",
            "organisation",
            "rules",
        ),
        *("seen", "source", "specversion", "streamversion", "subject", "time", "type"),
    )
)
"""Names of members that entries have; others may be there."""
_DATA_STARTS: Final = b'"data":'
_DATA_ENDS: Final = b',"datacontenttype":'
_BINARY_STARTS: Final = b'"data_base64":"'


def data_of(body: bytes) -> bytes:
    """Bytes of the fact inside an entry.

    The attributes are sorted, those before ``data`` are strings, and a quote
    inside a string is escaped: so the first ``"data":`` starts it and the last
    ``,"datacontenttype":`` ends it, and nothing needs to be parsed twice.
    """
    start = body.find(_DATA_STARTS)
    end = body.rfind(_DATA_ENDS)
    if start >= 0 and end >= 0:
        return body[start + len(_DATA_STARTS) : end]
    start = body.find(_BINARY_STARTS) + len(_BINARY_STARTS)
    try:
        return base64.b64decode(body[start : body.find(b'"', start)], validate=True)
    except binascii.Error:
        message = "an entry's data is not base64"
        raise BrokenEntryError(message) from None


_SEEN: Final = re.compile(rb'"seen":"([a-z0-9/ ]*)"', re.ASCII)
_PLACE: Final = rf"(?:{'|'.join(Region)})/[0-9]{{1,9}}/[0-9]{{1,18}}"
_PLACES: Final = re.compile(rf"({_PLACE}( {_PLACE})*)?", re.ASCII)


def seen_of(body: bytes) -> dict[str, tuple[int, int]]:
    """Epoch and position of each region that an entry's decision rested on."""
    # The attribute stands behind the data, in which nothing may pass for it.
    match = _SEEN.search(body, max(body.rfind(_DATA_ENDS), 0))
    if match is None:
        return {}
    return dict(_places(match.group(1)))


@lru_cache(maxsize=256)
def _places(seen: bytes) -> Mapping[str, tuple[int, int]]:
    """Places in a ``seen``, which all entries of a command have in common."""
    places = (place.split("/") for place in seen.decode().split())
    return {origin: (int(epoch), int(position)) for origin, epoch, position in places}


_RULES: Final = re.compile(rb',"rules":([0-9]{1,4}),"seen":')


def rules_of(body: bytes) -> int:
    """By which rules an entry says that it was recorded; 0 where it names none."""
    match = _RULES.search(body, max(body.rfind(_DATA_ENDS), 0))
    return 0 if match is None else int(match.group(1))


_COMMAND_ID: Final = re.compile(rb'"commandid":"([^"\\]*)"')


def command_id_of(body: bytes) -> bytes:
    """Id of the command that recorded an entry; empty where none did."""
    # Before the fact stand strings alone, in which no quote is bare.
    match = _COMMAND_ID.search(body, 0, max(body.find(_DATA_STARTS), 0))
    return b"" if match is None else match.group(1)


_CORRELATION: Final = re.compile(rb'"correlationid":"([^"\\]{1,100})"')


def command_of(body: bytes) -> tuple[str, str] | None:
    """Id and digest of the command that recorded an entry, if one did."""
    attributes = orjson.loads(body)
    named = attributes.get("commandid"), attributes.get("commanddigest")
    return None if None in named else (str(named[0]), str(named[1]))


def correlation_of(body: bytes) -> str | None:
    """Id that follows a command through all regions' logs."""
    match = _CORRELATION.search(body)
    return None if match is None else match.group(1).decode()
