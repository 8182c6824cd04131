"""A transport in this process, with the faults that a network has.

It serves the contract tests and simulation; time and chance come from its user.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Protocol

from federation.signed.page import Message
from federation.tasks import LOOK_SECONDS, happened
from federation.transport.ports import (
    ANNOUNCEMENT_BYTES_MAX,
    ANNOUNCEMENTS_WAITING_MAX,
    REQUEST_BYTES_MAX,
    Answering,
    Delivered,
    FencedError,
    NotStoredError,
    TransportError,
)


@dataclass
class MemoryNetwork:
    """The streams of all regions, and what is broken between them."""

    streams: defaultdict[str, list[Message]] = field(
        default_factory=lambda: defaultdict(list)
    )
    cut: set[str] = field(default_factory=set)
    """Regions that nobody reaches, and that reach nobody."""
    full: set[str] = field(default_factory=set)
    """Regions whose store has no room."""
    acknowledgements_to_lose: int = 0
    """How many of the next publishes are stored without saying so."""
    announcements_to_lose: int = 0
    """How many of the next announcements nobody hears."""
    listeners: list[tuple[str, str, asyncio.Queue[bytes]]] = field(default_factory=list)
    """Region, subject and queue of each who listens to announcements."""
    serving: dict[str, Answering] = field(default_factory=dict)
    """The regions whose nodes answer."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def tell(self) -> None:
        """Wake everybody who follows a stream."""
        async with self.changed:
            self.changed.notify_all()

    async def delete_stream(self, origin: str) -> None:
        """Lose every byte that is kept of a region's log."""
        self.streams[origin].clear()
        await self.tell()


class Reached(Protocol):
    """Who listens and who answers in a network."""

    listeners: list[tuple[str, str, asyncio.Queue[bytes]]]
    serving: dict[str, Answering]


async def heard(network: Reached, region: str, subject: str) -> AsyncGenerator[bytes]:
    """Follow what a region is told under a subject."""
    queue: asyncio.Queue[bytes] = asyncio.Queue(ANNOUNCEMENTS_WAITING_MAX)
    listener = (region, subject, queue)
    network.listeners.append(listener)
    try:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    payload = await queue.get()
                yield payload
    finally:
        network.listeners.remove(listener)


async def served(network: Reached, region: str, answer: Answering) -> None:
    """Answer for a region until cancelled."""
    network.serving[region] = answer
    try:
        await happened(asyncio.Event())
    finally:
        del network.serving[region]


class MemoryTransport:
    """One region's end of a :class:`MemoryNetwork`."""

    def __init__(self, network: MemoryNetwork, region: str) -> None:
        self._network = network
        self._region = region

    def _check(self, origin: str) -> None:
        if self._network.cut & {self._region, origin}:
            message = f"{origin} is not reached from {self._region}"
            raise TransportError(message)

    async def end(self, origin: str) -> int:
        """Last sequence of a stream."""
        self._check(origin)
        return len(self._network.streams[origin])

    async def get(self, origin: str, sequence: int) -> Delivered | None:
        """One message of a stream, if it is there."""
        self._check(origin)
        stream = self._network.streams[origin]
        if not 1 <= sequence <= len(stream):
            return None
        return Delivered(sequence, stream[sequence - 1])

    async def publish(self, origin: str, message: Message, expected: int) -> int:
        """Append a message, fenced."""
        self._check(origin)
        stream = self._network.streams[origin]
        if len(stream) != expected:
            raise FencedError(origin)
        if origin in self._network.full:
            text = "the store of the stream is full"
            raise NotStoredError(text)
        stream.append(message)
        sequence = len(stream)
        await self._network.tell()
        if self._network.acknowledgements_to_lose:
            self._network.acknowledgements_to_lose -= 1
            lost = "no acknowledgement"
            raise TransportError(lost)
        return sequence

    async def read(self, origin: str, sequence: int) -> AsyncGenerator[Delivered]:
        """Follow a stream; end when it is cut or made anew."""
        position = sequence
        stream = self._network.streams[origin]
        while True:
            self._check(origin)
            if position <= len(stream):
                yield Delivered(position, stream[position - 1])
                position += 1
                continue
            if position > len(stream) + 1:
                message = f"the stream of {origin} ends before {position}"
                raise TransportError(message)
            length = len(stream)
            async with self._network.changed:
                if length == len(stream):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self._network.changed.wait()

    async def announce(self, subject: str, payload: bytes) -> None:
        """Give a payload to all who listen and are reached."""
        self._check(self._region)
        if len(payload) > ANNOUNCEMENT_BYTES_MAX:
            message = f"an announcement of {len(payload)} bytes is too large"
            raise TransportError(message)
        if self._network.announcements_to_lose:
            self._network.announcements_to_lose -= 1
            return
        for region, heard_subject, queue in self._network.listeners:
            reached = region not in self._network.cut
            if heard_subject == subject and reached and not queue.full():
                queue.put_nowait(payload)

    async def hear(self, subject: str) -> AsyncGenerator[bytes]:
        """Follow a subject."""
        self._check(self._region)
        async with aclosing(heard(self._network, self._region, subject)) as payloads:
            async for payload in payloads:
                yield payload

    async def serve(self, answer: Answering) -> None:
        """Answer until cancelled."""
        await served(self._network, self._region, answer)

    async def ask(self, region: str, request: bytes) -> Message:
        """Ask a region's node, unless it is cut."""
        self._check(region)
        answer = self._network.serving.get(region)
        heard = answer is not None and len(request) <= REQUEST_BYTES_MAX
        reply = await answer(self._region, request) if answer and heard else None
        if reply is None:
            message = f"{region} does not answer"
            raise TransportError(message)
        self._check(region)
        return reply
