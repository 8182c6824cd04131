"""What the NATS servers refuse, to a node, to a stranger and to a rogue region."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from nats.aio.client import Client

from deploy.carrier.files import CarrierFiles
from domain.values import Region
from federation.carrier.connection import connect, node_name, stream_name
from federation.carrier.ports import CarrierError
from federation.signed.nkeys import NKey, nkey, read_nkey
from federation.signed.page import Message
from federation.tasks import end_all
from tests.support.replication import until
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

STREAM = stream_name("vest")
CHANGES = (
    f"STREAM.CREATE.{STREAM}",
    f"STREAM.UPDATE.{STREAM}",
    f"STREAM.DELETE.{STREAM}",
    f"STREAM.PURGE.{STREAM}",
    f"STREAM.MSG.DELETE.{STREAM}",
    f"STREAM.RESTORE.{STREAM}",
    f"STREAM.SNAPSHOT.{STREAM}",
    f"CONSUMER.DURABLE.CREATE.{STREAM}.stays",
    f"CONSUMER.CREATE.{STREAM}.stays",
    f"CONSUMER.DELETE.{STREAM}.others",
    f"CONSUMER.NAMES.{STREAM}",
    "STREAM.CREATE.rogue",
)


@asynccontextmanager
async def as_node(nats: Servers, region: Region) -> AsyncIterator[Client]:
    """Connect with the login of a node and without its manners."""
    login = nats.files.login(region, "node")
    client = await connect(nats.urls[region], node_name(region.value), login)
    try:
        yield client
    finally:
        await client.close()


async def errors_of(client: Client, *, publish: str = "", listen: str = "") -> str:
    """Do what may not be done, and return what the server says to it."""
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def tell(error: Exception) -> None:
        if not told.done():
            told.set_result(str(error))

    client._error_cb = tell
    if publish:
        await client.publish(publish, b"{}")
    if listen:
        await client.subscribe(listen)
    await client.flush()
    async with asyncio.timeout(5):
        return await told


@pytest.mark.parametrize("act", CHANGES)
@pytest.mark.parametrize("region", [Region.VEST, Region.NORD])
async def test_no_node_changes_a_stream(
    nats: Servers, region: Region, act: str
) -> None:
    """Its own as little as another's."""
    apis = ["$JS.vest.API", *(["$JS.API"] if region is Region.VEST else [])]
    async with as_node(nats, region) as client:
        for api in apis:
            said = await errors_of(client, publish=f"{api}.{act}")
            assert "permissions violation for publish" in said


@pytest.mark.parametrize(
    "subject",
    [
        "fagnett.pages.vest",
        "fagnett.checkpoints.vest",
        "fagnett.cosignatures.vest",
        "fagnett.incidents.vest",
        "_INBOX_operator-vest.x",
        "anything.else",
    ],
)
async def test_no_node_speaks_as_another(nats: Servers, subject: str) -> None:
    async with as_node(nats, Region.NORD) as client:
        said = await errors_of(client, publish=subject)
        assert "permissions violation for publish" in said


@pytest.mark.parametrize(
    "subject",
    [
        ">",
        "fagnett.>",
        "fagnett.pages.vest",
        "fagnett.ranges.vest",
        "_INBOX_fagnett-vest.>",
        "_INBOX_operator-nord.>",
        "$JS.>",
    ],
)
async def test_no_node_hears_what_is_for_another(nats: Servers, subject: str) -> None:
    async with as_node(nats, Region.NORD) as client:
        said = await errors_of(client, listen=subject)
        assert "permissions violation for subscription" in said


async def test_no_node_is_made_to_speak_for_itself_by_who_asks_it(
    nats: Servers,
) -> None:
    """An asker that names the node's own stream for the answer gets none."""
    vest = nats.node(Region.VEST)
    await vest.connect(nats.urls[Region.VEST])
    await nats.declare(Region.VEST)
    before = await vest.end("vest")

    async def answer(_: bytes) -> Message:
        return Message({}, b"page")

    serving = asyncio.create_task(vest.serve(answer))
    nord = nats.node(Region.NORD)
    await nord.connect(nats.urls[Region.NORD])
    for subject in ("fagnett.pages.vest", "fagnett.checkpoints.vest", ""):
        await nord._client.publish("fagnett.ranges.vest", b"x", reply=subject)
    async with asyncio.timeout(10):
        while True:
            try:
                assert (await nord.ask("vest", b"x")).body == b"page"
                break
            except CarrierError:
                await nord._client.publish(
                    "fagnett.ranges.vest", b"x", reply="fagnett.pages.vest"
                )
    assert await vest.end("vest") == before
    await end_all([serving])
    await nord.close()
    await vest.close()


