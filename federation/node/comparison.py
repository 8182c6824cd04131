"""Comparing: block by block, a node holds what it stores against all other nodes.

A disk may give other bytes than it was given, years later and where nobody
reads. So entries are hashed again from their bytes, a block at a time, and each
peer is asked for its hash of the same entries. Where the two are not the same,
the signed checkpoints say which of them is wrong.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import structlog
from eventsourcing.persistence import PersistenceError

from domain.values import Region
from federation.journal.shapes import DamagedEntryError, Sealed
from federation.journal.store import Journal
from federation.log.membership import absent
from federation.log.tree import whole_rows
from federation.node.ranges import BLOCK_ENTRIES, HASH_HEADER, RangeRequest, range_hash
from federation.signed.checkpoint import BrokenCheckpointError, read
from federation.signed.keys import Verifier
from federation.signed.merkle import Frontier, extend, root
from federation.transport.ports import Transport, TransportError

log = structlog.get_logger()

PAUSE_SECONDS: Final = 60.0
"""Pause between two blocks of each log: a million entries take four hours."""


class Block(NamedTuple):
    """Some entries of a log that follow each other."""

    origin: str
    epoch: int
    first: int
    last: int


@dataclass(slots=True)
class ComparisonState:
    """What an operator asks of what a node holds, beside what others hold."""

    compared: int = 0
    """Entries that were found to be the same at a peer, each time it was asked."""
    differing: dict[str, str] = field(default_factory=dict)
    """The peers that hold something else than was signed for, and where."""


class Comparison:
    """Compares all logs with all peers, again and again. One runs in a node."""

    def __init__(
        self, journal: Journal, transport: Transport, keys: Mapping[str, Verifier]
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._keys = keys
        self._reached: dict[str, int] = {}
        self.state = ComparisonState()

    async def run(self) -> None:
        """Compare until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            for region in Region:
                await self.compare_next(region.value)

    async def compare_next(self, origin: str) -> None:
        """Compare the next block of a log; after the last, the first comes again."""
        try:
            block = await asyncio.to_thread(self._next, origin)
            if block is not None:
                await self._compare(block)
        except PersistenceError as error:
            log.warning("not_compared", origin=origin, reason=type(error).__name__)
        except DamagedEntryError as error:
            self._journal.damage.found(origin, error)

    def _next(self, origin: str) -> Block | None:
        epoch, position = self._journal.positions()[origin]
        if position == 0:
            return None
        first = self._reached.get(origin, 0) + 1
        if first > position:
            first = 1
        last = min(first + BLOCK_ENTRIES - 1, position)
        # The end of a log is new; once it has been seen, its beginning is the oldest.
        self._reached[origin] = 0 if last == position else last
        return Block(origin, epoch, first, last)

    async def _compare(self, block: Block) -> None:
        ours = await asyncio.to_thread(
            range_hash, self._journal, block.origin, block.first, block.last
        )
        away = await asyncio.to_thread(absent, self._journal)
        for peer in Region:
            if peer is self._journal.region or peer in away:
                continue
            theirs = await self._asked(peer.value, block)
            if theirs is None:
                continue
            if theirs == ours.hex():
                self.state.compared += block.last - block.first + 1
                self.state.differing.pop(peer.value, None)
                continue
            key = self._keys[block.origin]
            await asyncio.to_thread(hold_against_signed, self._journal, block, key)
            where = f"{block.origin}/{block.epoch}/{block.first}-{block.last}"
            self.state.differing[peer.value] = where
            log.error("peer_differs", peer=peer.value, entries=where)

    async def _asked(self, peer: str, block: Block) -> str | None:
        """Hash by a peer, or None where it does not answer or holds too little."""
        origin, epoch, first, last = block
        request = RangeRequest(origin, epoch, first, hash_to=last)
        try:
            reply = await self._transport.ask(peer, request.to_bytes())
        except TransportError:
            return None
        return reply.headers.get(HASH_HEADER)


def hold_against_signed(journal: Journal, block: Block, key: Verifier) -> None:
    """Raise :class:`DamagedEntryError` where a block is not what its region signed for.

    What nobody has signed for yet can not be told.
    """
    origin, _, first, last = block
    before = journal.sealed(origin, first - 1)
    frontier = Frontier()
    if before is not None:
        frontier = before.frontier
        _check_signed(before, root(frontier), key)
    for seal in journal.seals(origin, frontier.size):
        rows = whole_rows(journal, origin, frontier.size, seal.frontier.size)
        frontier = extend(frontier, (row.leaf for row in rows))
        _check_signed(seal, root(frontier), key)
        if frontier.size >= last:
            return


def _check_signed(seal: Sealed, hashed: bytes, key: Verifier) -> None:
    try:
        checkpoint = read(seal.note, key)
    except BrokenCheckpointError as error:
        message = f"the checkpoint of {seal.frontier.size} entries: {error}"
        raise DamagedEntryError(message) from None
    if checkpoint.root != hashed:
        place = f"{checkpoint.origin}/{checkpoint.epoch}/{checkpoint.size}"
        message = f"the entries up to {place} do not hash to the signed root"
        raise DamagedEntryError(message)
