"""A server answers on the subject that an asker names: it reaches the asker alone."""

import asyncio
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
    stream, name = stream_name(owner.value), consumer_name(asker.value, 0)
    moving = (
        f"{reading_prefix(owner.value, asker.value)}.CONSUMER.RESET.{stream}.{name}"
    )
    async with asyncio.timeout(30):
        while True:
            with suppress(NatsError):
                await answer_in_inbox(client, owner.value, moving, b'{"seq": 1}')
                return


@pytest.mark.parametrize("reads", [False, True], ids=["", "and is no request"])
@pytest.mark.parametrize(("owner", "asker"), PAIRS)
async def test_what_is_answered_reaches_nobody_but_who_asked(
    nats: Servers, owner: Region, asker: Region, *, reads: bool
) -> None:
    await nats.declare(owner)
    bodies = (b'{"seq": 1}', b'{"batch": 1, "no_wait": true}', b"")
    asking = [
        *permissions.requests(owner, asker),
        *permissions.earlier_requests(owner, asker),
    ]
    log = nats.logs / "nats-hub.log"
    heard: Counter[str] = Counter()
    third = next(each for each in Region if each not in {owner, asker})
    with RogueServer.linked(nats, third, reader=owner if reads else None) as rogue:
        rogue.send("LS+ >", "PING")
        rogue.hear("PONG")
        async with hearing(nats, heard), as_node(nats, asker) as client:
            await asked(client, owner, asker)
            heard.clear()
            before = log.read_text()
            for number, request in enumerate(asking):
                for subject in subjects(asker, owner):
                    body = bodies[number % len(bodies)]
                    await client.publish(request, body, reply=subject)
            await asked(client, owner, asker)
            await asyncio.sleep(0.2)
        rogue.send("PING")
        told = rogue.hear("PONG")
    answers = {
        subject for subject in heard if f"-{asker.value}.{owner.value}" in subject
    }
    assert not set(heard) - answers
    assert not [line for line in told if line.startswith(("LMSG", "HMSG"))]
    said = [
        line
        for line in log.read_text().removeprefix(before).splitlines()
        if "rogue" not in line
    ]
    assert not [line for line in said if "Violation" in line or "closed" in line]
