"""Nodes compare what they hold, and the signed checkpoints say who is wrong."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any, Final

import pytest

from domain.values import Region
from federation.journal.store import Journal
from federation.node.comparison import Comparison
from federation.node.ranges import (
    BLOCK_ENTRIES,
    HASH_HEADER,
    HELD_HEADER,
    BrokenRequestError,
    RangeRequest,
    read_request,
)
from federation.signed.entry import Row, leaf_hash
from tests.support.federation import KEYS
from tests.support.replication import (
    InMemory,
    Network,
    inbox,
    outbox,
    record,
    running,
    same,
    sent,
    server,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
KEY_OF = {region.value: key.verifier for region, key in KEYS.items()}
NO_PLACES: Final[tuple[Any, ...]] = (
    *(-1, 1, BLOCK_ENTRIES + 2, "9", 2**60, True, 3.5),
    *("", None, [], {}, False, 0.0),
)


def comparing(network: Network, journal: Journal) -> Comparison:
    """Return who compares for a region."""
    return Comparison(journal, network.transports[journal.region], KEY_OF)


async def spread(network: Network, journals: dict[Region, Journal], count: int) -> None:
    """Have a log of vest in three journals, signed every few hundred entries."""
    vest = journals[VEST]
    record(vest, count)
    part = outbox(network, vest)
    others = [inbox(network, journals[each]) for each in (NORD, MIDT)]
    async with running(part, *others):
        await sent(part, count)
        for each in (NORD, MIDT):
            await same(journals[each], vest)


def change(folder: Path, region: Region, position: int, *, leaf_too: bool) -> None:
    """Change an entry as a disk or somebody with the file might."""
    path = folder / f"{region.value}.sqlite"
    with sqlite3.connect(path) as connection:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in connection.execute(triggers).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        where = "WHERE origin = 'vest' AND position = ?"
        found = connection.execute(f"SELECT body FROM journal {where}", (position,))
        body = bytes(found.fetchone()[0]).replace(b'{"a":1}', b'{"a":2}')
        leaf = leaf_hash(body) if leaf_too else None
        connection.execute(
            f"UPDATE journal SET body = ?, leaf = COALESCE(?, leaf) {where}",
            (body, leaf, position),
        )
    connection.close()


async def test_what_is_the_same_everywhere_is_compared_block_by_block(
    network: Network, journals: dict[Region, Journal]
) -> None:
    count = BLOCK_ENTRIES + 100
    await spread(network, journals, count)
    comparison = comparing(network, journals[NORD])
    async with running(
        server(network, journals[VEST]), server(network, journals[MIDT])
    ):
        async with asyncio.timeout(60):
            # Who serves may need a moment to be reached.
            while comparison.state.compared < 2 * 2 * count:
                await comparison.compare_next("vest")
                await asyncio.sleep(0)
    assert comparison.state.differing == {}
    assert journals[NORD].damage.last is None


@pytest.mark.parametrize("leaf_too", [False, True])
async def test_damage_of_our_own_is_found_and_its_place_named(
    journals: dict[Region, Journal], tmp_path: Path, *, leaf_too: bool
) -> None:
    network = InMemory()
    await spread(network, journals, 700)
    change(tmp_path, NORD, 300, leaf_too=leaf_too)
    ours = comparing(network, journals[NORD])
    async with running(server(network, journals[VEST])):
        await asyncio.sleep(0)
        await ours.compare_next("vest")
    assert ours.state.differing == {}
    place = "entries up to vest/1/500" if leaf_too else "entry vest/1/300"
    assert place in str(journals[NORD].damage.last)


async def test_a_peer_that_is_damaged_is_named_until_it_is_mended(
    journals: dict[Region, Journal], tmp_path: Path
) -> None:
    network = InMemory()
    await spread(network, journals, 700)
    whole = journals[NORD].entries("vest", 299, 1)[0]
    change(tmp_path, NORD, 300, leaf_too=True)
    comparison = comparing(network, journals[MIDT])
    async with running(
        server(network, journals[VEST]), server(network, journals[NORD])
    ):
        await asyncio.sleep(0)
        await comparison.compare_next("vest")
        assert comparison.state.differing == {"nord": "vest/1/1-700"}
        assert comparison.state.compared == 700
        assert journals[MIDT].damage.last is None
        mend(tmp_path, whole)
        await comparison.compare_next("vest")
        assert comparison.state.differing == {}


def mend(folder: Path, whole: Row) -> None:
    """Put an entry back as it was."""
    with sqlite3.connect(folder / "nord.sqlite") as connection:
        connection.execute(
            "UPDATE journal SET body = ?, leaf = ? WHERE origin = 'vest' AND position = ?",
            (whole.body, whole.leaf, whole.position),
        )
    connection.close()


async def test_who_does_not_answer_or_holds_less_is_no_finding(
    journals: dict[Region, Journal],
) -> None:
    network = InMemory()
    await spread(network, journals, 10)
    record(journals[VEST], 5)
    comparison = comparing(network, journals[VEST])
    async with running(server(network, journals[NORD])):
        await asyncio.sleep(0)
        for region in Region:
            await comparison.compare_next(region.value)
        request = RangeRequest("vest", 1, 1, hash_to=15)
        reply = await network.transports[VEST].ask("nord", request.to_bytes())
    assert reply.headers == {HELD_HEADER: "10"}
    assert HASH_HEADER not in reply.headers
    assert (comparison.state.compared, comparison.state.differing) == (0, {})
    assert journals[VEST].damage.last is None


@pytest.mark.parametrize("hash_to", NO_PLACES)
def test_a_hash_is_told_of_so_many_entries_at_most(hash_to: Any) -> None:
    request = RangeRequest("vest", 1, 2, hash_to=hash_to)
    with pytest.raises(BrokenRequestError):
        read_request(request.to_bytes())
    assert read_request(RangeRequest("vest", 1, 2, 3).to_bytes()).hash_to == 3
