"""NATS JetStream as the transport, over connections to the region's own server.

Each region has one stream in its own JetStream; the others read it over the leaf
links. JetStream is trusted with nothing: what it loses is sent again, what it changes
does not verify. For each other region a node has a connection of its own, so that none
can answer in another's name, and what one sends too much of breaks nothing else.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress

from domain.values import Region
from federation.signed.page import Message
from federation.tasks import all_of
from federation.transport.connection import CONNECT_AGAIN_SECONDS
from federation.transport.line import Line
from federation.transport.login import Login
from federation.transport.ports import Answering, Delivered, TransportError
from federation.transport.serving import Serving
from federation.transport.stream import HomeStream, PeerStream, RegionStream
from federation.transport.subjects import (
    courier_name,
    inbox_prefix,
    node_name,
    ranges_subject,
)
from federation.transport.watching import Watching


class JetStreamTransport:
    """A :class:`~federation.transport.ports.Transport` over a few connections."""

    def __init__(self, region: str, login: Login | None = None) -> None:
        self._region = region
        others = [peer.value for peer in Region if peer.value != region]
        # Nobody but this may reach the stream that the region fills.
        self._home = Line(courier_name(region), login and login.courier)
        self._voice = Line(node_name(region), login)
        self._others = {peer: Line(node_name(region, peer), login) for peer in others}
        self._lines = (self._home, self._voice, *self._others.values())
        self._watching = Watching(region, login)
        self._peers = {
            other: PeerStream(line, other, region)
            for other, line in self._others.items()
        }
        self._own = HomeStream(self._home, region)
        self._streams: Mapping[str, RegionStream] = {**self._peers, region: self._own}

    async def connect(self, url: str) -> None:
        """Connect to the region's own server, however long that takes."""
        await asyncio.gather(*(line.connect(url) for line in self._lines))

    async def run(self, url: str) -> None:
        """Keep connected until cancelled."""
        lines = (line.run(url) for line in self._lines)
        await all_of(*lines, self._watching.run(url))

    async def close(self) -> None:
        """Close all connections."""
        lines = (line.close() for line in self._lines)
        await asyncio.gather(*lines, self._watching.close())

    async def end(self, origin: str) -> int:
        """Last sequence of a stream."""
        return await self._streams[origin].end()

    async def get(self, origin: str, sequence: int) -> Delivered | None:
        """One message of a stream, read directly."""
        return await self._streams[origin].get(sequence)

    async def publish(self, origin: str, message: Message, expected: int) -> int:
        """Append a message, fenced."""
        assert origin == self._region, "a region fills its own stream alone"
        return await self._own.publish(message, expected)

    def read(self, origin: str, sequence: int) -> AsyncGenerator[Delivered]:
        """Follow a stream."""
        return self._peers[origin].read(sequence)

    async def announce(self, subject: str, payload: bytes) -> None:
        """Publish over core NATS, if there is a connection to do it over now."""
        await self._voice.announce(subject, payload)

    def hear(self, subject: str) -> AsyncGenerator[bytes]:
        """Follow what a region announces, for as long as its connection lives."""
        return self._others[subject.rpartition(".")[2]].hear(subject)

    async def serve(self, answer: Answering) -> None:
        """Answer each region by itself; of a region's processes one does."""
        await all_of(*(self._serve(other, answer) for other in self._others))

    async def _serve(self, asker: str, answer: Answering) -> None:
        subject = ranges_subject(self._region, asker)
        answers = inbox_prefix(node_name(asker, self._region))
        serving = Serving(asker, subject, answers, answer)
        while True:
            with suppress(TransportError):
                await serving.run(self._others[asker].client, self._region)
            await asyncio.sleep(CONNECT_AGAIN_SECONDS)

    async def asked(self) -> Mapping[str, int]:
        """Requests of each reader of the region's stream, as its server counts."""
        return await self._watching.asked()

    async def ask(self, region: str, request: bytes) -> Message:
        """Ask a region's node over the leaf links."""
        subject = ranges_subject(region, self._region)
        return await self._others[region].ask(subject, request)
