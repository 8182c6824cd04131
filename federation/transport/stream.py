"""A region's stream, as its own node or another's reaches it."""

import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, TypeVar

from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from federation.signed.page import Message
from federation.transport.answers import SOON_SECONDS, answered
from federation.transport.connection import CONSUMER_SECONDS, TIMEOUT_SECONDS
from federation.transport.line import Line
from federation.transport.ports import Delivered, TransportError
from federation.transport.pull import Pull
from federation.transport.subjects import pages_subject, stream_name

T = TypeVar("T")

AT_HOME: Final = "$JS.API"
"""Prefix of requests to JetStream at a region's own server."""


class RegionStream:
    """One stream over one connection; ``api`` is what its requests begin with."""

    def __init__(self, line: Line, origin: str, api: str, consumer: str) -> None:
        self._line = line
        self._origin = origin
        self._name = stream_name(origin)
        self._api = api
        self._consumer = consumer

    def _asking(self, seconds: float) -> JetStreamContext:
        return self._line.client.jetstream(prefix=self._api, timeout=seconds)

    async def end(self) -> int:
        """Last sequence."""

        async def look(seconds: float) -> int:
            info = await self._asking(seconds).stream_info(self._name)
            return int(info.state.last_seq)

        return await answered(_look(look))

    async def get(self, sequence: int) -> Delivered | None:
        """One message, read directly."""
        if sequence < 1:
            return None
        client, asked = self._line.client, f"{self._api}.DIRECT.GET.{self._name}"
        request = json.dumps({"seq": sequence}).encode()

        async def look(seconds: float) -> Msg:
            # The client's own takes what is stored for what a server says of it, where
            # it has the headers of that.
            return await client._request_new_style(asked, request, seconds)  # noqa: SLF001

        answer = await answered(_look(look))
        headers = answer.headers or {}
        if headers.get("Nats-Sequence") == str(sequence):
            return Delivered(sequence, Message(headers, answer.data))
        if headers.get("Status") == "404":
            return None
        raise TransportError(headers.get("Description") or "it cannot be read directly")

    async def publish(self, message: Message, expected: int) -> int:
        """Append a message, fenced by ``Nats-Expected-Last-Sequence``."""
        headers = {**message.headers, "Nats-Expected-Last-Sequence": str(expected)}
        stored = await answered(
            self._asking(TIMEOUT_SECONDS).publish(
                pages_subject(self._origin), message.body, headers=headers
            )
        )
        return stored.seq

    async def read(self, sequence: int) -> AsyncGenerator[Delivered]:
        """Follow the stream through a pull consumer without acknowledgements."""
        configuration = ConsumerConfig(
            name=self._consumer,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=sequence,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=CONSUMER_SECONDS,
            mem_storage=True,
            num_replicas=1,
        )

        async def make(seconds: float) -> None:
            asking = self._asking(seconds)
            # It began elsewhere, and is not changed but made anew.
            with suppress(NotFoundError):
                await asking.delete_consumer(self._name, self._consumer)
            await asking.add_consumer(self._name, configuration)

        await answered(_look(make))
        pull = Pull(
            self._line.client,
            f"{self._api}.CONSUMER.MSG.NEXT.{self._name}.{self._consumer}",
        )
        try:
            async for delivered in pull.messages():
                yield delivered
        finally:
            # The consumer ends by itself.
            await pull.stop()


async def _look(look: Callable[[float], Coroutine[Any, Any, T]]) -> T:
    """Ask the keeper of a stream, and once more where no answer comes soon.

    What was on its way while a link broke is lost, and nobody says so.
    """
    try:
        return await look(SOON_SECONDS)
    except NatsTimeoutError:
        return await look(TIMEOUT_SECONDS)
