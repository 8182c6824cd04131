"""What who has no credential takes of a server is not what nodes and links need."""

import asyncio
import os
import signal
from contextlib import ExitStack, suppress

import pytest

from deploy.carrier.configuration import ACCOUNT_CONNECTIONS_MAX
from domain.values import Region
from federation.signed.page import Message
from federation.transport.connection import Connection
from federation.transport.jetstream import JetStreamTransport
from federation.transport.ports import TransportError
from tests.support.by_hand import RogueServer, by_hand, logged_in
from tests.support.peers import as_courier
from tests.support.replication import PATIENCE_SECONDS, connected, is_connected, until
from tests.support.servers import Servers
from tests.support.strangers import strangers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD = Region.VEST, Region.NORD
STRANGERS = 500
KNOWN = 100
"""They have a certificate of the federation, and no key that lets them in here."""


def port_of(nats: Servers, region: Region) -> int:
    """Return where a region's server listens."""
    return int(nats.urls[region].rpartition(":")[2])


def log(nats: Servers, name: str) -> str:
    """Return what a server has told so far."""
    return (nats.logs / f"nats-{name}.log").read_text()


async def one_more(transport: JetStreamTransport) -> int:
    """Publish at the end of vest's stream, and return where that is."""
    end = await transport.end("vest")
    return await transport.publish("vest", Message({}, b"page"), end)


async def read(transport: JetStreamTransport, sequence: int) -> None:
    """Read a message of vest's stream in another region."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(TransportError):
                if await transport.get("vest", sequence) is not None:
                    return


async def cut(transport: JetStreamTransport) -> None:
    """End all connections of a node, and wait until it has made others."""
    before = [line.client for line in transport._lines]
    for client in before:
        client.abort()
    await made_again(transport, before)


async def made_again(transport: JetStreamTransport, before: list[Connection]) -> None:
    """Wait until a node has made other connections than before."""
    await until(
        lambda: (
            is_connected(transport)
            and not any(line.client in before for line in transport._lines)
        )
    )


@pytest.mark.parametrize("known", [False, True], ids=["without a word", "with TLS"])
async def test_a_node_connects_and_comes_back_among_strangers(
    nats: Servers, known: bool
) -> None:
    """Those with TLS have a certificate of the federation, and no key for this server."""
    tls = nats.files.login(NORD, "node").tls if known else None
    count = KNOWN if known else STRANGERS
    transport = nats.node(VEST)
    with strangers(port_of(nats, VEST), count, tls) as crowd:
        await until(lambda: crowd.came > count)
        async with connected(transport, nats.urls[VEST]):
            before = await one_more(transport)
            ended = crowd.ended
            await cut(transport)
            assert await one_more(transport) == before + 1
            await until(lambda: crowd.ended > ended)
            assert await one_more(transport) == before + 2
    # It may have had luck; there was always room.
    assert "maximum connections" not in log(nats, "vest")


async def test_a_link_comes_back_among_strangers(nats: Servers) -> None:
    """At the hub."""
    vest, nord = nats.node(VEST), nats.node(NORD)
    with strangers(nats.leaf_port, STRANGERS) as crowd:
        await until(lambda: crowd.came > STRANGERS)
        async with (
            connected(vest, nats.urls[VEST]),
            connected(nord, nats.urls[NORD]),
        ):
            await read(nord, await one_more(vest))
            before = [line.client for line in vest._lines]
            os.kill(nats.supervisor.pid("nats-vest"), signal.SIGKILL)
            await made_again(vest, before)
            await read(nord, await one_more(vest))


async def test_a_region_cannot_guess_under_what_name_to_end_anothers_link(
    nats: Servers,
) -> None:
    vest, nord = nats.node(VEST), nats.node(NORD)
    async with connected(vest, nats.urls[VEST]), connected(nord, nats.urls[NORD]):
        await read(nord, await one_more(vest))
        with RogueServer.linked(nats, Region.MIDT, "vest") as rogue:
            assert rogue.said[-1] == "PONG"
            await read(nord, await one_more(vest))
    assert "Duplicate Remote" not in log(nats, "hub")


async def test_a_node_that_takes_all_its_connections_stops_no_other_user(
    nats: Servers,
) -> None:
    """Its own courier and the operator are of another account."""
    login, port = nats.files.login(VEST, "node"), port_of(nats, VEST)
    with ExitStack() as connections:

        def one() -> str:
            lines = connections.enter_context(by_hand(port, login.tls))
            return logged_in(lines, login.key)

        said = [one() for _ in range(ACCOUNT_CONNECTIONS_MAX + 1)]
        assert "maximum account active connections exceeded" in said[-1]
        async with as_courier(nats, VEST):
            pass
        await (await nats.as_operator(VEST)).close()
