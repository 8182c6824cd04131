"""What a region's server is asked: lost while a link breaks, or answered oddly."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError

from deploy.local.nats import binary
from deploy.local.process import HOST, Program, free_ports, start
from domain.values import Region
from federation.journal.store import Journal
from federation.transport.connection import connect
from federation.transport.jetstream import JetStreamTransport
from federation.transport.ports import TransportError
from federation.transport.pull import Pull
from federation.transport.subjects import operator_name
from tests.support.replication import OverNats, outbox, record, running, sent
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
NORD, VEST = Region.NORD, Region.VEST


class Losing:
    """Loses some of the next questions to JetStream, and counts all."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost = 0
        self.asked = 0
        whole = Client.request

        async def ask(client: Client, subject: str, *args: Any, **named: Any) -> Msg:
            if "CONSUMER" not in subject:
                return await whole(client, subject, *args, **named)
            self.asked += 1
            if self.lost:
                self.lost -= 1
                raise NatsTimeoutError
            return await whole(client, subject, *args, **named)

        monkeypatch.setattr(Client, "request", ask)


async def test_a_lost_question_is_asked_once_more(
    nats: Servers, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    transports = {each: nats.node(each) for each in (NORD, VEST)}
    for region, transport in transports.items():
        await transport.connect(nats.urls[region])
    await OverNats(nats, dict(transports)).lose(VEST)
    record(journals[VEST], 3)
    sender = outbox(OverNats(nats, dict(transports)), journals[VEST])
    async with running(sender):
        await sent(sender, 3)
    losing = Losing(monkeypatch)
    asker = transports[NORD]
    losing.lost = 1
    assert await asker.end("vest") == 1
    losing.lost = 1
    async with aclosing(asker.read("vest", 1)) as pages:
        assert (await anext(pages)).message.last == 3
    losing.lost, losing.asked = 2, 0
    with pytest.raises(TransportError):
        await asker.end("vest")
    assert losing.asked == 2, "then the caller looks again where it stands"
    for transport in transports.values():
        await transport.close()


@dataclass
class Odd:
    """Answers in a region's stead what is asked of JetStream there."""

    client: Client
    data: bytes = b""
    headers: dict[str, str] | None = None
    moves: bool = False
    asked: list[str] = field(default_factory=list)

    async def answer(self, message: Msg) -> None:
        """Say what was put into its mouth."""
        self.asked.append(message.subject)
        act = message.subject.removeprefix("fagnett.reading.vest.nord.")
        data = self.data
        if self.moves and act.startswith("CONSUMER.RESET"):
            data = b'{"num_pending": 1}'
        await self.client.publish(message.reply, data, headers=self.headers)


NO_JETSTREAM = {
    "no JSON": b"hello",
    "no text": b"\xff",
    "nothing": b"",
    "empty": b"{}",
    "a list": b"[]",
    "a number": b"5",
    "an error that is none": b'{"error": "x"}',
    "deep": b"[" * 100_000,
    "no number": b'{"num_pending": null}',
    "no end": b'{"num_pending": 1e999}',
    "a list for a number": b'{"num_pending": [1]}',
}


@asynccontextmanager
async def answered_oddly(home: Path) -> AsyncIterator[tuple[JetStreamTransport, Odd]]:
    """Give nord's transport, and who answers it for vest."""
    (port,) = free_ports(1)
    command = [binary(), "-a", HOST, "-p", str(port)]
    server = start(Program("nats", command, home / "nats.log"))
    transport = JetStreamTransport("nord")
    try:
        client = await connect(f"nats://{HOST}:{port}", operator_name("vest"), None)
        try:
            odd = Odd(client)
            await client.subscribe("fagnett.reading.vest.nord.>", cb=odd.answer)
            await client.flush()
            await transport.connect(f"nats://{HOST}:{port}")
            yield transport, odd
        finally:
            await transport.close()
            await client.close()
    finally:
        server.terminate()
        server.wait()


async def test_an_answer_of_an_odd_form_is_trouble_and_nothing_else(
    tmp_path: Path,
) -> None:
    """The client takes it apart unseen; what it raises would end the inbox."""
    async with answered_oddly(tmp_path) as (transport, odd):
        for what, odd.data in NO_JETSTREAM.items():
            with pytest.raises(TransportError):
                pytest.fail(f"{what}: {await transport.end('vest')}")
        for odd.data in NO_JETSTREAM.values():
            with pytest.raises(TransportError):
                await anext(transport.read("vest", 1))
        odd.moves = True
        for odd.data in (b"", b"x"):
            for odd.headers in (
                None,
                {"a": "b"},
                {"Status": "x", "Description": "x"},
                {"Nats-Subject": "x", "Nats-Sequence": "x"},
                {"Nats-Subject": "x", "Nats-Time-Stamp": "x"},
            ):
                with pytest.raises(TransportError):
                    pytest.fail(f"{odd.headers}: {await transport.get('vest', 1)}")


async def test_what_another_regions_server_says_of_an_error_is_a_short_line(
    tmp_path: Path,
) -> None:
    said = "no\x1b[2J\nstream " + "x" * 10_000
    async with answered_oddly(tmp_path) as (transport, odd):
        odd.data = json.dumps({"error": {"code": 500, "description": said}}).encode()
        with pytest.raises(TransportError) as caught:
            await transport.end("vest")
    assert str(caught.value) == f"no?[2J?stream {'x' * 286}"


@pytest.mark.parametrize("instant", ["x", "9" * 18 + "0" * 9, "9" * 400])
async def test_a_message_of_an_odd_form_is_trouble_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, instant: str
) -> None:
    """Its place in the stream stands where only a server may write."""
    whole = Pull._take

    async def take(pull: Pull, message: Msg) -> None:
        message.reply = f"$JS.ACK.s.made.1.1.1.{instant}.0"
        await whole(pull, message)

    monkeypatch.setattr(Pull, "_take", take)
    async with answered_oddly(tmp_path) as (transport, odd):
        odd.moves = True
        with pytest.raises(TransportError, match="none of the consumer's"):
            await anext(transport.read("vest", 1))


@pytest.mark.parametrize("name", ["", "x" * 5000, "a b", "a\r\nPUB x 0\r\n", "\ud800"])
async def test_no_name_that_another_gives_is_said_to_our_own_server(
    tmp_path: Path, name: str
) -> None:
    """It would end a connection over which it is told of what is too long."""
    async with answered_oddly(tmp_path) as (transport, odd):
        odd.data = json.dumps({"num_pending": 1, "name": name}).encode()
        with pytest.raises(TransportError):
            await anext(transport.read("vest", 1))
        assert await transport.end("vest") == 1
        assert {each.rpartition("nord-")[2] for each in odd.asked} <= set("0123")
        assert not transport._others["vest"].client.ended.is_set()
