"""A region whose node lost entries that it had signed for, and that began anew."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from domain.values import Region, instant_text
from federation.checks.signed_heads import SignedHeads
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.node.new_epoch import Loss, NewEpoch
from federation.node.outbox import Outbox
from federation.node.restore import Restore
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.entry import EntryHeader, Row, build
from federation.signed.merkle import Frontier, extend, root
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    Network,
    inbox,
    record,
    running,
    same,
    sent,
    server,
)

VEST = Region.VEST
OTHERS = [region for region in Region if region is not VEST]
SHARED, KEPT, PROMISED = 50, 52, 60
"""So much all regions had; so much the backup had; so much had left."""


@dataclass
class Lost:
    """Vest's node after it came back from a backup, with its file of signed heads."""

    network: Network
    journal: Journal
    before: list[Row]
    """The log as it was."""
    others: dict[Region, Journal]
    signed_heads: SignedHeads = field(default_factory=lambda: SignedHeads(None))

    def new_epoch(self) -> NewEpoch:
        """Return what begins an epoch."""
        transport, key = self.network.transports[VEST], KEYS[VEST]
        known = key.verifier
        return NewEpoch(self.journal, transport, key, known, self.signed_heads, instant)

    def restore(self) -> Restore:
        """Return what looks whether the journal is whole, and withholds it."""
        transport, known = self.network.transports[VEST], KEYS[VEST].verifier
        return Restore(self.journal, transport, known, self.signed_heads)

    async def look(self, *silent: Region, without: tuple[Region, ...] = ()) -> Loss:
        """Ask everybody, of whom some do not answer."""
        parts = [server(self.network, self.others[r]) for r in OTHERS]
        asked = [p for p in parts if p.journal.region not in silent]
        async with running(*asked):
            return await self.new_epoch().look(without)

    async def begin(self, *away: Region) -> Row:
        """Begin an epoch, without those who are away."""
        loss = await self.look(*away, without=away)
        row = self.new_epoch().begin(loss, "The disk and its copy are lost", "drift")
        self.journal.withheld = None  # as for a node that starts and finds all there
        return row

    async def follow(self, *followers: Region) -> None:
        """Let some regions take all that vest's node has."""
        part = self.outbox()
        async with AsyncExitStack() as stack:
            takers = [inbox(self.network, self.others[r]) for r in followers]
            await stack.enter_async_context(running(part, *takers))
            for region in followers:
                await same(self.others[region], self.journal)
            await sent(part, self.journal.positions()["vest"].position)

    def outbox(self) -> Outbox:
        """Return vest's outbox, with its signed heads."""
        transport, key = self.network.transports[VEST], KEYS[VEST]
        return Outbox(self.journal, transport, key, keep_head=self.signed_heads.keep)


async def lose(
    network: Network,
    open_journal: Callable[[Region], Journal],
    folder: Path,
    holder: Region | None = None,
    signed_heads: SignedHeads | None = None,
) -> Lost:
    """Lose vest's last entries; ``holder`` is a region that received them."""
    first = SQLiteJournal(folder / "before.sqlite", VEST, instant)
    others = {region: open_journal(region) for region in OTHERS}
    lost = Lost(network, first, [], others, signed_heads or SignedHeads(None))
    record(first, SHARED)
    await lost.follow(*OTHERS)
    record(first, PROMISED - SHARED)
    await lost.follow(*([holder] if holder else []))
    await network.lose(VEST)
    lost.before = list(first.entries("vest", 0, PROMISED))
    first.close()
    lost.journal = open_journal(VEST)
    with lost.journal.writing() as cursor:
        lost.journal.insert_rows(cursor, lost.before[:KEPT])
    return lost


def signed(rows: list[Row], **change: object) -> str:
    """Return a note of vest for a whole log, or with something changed."""
    tree = extend(Frontier(), (row.leaf for row in rows))
    last = rows[-1]
    checkpoint = Checkpoint("vest", last.epoch, len(rows), root(tree), last.recorded_at)
    return sign(replace(checkpoint, **change), KEYS[VEST])  # type: ignore[arg-type]


def more_of(rows: list[Row], count: int) -> list[Row]:
    """Return entries that follow others."""
    last = rows[-1]
    return [
        build(
            EntryHeader(
                *("vest", last.epoch, last.position + n, f"vest:x:more-{n}", 1),
                "x.happened.v1",
                instant_text(instant().replace(hour=14, minute=n)),
            ),
            None,
            b"{}",
        )
        for n in range(1, count + 1)
    ]
