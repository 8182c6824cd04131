"""Pages and histories that a region did not record, over every transport."""

from pathlib import Path
from typing import Any

import pytest

from domain.values import Region
from federation.checks.ingest import RefusedPageError
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.entry import EntryHeader, build
from federation.signed.merkle import Frontier, extend, root
from federation.signed.page import Message, pack
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    Network,
    inbox,
    outbox,
    record,
    running,
    same,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


def forged(
    journal: Journal, *, key: Region, change: dict[str, Any] | None = None
) -> Message:
    """Return a page after a journal's last entry that the region did not record."""
    position = journal.positions()["vest"].position
    place = EntryHeader(
        "vest", 1, position + 1, "vest:x:forged", 1, "x", "2030-01-01T00:00:00.000000Z"
    )
    row = build(place, None, b'{"forged":true}')
    kept = journal.sealed("vest")
    frontier = extend(kept.frontier if kept else Frontier(), [row.leaf])
    checkpoint = {
        "origin": "vest",
        "epoch": 1,
        "size": position + 1,
        "root": root(frontier),
        "complete_to": row.recorded_at,
        **(change or {}),
    }
    return pack([row], sign(Checkpoint(**checkpoint), KEYS[key]))


@pytest.mark.law(4)
@pytest.mark.parametrize(
    ("key", "change"),
    [
        (Region.NORD, {}),
        (Region.VEST, {"root": bytes(32)}),
        (Region.VEST, {"size": 99}),
        (Region.VEST, {"origin": "midt"}),
    ],
    ids=["another's key", "another root", "another size", "another log"],
)
async def test_a_page_that_does_not_verify_is_not_kept_and_seen(
    network: Network,
    journals: dict[Region, Journal],
    key: Region,
    change: dict[str, Any],
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    record(vest, 2)
    sender, taker = outbox(network, vest), inbox(network, nord)
    async with running(sender):
        await until(lambda: sender.state.sent == 2)
    transport = network.transports[Region.VEST]
    await transport.publish("vest", forged(vest, key=key, change=change), 1)
    async with running(taker):
        await until(lambda: taker.state.foreign == 1)
    assert nord.positions()["vest"].position == 2
    with pytest.raises(RefusedPageError):
        taker.take(forged(vest, key=key, change=change))


async def test_a_fork_is_refused(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    """The region's own key on another history of the same positions."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    other = SQLiteJournal(tmp_path / "other.sqlite", Region.VEST, instant)
    for journal in (vest, other):
        record(journal, 2)
    sender, taker = outbox(network, vest), inbox(network, nord)
    async with running(sender, taker):
        await same(nord, vest)
    await network.lose(Region.VEST)
    async with running(outbox(network, other), taker):
        record(other, 1)
        await until(lambda: taker.state.refused is not None)
    assert list(nord.entries("vest", 0, 10)) == list(vest.entries("vest", 0, 10))
    other.close()


async def test_an_outbox_adds_nothing_to_a_foreign_history(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    vest = journals[Region.VEST]
    other = SQLiteJournal(tmp_path / "other.sqlite", Region.VEST, instant)
    record(other, 2)
    first = outbox(network, other)
    async with running(first):
        await until(lambda: first.state.sent == 2)
    record(vest, 3)
    part = outbox(network, vest)
    async with running(part):
        await until(lambda: "another history" in str(part.state.trouble))
    assert await network.transports[Region.VEST].end("vest") == 1
    other.close()
