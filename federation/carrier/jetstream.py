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
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from federation.carrier.answers import ANSWER_SECONDS, SOON_SECONDS, answered, leave
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
)
from federation.carrier.pull import SILENCE_SECONDS_MAX, Pull
from federation.signed.page import Message
from federation.tasks import bounded, happened

log = structlog.get_logger()
T = TypeVar("T")

REQUESTS_WAITING_MAX: Final = 64
"""Of other nodes, that wait for an answer; what comes beyond is dropped."""
_CONSUMER_NAME_MAX: Final = 64
"""A server's own are of eight letters. Our own server ends a connection over which
more is asked of it than fits into a line."""


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

    async def _look(self, look: Callable[[float], Coroutine[Any, Any, T]]) -> T:
        """Ask the keeper of a stream, and once more where no answer comes soon.

        What was on its way while a link broke is lost, and nobody says so.
        """
        try:
            return await look(SOON_SECONDS)
        except NatsTimeoutError:
            return await look(TIMEOUT_SECONDS)

    def _streams(self, origin: str, seconds: float) -> JetStreamContext:
        return self._client.jetstream(domain=origin, timeout=seconds)

    async def end(self, origin: str) -> int:
        """Return the last sequence of a stream."""

        async def look(seconds: float) -> int:
            streams = self._streams(origin, seconds)
            info = await streams.stream_info(stream_name(origin))
            return int(info.state.last_seq)

        return await answered(self._look(look))

    async def get(self, origin: str, sequence: int) -> Delivered | None:
        """Return one message of a stream, read directly."""
        if sequence < 1:
            return None

        subject = f"$JS.{origin}.API.DIRECT.GET.{stream_name(origin)}"
        request = json.dumps({"seq": sequence}).encode()

        async def look(seconds: float) -> Msg:
            # The client's own takes what is stored for what a server says of it, where
            # it has the headers of that.
            return await self._client._request_new_style(subject, request, seconds)  # noqa: SLF001

        found = await answered(self._look(look))
        headers = found.headers or {}
        if headers.get("Nats-Sequence") == str(sequence):
            return Delivered(sequence, Message(headers, found.data))
        if headers.get("Status") == "404":
            return None
        raise CarrierError(headers.get("Description") or "it cannot be read directly")

    async def publish(self, origin: str, message: Message, expected: int) -> int:
        """Append a message, fenced by ``Nats-Expected-Last-Sequence``."""
        headers = {**message.headers, "Nats-Expected-Last-Sequence": str(expected)}
        stored = await answered(
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

        async def make(seconds: float) -> str:
            streams = self._streams(origin, seconds)
            made = (await streams.add_consumer(name, wanted)).name
            if not 0 < len(made) <= _CONSUMER_NAME_MAX:
                raise ValueError
            return made

        # One that was made, and of which nobody heard, ends by itself.
        consumer = await answered(self._look(make))
        pull = Pull(self._client, origin, consumer)
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
        await answered(self._client.publish(subject, payload))

    async def hear(self, subject: str) -> AsyncGenerator[bytes]:
        """Follow a subject of core NATS, for as long as this connection lives."""
        client = self._client
        heard: asyncio.Queue[bytes] = asyncio.Queue(ANNOUNCEMENTS_WAITING_MAX)

        async def take(message: Msg) -> None:
            if len(message.data) <= ANNOUNCEMENT_BYTES_MAX and not heard.full():
                heard.put_nowait(message.data)

        subscription = await answered(
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
            await leave(subscription)
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
        subscription = await answered(
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
            await leave(subscription)
        text = "the connection is closed"
        raise CarrierError(text)

    async def ask(self, region: str, request: bytes) -> Message:
        """Ask a region's node over the leaf links."""
        found = await answered(
            self._client.request(
                ranges_subject(region), request, timeout=TIMEOUT_SECONDS
            )
        )
        return Message(found.headers or {}, found.data)
