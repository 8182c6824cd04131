"""Networks of either kind, and outboxes and inboxes on them."""

import asyncio
import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Protocol

from eventsourcing.persistence import StoredEvent
from typing_extensions import override

from domain.parties.organisation import OrganisationRegistered
from domain.values import OrganisationKind, Region
from federation.checks.signed_heads import SignedHeads
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.store import Journal
from federation.node.heartbeat import Heartbeat, Listener
from federation.node.inbox import Inbox
from federation.node.outbox import Outbox
from federation.node.ranges import RangeRequest, RangeServer
from federation.signed.entry import Envelope
from federation.signed.page import Message
from federation.tasks import end_all
from federation.transport.jetstream import JetStreamTransport
from federation.transport.memory import MemoryNetwork, MemoryTransport
from federation.transport.ports import Transport, TransportError
from federation.transport.subjects import stream_name
from tests.support.federation import KEYS
from tests.support.servers import Servers

_versions = itertools.count(1)
PATIENCE_SECONDS = 60


class Part(Protocol):
    """What runs in the background of a node."""

    async def run(self) -> None:
        """Run until cancelled."""


class Network(ABC):
    """What the tests do to a transport, whatever it is made of."""

    def __init__(self, transports: dict[Region, Transport]) -> None:
        self.transports = transports

    @abstractmethod
    async def lose(self, origin: Region) -> None:
        """Delete all that the transport keeps of a region's log."""

    async def fill(self, origin: Region) -> None:
        """Leave no room in a region's store."""
        raise NotImplementedError

    async def empty(self, origin: Region) -> None:
        """Make room again."""
        raise NotImplementedError


class InMemory(Network):
    """The transport in memory."""

    def __init__(self) -> None:
        self.memory = MemoryNetwork()
        super().__init__({r: MemoryTransport(self.memory, r.value) for r in Region})

    @override
    async def lose(self, origin: Region) -> None:
        """Empty the stream."""
        await self.memory.delete_stream(origin.value)

    @override
    async def fill(self, origin: Region) -> None:
        """Say that there is none."""
        self.memory.full.add(origin.value)

    @override
    async def empty(self, origin: Region) -> None:
        """Say that there is."""
        self.memory.full.discard(origin.value)


class OverNats(Network):
    """Real servers."""

    def __init__(self, servers: Servers, transports: dict[Region, Transport]) -> None:
        self.servers = servers
        super().__init__(transports)

    @override
    async def lose(self, origin: Region) -> None:
        """Delete the stream, and make it anew as an operator would."""
        client = await self.servers.as_operator(origin)
        await client.jetstream().delete_stream(stream_name(origin.value))
        await client.close()
        async with asyncio.timeout(PATIENCE_SECONDS):
            # The server takes the old store away beside, and may stumble over it.
            while not await self._declared(origin):
                pass

    @override
    async def fill(self, origin: Region) -> None:
        """Set a limit that is reached already."""
        client = await self.servers.as_operator(origin)
        streams = client.jetstream()
        info = await streams.stream_info(stream_name(origin.value))
        await streams.update_stream(info.config, max_bytes=1)
        await client.close()

    @override
    async def empty(self, origin: Region) -> None:
        """Take the limit away, as an operator does."""
        await self.servers.declare(origin)

    async def _declared(self, origin: Region) -> bool:
        try:
            await self.servers.declare(origin)
        except TransportError:
            return False
        return True


def record(journal: Journal, count: int = 1) -> None:
    """Append entries to a region's log."""
    region = journal.region.value
    journal.append(
        [
            StoredEvent(f"{region}:x:{next(_versions)}", 1, "x.happened.v1", b'{"a":1}')
            for _ in range(count)
        ]
    )


def register(journal: Journal, number: str) -> None:
    """Record that there is an organisation, as a command of its own."""
    region = journal.region
    fact = OrganisationRegistered(
        org_number=number,
        name="Helse Vest",
        short_name="HV",
        kind=OrganisationKind.HF,
        region=region,
        parent_org_number=None,
    )
    stream = f"{region.value}:organisation:{number}"
    event = MAPPER.to_stored_event(Recorded(stream, 1, fact))
    journal.append([event], envelope=Envelope("a", number, number, "d", "c", ""))


