"""What the NATS servers refuse, to a node, to a stranger and to a rogue region."""

import asyncio
import json
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError

from deploy.carrier.files import CarrierFiles
from domain.values import Region
from federation.signed.nkeys import NKey, nkey, read_nkey
from federation.tasks import end_all
from federation.transport.consumers import REQUESTS_WAITING_MAX, _configuration
from federation.transport.subjects import stream_name
from tests.support.by_hand import RogueServer, by_hand, context, logged_in
from tests.support.peers import answer_in_inbox, as_courier, as_node
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
    f"CONSUMER.CREATE.{STREAM}",
    f"CONSUMER.CREATE.{STREAM}.stays",
    f"CONSUMER.CREATE.{STREAM}.midt-0",
    f"CONSUMER.CREATE.{STREAM}.nord-4",
    f"CONSUMER.DELETE.{STREAM}.midt-0",
    f"CONSUMER.RESET.{STREAM}.midt-0",
    f"CONSUMER.RESET.{STREAM}.nord-4",
    f"CONSUMER.MSG.NEXT.{STREAM}.midt-0",
    f"CONSUMER.NAMES.{STREAM}",
    "STREAM.CREATE.rogue",
)


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
async def test_no_node_changes_a_stream(nats: Servers, act: str) -> None:
    """Its own as little as another's, nor another's readers."""
    async with as_courier(nats, Region.VEST) as client:
        said = await errors_of(client, publish=f"$JS.API.{act}")
        assert "permissions violation for publish" in said
    async with as_node(nats, Region.NORD) as client:
        for api in ("fagnett.reading.vest.nord", "$JS.vest.API", "$JS.API"):
            said = await errors_of(client, publish=f"{api}.{act}")
            assert "permissions violation for publish" in said


FOREIGN = (
    "fagnett.pages.vest",
    "fagnett.checkpoints.vest",
    "fagnett.cosignatures.vest",
    "fagnett.incidents.vest",
    "fagnett.ranges.vest.midt",
    "fagnett.ranges.midt.vest",
    f"fagnett.reading.vest.midt.STREAM.INFO.{STREAM}",
    f"fagnett.reading.vest.midt.CONSUMER.DELETE.{STREAM}.midt-0",
    "_INBOX_fagnett-vest.midt.x",
    "_INBOX_fagnett-vest.x",
    "_INBOX_courier-vest.x",
    "_INBOX_operator-vest.x",
)
"""What nord may not say: what is another's, or between two others."""


@pytest.mark.parametrize("subject", [*FOREIGN, "fagnett.pages.nord", "anything.else"])
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
        "fagnett.ranges.vest.midt",
        "fagnett.ranges.vest.nord",
        "_INBOX_fagnett-vest.>",
        "_INBOX_operator-nord.>",
        "$JS.>",
    ],
)
async def test_no_node_hears_what_is_for_another(nats: Servers, subject: str) -> None:
    async with as_node(nats, Region.NORD) as client:
        said = await errors_of(client, listen=subject)
        assert "permissions violation for subscription" in said


@pytest.mark.parametrize(
    "subject",
    [
        "fagnett.checkpoints.vest",
        "fagnett.ranges.nord.vest",
        "_INBOX_fagnett-nord.vest.x",
    ],
)
async def test_a_courier_only_fills_its_stream(nats: Servers, subject: str) -> None:
    async with as_courier(nats, Region.VEST) as client:
        assert "permissions violation" in await errors_of(client, publish=subject)
        assert "permissions violation" in await errors_of(client, listen=subject)


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
        asked = await vest.subscribe("fagnett.ranges.vest.nord")
        await vest.flush()

        async def answer() -> None:
            async for message in asked.messages:
                await message.respond(b"entries")

        task = asyncio.create_task(answer())
        got = b""
        async with asyncio.timeout(10):
            while not got:
                with suppress(NatsError):
                    got = await answer_in_inbox(
                        nord, "vest", "fagnett.ranges.vest.nord", b""
                    )
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
            return logged_in(lines, key)
    except (OSError, json.JSONDecodeError) as error:
        return repr(error)


