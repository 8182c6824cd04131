"""A network that loses, delays, doubles, bends and forgets, between the regions.

Each region's stream stands at its own server. What a transport promises in
``federation.transport.ports`` is kept, except for what a transport in the world does not
keep either: an acknowledged message may be gone after its server fell.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from domain.values import Region
from federation.log.arrivals import within
from federation.signed.page import Message
from federation.transport.memory import heard, served
from federation.transport.ports import (
    Answering,
    Delivered,
    FencedError,
    TransportError,
)
from tests.simulation.trace import Trace

TIMEOUT_SECONDS: Final = 1.0
"""So long waits who gets no answer."""
SILENCE_SECONDS: Final = 5.0
"""After so long a reader notices that its stream is not reached."""
LATE_SECONDS_MAX: Final = 20.0
"""So late may a copy of what was published come; no transport remembers that long."""
LATE_SECONDS: Final = 0.5
"""A passage that takes longer is counted."""
STALE_MAX: Final = 3
"""So many messages may a stale answer lack."""


@dataclass
class Weather:
    """How likely each thing goes wrong, of one passage."""

    delay_seconds: float = 0.02
    lost: float = 0.0
    doubled: float = 0.0
    bent: float = 0.0
    stale: float = 0.0


FINE: Final = Weather()


@dataclass
class Network:
    """All regions' streams, and what is broken between them."""

    random: Random
    trace: Trace
    weather: Weather = field(default_factory=Weather)
    streams: dict[str, list[Message] | None] = field(
        default_factory=lambda: {region.value: [] for region in Region}
    )
    """None where the stream is deleted and not yet made anew."""
    apart: set[frozenset[str]] = field(default_factory=set)
    """Pairs of regions that do not reach each other."""
    down: set[str] = field(default_factory=set)
    """Regions whose server is down, for their own node too."""
    serving: dict[str, Answering] = field(default_factory=dict)
    listeners: list[tuple[str, str, asyncio.Queue[bytes]]] = field(default_factory=list)
    bent: set[str] = field(default_factory=set)
    """Regions of whose words something was bent."""
    changed: dict[str, asyncio.Event] = field(
        default_factory=lambda: {region.value: asyncio.Event() for region in Region}
    )

    def reaches(self, one: str, other: str) -> bool:
        """Say whether something gets through now."""
        pair = frozenset({one, other})
        return not (self.down & pair or pair in self.apart)

    def happens(self, chance: float) -> bool:
        """Draw; nothing is drawn for what cannot happen."""
        return chance > 0 and self.random.random() < chance

    async def pass_over(self, one: str, other: str) -> None:
        """Take the time of a passage; raise :class:`TransportError` where it fails."""
        seconds = self.random.uniform(0.001, self.weather.delay_seconds)
        self.trace.counts["passages late"] += seconds > LATE_SECONDS
        await asyncio.sleep(seconds)
        if not self.reaches(one, other) or self.happens(self.weather.lost):
            self.trace.counts["passages lost"] += 1
            await asyncio.sleep(TIMEOUT_SECONDS)
            message = f"{other} does not answer {one}"
            raise TransportError(message)

    def stream(self, origin: str) -> list[Message]:
        """Return a stream that is there."""
        stream = self.streams[origin]
        if stream is None:
            message = f"{origin} has no stream"
            raise TransportError(message)
        return stream

    def tell(self, origin: str) -> None:
        """Wake who follows a stream."""
        waiting, self.changed[origin] = self.changed[origin], asyncio.Event()
        waiting.set()

    def bend(self, said_by: str, octets: bytes) -> bytes:
        """Return bytes of which one may be another."""
        if not octets or not self.happens(self.weather.bent):
            return octets
        self.bent.add(said_by)
        self.trace.counts["bytes bent"] += 1
        place = self.random.randrange(len(octets))
        bent = octets[place] ^ (1 << self.random.randrange(8))
        return octets[:place] + bytes([bent]) + octets[place + 1 :]

    def bend_last(self, said_by: str, octets: bytes) -> bytes:
        """Return a note whose last signature may be another's."""
        if not self.happens(self.weather.bent):
            return octets
        self.bent.add(said_by)
        self.trace.counts["signatures bent"] += 1
        place = len(octets) - self.random.randrange(10, 60)
        other = b"B" if octets[place : place + 1] == b"A" else b"A"
        return octets[:place] + other + octets[place + 1 :]

    def append(self, origin: str, message: Message, expected: int) -> int:
        """Append, fenced."""
        stream = self.stream(origin)
        if len(stream) != expected:
            raise FencedError(origin)
        stream.append(message)
        self.trace.tell("page", f"{origin} {message.first}-{message.last}")
        self.tell(origin)
        return len(stream)