async def test_a_node_announces_is_asked_and_answers(nats: Servers) -> None:
    async with (
        as_node(nats, Region.VEST) as vest,
        as_node(nats, Region.NORD) as nord,
    ):
        for kind in ("checkpoints", "cosignatures", "incidents"):
            heard = await nord.subscribe(f"fagnett.{kind}.vest")
            await nord.flush()
            # Interest crosses the hub a moment after the server has confirmed it.
            async with asyncio.timeout(10):
                while not heard.pending_msgs:
                    await vest.publish(f"fagnett.{kind}.vest", b"x")
                    await asyncio.sleep(0.01)
        asked = await vest.subscribe("fagnett.ranges.vest")
        await vest.flush()

        async def answer() -> None:
            async for message in asked.messages:
                await message.respond(b"entries")

        task = asyncio.create_task(answer())
        got = b""
        async with asyncio.timeout(10):
            while not got:
                try:
                    found = await nord.request("fagnett.ranges.vest", b"", timeout=1)
                    got = found.data
                except Exception as error:  # noqa: BLE001 - not there yet
                    assert "responders" in str(error)  # noqa: PT017
        assert got == b"entries"
        await end_all([task])


def answer_to(nats: Servers, tls: ssl.SSLContext | None, key: NKey) -> str:
    """Connect to vest's server by hand, and return what it says to a login."""
    port = int(nats.urls[Region.VEST].rpartition(":")[2])
    try:
        with by_hand(port, tls) as lines:
            if tls is None:
                lines.write(b"CONNECT {}\r\nPING\r\n")
                lines.flush()
                return repr(lines.readline())
            info = json.loads(lines.readline().removeprefix(b"INFO "))
            signature = key.sign(info["nonce"].encode()).decode()
            said = {"nkey": key.public, "sig": signature, "verbose": False}
            lines.write(f"CONNECT {json.dumps(said)}\r\nPING\r\n".encode())
            lines.flush()
            return lines.readline().decode()
    except (OSError, json.JSONDecodeError) as error:
        return repr(error)


@contextmanager
def by_hand(port: int, tls: ssl.SSLContext | None) -> Iterator[BinaryIO]:
    """Connect, and give the lines that go both ways."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        wrapped = tls.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain
        with wrapped, wrapped.makefile("rwb") as lines:
            yield cast("BinaryIO", lines)


def context(authority: Path, certificate: Path | None) -> ssl.SSLContext:
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.load_verify_locations(authority)
    if certificate is not None:
        found.load_cert_chain(certificate)
    return found


async def test_a_stranger_is_not_let_in(nats: Servers, tmp_path: Path) -> None:
    files, strange = nats.files, CarrierFiles(tmp_path / "strange")
    strange.make(datetime.now(UTC), ["127.0.0.1"])
    ours = files.login(Region.VEST, "node")
    certificate = files.client(Region.VEST)
    log = nats.logs / "nats-vest.log"
    assert answer_to(nats, ours.tls, ours.key) == "PONG\r\n"

    assert "PONG" not in answer_to(nats, None, ours.key)
    nameless = context(files.authority, None)
    assert "PONG" not in answer_to(nats, nameless, ours.key)
    await until(lambda: "client didn't provide a certificate" in log.read_text())
    theirs = context(files.authority, strange.client(Region.VEST))
    assert "PONG" not in answer_to(nats, theirs, ours.key)
    await until(lambda: "unknown authority" in log.read_text())
    deceived = context(strange.authority, certificate)
    assert "CERTIFICATE_VERIFY_FAILED" in answer_to(nats, deceived, ours.key)

    link = files.link(Region.VEST).read_text().removeprefix("nkey: ")
    wrong = [
        nkey(bytes(32)),
        files.login(Region.NORD, "node").key,
        strange.login(Region.VEST, "node").key,
        read_nkey(link),
    ]
    for key in wrong:
        assert "Authorization Violation" in answer_to(nats, ours.tls, key)


class RogueServer:
    """A region's server written by hand: its real key, and no rule of its own."""

    def __init__(self, lines: BinaryIO) -> None:
        self.lines = lines

    @classmethod
    @contextmanager
    def linked(cls, nats: Servers, region: Region) -> Iterator["RogueServer"]:
        """Link to the hub with a region's key and certificate."""
        tls = context(nats.files.authority, nats.files.server(region.value))
        with by_hand(nats.leaf_port, tls) as lines:
            rogue = cls(lines)
            info = json.loads(lines.readline().removeprefix(b"INFO "))
            secret = nats.files.link(region).read_text().removeprefix("nkey: ")
            key = read_nkey(secret)
            said = {
                "nkey": key.public,
                "sig": key.sign(info["nonce"].encode()).decode(),
                "server_id": "N" + "A" * 55,
                "name": "rogue",
                "headers": True,
            }
            rogue.send(f"CONNECT {json.dumps(said)}", "PING")
            rogue.hear("PONG")
            yield rogue

    def send(self, *lines: str) -> None:
        """Send lines of the protocol of links."""
        self.lines.write("".join(f"{line}\r\n" for line in lines).encode())
        self.lines.flush()

    def publish(self, subject: str) -> None:
        """Send a message."""
        self.send(f"LMSG {subject} 5", "rogue")

    def hear(self, word: str) -> list[str]:
        """Return what comes up to a line with a word, or to the end."""
        lines = []
        while line := self.lines.readline():
            lines.append(line.decode().strip())
            if word in lines[-1]:
                break
        return lines