async def test_a_stranger_is_not_let_in(nats: Servers, tmp_path: Path) -> None:
    files, strange = nats.files, CarrierFiles(tmp_path / "strange")
    strange.make(datetime.now(UTC), ["127.0.0.1"])
    ours = files.login(Region.VEST, "node")
    certificate = files.client(Region.VEST)
    log = nats.logs / "nats-vest.log"
    assert answer_to(nats, ours.tls, ours.key) == "PONG"

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


@pytest.mark.parametrize(
    "subject",
    [
        *FOREIGN,
        "fagnett.pages.nord",
        "$JS.vest.API.STREAM.DELETE.fagnett-vest",
        "$JS.vest.API.STREAM.PURGE.fagnett-vest",
        "$JS.vest.API.STREAM.INFO.fagnett-vest",
        "$JS.API.STREAM.DELETE.fagnett-vest",
        "fagnett.reading.vest.nord.STREAM.DELETE.fagnett-vest",
        "fagnett.reading.vest.nord.CONSUMER.CREATE.fagnett-vest",
        "fagnett.reading.vest.nord.CONSUMER.CREATE.fagnett-vest.nord-4",
        "fagnett.reading.vest.nord.CONSUMER.DELETE.fagnett-vest.midt-0",
    ],
)
def test_the_hub_lets_nothing_forbidden_through(nats: Servers, subject: str) -> None:
    with RogueServer.linked(nats, Region.NORD) as rogue:
        rogue.publish("fagnett.checkpoints.nord")
        rogue.publish(subject)
        said = rogue.hear("Violation")
    assert "Permissions Violation for Publish" in said[-1], said
    assert subject in said[-1], "what is allowed is not what it refuses"


@pytest.mark.parametrize(
    "subject",
    [
        "fagnett.checkpoints.nord",
        "fagnett.ranges.vest.nord",
        f"fagnett.reading.vest.nord.CONSUMER.RESET.{STREAM}.nord-0",
        "_INBOX_fagnett-midt.nord.x",
        "_INBOX_fagnett-vest.x",
    ],
)
def test_where_one_region_reads_nothing_leaves_but_to_its_inboxes(
    nats: Servers, subject: str
) -> None:
    with RogueServer.linked(nats, Region.NORD, reader=Region.VEST) as rogue:
        rogue.publish("_INBOX_fagnett-vest.nord.x")
        rogue.publish(subject)
        said = rogue.hear("Violation")
    assert "Permissions Violation for Publish" in said[-1], said
    assert subject in said[-1], "what is allowed is not what it refuses"


@pytest.mark.parametrize("subject", ["fagnett.pages.vest", "fagnett.ranges.vest.midt"])
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
                await midt.publish("_INBOX_fagnett-vest.midt.secret", b"x")
                await midt.publish("fagnett.ranges.vest.midt", b"x")
                await midt.publish("fagnett.checkpoints.midt", b"x")
            await midt.flush()
            heard = [await asyncio.to_thread(rogue.hear, "LMSG") for _ in range(3)]
    assert all("fagnett.checkpoints.midt" in lines[-1] for lines in heard), heard


async def test_consumers_are_as_they_should_be_whatever_was_there(
    nats: Servers,
) -> None:
    """One of an earlier release is in the way, or was bounded otherwise."""
    await nats.declare(Region.VEST)
    client = await nats.as_operator(Region.VEST)
    for change in ({"durable_name": None, "mem_storage": True}, {"max_waiting": 7}):
        name = "nord-0"
        before = {"name": name, "durable_name": name, "ack_policy": "none"} | change
        wanted = {"stream_name": STREAM, "config": before}
        asked = f"$JS.API.CONSUMER.{{}}.{STREAM}.{name}"
        await client.request(asked.format("DELETE"), b"")
        made = await client.request(asked.format("CREATE"), json.dumps(wanted).encode())
        assert "error" not in json.loads(made.data)
        await nats.declare(Region.VEST)
        again = json.dumps({"stream_name": STREAM, "config": _configuration(name)})
        found = await client.request(asked.format("CREATE"), again.encode())
        config = json.loads(found.data)["config"]
        assert config["max_waiting"] == REQUESTS_WAITING_MAX
        assert (config["durable_name"], config["max_batch"]) == (name, 1)
    await client.close()
