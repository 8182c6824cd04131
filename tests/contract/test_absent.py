"""Nobody waits for a region that has left, or that is yet to join."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from deploy.keyfiles import append_line
from deploy.peers import PeersFile
from domain.parties.membership import decide_joining
from domain.values import Region
from federation.journal.store import Journal
from federation.log.completeness import FOREVER, completeness
from federation.log.membership import absent, record
from federation.node.comparison import Comparison
from federation.node.inbox import Inbox
from federation.signed.entry import Row
from tests.support.epochs import Lost, lose
from tests.support.federation import KEYS, instant
from tests.support.membership import DAY, KEYS_THEN, joins, leaves
from tests.support.replication import (
    InMemory,
    inbox,
    outbox,
    running,
    same,
    server,
    until,
)
from tests.support.replication import record as fill

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
Opener = Callable[[Region], Journal]
VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
PUBLIC = {region: key.verifier for region, key in KEYS.items()}


@pytest.fixture
async def lost(open_journal: Opener, tmp_path: Path) -> AsyncIterator[Lost]:
    """Give vest's log of which the end is lost, where midt has left and vest knows it."""
    network = InMemory()
    found = await lose(network, open_journal, tmp_path)
    midt = found.others[MIDT]
    fill(midt)
    leaves(midt)
    taker = inbox(network, found.journal, MIDT)
    async with running(outbox(network, midt), taker):
        await same(found.journal, midt)
    yield found
    for journal in (found.journal, *found.others.values()):
        journal.close()


@pytest.mark.usefixtures("at_once")
async def test_an_epoch_does_not_wait_for_a_region_that_has_left(lost: Lost) -> None:
    """It names it, as whoever could not be asked."""
    loss = await lost.look(MIDT)
    assert loss.without == (MIDT,)


async def test_who_has_left_is_not_compared_with(
    journals: dict[Region, Journal],
) -> None:
    network, entries = InMemory(), 3
    vest, midt = journals[VEST], journals[MIDT]
    fill(vest, entries)
    fill(midt)
    leaves(midt)
    takers = [inbox(network, journals[each]) for each in (NORD, MIDT)]
    takers.append(inbox(network, vest, MIDT))
    async with running(outbox(network, vest), outbox(network, midt), *takers):
        for each in (NORD, MIDT):
            await same(journals[each], vest)
        await same(vest, midt)
    keys = {region.value: key for region, key in PUBLIC.items()}
    part = Comparison(vest, network.transports[VEST], keys)
    async with running(server(network, midt), server(network, journals[NORD])):
        await part.compare_next("vest")
    assert part.state.compared == entries, "with nord alone"


async def test_a_restored_node_does_not_say_that_it_waits_for_who_has_left(
    lost: Lost,
) -> None:
    part = lost.restore()
    async with running(part):
        await until(lambda: "No answer yet from" in str(part.state.reason))
        assert "midt" not in str(part.state.reason)
        assert "nord" in str(part.state.reason)


def test_who_has_left_is_asked_last(journals: dict[Region, Journal]) -> None:
    repair = inbox(InMemory(), journals[NORD], VEST)._repair
    assert repair.peers(()) == ["vest", "midt", "sorost"]
    assert repair.peers({"vest"}) == ["midt", "sorost", "vest"]
    fill(journals[VEST])
    assert not absent(repair.journal)


# Joining late


@pytest.mark.usefixtures("at_once")
async def test_a_region_joins_late_once_its_key_is_admitted(
    open_journal: Opener, tmp_path: Path
) -> None:
    """Until then nothing of it is taken, and nobody waits for it."""
    network = InMemory()
    vest, nord = open_journal(VEST), open_journal(NORD)
    three = [each for each in KEYS_THEN if each.region is not NORD]
    file = tmp_path / "regions.pub"
    file.write_text("\n".join(each.key for each in three) + "\n")
    keys = PeersFile(file).of(NORD)
    row = record(
        vest, lambda at: decide_joining(at, DAY, tuple(three)), "drift", instant()
    )
    assert isinstance(row, Row)
    assert completeness(vest)["nord"].complete_to == FOREVER
    assert completeness(vest)["midt"].complete_to == ""
    assert absent(vest) == {NORD}
    joins(nord)
    fill(nord, 2)
    taker = Inbox(vest, network.transports[VEST], "nord", keys)
    async with running(outbox(network, nord), taker):
        await until(lambda: taker.state.refused is not None)
        assert vest.positions()["nord"].position == 0
        append_line(file, str(PUBLIC[NORD]))
        await same(vest, nord)
    assert not absent(vest)
    assert completeness(vest)["nord"].complete_to not in {"", FOREVER}
    for journal in (vest, nord):
        journal.close()