def outbox(network: Network, journal: Journal) -> Outbox:
    """Return the outbox of a region."""
    return Outbox(journal, network.transports[journal.region], KEYS[journal.region])


def inbox(network: Network, journal: Journal, origin: Region = Region.VEST) -> Inbox:
    """Return a region's inbox of another region's log."""
    transport = network.transports[journal.region]
    return Inbox(journal, transport, origin.value, KEYS[origin].verifier)


def heartbeat(
    network: Network, journal: Journal, known: Callable[[], datetime | None]
) -> Heartbeat:
    """Return the heartbeat of a region, by some clock."""
    transport = network.transports[journal.region]
    return Heartbeat(journal, transport, KEYS[journal.region], known)


def listener(
    network: Network, journal: Journal, origin: Region = Region.VEST
) -> Listener:
    """Return who hears another region's heartbeats, at the second 1000."""
    transport, key = network.transports[journal.region], KEYS[origin].verifier
    return Listener(journal, transport, key, lambda: 1000.0, origin.value)


def remembering(note: str | None) -> SignedHeads:
    """Return the signed heads of a node that has signed a note last, or nothing."""
    signed_heads = SignedHeads(None)
    if note is not None:
        signed_heads.keep(note)
    return signed_heads


def server(network: Network, journal: Journal) -> RangeServer:
    """Return what answers for a region."""
    return RangeServer(journal, network.transports[journal.region], time.monotonic)


@asynccontextmanager
async def running(*parts: Part) -> AsyncIterator[None]:
    """Run parts of nodes: outboxes, inboxes, witnesses."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        await end_all(tasks)


async def serves(network: Network, *, asker: Region, peer: Region) -> None:
    """Wait until a region's answers come: its servers hear of it a moment later."""
    request = RangeRequest(asker.value, 1, 1).to_bytes()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(TransportError):
                await network.transports[asker].ask(peer.value, request)
                return
            await asyncio.sleep(0.005)


async def until(reached: Callable[[], bool]) -> None:
    """Wait for a position or a state."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not reached():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def connected(transport: JetStreamTransport, url: str) -> AsyncIterator[None]:
    """Keep a transport connected, as a node does."""
    task = asyncio.create_task(transport.run(url))
    try:
        await until(lambda: is_connected(transport))
        yield
    finally:
        await end_all([task])
        await transport.close()


def is_connected(transport: JetStreamTransport) -> bool:
    """Say whether a transport has all its connections now."""
    try:
        return all(line.client.is_connected for line in transport._lines)
    except TransportError:
        return False


async def same(ours: Journal, theirs: Journal) -> None:
    """Wait until a journal holds another region's whole log, to the byte."""
    origin = theirs.region.value
    wanted = theirs.positions()[origin]
    await until(lambda: ours.positions()[origin] == wanted)
    assert list(ours.entries(origin, 0, 10**6)) == list(
        theirs.entries(origin, 0, 10**6)
    )


async def pages_follow(network: Network, position: int) -> None:
    """Check that vest's stream holds its log once, each page after the one before."""
    last, sequence = 0, 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while last < position:
            page = await _page(network, sequence + 1)
            assert page.first == last + 1
            last, sequence = page.last, sequence + 1
    assert await network.transports[Region.NORD].end("vest") == sequence


async def _page(network: Network, sequence: int) -> Message:
    """Return a page that is in the stream, once a copy that holds it answers."""
    while True:
        with suppress(TransportError):
            found = await network.transports[Region.NORD].get("vest", sequence)
            if found is not None:
                return found.message
        await asyncio.sleep(0)


async def sent(part: Outbox, position: int) -> None:
    """Wait until an outbox has sent everything up to a position."""
    await until(lambda: part.state.sent == position)


async def shared(network: Network, home: Journal, *others: Journal) -> None:
    """Have all of a region's log at others too, and know that it is sent."""
    sender = outbox(network, home)
    takers = [inbox(network, each, home.region) for each in others]
    async with running(sender, *takers):
        for each in others:
            await same(each, home)
        await sent(sender, home.positions()[home.region.value].position)
