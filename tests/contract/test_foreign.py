"""What stands on a region's stream and is no page of it stops nobody."""

import asyncio
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from domain.values import Region
from federation.checks.incidents import Observed
from federation.checks.signed_heads import SignedHeads
from federation.journal.store import Journal
from federation.journal.witnessing import count_undecided, incidents
from federation.node.outbox import Outbox
from federation.node.restore import Restore
from federation.signed.page import Message
from federation.transport.jetstream import JetStreamTransport
from federation.transport.ports import Transport, TransportError
from tests.support.federation import KEYS
from tests.support.foreign import FOREIGN, Foreign
from tests.support.replication import (
    Network,
    OverNats,
    inbox,
    outbox,
    record,
    running,
    same,
    sent,
    server,
    shared,
    until,
)
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
ALL = list(FOREIGN)


async def put(network: Network, *messages: Message) -> None:
    """Add messages to vest's stream with the transport's own credential."""
    transport = network.transports[VEST]
    for message in messages:
        await transport.publish("vest", message, await transport.end("vest"))


async def first_page(network: Network) -> Message:
    """Return the first page of vest's stream."""
    found = await network.transports[VEST].get("vest", 1)
    assert found is not None
    return found.message


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=ALL)
async def test_sending_and_receiving_go_on_past_what_is_foreign(
    network: Network, journals: dict[Region, Journal], foreign: Foreign
) -> None:
    """While it runs, after a restart of the sender, and for who reads from the start."""
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 2)
    await shared(network, vest, nord)
    record(vest, 3)
    sender, taker = outbox(network, vest), inbox(network, nord)
    async with running(sender, taker):
        await same(nord, vest)
        await sent(sender, 5)
        message = foreign(vest, await first_page(network))
        await put(network, message)
        record(vest, 1)
        await same(nord, vest)
        await sent(sender, 6)
    await put(network, message, message)
    again, late = outbox(network, vest), inbox(network, midt)
    record(vest, 1)
    async with running(again, taker, late, server(network, vest)):
        await sent(again, 7)
        await same(nord, vest)
        await same(midt, vest)
        await until(lambda: again.state.trouble is None)
    assert sender.state.rolled_back == again.state.rolled_back == 0
    for journal in (vest, nord, midt):
        assert count_undecided(journal, "vest") == 0, incidents(journal)
        assert len(incidents(journal)) <= 2
    # Nothing that was there is sent twice.
    assert await network.transports[VEST].end("vest") == 7


async def test_what_is_foreign_is_counted_and_told_once(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 2)
    await shared(network, vest, nord)
    await put(network, *[Message({}, b"x")] * 5)
    sender, taker = outbox(network, vest), inbox(network, nord)
    async with running(sender, taker):
        await until(lambda: sender.state.foreign == taker.state.foreign == 5)
        record(vest, 1)
        await same(nord, vest)
        await sent(sender, 3)
    assert (sender.state.foreign, taker.state.foreign) == (5, 5)
    for journal in (vest, nord):
        (seen,) = incidents(journal)
        assert (seen.origin, seen.kind) == ("vest", Observed.NOT_SIGNED)


async def test_more_than_is_looked_through_does_not_end_the_sending(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """No own page is near the end; what was sealed was sent, and is asked for if not."""
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 2)
    await shared(network, vest, nord)
    await put(network, *[Message({}, b"x")] * 100)
    record(vest, 1)
    sender = outbox(network, vest)
    takers = [inbox(network, nord), inbox(network, midt)]
    async with running(sender, *takers, server(network, vest)):
        await sent(sender, 3)
        await same(nord, vest)
        await same(midt, vest)
    assert await network.transports[VEST].end("vest") == 102
    assert takers[0].state.repaired == 0


@pytest.mark.law(1)
async def test_a_stream_that_has_nothing_but_what_is_foreign_loses_nothing(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 7)
    await shared(network, vest, nord)
    for foreign in (1, 50):
        await network.lose(VEST)
        await put(network, *[Message({}, b"x")] * foreign)
        sender, late = outbox(network, vest), inbox(network, journals[MIDT])
        record(vest, 1)
        async with running(sender, late, server(network, vest)):
            await sent(sender, vest.positions()["vest"].position)
            await same(journals[MIDT], vest)


async def test_a_flood_does_not_keep_the_sender_from_the_end(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 1)
    await shared(network, vest, nord)
    sender, taker = outbox(network, vest), inbox(network, nord)

    async def flood() -> None:
        while True:
            with suppress(TransportError):
                await put(network, Message({}, b"x"))
            await asyncio.sleep(0.005)

    task = asyncio.create_task(flood())
    async with running(sender, taker):
        for _ in range(5):
            record(vest, 1)
            await same(nord, vest)
    task.cancel()


