"""Outbox and inbox over every transport: in memory, and over real NATS servers."""

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError
from nats.aio.msg import Msg
from typing_extensions import override

from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.node.inbox import Inbox
from federation.node.outbox import Outbox
from federation.node.reading import locate
from federation.signed.page import Message
from federation.signed.sequence import Arrival
from federation.tasks import end_all
from federation.transport import connection
from federation.transport.jetstream import JetStreamTransport
from federation.transport.ports import (
    Answering,
    Delivered,
    FencedError,
    Transport,
    TransportError,
)
from tests.support.federation import KEYS
from tests.support.replication import (
    Network,
    OverNats,
    inbox,
    outbox,
    pages_follow,
    record,
    running,
    same,
    sent,
    shared,
    until,
)
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


async def test_a_log_reaches_every_region_whole(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest = journals[Region.VEST]
    record(vest, 1300)
    others = [journal for journal in journals.values() if journal is not vest]
    inboxes = [inbox(network, other) for other in others]
    async with running(outbox(network, vest), *inboxes):
        for other in others:
            await same(other, vest)
        record(vest, 1)
        for other in others:
            await same(other, vest)
    assert all(part.state.refused is None for part in inboxes)
    kept = vest.sealed("vest")
    assert all(other.sealed("vest") == kept for other in others)


async def test_outbox_and_inbox_go_on_where_they_were(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    for _ in range(4):
        record(vest, 7)
        await shared(network, vest, nord)
    end = await network.transports[Region.VEST].end("vest")
    pages = [
        await network.transports[Region.VEST].get("vest", n + 1) for n in range(end)
    ]
    found = [(page.message.first, page.message.last) for page in pages if page]
    assert found[0][0] == 1
    assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(found))


class Forgetful:
    """A transport that loses acknowledgements of what it has stored."""

    def __init__(self, inner: Transport, lose: int) -> None:
        self.inner = inner
        self.lose = lose

    async def end(self, origin: str) -> int:
        """Ask the inner transport."""
        return await self.inner.end(origin)

    async def get(self, origin: str, sequence: int) -> Delivered | None:
        """Ask the inner transport."""
        return await self.inner.get(origin, sequence)

    async def publish(self, origin: str, message: Message, expected: int) -> int:
        """Store, and sometimes do not say so."""
        sequence = await self.inner.publish(origin, message, expected)
        if self.lose:
            self.lose -= 1
            text = "no acknowledgement"
            raise TransportError(text)
        return sequence

    def read(self, origin: str, sequence: int) -> AsyncGenerator[Delivered]:
        """Ask the inner transport."""
        return self.inner.read(origin, sequence)

    async def announce(self, subject: str, payload: bytes) -> None:
        """Ask the inner transport."""
        await self.inner.announce(subject, payload)

    def hear(self, subject: str) -> AsyncGenerator[bytes]:
        """Ask the inner transport."""
        return self.inner.hear(subject)

    async def serve(self, answer: Answering) -> None:
        """Ask the inner transport."""
        await self.inner.serve(answer)

    async def ask(self, region: str, request: bytes) -> Message:
        """Ask the inner transport."""
        return await self.inner.ask(region, request)


async def test_a_lost_acknowledgement_loses_and_doubles_nothing(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    record(vest, 1200)
    transport = Forgetful(network.transports[Region.VEST], lose=2)
    part = Outbox(vest, transport, KEYS[Region.VEST])
    async with running(part, inbox(network, nord)):
        await same(nord, vest)
    assert await network.transports[Region.VEST].end("vest") == 3


async def test_two_outboxes_do_not_interleave(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    parts = [outbox(network, vest), outbox(network, vest)]
    async with running(*parts, inbox(network, nord)):
        for _ in range(10):
            record(vest, 3)
            await same(nord, vest)
        await pages_follow(network, 30)


async def test_a_stale_publisher_is_fenced(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest = journals[Region.VEST]
    record(vest)
    part = outbox(network, vest)
    async with running(part):
        await until(lambda: part.state.sent == 1)
    with pytest.raises(FencedError):
        await network.transports[Region.VEST].publish("vest", Message({}, b"x"), 0)


@pytest.mark.law(1)
async def test_a_stream_that_is_lost_is_sent_again(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord, midt = (journals[r] for r in (Region.VEST, Region.NORD, Region.MIDT))
    record(vest, 600)
    async with running(outbox(network, vest), inbox(network, nord)):
        await same(nord, vest)
        await network.lose(Region.VEST)
        record(vest, 5)
        await same(nord, vest)
        async with running(inbox(network, midt)):
            await same(midt, vest)


async def test_a_stream_that_is_lost_while_nothing_is_sent_is_sent_again(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is recorded after the loss that would show it."""
    monkeypatch.setattr("federation.node.outbox.LOOK_SECONDS", 0.0)
    monkeypatch.setattr("federation.node.outbox.POLL_SECONDS", 0.01)
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    record(vest, 7)
    part = outbox(network, vest)
    async with running(part):
        await sent(part, 7)
        await network.lose(Region.VEST)
        async with running(inbox(network, nord)):
            await same(nord, vest)


async def test_a_database_that_fails_for_a_while_ends_nothing(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    parts = outbox(network, vest), inbox(network, nord)
    working = SQLiteJournal.reading

    def full(_: SQLiteJournal) -> Any:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(SQLiteJournal, "reading", full)
    async with running(*parts):
        await until(lambda: all(part.state.trouble for part in parts))
        assert {part.state.trouble for part in parts} == {
            "the database: OperationalError"
        }
        monkeypatch.setattr(SQLiteJournal, "reading", working)
        record(vest, 7)
        await same(nord, vest)
    assert all(part.state.trouble is None for part in parts)


async def test_a_page_is_found_by_its_positions(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest = journals[Region.VEST]
    part = outbox(network, vest)
    async with running(part):
        for count in (3, 1, 5, 2):
            record(vest, count)
            wanted = vest.positions()["vest"].position
            await sent(part, wanted)
    transport = network.transports[Region.NORD]
    expected = {1: 1, 3: 1, 4: 2, 5: 3, 9: 3, 10: 4, 11: 4, 12: 5, 99: 5}
    vests, midts = KEYS[Region.VEST].verifier, KEYS[Region.MIDT].verifier
    for position, sequence in expected.items():
        assert await locate(transport, "vest", position, vests) == sequence
    assert await locate(transport, "midt", 1, midts) == 1


async def test_pages_that_come_again_change_nothing_and_holes_are_seen(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    part = outbox(network, vest)
    async with running(part):
        for _ in range(3):
            record(vest, 2)
            wanted = vest.positions()["vest"].position
            await sent(part, wanted)
    transport = network.transports[Region.NORD]
    pages = [await transport.get("vest", n) for n in (1, 2, 3)]
    first, second, third = (page.message for page in pages if page)
    taker = inbox(network, nord)
    assert taker.take(second) is Arrival.GAP
    assert taker.take(first) is Arrival.NEXT
    assert taker.take(first) is Arrival.DUPLICATE
    assert taker.take(third) is Arrival.GAP
    assert taker.take(second) is Arrival.NEXT
    assert taker.take(third) is Arrival.NEXT
    assert taker.take(first) is Arrival.DUPLICATE
    await same(nord, vest)


class Leaking(asyncio.Queue[Any]):
    """A connection that loses one message just as the sender falls silent."""

    lost = 0

    @override
    def put_nowait(self, item: Any) -> None:
        """Lose the last page there is."""
        page = isinstance(item, Msg) and item.reply.startswith("$JS.ACK") and item.data
        if not Leaking.lost and page and item.metadata.num_pending == 0:
            Leaking.lost += 1
            return
        super().put_nowait(item)


async def test_the_last_message_before_a_silence_is_missed_when_it_is_lost(
    nats: Servers,
    journals: dict[Region, Journal],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing comes after it that would show the gap; only the heartbeat does."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    transports = {r: nats.node(r) for r in (Region.VEST, Region.NORD)}
    for region, transport in transports.items():
        await transport.connect(nats.urls[region])
    network = OverNats(nats, dict(transports))
    await network.lose(Region.VEST)
    record(vest, 1200)
    part = outbox(network, vest)
    async with running(part):
        await sent(part, 1200)
    monkeypatch.setattr(asyncio, "Queue", Leaking)
    async with running(inbox(network, nord)):
        await same(nord, vest)
    assert Leaking.lost == 1
    for transport in transports.values():
        await transport.close()


async def test_a_server_that_throws_us_out_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client gives up for good where a credential has run out; we do not."""
    monkeypatch.setattr("federation.transport.jetstream.CONNECT_AGAIN_SECONDS", 0.01)
    met = 0

    async def throw_out(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal met
        met += 1
        writer.write(b'INFO {"server_id":"x","version":"2.15.0","max_payload":1}\r\n')
        await reader.readuntil(b"PING\r\n")
        writer.write(b"PONG\r\n-ERR 'User Authentication Expired'\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(throw_out, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = JetStreamTransport("vest")
    task = asyncio.create_task(transport.run(f"nats://127.0.0.1:{port}"))
    await until(lambda: met >= 3)
    await end_all([task])
    await transport.close()
    server.close()


@pytest.mark.parametrize("left", [b"", b"x"], ids=["given to the system", "not yet"])
async def test_a_server_that_stands_still_does_not_keep_us(
    nats: Servers, monkeypatch: pytest.MonkeyPatch, left: bytes
) -> None:
    """It takes nothing any more of what is left for it."""
    monkeypatch.setattr("federation.transport.connection.CLOSE_SECONDS", 0.1)
    transport = nats.node(Region.VEST)
    await transport.connect(nats.urls[Region.VEST])
    client = transport._voice.client
    assert client._transport is not None
    server = nats.supervisor.pid("nats-vest")
    os.kill(server, signal.SIGSTOP)
    try:
        # More than the system keeps for who does not read.
        client._transport.write(bytes(2**26))
        if left:
            await client.publish("x", left)
        async with asyncio.timeout(10):
            await transport.close()
    finally:
        os.kill(server, signal.SIGCONT)
    assert client.is_closed


async def test_an_address_that_is_none_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "CONNECT_AGAIN_SECONDS", 0.01)
    tried = 0
    whole = connection.Connection.connect

    async def count(self: connection.Connection, *args: Any, **named: Any) -> None:
        nonlocal tried
        tried += 1
        await whole(self, *args, **named)

    monkeypatch.setattr(connection.Connection, "connect", count)
    transport = JetStreamTransport("vest")
    task = asyncio.create_task(transport.run("nats://[::bad"))
    await until(lambda: tried >= 3)
    assert not task.done()
    await end_all([task])


async def test_a_carrier_that_is_not_there_is_waited_for(
    journals: dict[Region, Journal],
) -> None:
    transport = JetStreamTransport("vest")
    part = Outbox(journals[Region.VEST], transport, KEYS[Region.VEST])
    taker = Inbox(journals[Region.VEST], transport, "nord", KEYS[Region.NORD].verifier)
    async with running(part, taker):
        await until(lambda: None not in (part.state.trouble, taker.state.trouble))
    assert part.state.trouble == taker.state.trouble
