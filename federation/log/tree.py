"""A region's log as the journal holds it: its entries in order, and its Merkle tree.

- Entries come one after the other without a hole, and each hashes to what was
  appended: where that is not so, the place is told instead.
- A tree grows from the last checkpoint that is kept before it, entry by entry.
- It may go on with leaves that are not stored: those of a page that is looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from federation.journal.shapes import DamagedEntryError
from federation.journal.store import ALL, Journal
from federation.moves import moved
from federation.signed.checkpoint import Checkpoint
from federation.signed.entry import Row, entry_id, leaf_hash
from federation.signed.merkle import Frontier, extend, pieces, root
from federation.signed.page import ENTRIES_MAX


def check_leaf(row: Row) -> None:
    """Raise :class:`DamagedEntryError` unless the row's body hashes to its leaf."""
    if leaf_hash(row.body) != row.leaf:
        message = f"entry {row.id} does not hash to its leaf"
        raise DamagedEntryError(message)


def whole_rows(journal: Journal, origin: str, after: int, last: int) -> Iterator[Row]:
    """Entries after a position up to another one, each hashed again.

    Raises :class:`DamagedEntryError` where one is missing or is not what was appended.
    """
    while after < last:
        count = min(ENTRIES_MAX, last - after)
        rows = journal.entries(origin, after, count)
        if not rows:
            place = entry_id(origin, journal.positions()[origin].epoch, last)
            message = f"the journal ends before {place}"
            raise DamagedEntryError(message)
        if rows[-1].position != after + len(rows):
            place = entry_id(origin, journal.positions()[origin].epoch, after + 1)
            message = f"of the {count} entries from {place} on some are missing"
            raise DamagedEntryError(message)
        moved()
        for row in rows:
            check_leaf(row)
        yield from rows
        after = rows[-1].position


def frontier_at(journal: Journal, origin: str, size: int) -> Frontier:
    """Frontier of a log at a size, hashing on from a checkpoint."""
    return Tree(journal, origin).frontier(size)


def holds(journal: Journal, checkpoint: Checkpoint) -> bool:
    """Whether the first entries that are here, of so many, have that root."""
    here = frontier_at(journal, checkpoint.origin, checkpoint.size)
    return root(here) == checkpoint.root


@dataclass(frozen=True, slots=True)
class Tree:
    """The Merkle tree of a log: what the journal holds of it, then what came."""

    journal: Journal
    origin: str
    stored: int = ALL
    """How much of it is taken from the journal, at most."""
    more: Sequence[bytes] = ()
    """The leaves after that."""

    @property
    def size(self) -> int:
        """How many entries the log has with those that came."""
        return self.stored + len(self.more)

    def _leaves(self, start: int, stop: int) -> Iterator[bytes]:
        cut = min(stop, self.stored)
        for row in whole_rows(self.journal, self.origin, start, cut):
            yield row.leaf
        if stop > cut:
            yield from self.more[max(start - cut, 0) : stop - cut]

    def frontier(self, size: int) -> Frontier:
        """Right edge of the tree at a size."""
        kept = self.journal.sealed(self.origin, min(size, self.stored))
        frontier = Frontier() if kept is None else kept.frontier
        return extend(frontier, self._leaves(frontier.size, size))

    def root(self, size: int) -> bytes:
        """Root of the tree at a size."""
        return root(self.frontier(size))

    def subtree(self, start: int, stop: int) -> bytes:
        """Hash of the tree over the entries after ``start`` up to ``stop``."""
        return root(extend(Frontier(), self._leaves(start, stop)))

    def beyond(self, small: int, large: int) -> Sequence[bytes]:
        """Hashes of the largest subtrees between two sizes."""
        cuts = pieces(small, large)
        return [self.subtree(*cut) for cut in cuts if cut[0] >= small]
