"""Who asks a region's stream without end is named by the region's own node."""

import asyncio
from itertools import pairwise

import pytest

from deploy.doctor import carrier
from domain.values import Region
from federation.checks.incidents import Observed
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.node.asking import Asking, AskingState
from federation.transport.connection import connect
from federation.transport.ports import TransportError
from federation.transport.subjects import reading_prefix, stream_name, watch_name
from federation.transport.watching import count_requests, requests_per_second
from tests.support.peers import as_node
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

ASKED = (
    f"{reading_prefix('vest', 'nord')}.CONSUMER.MSG.NEXT.{stream_name('vest')}.nord-0"
)

NEXT = b'{"batch": 2, "no_wait": true}'


async def test_what_each_region_asks_is_counted(nats: Servers) -> None:
    await nats.declare(Region.VEST)
    url, login = nats.urls[Region.VEST], nats.files.login(Region.VEST, "node")
    (quiet,) = carrier.readers(await requests_per_second(url, "vest", login, 10))
    assert quiet.key == "readers_ok"
    client = await connect(url, watch_name("vest"), login.watch)
    readers = ["midt", "nord", "sorost"]
    before = await count_requests(client, readers)
    async with as_node(nats, Region.NORD) as nord:
        async with asyncio.timeout(30):
            while (await count_requests(client, readers))["nord"] - before["nord"] < 50:
                for _ in range(10):
                    await nord.publish(ASKED, NEXT, reply="_INBOX_fagnett-nord.vest.x")
                await nord.flush()
    after = await count_requests(client, readers)
    assert (after["midt"], after["sorost"]) == (before["midt"], before["sorost"])
    await client.close()


async def test_who_asks_without_end_is_named_once(
    journals: dict[Region, Journal],
) -> None:
    journal = journals[Region.VEST]
    asking = Asking(journal, lambda: asyncio.sleep(0, {}), AskingState())
    counts = [0, 30_000, 60_000, 60_100, 90_100]
    for before, now in pairwise(counts):
        await asking.compare({"nord": before, "midt": 0}, {"nord": now, "midt": 20}, 10)
    (incident,) = incidents(journal)
    assert (incident.origin, incident.kind) == ("nord", Observed.FLOOD.value)
    assert asking.state.per_second == {"nord": 3000.0, "midt": 2.0}
    found = list(carrier.readers(asking.state.per_second))
    assert [(each.key, each.values["reader"]) for each in found] == [
        ("readers_flood", "nord")
    ]
    await asking.compare({"nord": 90_100}, {"nord": 5}, 10)
    assert asking.state.per_second["nord"] == 0, "the server was started again"


async def test_a_server_of_an_earlier_configuration_tells_nothing(
    nats: Servers,
) -> None:
    """Nobody knows the user there; a node goes on, and the doctor says so."""
    login = nats.files.login(Region.NORD, "node")
    with pytest.raises(TransportError):
        await requests_per_second(nats.urls[Region.VEST], "vest", login, 1)
