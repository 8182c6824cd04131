"""A page: up to 500 entries under one checkpoint; the unit of carrying.

The body is the entries as lines of JSON, the checkpoint goes in a header. A
page is verified, signed and synced to disk as a whole.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from federation.signed.checkpoint import (
    BrokenCheckpointError,
    Checkpoint,
    is_claimed,
    read,
)
from federation.signed.entry import BrokenEntryError, Row, correlation_of, parse
from federation.signed.keys import Verifier

ENTRIES_MAX: Final = 500
PAGE_BYTES_MAX: Final = 768 * 1024
"""Largest page: below the 1 MiB that a NATS server takes by default."""

FIRST_HEADER: Final = "Fagnett-First"
LAST_HEADER: Final = "Fagnett-Last"
CHECKPOINT_HEADER: Final = "Fagnett-Checkpoint"


class BrokenPageError(Exception):
    """A message is not a page of that region; nothing of it may be kept."""


class UnsignedPageError(BrokenPageError):
    """No key that signs there for the region has signed for a message."""

    def __init__(self, text: str, *, claimed: bool) -> None:
        super().__init__(text)
        self.claimed = claimed
        """It may be the region's all the same, by a key that is not known here."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the transport carries."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def first(self) -> int:
        """The first position, or 0 where the header does not say."""
        return _position(self.headers, FIRST_HEADER)

    @property
    def last(self) -> int:
        """The last position, or 0 where the header does not say."""
        return _position(self.headers, LAST_HEADER)


def _position(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Page:
    """Entries whose places and checkpoint signature are checked."""

    rows: Sequence[Row]
    checkpoint: Checkpoint
    note: str

    @property
    def first(self) -> int:
        """The position of the first entry."""
        return self.rows[0].position

    @property
    def last(self) -> int:
        """The position of the last entry."""
        return self.rows[-1].position


def fit(rows: Sequence[Row]) -> Sequence[Row]:
    """As many of the rows, from the first, as one page takes: of one epoch."""
    size = 0
    for index, row in enumerate(rows[:ENTRIES_MAX]):
        size += len(row.body) + 1
        full = size > PAGE_BYTES_MAX or row.epoch != rows[0].epoch
        if full and index:
            return rows[:index]
    return rows[:ENTRIES_MAX]


def pack(rows: Sequence[Row], note: str) -> Message:
    """Message of a page."""
    headers = {
        FIRST_HEADER: str(rows[0].position),
        LAST_HEADER: str(rows[-1].position),
        CHECKPOINT_HEADER: base64.b64encode(note.encode()).decode(),
    }
    return Message(headers, b"\n".join(row.body for row in rows))


def note_of(message: Message) -> str:
    """Note of a message, unchecked. Raises ``ValueError``."""
    encoded = message.headers.get(CHECKPOINT_HEADER, "")
    return base64.b64decode(encoded, validate=True).decode()


def signed_for(message: Message, origin: str, key: Verifier) -> Checkpoint:
    """Checkpoint that a region signed in the note of a message, whatever its body is.

    Raises :class:`UnsignedPageError`.
    """
    try:
        note = note_of(message)
    except ValueError:
        text = "a page has no checkpoint"
        raise UnsignedPageError(text, claimed=False) from None
    try:
        checkpoint = read(note, key)
    except BrokenCheckpointError as error:
        claimed = is_claimed(note, origin, key)
        raise UnsignedPageError(str(error), claimed=claimed) from None
    if checkpoint.origin != origin:
        text = "a page and its checkpoint are of different logs or sizes"
        raise UnsignedPageError(text, claimed=False)
    return checkpoint


def unpack(message: Message, origin: str, key: Verifier) -> Page:
    """Page of a message, its form and its signature checked.

    That the entries hash to the signed root is checked by the inbox, who
    has the tree. Raises :class:`BrokenPageError`.
    """
    checkpoint = signed_for(message, origin, key)
    if len(message.body) > PAGE_BYTES_MAX:
        text = f"a page of {len(message.body)} bytes is too large"
        raise BrokenPageError(text)
    lines = message.body.split(b"\n")
    if len(lines) > ENTRIES_MAX:
        text = f"a page of {len(lines)} entries is too large"
        raise BrokenPageError(text)
    try:
        rows = [parse(line) for line in lines]
    except BrokenEntryError as error:
        raise BrokenPageError(str(error)) from None
    first = rows[0].position
    for offset, row in enumerate(rows):
        place = (row.origin, row.epoch, row.position)
        if place != (origin, checkpoint.epoch, first + offset):
            text = f"entry {row.position} stands where {first + offset} should"
            raise BrokenPageError(text)
    if checkpoint.size != rows[-1].position:
        text = "a page and its checkpoint are of different logs or sizes"
        raise BrokenPageError(text)
    if (message.first, message.last) != (first, checkpoint.size):
        # That nobody signed for.
        text = "a page is not where it says that it is"
        raise UnsignedPageError(text, claimed=False)
    return Page(rows, checkpoint, note_of(message))


def correlations(message: Message) -> list[str]:
    """Ids that follow commands from log to log, each once."""
    ids = (correlation_of(line) for line in message.body.split(b"\n"))
    return list(
        dict.fromkeys(correlation for correlation in ids if correlation is not None)
    )
