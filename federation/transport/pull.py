"""Reading a stream: each message is asked for by itself, and each request answered soon."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from federation.signed.page import Message
from federation.transport.answers import ODD, answered, leave
from federation.transport.ports import Delivered, TransportError

REQUEST_SECONDS: Final = 0.5
"""Time that a request waits for a message; that there was none is its answer then."""
SILENCE_SECONDS_MAX: Final = 1.5
PAGES_AHEAD: Final = 16
"""Pages that a reader has asked for at most: bounds its memory."""
MESSAGES_WAITING_MAX: Final = 4 * PAGES_AHEAD
"""Messages that wait to be read: more than that nobody asked for."""
_NANOSECONDS: Final = 1_000_000_000
_STORED: Final = "$JS.ACK."
"""Prefix of the subject on which a message of a stream can be acknowledged."""
_NO_MESSAGE: Final = frozenset({"404", "408"})
"""Status of an answer that tells that there is no message: now, or in time."""


class Pull:
    """One consumer's messages.

    Each request is for one message and has one answer. Where one could have several, the
    server would keep the way back for minutes, of as many requests as anybody sends.

    A callback and a queue, since the client's own ``fetch`` waits for each
    message by itself and is several times slower.
    """

    def __init__(self, client: Client, asked: str) -> None:
        """Prepare; on ``asked`` the server is asked for more."""
        self._client = client
        self._asking = asked
        self._queue: asyncio.Queue[Msg] = asyncio.Queue(MESSAGES_WAITING_MAX)
        self._overrun = False
        self._asked = 0
        """Requests without an answer."""
        self._wanted = 1
        """Requests that there should be: as many as messages follow."""
        self._arrived = 0
        self._subscription: Subscription | None = None

    async def messages(self) -> AsyncGenerator[Delivered]:
        """Yield messages; raise :class:`TransportError` when anything is odd."""
        inbox = await self._listen()
        request = {"batch": 1, "expires": int(REQUEST_SECONDS * _NANOSECONDS)}
        while True:
            while self._asked < self._wanted:
                await self._ask(inbox, request)
            delivered = await self._next()
            if delivered is not None:
                yield delivered

    async def one(self) -> Delivered | None:
        """First message, or None where there is none; raise as :meth:`messages` does."""
        await self._ask(await self._listen(), {"batch": 1, "no_wait": True})
        return await self._next()

    async def _listen(self) -> str:
        inbox = self._client.new_inbox()
        self._subscription = await answered(
            self._client.subscribe(
                inbox, cb=self._take, pending_msgs_limit=MESSAGES_WAITING_MAX
            )
        )
        return inbox

    async def _take(self, message: Msg) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._overrun = True

    async def _ask(self, inbox: str, request: dict[str, Any]) -> None:
        body = json.dumps(request).encode()
        await answered(self._client.publish(self._asking, body, reply=inbox))
        self._asked += 1

    async def _next(self) -> Delivered | None:
        """None where an answer tells that there is no message.

        One that was under way while the connection broke is lost: then a request stays
        without an answer, and at last there is no other.
        """
        try:
            async with asyncio.timeout(SILENCE_SECONDS_MAX):
                message = await self._queue.get()
        except TimeoutError:
            silence = f"no answer for {SILENCE_SECONDS_MAX} s"
            raise TransportError(silence) from None
        if self._overrun or not self._asked:
            text = "more messages than were asked for"
            raise TransportError(text)
        self._asked -= 1
        try:
            return self._delivered(message)
        except (NatsError, OSError, *ODD) as error:
            text = f"a message that is none of the consumer's: {error}"
            raise TransportError(text) from None

    def _delivered(self, message: Msg) -> Delivered | None:
        headers = message.headers or {}
        # Who wrote what is stored may have given it the headers of a status.
        if not message.reply.startswith(_STORED) and (status := headers.get("Status")):
            self._wanted = 1
            if status in _NO_MESSAGE:
                return None
            text = f"the consumer ended: {status} {headers.get('Description', '')}"
            raise TransportError(text)
        sequence = message.metadata.sequence
        if sequence.consumer != self._arrived + 1:
            text = f"message {sequence.consumer}, expected {self._arrived + 1}"
            raise TransportError(text)
        self._arrived += 1
        self._wanted = min(PAGES_AHEAD, 1 + message.metadata.num_pending)
        return Delivered(sequence.stream, Message(headers, message.data))

    async def stop(self) -> None:
        """Stop listening."""
        if self._subscription is not None:
            await leave(self._subscription)
