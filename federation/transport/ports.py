"""What the outbox and the inbox need of a transport, whatever it is made of.

``jetstream`` is the real one, ``memory`` the one in process; both pass the same
contract tests. A transport keeps one ordered stream of messages for each region.
"""

from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

from federation.signed.page import Message

ANNOUNCEMENT_BYTES_MAX: Final = 64 * 1024
"""Largest announcement that is made or heard."""
ANNOUNCEMENTS_WAITING_MAX: Final = 64
"""Announcements that wait for one listener; of more than that the newest are lost."""


REQUEST_BYTES_MAX: Final = 256
"""Largest request that is made or heard."""
REASON_LETTERS_MAX: Final = 300


class TransportError(Exception):
    """The transport does not answer, or not as it should; look again and retry.

    The reason may be another region's server's own words, and is written to logs and
    terminals: it is a line, and no long one.
    """

    def __init__(self, reason: str) -> None:
        """Keep what may be shown of a reason."""
        shown = reason[:REASON_LETTERS_MAX]
        super().__init__("".join(c if c.isprintable() else "?" for c in shown))


class FencedError(TransportError):
    """The stream does not end where the publisher believed."""


class NotStoredError(TransportError):
    """The keeper of the stream has no room for more."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message at its sequence in a region's stream."""

    sequence: int
    message: Message


Answering = Callable[[str, bytes], Coroutine[Any, Any, Message | None]]
"""Answers a region's request, or leaves it without an answer."""


class Transport(Protocol):
    """Publishes to the home region's stream, reads any region's, asks any node."""

    async def end(self, origin: str) -> int:
        """Last sequence of a stream, 0 when nothing was ever in it."""
        ...

    async def get(self, origin: str, sequence: int) -> Delivered | None:
        """One message of a stream, or None when it is not there."""
        ...

    async def publish(self, origin: str, message: Message, expected: int) -> int:
        """Append a message if the stream ends at sequence ``expected``.

        Returns its sequence once the transport has stored it. Raises
        :class:`FencedError` when the stream ends elsewhere, and
        :class:`NotStoredError` when there is no room.
        """
        ...

    def read(self, origin: str, sequence: int) -> AsyncGenerator[Delivered]:
        """Follow a stream from a sequence on.

        Ends with :class:`TransportError` when anything is odd: a missed
        heartbeat, a message out of order. The caller looks again where to start.
        """
        ...

    async def announce(self, subject: str, payload: bytes) -> None:
        """Tell all regions something once; who does not listen now misses it."""
        ...

    def hear(self, subject: str) -> AsyncGenerator[bytes]:
        """Follow what is announced under one subject; nothing of it is to be trusted.

        Ends with :class:`TransportError` when the connection does.
        """
        ...

    async def serve(self, answer: Answering) -> None:
        """Answer what other regions' nodes ask until cancelled; of each one after the other.

        Who asks is known; what comes too fast of one is dropped, and of no other.
        """
        ...

    async def ask(self, region: str, request: bytes) -> Message:
        """Ask a region's node, and return its answer.

        Raises :class:`TransportError` when there is none in time.
        """
        ...
