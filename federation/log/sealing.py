"""Sealing: rows are read back, hashed again, and only then signed for.

A log that does not hash to what was appended must never be signed: a wrong
root can not be taken back. (Two certificate transparency logs died of one bit.)
"""

from collections.abc import Sequence

from federation.journal.shapes import DamagedEntryError, Sealed
from federation.journal.store import Journal
from federation.log.tree import check_leaf
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.entry import Row, entry_id
from federation.signed.keys import SigningKey
from federation.signed.merkle import Frontier, extend, root


def seal(
    journal: Journal, frontier: Frontier, rows: Sequence[Row], key: SigningKey
) -> Sealed:
    """Sign and keep the checkpoint of the home log at the last of ``rows``.

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
