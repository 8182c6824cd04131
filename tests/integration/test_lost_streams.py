"""All that NATS stores is deleted in the midst of work; nothing is lost."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from tests.support.federation import instant
from tests.support.replication import (
    OverNats,
    connected,
    inbox,
    outbox,
    record,
    running,
    server,
    until,
)
from tests.support.servers import carrier_servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.law(1)]

HEALED_SECONDS_MAX = 60


async def load(journal: Journal, entries: int) -> None:
    """Record entries, some at a time."""
    for _ in range(entries // 10):
        await asyncio.to_thread(record, journal, 10)


def held(journal: Journal) -> dict[str, int]:
    return {origin: each.position for origin, each in journal.positions().items()}


@pytest.mark.parametrize("entries", [500, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_all_stores_are_deleted_under_load_and_everything_heals(
    tmp_path: Path, entries: int
) -> None:
    """Vest is away with a gap of so many entries; all record when the stores go."""
    journals = {
        region: SQLiteJournal(tmp_path / f"{region.value}.sqlite", region, instant)
        for region in Region
    }
    async with AsyncExitStack() as stack:
        servers = stack.enter_context(carrier_servers())
        transports = {region: servers.node(region) for region in Region}
        for region, transport in transports.items():
            await stack.enter_async_context(connected(transport, servers.urls[region]))
        network = OverNats(servers, dict(transports))
        outboxes = {region: outbox(network, journals[region]) for region in Region}
        for region, journal in journals.items():
            others = [each for each in Region if each is not region]
            await stack.enter_async_context(
                running(
                    outboxes[region],
                    server(network, journal),
                    *(
                        inbox(network, journal, o)
                        for o in others
                        if region is not Region.VEST
                    ),
                )
            )
        await load(journals[Region.NORD], entries)
        await until(lambda: outboxes[Region.NORD].state.sent == entries)
        loading = [asyncio.create_task(load(each, 200)) for each in journals.values()]
        await asyncio.to_thread(servers.wipe)
        wiped = time.monotonic()
        # Vest comes back to streams of which nothing is left.
        others = [each for each in Region if each is not Region.VEST]
        takers = [inbox(network, journals[Region.VEST], each) for each in others]
        await stack.enter_async_context(running(*takers))
        await asyncio.gather(*loading)
        wanted = {each.value: 200 for each in Region} | {"nord": entries + 200}
        await until(lambda: all(held(each) == wanted for each in journals.values()))
        seconds = time.monotonic() - wiped
        print(f"{entries} entries: whole on every node {seconds:.1f} s after the loss")
        assert seconds < HEALED_SECONDS_MAX
        kept = {r: list(j.entries("nord", 0, 20_000)) for r, j in journals.items()}
        assert all(rows == kept[Region.NORD] for rows in kept.values())
        assert all(part.state.trouble is None for part in outboxes.values())
    for journal in journals.values():
        journal.close()
