"""What a region does to another with its real credential keeps nobody else from it."""

import asyncio
import json
from collections import Counter
from contextlib import aclosing, suppress
from pathlib import Path

import pytest
from nats.errors import Error as NatsError

from domain.values import Region
from federation.signed.page import Message
from federation.tasks import end_all
from federation.transport.jetstream import JetStreamTransport
from federation.transport.ports import TransportError
from federation.transport.serving import LET_IN_AT_ONCE, LET_IN_PER_SECOND
from federation.transport.subjects import consumers_of, reading_prefix, stream_name
from tests.support.peers import answer_in_inbox, as_node
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

STREAM = stream_name("vest")


async def test_no_node_is_made_to_speak_for_itself_by_who_asks_it(
    nats: Servers,
) -> None:
    """An asker that names another subject for the answer than its own gets none."""
    vest, nord = nats.node(Region.VEST), nats.node(Region.NORD)
    await vest.connect(nats.urls[Region.VEST])
    await nats.declare(Region.VEST)
    asked: list[tuple[str, bytes]] = []

    async def answer(asker: str, body: bytes) -> Message:
        asked.append((asker, body))
        return Message({}, b"page")

    serving = asyncio.create_task(vest.serve(answer))
    await nord.connect(nats.urls[Region.NORD])
    client = nord._others["vest"].client
    while not asked:
        with suppress(TransportError):
            await nord.ask("vest", b"true")
    for subject in (
        *("fagnett.pages.vest", "fagnett.checkpoints.vest", ""),
        "_INBOX_fagnett-midt.vest.x",
    ):
        await client.publish("fagnett.ranges.vest.nord", b"false", reply=subject)
    assert (await nord.ask("vest", b"true")).body == b"page"
    assert set(asked) == {("nord", b"true")}
    await end_all([serving])
    await nord.close()
    await vest.close()


def asking(act: str, number: int = 0) -> str:
    """Return the subject on which nord asks one of its consumers of vest's stream."""
    return f"{reading_prefix('vest', 'nord')}.CONSUMER.{act}.{STREAM}.nord-{number}"


async def test_nobody_puts_on_a_stream_what_its_server_answers(nats: Servers) -> None:
    """A server answers on whatever subject an asker names, with no look at who may."""
    await nats.declare(Region.VEST)
    vest = nats.node(Region.VEST)
    await vest.connect(nats.urls[Region.VEST])
    before = await vest.end("vest")
    async with as_node(nats, Region.NORD) as nord:
        while True:
            with suppress(NatsError):
                await answer_in_inbox(nord, "vest", asking("RESET"), b"")
                break
        for _ in range(5):
            await nord.publish(asking("RESET"), b"", reply="fagnett.pages.vest")
            await nord.publish(asking("MSG.NEXT"), b"", reply="fagnett.pages.vest")
        await answer_in_inbox(nord, "vest", asking("RESET"), b"")
    assert await vest.end("vest") == before
    await vest.close()


async def read_one(transport: JetStreamTransport) -> None:
    """Read the first message of vest's stream, however often that is tried."""
    async with asyncio.timeout(60):
        while True:
            with suppress(TransportError):
                async with aclosing(transport.read("vest", 1)) as pages:
                    assert (await anext(pages)).sequence == 1
                    return


