"""NATS JetStream as the carrier, on the connection of :mod:`federation.carrier.connection`.

Each region has one stream in its own JetStream domain; the others read it over
the leaf links through ``$JS.<region>.API``. JetStream is trusted with nothing:
what it loses is sent again, what it changes does not verify.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError, NotFoundError

from federation.carrier.connection import (
    CONNECT_AGAIN_SECONDS,
    CONSUMER_SECONDS,
    TIMEOUT_SECONDS,
    Connection,
    Login,
    connect,
    inbox,
    node_name,
    ranges_subject,
    stream_name,
    subject,
)
from federation.carrier.ports import (
    ANNOUNCEMENT_BYTES_MAX,
    ANNOUNCEMENTS_WAITING_MAX,
    Answering,
    CarrierError,
    Delivered,
    FencedError,
)
from federation.signed.page import Message
from federation.tasks import bounded, happened

log = structlog.get_logger()
T = TypeVar("T")

HEARTBEAT_SECONDS: Final = 0.5
SILENCE_SECONDS_MAX: Final = 1.5
SOON_SECONDS: Final = 1.0
"""Within so long a server answers what it is asked, or the question was lost."""
ANSWER_SECONDS: Final = 10.0
"""So long anything may take that is asked: the client waits for some of it without end."""
REQUEST_SECONDS: Final = 60.0
PAGES_AHEAD: Final = 16
"""How many pages a reader has asked for at most: bounds its memory."""
MESSAGES_WAITING_MAX: Final = 4 * PAGES_AHEAD
"""What waits to be read, with heartbeats: more than that nobody asked for."""
REQUESTS_WAITING_MAX: Final = 64
"""Of other nodes, that wait for an answer; what comes beyond is dropped."""
_WRONG_LAST_SEQUENCE: Final = 10071
_NANOSECONDS: Final = 1_000_000_000
_CONSUMER_NAME_MAX: Final = 64
"""A server's own are of eight letters. Our own server ends a connection over which
more is asked of it than fits into a line."""
_ODD: Final = (
    *(ValueError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, RecursionError),
)
"""What the client raises on an answer that is not of JetStream's form: it looks at
none before it takes it apart, and other regions answer as they like."""


async def _answer(asked: Coroutine[Any, Any, T]) -> T:
    try:
        return await bounded(asked, ANSWER_SECONDS)
    except APIError as error:
        if error.err_code == _WRONG_LAST_SEQUENCE:
            raise FencedError(str(error.description)) from None
        raise CarrierError(str(error.description)) from None
    except (NatsError, OSError, TimeoutError) as error:
        raise CarrierError(str(error) or type(error).__name__) from None
    except _ODD as error:
        raise _odd(error) from None


async def _leave(subscription: Subscription) -> None:
    """Listen no more; a server that does not hear of it forgets by itself."""
    with suppress(NatsError, OSError, TimeoutError):
        await bounded(subscription.unsubscribe(), SOON_SECONDS)


def _odd(error: Exception) -> CarrierError:
    """Return what to say of it: not the text, which may hold what was answered."""
    return CarrierError(f"an answer of an odd form: {type(error).__name__}")


class JetStreamCarrier:
    """A :class:`~federation.carrier.ports.Carrier` over one connection.

    Until :meth:`connect` has succeeded, everything raises :class:`CarrierError`.
    """

    def __init__(self, region: str, login: Login | None = None) -> None:
        self._region = region
        self._login = login
        self._connected: Connection | None = None

    async def connect(self, url: str) -> None:
        """Connect to the region's own server, however long that takes."""
        self._connected = await connect(url, node_name(self._region), self._login)

    async def run(self, url: str) -> None:
        """Keep connected until cancelled, each time with a client of its own."""
        while True:
            await self.connect(url)
            log.info("carrier_connected")
            await happened(self._client.ended)
            log.warning("carrier_closed")
            await self.close()
            await asyncio.sleep(CONNECT_AGAIN_SECONDS)

    async def close(self) -> None:
        """Close the connection."""
        if self._connected is not None:
            # Without its server the client still tries to send what it has left.
            with suppress(NatsError, OSError, TimeoutError, RuntimeError):
                await self._connected.close()

    @property
    def _client(self) -> Connection:
        if self._connected is None:
            message = "not connected to the region's NATS server yet"
            raise CarrierError(message)
        return self._connected

    async def _look(
        self, origin: str, look: Callable[[JetStreamContext], Coroutine[Any, Any, T]]
    ) -> T:
        """Ask the keeper of a stream, and once more where no answer comes soon.

        What was on its way while a link broke is lost, and nobody says so.
        """
        soon = self._client.jetstream(domain=origin, timeout=SOON_SECONDS)
        try:
            return await look(soon)
        except NatsTimeoutError:
            return await look(
                self._client.jetstream(domain=origin, timeout=TIMEOUT_SECONDS)
            )

    async def end(self, origin: str) -> int:
        """Return the last sequence of a stream."""

        async def look(js: JetStreamContext) -> int:
            info = await js.stream_info(stream_name(origin))
            return int(info.state.last_seq)

        return await _answer(self._look(origin, look))

    async def get(self, origin: str, sequence: int) -> Delivered | None:
        """Return one message of a stream, read directly."""
        if sequence < 1:
            return None

        async def look(js: JetStreamContext) -> Delivered | None:
            try:
                found = await js.get_msg(stream_name(origin), seq=sequence, direct=True)
            except NotFoundError:
                return None
            return Delivered(sequence, Message(found.headers or {}, found.data or b""))

        return await _answer(self._look(origin, look))

    async def publish(self, origin: str, message: Message, expected: int) -> int:
        """Append a message, fenced by ``Nats-Expected-Last-Sequence``."""
        headers = {**message.headers, "Nats-Expected-Last-Sequence": str(expected)}
        stored = await _answer(
            self._client.jetstream(timeout=TIMEOUT_SECONDS).publish(
                subject(origin), message.body, headers=headers
            )
        )
        return stored.seq

    async def read(self, origin: str, sequence: int) -> AsyncGenerator[Delivered]:
        """Follow a stream through an ephemeral pull consumer without acknowledgements."""
        name = stream_name(origin)
        wanted = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=sequence,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=CONSUMER_SECONDS,
            mem_storage=True,
            num_replicas=1,
        )

        async def make(js: JetStreamContext) -> str:
            made = (await js.add_consumer(name, wanted)).name
            if not 0 < len(made) <= _CONSUMER_NAME_MAX:
                raise ValueError
            return made

        # One that was made, and of which nobody heard, ends by itself.
        consumer = await _answer(self._look(origin, make))
        pull = _Pull(self._client, origin, consumer)
        try:
            async for delivered in pull.messages():
                yield delivered
        finally:
            # The consumer ends by itself: nobody may delete anything.
            await pull.stop()

    async def announce(self, subject: str, payload: bytes) -> None:
        """Publish over core NATS, if there is a connection to do it over now."""
        if len(payload) > ANNOUNCEMENT_BYTES_MAX:
            message = f"an announcement of {len(payload)} bytes is too large"
            raise CarrierError(message)
        if not self._client.is_connected:
            # The client would keep it, and send what is out of date by then.
            message = "not connected to the region's NATS server"
            raise CarrierError(message)
        await _answer(self._client.publish(subject, payload))

    async def hear(self, subject: str) -> AsyncGenerator[bytes]:
        """Follow a subject of core NATS, for as long as this connection lives."""
        client = self._client
        heard: asyncio.Queue[bytes] = asyncio.Queue(ANNOUNCEMENTS_WAITING_MAX)

        async def take(message: Msg) -> None:
            if len(message.data) <= ANNOUNCEMENT_BYTES_MAX and not heard.full():
                heard.put_nowait(message.data)

        subscription = await _answer(
            client.subscribe(
                subject, cb=take, pending_msgs_limit=ANNOUNCEMENTS_WAITING_MAX
            )
        )
        try:
            while not client.is_closed:
                with suppress(TimeoutError):
                    async with asyncio.timeout(SILENCE_SECONDS_MAX):
                        payload = await heard.get()
                    yield payload
        finally:
            await _leave(subscription)
        text = "the connection ended"
        raise CarrierError(text)

    async def serve(self, answer: Answering) -> None:
        """Answer requests one after the other; of a region's processes one does."""

        async def reply(message: Msg) -> None:
            # An asker names the subject of the answer: were it not a node's inbox, it
            # could make this node say there what only this node may say.
            is_node = message.reply.startswith(f"{inbox(node_name(''))}")
            if not is_node:
                return
            # What fails, or takes too long for who comes next, is asked again.
            with suppress(NatsError, OSError, TimeoutError):
                found = await bounded(answer(message.data), ANSWER_SECONDS)
                if found is not None:
                    await bounded(
                        client.publish(
                            message.reply, found.body, headers=dict(found.headers)
                        ),
                        ANSWER_SECONDS,
                    )

        client = self._client
        subscription = await _answer(
            client.subscribe(
                ranges_subject(self._region),
                queue=self._region,
                cb=reply,
                pending_msgs_limit=REQUESTS_WAITING_MAX,
            )
        )
        try:
            await happened(client.ended)
        finally:
            await _leave(subscription)
        text = "the connection is closed"
        raise CarrierError(text)

    async def ask(self, region: str, request: bytes) -> Message:
        """Ask a region's node over the leaf links."""
        found = await _answer(
            self._client.request(
                ranges_subject(region), request, timeout=TIMEOUT_SECONDS
            )
        )
        return Message(found.headers or {}, found.data)


