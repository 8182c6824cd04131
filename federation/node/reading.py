"""Where a region's pages stand on its stream, among whatever else stands there.

Who has the region's credential can add anything, and no server takes it out again.
"""

import hashlib
from typing import Final, NamedTuple

from federation.signed.keys import Verifier
from federation.signed.page import (
    CHECKPOINT_HEADER,
    Message,
    UnsignedPageError,
    signed_for,
)
from federation.transport.ports import Delivered, Transport

LOOKED_AHEAD_MAX: Final = 8
"""Foreign messages that are looked past for one of the region's."""


class _Found(NamedTuple):
    """Where the region has signed for how much."""

    sequence: int
    size: int


async def locate(
    transport: Transport, origin: str, position: int, key: Verifier, after: int = 0
) -> int:
    """Sequence at or before the message that holds ``position``.

    Pages stand in the order of their positions, so this is a binary search by what
    was signed, for the part of the stream ``after`` a sequence. Where nothing shows
    where it is, it begins earlier. Where the stream ends before ``position``, and
    with a page, returns the sequence after its end.
    """
    low, high = after + 1, await transport.end(origin) + 1
    while low < high:
        middle = (low + high) // 2
        signed = await _signed(transport, origin, key, middle, high)
        if signed is not None and signed.size < position:
            low = signed.sequence + 1
        else:
            high = middle
    return low


async def _signed(
    transport: Transport, origin: str, key: Verifier, first: int, end: int
) -> _Found | None:
    """First that the region signed for, if it is not far."""
    for sequence in range(first, min(end, first + LOOKED_AHEAD_MAX)):
        delivered = await transport.get(origin, sequence)
        if delivered is None:
            continue
        try:
            checkpoint = signed_for(delivered.message, origin, key)
        except UnsignedPageError:
            continue
        return _Found(sequence, checkpoint.size)
    return None


class StreamCursor:
    """How far a stream has been read, which is not read again while it is the same."""

    def __init__(self, transport: Transport, origin: str, key: Verifier) -> None:
        self._transport = transport
        self._origin = origin
        self._key = key
        self._last = (0, b"")
        """The sequence of the last message that was passed, and its hash."""

    def passed(self, delivered: Delivered) -> None:
        """Go on after a message the next time."""
        self._last = delivered.sequence, _hash(delivered.message)

    def forget(self) -> None:
        """Look everywhere the next time."""
        self._last = (0, b"")

    async def before(self, position: int) -> int:
        """Sequence from which to read on to a position."""
        sequence, digest = self._last
        delivered = await self._transport.get(self._origin, sequence)
        if delivered is None or _hash(delivered.message) != digest:
            self.forget()
        place = (self._transport, self._origin, position, self._key)
        return await locate(*place, after=self._last[0])


def is_signed(message: Message, origin: str, key: Verifier) -> bool:
    """Whether the region signed for a message, whatever its body is."""
    try:
        signed_for(message, origin, key)
    except UnsignedPageError:
        return False
    return True


def _hash(message: Message) -> bytes:
    """Tell a message from another one at the same sequence."""
    note = message.headers.get(CHECKPOINT_HEADER, "")
    return hashlib.sha256(note.encode() + b"\n" + message.body).digest()