def resident_mebibytes(nats: Servers, name: str) -> int:
    """Return how much memory a server has."""
    status = Path(f"/proc/{nats.supervisor.pid(name)}/status").read_text()
    (line,) = (each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


WAITING = json.dumps({"batch": 1, "expires": 10_000_000_000}).encode()
LONG = json.dumps({"batch": 1_000_000, "expires": 3_600_000_000_000}).encode()


@pytest.mark.parametrize(
    ("act", "body"),
    [("MSG.NEXT", WAITING), ("MSG.NEXT", LONG), ("RESET", b'{"seq": 1}')],
    ids=["waiting", "long", "moving"],
)
async def test_who_asks_a_stream_without_end_holds_up_nobody_else(
    nats: Servers, act: str, body: bytes
) -> None:
    """It fills no memory of the server, and the link of the owner stays."""
    await nats.declare(Region.VEST)
    midt, vest = nats.node(Region.MIDT), nats.node(Region.VEST)
    await midt.connect(nats.urls[Region.MIDT])
    await vest.connect(nats.urls[Region.VEST])
    if not await vest.end("vest"):
        await vest.publish("vest", Message({}, b"x"), 0)
    hub = nats.logs / "nats-hub.log"
    async with as_node(nats, Region.NORD) as nord:
        await read_one(midt)
        said = hub.read_text()
        before = resident_mebibytes(nats, "nats-vest")
        for number in range(100_000):
            inbox = "_INBOX_fagnett-nord.vest.x"
            await nord.publish(asking(act, number % 4), body, reply=inbox)
            if number % 2000 == 0:
                await nord.flush()
            if number == 50_000:
                await read_one(midt)
        await nord.flush()
        await read_one(midt)
        grown = resident_mebibytes(nats, "nats-vest") - before
    assert "losed" not in hub.read_text().removeprefix(said)
    assert grown < 60
    client = await nats.as_operator(Region.VEST)
    info = await client.jetstream(timeout=30).stream_info(STREAM)
    assert info.state.consumer_count == len(consumers_of("vest"))
    await client.close()
    await midt.close()
    await vest.close()


@pytest.mark.parametrize("size", [10, 1_000_000], ids=["small", "huge"])
async def test_a_flood_of_one_does_not_reach_a_node_and_the_others_are_answered(
    nats: Servers, size: int
) -> None:
    vest, midt = nats.node(Region.VEST), nats.node(Region.MIDT)
    for transport, region in ((vest, Region.VEST), (midt, Region.MIDT)):
        await transport.connect(nats.urls[region])
    asked: Counter[str] = Counter()

    async def answer(asker: str, _: bytes) -> Message:
        asked[asker] += 1
        return Message({}, b"page")

    async def flood() -> None:
        async with as_node(nats, Region.NORD) as nord:
            body, inbox = b"x" * size, "_INBOX_fagnett-nord.vest.x"
            while True:
                for _ in range(max(1, 1_000_000 // size // 100)):
                    await nord.publish("fagnett.ranges.vest.nord", body, reply=inbox)
                await nord.flush()
                sent["nord"] += max(1, 1_000_000 // size // 100)

    sent: Counter[str] = Counter()
    clock = asyncio.get_running_loop().time
    serving, began = asyncio.create_task(vest.serve(answer)), clock()
    flooding = asyncio.create_task(flood())
    async with asyncio.timeout(120):
        while asked["midt"] < 100 or sent["nord"] < 100:
            with suppress(TransportError):
                assert (await midt.ask("vest", b"x")).body == b"page"
    let_in = LET_IN_AT_ONCE + (clock() - began) * LET_IN_PER_SECOND
    assert asked["nord"] <= (let_in if size < 256 else 0)
    assert not vest._others["nord"].client.ended.is_set()
    await end_all([serving, flooding])
    for transport in (vest, midt):
        await transport.close()


async def test_who_does_not_read_its_answers_keeps_nobody_up(nats: Servers) -> None:
    """What it asked for waits in its own server, or is lost there."""
    vest, midt = nats.node(Region.VEST), nats.node(Region.MIDT)
    for transport, region in ((vest, Region.VEST), (midt, Region.MIDT)):
        await transport.connect(nats.urls[region])
    page = bytes(700_000)

    async def answer(_: str, __: bytes) -> Message:
        return Message({}, page)

    serving = asyncio.create_task(vest.serve(answer))
    async with as_node(nats, Region.NORD) as nord, asyncio.timeout(120):
        inbox = "_INBOX_fagnett-nord.vest.x"
        await nord.subscribe(inbox)
        await nord.flush()
        nord._transport._io_writer.transport.pause_reading()  # type: ignore[union-attr]
        for count in range(100):
            await nord.publish("fagnett.ranges.vest.nord", b"x", reply=inbox)
            if count % 5 == 0:
                while True:
                    with suppress(TransportError):
                        assert (await midt.ask("vest", b"x")).body == page
                        break
    await end_all([serving])
    for transport in (vest, midt):
        await transport.close()