class _Pull:
    """One consumer's messages: asked for in batches, heartbeats watched.

    A callback and a queue, since the client's own ``fetch`` waits for each
    message by itself and is several times slower.
    """

    def __init__(self, client: Client, origin: str, consumer: str) -> None:
        self._client = client
        stream = stream_name(origin)
        self._next = f"$JS.{origin}.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._queue: asyncio.Queue[Msg] = asyncio.Queue(MESSAGES_WAITING_MAX)
        self._overrun = False
        self._asked = 0
        self._arrived = 0
        self._subscription: Subscription | None = None

    async def messages(self) -> AsyncGenerator[Delivered]:
        """Yield messages; raise :class:`CarrierError` when anything is odd."""
        inbox = self._client.new_inbox()
        self._subscription = await _answer(
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
                raise CarrierError(silence) from None
            try:
                delivered = self._delivered(message)
            except (NatsError, OSError, *_ODD) as error:
                text = f"a message that is none of the consumer's: {error}"
                raise CarrierError(text) from None
            if delivered is not None:
                yield delivered

    async def _take(self, message: Msg) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._overrun = True

    def _delivered(self, message: Msg) -> Delivered | None:
        """Return what a message delivers, or None where it tells of the consumer."""
        if self._overrun:
            text = "more messages than were asked for"
            raise CarrierError(text)
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
        await _answer(
            self._client.publish(self._next, json.dumps(request).encode(), reply=inbox)
        )
        self._asked += batch

    def _is_status(self, message: Msg) -> bool:
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
            raise CarrierError(text)
        return True

    @staticmethod
    def _expect(found: int, expected: int) -> None:
        if found != expected:
            text = f"the consumer is at message {found}, expected {expected}"
            raise CarrierError(text)

    async def stop(self) -> None:
        """Stop listening."""
        if self._subscription is not None:
            await _leave(self._subscription)
