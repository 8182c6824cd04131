"""Two processes of a region lead at once: the lease spares work, and nothing else."""

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.node.restore import Restore
from federation.node.witness import Witness, cosigned_sizes
from projections import tables
from projections.database import open_postgres, open_sqlite, reading
from projections.engine import Projector
from tests.support import servers
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    Network,
    Part,
    heartbeat,
    inbox,
    listener,
    outbox,
    pages_follow,
    register,
    running,
    same,
    server,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.law(3)]

VEST, NORD = Region.VEST, Region.NORD
PEERS = {region.value: key.verifier for region, key in KEYS.items()}
COMMANDS = 60


@pytest.fixture(autouse=True)
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all happen often, so that much of it happens at once."""
    monkeypatch.setattr("federation.node.heartbeat.HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.restore.LOOK_SECONDS", 0.05)
    monkeypatch.setattr("federation.node.witness.PAUSE_SECONDS", 0.02)
    monkeypatch.setattr("federation.node.witness.REPEAT_SECONDS", 0.1)
    monkeypatch.setattr("federation.node.witness.FLOOD_HEARD", 10**9)
    monkeypatch.setattr("federation.node.outbox.POLL_SECONDS", 0.02)
    monkeypatch.setattr("federation.node.outbox.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("projections.engine.POLL_SECONDS", 0.02)


@dataclass
class Process:
    """One process of a region, with all that a leader runs."""

    journal: Journal
    parts: list[Part]
    restore: Restore


def clocks() -> Iterator[datetime]:
    """Return instants that go on, a little too fast."""
    return (instant() + timedelta(milliseconds=n) for n in itertools.count())


def process(network: Network, journal: Journal) -> Process:
    """Return a process, with signed heads of its own."""
    region, clock = journal.region, clocks()
    transport, key, signed_heads = (
        network.transports[region],
        KEYS[region],
        SignedHeads(None),
    )
    restore = Restore(journal, transport, key.verifier, signed_heads)
    parts: list[Part] = [
        restore,
        outbox(network, journal),
        heartbeat(network, journal, lambda: next(clock)),
        server(network, journal),
        Witness(journal, transport, key, PEERS, signed_heads, lambda: 1_767_268_800),
    ]
    for other in Region:
        if other is not region:
            parts.append(inbox(network, journal, other))
            parts.append(listener(network, journal, other))
    return Process(journal, parts, restore)


@contextmanager
def folding(journal: Journal, views: Engine) -> Iterator[Projector]:
    """Keep read models meanwhile, as if nobody else did."""
    projector = Projector(journal, views)
    projector.prepare()
    thread = threading.Thread(target=projector.run)
    thread.start()
    try:
        yield projector
    finally:
        projector.stop()
        thread.join()


@pytest.fixture
async def processes(
    network: Network, journals: dict[Region, Journal], postgres_dsn: str
) -> AsyncIterator[list[Process]]:
    """Run two leaders of vest on one database, and one of each other region."""
    database = servers.new_database(postgres_dsn)
    pair = [servers.postgres_journal(database) for _ in range(2)]
    others = [journals[region] for region in Region if region is not VEST]
    made = [process(network, journal) for journal in (*pair, *others)]
    views = open_postgres(conninfo_to_dict(database))
    async with AsyncExitStack() as stack:
        for journal in pair:
            stack.enter_context(folding(journal, views))
        for each in made:
            await stack.enter_async_context(running(*each.parts))
        await until(lambda: all(each.restore.state.whole for each in made))
        yield made
    views.dispose()
    for journal in pair:
        journal.close()


def dump(views: Engine) -> dict[str, list[str]]:
    """Return every row of every read model."""
    with reading(views) as connection:
        return {
            table.name: sorted(
                str(tuple(row)) for row in connection.execute(select(table))
            )
            for table in tables.metadata.sorted_tables
        }


async def load(journal: Journal, numbers: range) -> None:
    """Record commands one after the other."""
    for number in numbers:
        await asyncio.to_thread(register, journal, str(number))


@asynccontextmanager
async def nothing_said() -> AsyncIterator[None]:
    """Check that nothing is told that somebody would have to look at."""
    with capture_logs() as told:
        yield
    assert [each for each in told if each["log_level"] in {"error", "critical"}] == []


async def test_nothing_is_lost_doubled_or_contradicted(
    network: Network,
    processes: list[Process],
    tmp_path: Path,
) -> None:
    first, second, *others = (each.journal for each in processes)
    async with nothing_said():
        loads = [
            load(journal, range(start, start + COMMANDS))
            for start, journal in zip(
                itertools.count(1000, 1000), (first, second, *others), strict=False
            )
        ]
        await asyncio.gather(*loads)
        for journal in others:
            await same(journal, first)
            await same(first, journal)
        assert first.positions()["vest"].position == 2 * COMMANDS
        await pages_follow(network, 2 * COMMANDS)
        await until(lambda: cosigned_by_all(others[0]))
    assert all(each.restore.state.whole for each in processes)
    assert not any(incidents(each.journal) for each in processes)
    folded_once(first, tmp_path)


def cosigned_by_all(journal: Journal) -> bool:
    """Say whether all other regions have cosigned the whole log of vest."""
    sizes = cosigned_sizes(journal, "vest")
    return sorted(sizes.values()) == [2 * COMMANDS] * (len(Region) - 1)


def folded_once(journal: Journal, folder: Path) -> None:
    """Hold the rows that two projectors made against those of one."""
    database = journal.datastore.pool.kwargs  # type: ignore[attr-defined]
    views = open_postgres({n: v for n, v in database.items() if n != "row_factory"})
    projector = Projector(journal, views)
    projector.prepare()
    held = {origin: each.position for origin, each in journal.positions().items()}
    while projector.missing(held):
        projector.follow()
    alone = open_sqlite(folder / "alone.sqlite")
    once = Projector(journal, alone)
    once.prepare()
    once.catch_up()
    assert dump(views) == dump(alone)
    for each in (views, alone):
        each.dispose()
