"""A region's server that does not store what is sent: told once, and nobody waits."""

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from domain.values import Region
from federation.journal.store import Journal
from federation.node.heartbeat import ListenerState
from federation.node.inbox import Inbox
from federation.node.outbox import UNANSWERED_MAX, Outbox
from federation.signed.page import Message
from federation.transport.memory import MemoryTransport
from federation.transport.ports import TransportError
from tests.support.federation import KEYS
from tests.support.replication import (
    InMemory,
    Network,
    outbox,
    record,
    running,
    same,
    sent,
    server,
    shared,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD = Region.VEST, Region.NORD


async def test_a_full_store_is_told_once_and_what_was_recorded_is_asked_for(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.outbox.STOPPED_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.inbox.BEHIND_SECONDS", 0.05)
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 2)
    await shared(network, vest, nord)
    await network.fill(VEST)
    record(vest, 3)
    sender, heard = outbox(network, vest), ListenerState(size=5)
    key, transport = KEYS[VEST].verifier, network.transports[NORD]
    taker, looks = Inbox(nord, transport, "vest", key, heard), 0
    look = sender._stream.end

    async def looking() -> tuple[int, int]:
        nonlocal looks
        looks += 1
        return await look()

    monkeypatch.setattr(sender._stream, "end", looking)
    with capture_logs() as told:
        async with running(sender, taker, server(network, vest)):
            await until(lambda: not sender.state.stores)
            await same(nord, vest)
            await until(lambda: looks > 5)
            assert "the store of the stream is full" in str(sender.state.trouble)
            await network.empty(VEST)
            await sent(sender, 5)
            assert sender.state.stores
            assert sender.state.trouble is None
    assert [each["event"] for each in told].count("courier_waits") == 1


class Mute(MemoryTransport):
    """Reads, and says nothing to what it is to store, as a server whose disk is full."""

    mute = True

    @override
    async def publish(self, origin: str, message: Message, expected: int) -> int:
        """Let the publisher wait in vain."""
        if self.mute:
            text = "nats: timeout"
            raise TransportError(text)
        return await super().publish(origin, message, expected)


async def test_a_server_that_says_nothing_to_what_it_is_to_store_is_noticed(
    journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.outbox.RETRY_SECONDS", 0.01)
    vest, transport = journals[VEST], Mute(InMemory().memory, "vest")
    record(vest, 2)
    sender = Outbox(vest, transport, KEYS[VEST])
    with capture_logs() as told:
        async with running(sender):
            await until(lambda: sender.state.unanswered > 0)
            await until(lambda: not sender.state.stores)
            assert sender.state.unanswered >= UNANSWERED_MAX, "an answer may be lost"
            transport.mute = False
            await sent(sender, 2)
            await until(lambda: sender.state.stores)
    assert [each["event"] for each in told].count("courier_waits") == 1
