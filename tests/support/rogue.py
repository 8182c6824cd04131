"""A rogue region: its real key, and what it signs with it."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.journal.store import Journal
from federation.node.heartbeat import heartbeat_subject
from federation.node.witness import Witness
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.entry import EntryHeader, Row, build
from federation.signed.merkle import Frontier, extend, root
from federation.signed.page import Message, pack
from federation.transport.ports import Transport
from tests.support.federation import KEYS
from tests.support.replication import Network

VEST = Region.VEST
PEERS = {region.value: key.verifier for region, key in KEYS.items()}
NEXT = EntryHeader("vest", 1, 3, "vest:x:rogue", 1, "x", "2026-01-01T13:00:00.000000Z")
"""What would follow on two entries."""


def witness(network: Network, journal: Journal) -> Witness:
    """Return the witness of a region."""
    place = (journal, network.transports[journal.region], KEYS[journal.region])
    return Witness(*place, PEERS, SignedHeads(None), lambda: 1_767_268_800)


@dataclass
class Rogue:
    """What the region has published rightly, and its key."""

    rows: list[Row]

    def note(self, rows: list[Row], size: int | None = None, **change: Any) -> str:
        """Sign for any rows."""
        values = {
            "origin": "vest",
            "epoch": 1,
            "size": size or len(rows),
            "root": root(extend(Frontier(), [row.leaf for row in rows])),
            "complete_to": "2026-01-01T13:00:00.000000Z",
            **change,
        }
        return sign(Checkpoint(**values), KEYS[VEST])

    def entry(self, data: bytes = b'{"a":1}', **change: Any) -> Row:
        """Return an entry that follows what is published, or nearly."""
        return build(replace(NEXT, **change), None, data)

    def page(self, *new: Row, **change: Any) -> Message:
        """Return a page of new entries, signed."""
        return pack(new, self.note([*self.rows, *new], **change))


@dataclass
class Heart:
    """Has a rogue region heard while it does whatever else it does."""

    transport: Transport
    note: str

    async def run(self) -> None:
        """Announce the same again and again."""
        while True:
            await self.transport.announce(heartbeat_subject("vest"), self.note.encode())
            await asyncio.sleep(0.005)
