"""A region's stream, as its own node or another's reaches it."""

import asyncio
import itertools
import json
import math
import random
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext

from federation.signed.page import Message
from federation.transport.answers import SOON_SECONDS, answered
from federation.transport.connection import TIMEOUT_SECONDS
from federation.transport.line import Line
from federation.transport.ports import Delivered, TransportError
from federation.transport.pull import Pull
from federation.transport.subjects import (
    AT_HOME,
    CONSUMERS_MAX,
    consumer_name,
    pages_subject,
    reading_prefix,
    stream_name,
)

T = TypeVar("T")

LEFT_SECONDS: Final = 2.5
"""Time after which nothing is given any more to who has left a consumer."""


class RegionStream(Protocol):
    """A region's stream, as far as anybody looks at it."""

    async def end(self) -> int:
        """Last sequence."""
        ...

    async def get(self, sequence: int) -> Delivered | None:
        """One message."""
        ...


class HomeStream:
    """The stream that a region fills, over its courier's connection."""

    def __init__(self, line: Line, origin: str) -> None:
        self._line = line
        self._origin = origin
        self._name = stream_name(origin)

    def _asking(self, seconds: float) -> JetStreamContext:
        return self._line.client.jetstream(prefix=AT_HOME, timeout=seconds)

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
        client, asked = self._line.client, f"{AT_HOME}.DIRECT.GET.{self._name}"
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


class PeerStream:
    """Another region's stream, over the connection for that region.

    It is read by consumers that the owner has made for its readers, and which are moved to
    where reading is to begin. That is all that a reader may ask.

    A server gives messages for two seconds more to who has asked and listens no longer. So
    what is only looked at has a consumer of its own, each reading another than the last,
    and none one that was left a moment ago.
    """

    def __init__(self, line: Line, origin: str, reader: str) -> None:
        self._line = line
        self._begin, self._name = reading_prefix(origin, reader), stream_name(origin)
        looking, *reading = (consumer_name(reader, n) for n in range(CONSUMERS_MAX))
        self._looking = looking
        random.shuffle(reading)
        self._reading = itertools.cycle(reading)
        self._left_at: dict[str, float] = {}

    async def end(self) -> int:
        """Last sequence: nothing is ever deleted, so it is how many messages there are."""
        return await self._move(self._looking, 1)

    async def get(self, sequence: int) -> Delivered | None:
        """One message: the first that the consumer gives from there on."""
        if sequence < 1 or not await self._move(self._looking, sequence):
            return None
        pull = self._pull(self._looking)
        try:
            delivered = await pull.one()
        finally:
            await pull.stop()
        if delivered is None or delivered.sequence != sequence:
            return None
        return delivered

    async def read(self, sequence: int) -> AsyncGenerator[Delivered]:
        """Follow the stream from a sequence on."""
        consumer, clock = next(self._reading), asyncio.get_running_loop().time
        left_at = self._left_at.get(consumer, -math.inf)
        await asyncio.sleep(max(0.0, left_at + LEFT_SECONDS - clock()))
        await self._move(consumer, sequence)
        pull = self._pull(consumer)
        try:
            async for delivered in pull.messages():
                yield delivered
        finally:
            self._left_at[consumer] = clock()
            await pull.stop()

    def _asking(self, act: str, consumer: str) -> str:
        return f"{self._begin}.CONSUMER.{act}.{self._name}.{consumer}"

    def _pull(self, consumer: str) -> Pull:
        return Pull(self._line.client, self._asking("MSG.NEXT", consumer))

    async def _move(self, consumer: str, sequence: int) -> int:
        """Have a consumer go on from a sequence; return how many messages follow."""
        request = json.dumps({"seq": sequence}).encode()

        async def look(seconds: float) -> int:
            answer = await self._line.client.request(
                self._asking("RESET", consumer), request, timeout=seconds
            )
            found = json.loads(answer.data)
            if "error" in found:
                raise TransportError(str(found["error"].get("description")))
            return int(found["num_pending"])

        try:
            return await answered(_look(look))
        except NoRespondersError:
            text = "its server is away, or configured by another release"
            raise TransportError(text) from None


async def _look(look: Callable[[float], Coroutine[Any, Any, T]]) -> T:
    """Ask the keeper of a stream, and once more where no answer comes soon.

    What was on its way while a link broke is lost, and nobody says so.
    """
    try:
        return await look(SOON_SECONDS)
    except NatsTimeoutError:
        return await look(TIMEOUT_SECONDS)
