"""A server answers on the subject that an asker names: it reaches the asker alone."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from deploy.carrier import permissions
from domain.values import Region
from federation.transport.subjects import (
    consumer_name,
    courier_name,
    inbox_prefix,
    node_name,
    operator_name,
    pages_subject,
    ranges_subject,
    reading_prefix,
    stream_name,
)
from tests.support.by_hand import RogueServer
from tests.support.peers import answer_in_inbox, as_node
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

PAIRS = [(owner, asker) for owner in Region for asker in permissions.all_but(owner)]


def subjects(asker: Region, owner: Region) -> list[str]:
    """Return all subjects on which anybody speaks, but those of the answers to come."""
    found = [">", "anything", "$JS.API.INFO", "$SYS.REQ.SERVER.PING"]
    for region in Region:
        found += [pages_subject(region.value), *permissions.announcing(region)]
        found += [
            f"{inbox_prefix(name(region.value))}.x"
            for name in (node_name, courier_name, operator_name)
        ]
        for other in permissions.all_but(region):
            found += [
                ranges_subject(region.value, other.value),
                f"{inbox_prefix(node_name(region.value, other.value))}.x",
                *permissions.requests(region, other),
            ]
    own = inbox_prefix(node_name(asker.value, owner.value))
    return [each for each in found if not each.startswith(f"{own}.")]


@asynccontextmanager
async def hearing(nats: Servers, heard: Counter[str]) -> AsyncIterator[None]:
    """Have all nodes hear all that they may."""

    async def take(message: Msg) -> None:
        heard[message.subject] += 1

    async with AsyncExitStack() as stack:
        for region in Region:
            client = await stack.enter_async_context(as_node(nats, region))
            for subject in permissions.node(region)["subscribe"]["allow"]:
                await client.subscribe(subject, cb=take)
            await client.flush()
        yield


async def asked(client: Client, owner: Region, asker: Region) -> None:
    """Ask in earnest until there is an answer; what was sent before is answered too."""
    asking = f"{reading_prefix(owner.value, asker.value)}.STREAM.INFO"
    subject = f"{asking}.{stream_name(owner.value)}"
    async with asyncio.timeout(30):
        while True:
            with suppress(NatsError):
                await answer_in_inbox(client, owner.value, subject, b"")
                return


@pytest.mark.parametrize(("owner", "asker"), PAIRS)
async def test_what_is_answered_reaches_nobody_but_who_asked(
    nats: Servers, owner: Region, asker: Region
) -> None:
    await nats.declare(owner)
    begin = reading_prefix(owner.value, asker.value)
    stream, name = stream_name(owner.value), consumer_name(asker.value, 0)
    config = {"name": name, "ack_policy": "none"}
    made = json.dumps({"stream_name": stream, "config": config}).encode()
    acts = {
        f"STREAM.INFO.{stream}": b"",
        f"DIRECT.GET.{stream}": b'{"seq": 99999}',
        f"CONSUMER.CREATE.{stream}.{name}": made,
        f"CONSUMER.MSG.NEXT.{stream}.{name}": b'{"batch": 1, "no_wait": true}',
    }
    log = nats.logs / "nats-hub.log"
    heard: Counter[str] = Counter()
    third = next(each for each in Region if each not in {owner, asker})
    with RogueServer.linked(nats, third) as rogue:
        rogue.send("LS+ >", "PING")
        rogue.hear("PONG")
        async with hearing(nats, heard), as_node(nats, asker) as client:
            await asked(client, owner, asker)
            heard.clear()
            before = log.read_text()
            for act, body in acts.items():
                for subject in subjects(asker, owner):
                    await client.publish(f"{begin}.{act}", body, reply=subject)
            await asked(client, owner, asker)
            await asyncio.sleep(0.2)
        rogue.send("PING")
        told = rogue.hear("PONG")
    answers = {
        subject for subject in heard if f"-{asker.value}.{owner.value}" in subject
    }
    assert not set(heard) - answers
    assert not [line for line in told if line.startswith(("LMSG", "HMSG"))]
    said = log.read_text().removeprefix(before)
    assert "Violation" not in said
    assert not [
        line for line in said.splitlines() if "closed" in line and "rogue" not in line
    ]


async def test_no_region_ends_what_another_reads(nats: Servers) -> None:
    """Midt's answer to nord, were it a request of vest's, would delete what vest reads."""
    await nats.declare(Region.MIDT)
    name = consumer_name("vest", 0)
    deleting = f"{reading_prefix('midt', 'vest')}.CONSUMER.DELETE.fagnett-midt.{name}"
    making = f"{reading_prefix('midt', 'vest')}.CONSUMER.CREATE.fagnett-midt.{name}"
    config = {"name": name, "ack_policy": "none", "inactive_threshold": 10_000_000_000}
    body = json.dumps({"stream_name": "fagnett-midt", "config": config}).encode()
    async with as_node(nats, Region.VEST) as vest, as_node(nats, Region.NORD) as nord:
        await asked(vest, Region.MIDT, Region.VEST)
        await answer_in_inbox(vest, "midt", making, body)
        for owner in (Region.MIDT, Region.VEST):
            await nats.declare(owner)
            begin = reading_prefix(owner.value, "nord")
            for _ in range(5):
                await nord.publish(
                    f"{begin}.STREAM.INFO.{stream_name(owner.value)}",
                    b"",
                    reply=deleting,
                )
            await asked(nord, owner, Region.NORD)
    client = await nats.as_operator(Region.MIDT)
    info = await client.jetstream(timeout=30).stream_info("fagnett-midt")
    assert info.state.consumer_count == 1
    await client.close()