class SimulatedTransport:
    """One node's end of a :class:`Network`; a :class:`~federation.transport.ports.Transport`."""

    def __init__(self, network: Network, region: str) -> None:
        self._network = network
        self._region = region

    def _seen(self, origin: str) -> list[Message]:
        """Return a stream as a server has it that may lag behind."""
        stream = self._network.stream(origin)
        if not self._network.happens(self._network.weather.stale):
            return stream
        self._network.trace.counts["reads stale"] += 1
        return stream[
            : max(0, len(stream) - self._network.random.randint(1, STALE_MAX))
        ]

    async def end(self, origin: str) -> int:
        """Return the last sequence of a stream, or an older one."""
        await self._network.pass_over(self._region, origin)
        return len(self._seen(origin))

    async def get(self, origin: str, sequence: int) -> Delivered | None:
        """Return one message of a stream."""
        await self._network.pass_over(self._region, origin)
        stream = self._seen(origin)
        if not 1 <= sequence <= len(stream):
            return None
        return Delivered(sequence, stream[sequence - 1])

    async def publish(self, origin: str, message: Message, expected: int) -> int:
        """Append a message; it may come again much later, and the answer never."""
        network = self._network
        await network.pass_over(self._region, origin)
        if network.happens(network.weather.doubled):
            late = network.random.uniform(0, LATE_SECONDS_MAX)
            loop = asyncio.get_running_loop()
            loop.call_later(late, self._again, origin, message, expected)
        sequence = network.append(origin, message, expected)
        await network.pass_over(origin, self._region)
        return sequence

    def _again(self, origin: str, message: Message, expected: int) -> None:
        self._network.trace.counts["publishes repeated"] += 1
        try:
            self._network.append(origin, message, expected)
        except TransportError:
            return

    async def read(self, origin: str, sequence: int) -> AsyncGenerator[Delivered]:
        """Follow a stream; end when it is not reached, or ends before."""
        network, at = self._network, sequence
        while True:
            await network.pass_over(self._region, origin)
            stream = network.stream(origin)
            if at <= len(stream):
                if network.happens(network.weather.lost):
                    network.trace.counts["deliveries lost"] += 1
                    at += 1
                    continue
                message = stream[at - 1]
                bent = Message(message.headers, network.bend(origin, message.body))
                yield Delivered(at, bent)
                if network.happens(network.weather.doubled):
                    # Long after, and after others, as one that nobody acknowledged.
                    before = max(1, at - network.random.randint(0, STALE_MAX))
                    network.trace.counts["deliveries repeated"] += 1
                    yield Delivered(before, stream[before - 1])
                at += 1
                continue
            if at > len(stream) + 1:
                text = f"the stream of {origin} ends before {at}"
                raise TransportError(text)
            await within(network.changed[origin], SILENCE_SECONDS)

    async def announce(self, subject: str, payload: bytes) -> None:
        """Give a payload to each who listens, if it gets there, now or later."""
        network, loop = self._network, asyncio.get_running_loop()
        if self._region in network.down:
            raise TransportError(self._region)
        for region, wanted, queue in network.listeners:
            if wanted != subject or not network.reaches(self._region, region):
                continue
            for _ in range(1 + network.happens(network.weather.doubled)):
                if not network.happens(network.weather.lost):
                    delay = network.random.uniform(0.001, network.weather.delay_seconds)
                    bent = network.bend_last(self._region, payload)
                    loop.call_later(delay, _put, queue, bent)

    def hear(self, subject: str) -> AsyncGenerator[bytes]:
        """Follow a subject."""
        return heard(self._network, self._region, subject)

    async def serve(self, answer: Answering) -> None:
        """Answer until cancelled."""
        await served(self._network, self._region, answer)

    async def ask(self, region: str, request: bytes) -> Message:
        """Ask a region's node; it may hear the request twice."""
        network = self._network
        await network.pass_over(self._region, region)
        reply = None
        for _ in range(1 + network.happens(network.weather.doubled)):
            answer = network.serving.get(region)
            reply = None if answer is None else await answer(self._region, request)
        if reply is None:
            await asyncio.sleep(TIMEOUT_SECONDS)
            message = f"{region} does not answer"
            raise TransportError(message)
        await network.pass_over(region, self._region)
        return Message(reply.headers, network.bend(region, reply.body))


def _put(queue: asyncio.Queue[bytes], payload: bytes) -> None:
    if not queue.full():
        queue.put_nowait(payload)