@pytest.mark.parametrize(
    "subject",
    [
        "fagnett.pages.vest",
        "fagnett.pages.nord",
        "fagnett.checkpoints.vest",
        "fagnett.cosignatures.vest",
        "fagnett.incidents.midt",
        "$JS.vest.API.STREAM.DELETE.fagnett-vest",
        "$JS.vest.API.STREAM.PURGE.fagnett-vest",
        "$JS.vest.API.STREAM.UPDATE.fagnett-vest",
        "$JS.vest.API.CONSUMER.DELETE.fagnett-vest.x",
        "$JS.API.STREAM.DELETE.fagnett-vest",
        "_INBOX_operator-vest.x",
    ],
)
def test_the_hub_lets_nothing_forbidden_through(nats: Servers, subject: str) -> None:
    with RogueServer.linked(nats, Region.NORD) as rogue:
        rogue.publish("fagnett.checkpoints.nord")
        rogue.publish(subject)
        said = rogue.hear("Violation")
    assert "Permissions Violation for Publish" in said[-1], said
    assert subject in said[-1], "what is allowed is not what it refuses"


@pytest.mark.parametrize("subject", ["fagnett.pages.vest", "fagnett.ranges.vest"])
def test_the_hub_lets_nobody_ask_for_what_is_for_others(
    nats: Servers, subject: str
) -> None:
    with RogueServer.linked(nats, Region.NORD) as rogue:
        rogue.send(f"LS+ {subject}", "PING")
        said = rogue.hear("Violation")
    assert "Permissions Violation for Subscription" in said[-1], said


@pytest.mark.parametrize("subject", [">", "*.>", "_INBOX_fagnett-vest.>"])
async def test_who_asks_for_all_is_given_what_is_for_it(
    nats: Servers, subject: str
) -> None:
    """The hub looks at each message then, not at the asking."""
    with RogueServer.linked(nats, Region.NORD) as rogue:
        rogue.send(f"LS+ {subject}", "LS+ fagnett.checkpoints.midt", "PING")
        rogue.hear("PONG")
        async with as_node(nats, Region.MIDT) as midt:
            for _ in range(3):
                await midt.publish("_INBOX_fagnett-vest.secret", b"x")
                await midt.publish("fagnett.ranges.vest", b"x")
                await midt.publish("fagnett.checkpoints.midt", b"x")
            await midt.flush()
            heard = [await asyncio.to_thread(rogue.hear, "LMSG") for _ in range(3)]
    assert all("fagnett.checkpoints.midt" in lines[-1] for lines in heard), heard
