"""Sealing: rows are read back, hashed again, and only then signed for.

A log that does not hash to what was appended must never be signed: a wrong
root can not be taken back. (Two certificate transparency logs died of one bit.)
"""

from collections.abc import Sequence

from federation.journal.shapes import DamagedEntryError, Sealed
from federation.journal.store import Journal
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.entry import Row, entry_id, leaf_hash
from federation.signed.keys import SigningKey
from federation.signed.merkle import Frontier, extend, root
from federation.signed.page import ENTRIES_MAX
from federation.tasks import moved

__all__ = ("DamagedEntryError", "check_leaf", "frontier_at", "seal", "subtree_at")


def check_leaf(row: Row) -> None:
    """Raise :class:`DamagedEntryError` unless the row's body hashes to its leaf."""
    if leaf_hash(row.body) != row.leaf:
        place = entry_id(row.origin, row.epoch, row.position)
        message = f"entry {place} does not hash to its leaf"
        raise DamagedEntryError(message)


def seal(
    journal: Journal, frontier: Frontier, rows: Sequence[Row], key: SigningKey
) -> Sealed:
    """Return the checkpoint of the home log at the last of ``rows``, and keep it.

    ``frontier`` is that of the log before ``rows``. A size that was signed
    before keeps its note: a region says one thing about one size. Raises
    :class:`DamagedEntryError` where the rows are not those that were signed for.
    """
    for row in rows:
        check_leaf(row)
    last = rows[-1]
    grown = extend(frontier, (row.leaf for row in rows))
    for kept in journal.seals(last.origin, frontier.size):
        size = kept.frontier.size
        if size > grown.size:
            break
        leaves = (row.leaf for row in rows[: size - frontier.size])
        if extend(frontier, leaves) != kept.frontier:
            place = entry_id(last.origin, last.epoch, size)
            message = f"the entries up to {place} are not those that were signed for"
            raise DamagedEntryError(message)
        if size == grown.size:
            return kept
    checkpoint = Checkpoint(
        last.origin, last.epoch, grown.size, root(grown), last.recorded_at
    )
    sealed = Sealed(grown, sign(checkpoint, key))
    journal.seal(last.origin, last.epoch, sealed)
    return sealed


def frontier_at(journal: Journal, origin: str, position: int) -> Frontier:
    """Return the frontier of a log at a position, hashing on from a checkpoint."""
    kept = journal.sealed(origin, position)
    frontier = Frontier() if kept is None else kept.frontier
    while frontier.size < position:
        wanted = min(ENTRIES_MAX, position - frontier.size)
        rows = journal.entries(origin, frontier.size, wanted)
        if not rows:
            place = entry_id(origin, journal.positions()[origin].epoch, position)
            message = f"the journal ends before {place}"
            raise DamagedEntryError(message)
        moved()
        for row in rows:
            check_leaf(row)
        frontier = extend(frontier, (row.leaf for row in rows))
    return frontier


def subtree_at(journal: Journal, origin: str, start: int, stop: int) -> bytes:
    """Return the hash of the tree over the entries after ``start``, up to ``stop``."""
    frontier = Frontier()
    while (at := start + frontier.size) < stop:
        rows = journal.entries(origin, at, min(ENTRIES_MAX, stop - at))
        if not rows:
            message = f"the journal of {origin} ends before {stop} entries"
            raise DamagedEntryError(message)
        frontier = extend(frontier, (row.leaf for row in rows))
    return root(frontier)