@pytest.mark.parametrize("foreign", FOREIGN.values(), ids=ALL)
async def test_a_restart_looks_past_what_is_foreign(
    network: Network,
    journals: dict[Region, Journal],
    foreign: Foreign,
    tmp_path: Path,
) -> None:
    """The home log is whole, and what it lacks is found beyond."""
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 2)
    await shared(network, vest, nord)
    await put(network, foreign(vest, await first_page(network)))
    signed_heads = SignedHeads(tmp_path / "vest.promises")
    record(vest, 2)
    sender = Outbox(
        vest, network.transports[VEST], KEYS[VEST], keep_head=signed_heads.keep
    )
    async with running(sender):
        await sent(sender, 4)
    await put(network, foreign(vest, await first_page(network)))
    part = Restore(vest, network.transports[VEST], KEYS[VEST].verifier, signed_heads)
    async with running(part):
        await until(lambda: part.state.whole)


class Lying:
    """Answers as a hostile peer: with a page of ours that says it stands far ahead."""

    def __init__(self, transport: Transport, page: Message) -> None:
        self._transport = transport
        self._page = page

    async def run(self) -> None:
        """Answer until cancelled."""

        async def answer(_: str, __: bytes) -> Message:
            far = str(10**9)
            headers = {**self._page.headers, "Fagnett-Last": far, "Fagnett-Held": far}
            return Message(headers, self._page.body)

        await self._transport.serve(answer)


async def test_no_peer_withholds_a_node_with_what_it_did_not_sign(
    network: Network,
    journals: dict[Region, Journal],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("federation.node.restore.LOOK_SECONDS", 0.01)
    vest = journals[VEST]
    record(vest, 2)
    signed_heads = SignedHeads(tmp_path / "vest.promises")
    sender = Outbox(
        vest, network.transports[VEST], KEYS[VEST], keep_head=signed_heads.keep
    )
    async with running(sender):
        await sent(sender, 2)
    hostile = Lying(network.transports[NORD], await first_page(network))
    part = Restore(vest, network.transports[VEST], KEYS[VEST].verifier, signed_heads)
    looked: list[bool] = []
    look = part._look_for_another

    async def looking() -> None:
        await look()
        looked.append(part.state.whole)

    monkeypatch.setattr(part, "_look_for_another", looking)
    async with running(hostile, part):
        await until(lambda: len(looked) >= 3)
    assert all(looked)


HEADERS = {
    "no header lines": b"NATS/1.0\r\n\r\n",
    "a status": b"NATS/1.0 404 Message Not Found\r\n\r\n",
    "no messages": b"NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 99\r\n\r\n",
    "a closed consumer": b"NATS/1.0 409 Consumer Deleted\r\n\r\n",
    "no responders": b"NATS/1.0 503\r\n\r\n",
    "a status that is none": b"NATS/1.0 \xff\xfe\xfd\r\n\r\n",
    "a wrong version": b"HTTP/9.9\r\na: b\r\n\r\n",
    "no end": b"NATS/1.0\r\na: b",
    "no text": b"NATS/1.0\r\n\xff\xfe: \x00\r\n\r\n",
    "the server's own": b"NATS/1.0\r\nNats-Sequence: x\r\nNats-Subject: y\r\n"
    b"Nats-Stream: z\r\nNats-Time-Stamp: never\r\nNats-Num-Pending: -1\r\n\r\n",
    "almost nothing": b"N",
}
"""What a client of one's own making can put before a body."""


@pytest.mark.parametrize("body", [b"", b"x"], ids=["empty", "a body"])
@pytest.mark.parametrize("headers", HEADERS.values(), ids=list(HEADERS))
async def test_headers_that_no_client_writes_stop_nobody(
    nats: Servers, journals: dict[Region, Journal], headers: bytes, body: bytes
) -> None:
    async with AsyncExitStack() as stack:
        transports = {region: nats.node(region) for region in (VEST, NORD)}
        for region, transport in transports.items():
            await transport.connect(nats.urls[region])
            stack.push_async_callback(transport.close)
        network = OverNats(nats, dict(transports))
        await network.lose(VEST)
        vest, nord = journals[VEST], journals[NORD]
        record(vest, 2)
        sender, taker = outbox(network, vest), inbox(network, nord)
        async with running(sender, taker):
            await same(nord, vest)
            await by_hand(transports[VEST], headers, body)
            record(vest, 1)
            await same(nord, vest)
            await sent(sender, 3)
        await by_hand(transports[VEST], headers, body)
        again, late = outbox(network, vest), inbox(network, nord)
        record(vest, 1)
        async with running(again, late):
            await sent(again, 4)
            await same(nord, vest)


async def by_hand(transport: JetStreamTransport, headers: bytes, body: bytes) -> None:
    """Publish headers as they are, once the server has stored them."""
    before = await transport.end("vest")
    client = transport._home.client
    sizes = f"{len(headers)} {len(headers) + len(body)}"
    line = f"HPUB fagnett.pages.vest {sizes}\r\n".encode()
    await client._send_command(line + headers + body + b"\r\n")
    await client._flush_pending()
    async with asyncio.timeout(10):
        while await transport.end("vest") == before:
            pass
