"""Reading a stream: its messages are asked for in batches, and heartbeats watched."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from federation.signed.page import Message
from federation.transport.answers import ODD, answered, leave
from federation.transport.ports import Delivered, TransportError

HEARTBEAT_SECONDS: Final = 0.5
SILENCE_SECONDS_MAX: Final = 1.5
REQUEST_SECONDS: Final = 60.0
PAGES_AHEAD: Final = 16
"""Pages that a reader has asked for at most: bounds its memory."""
MESSAGES_WAITING_MAX: Final = 4 * PAGES_AHEAD
"""Messages that wait to be read, with heartbeats: more than that nobody asked for."""
_NANOSECONDS: Final = 1_000_000_000
_STORED: Final = "$JS.ACK."
"""Prefix of the subject on which a message of a stream can be acknowledged."""


class Pull:
    """One consumer's messages: asked for in batches, heartbeats watched.

    A callback and a queue, since the client's own ``fetch`` waits for each
    message by itself and is several times slower.
    """

    def __init__(self, client: Client, asked: str) -> None:
        """Prepare; on ``asked`` the server is asked for more."""
        self._client = client
        self._next = asked
        self._queue: asyncio.Queue[Msg] = asyncio.Queue(MESSAGES_WAITING_MAX)
        self._overrun = False
        self._asked = 0
        self._arrived = 0
        self._subscription: Subscription | None = None

    async def messages(self) -> AsyncGenerator[Delivered]:
        """Yield messages; raise :class:`TransportError` when anything is odd."""
        inbox = self._client.new_inbox()
        self._subscription = await answered(
            self._client.subscribe(
                inbox, cb=self._take, pending_msgs_limit=MESSAGES_WAITING_MAX
            )
        )
        while True:
            if self._asked <= PAGES_AHEAD // 2:
                await self._ask(inbox, PAGES_AHEAD - self._asked)
            try:
                async with asyncio.timeout(SILENCE_SECONDS_MAX):
                    message = await self._queue.get()
            except TimeoutError:
                silence = f"no heartbeat for {SILENCE_SECONDS_MAX} s"
                raise TransportError(silence) from None
            try:
                delivered = self._delivered(message)
            except (NatsError, OSError, *ODD) as error:
                text = f"a message that is none of the consumer's: {error}"
                raise TransportError(text) from None
            if delivered is not None:
                yield delivered

    async def _take(self, message: Msg) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._overrun = True

    def _delivered(self, message: Msg) -> Delivered | None:
        """None where a message tells of the consumer."""
        if self._overrun:
            text = "more messages than were asked for"
            raise TransportError(text)
        if self._is_status(message):
            return None
        self._asked -= 1
        sequence = message.metadata.sequence
        self._expect(sequence.consumer, self._arrived + 1)
        self._arrived = sequence.consumer
        return Delivered(sequence.stream, Message(message.headers or {}, message.data))

    async def _ask(self, inbox: str, batch: int) -> None:
        request = {
            "batch": batch,
            "expires": int(REQUEST_SECONDS * _NANOSECONDS),
            "idle_heartbeat": int(HEARTBEAT_SECONDS * _NANOSECONDS),
        }
        await answered(
            self._client.publish(self._next, json.dumps(request).encode(), reply=inbox)
        )
        self._asked += batch

    def _is_status(self, message: Msg) -> bool:
        if message.reply.startswith(_STORED):
            # Who wrote it may have given it the headers of a status.
            return False
        headers = message.headers or {}
        status = headers.get("Status")
        if status is None:
            return False
        if status == "408":
            self._asked -= int(headers.get("Nats-Pending-Messages", self._asked))
        elif status == "100":
            # A message that was under way while the connection broke is lost,
            # and only the next heartbeat says that there was one.
            self._expect(int(headers.get("Nats-Last-Consumer", 0)), self._arrived)
        else:
            text = f"the consumer ended: {status} {headers.get('Description', '')}"
            raise TransportError(text)
        return True

    @staticmethod
    def _expect(sequence: int, expected: int) -> None:
        if sequence != expected:
            text = f"the consumer is at message {sequence}, expected {expected}"
            raise TransportError(text)

    async def stop(self) -> None:
        """Stop listening."""
        if self._subscription is not None:
            await leave(self._subscription)
