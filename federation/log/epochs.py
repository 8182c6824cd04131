"""Epochs: which continuation of a region's log is meant, and what was given up.

Positions go on from epoch to epoch, and one Merkle tree goes over all of them,
so that a checkpoint of an epoch vouches for all that came before it. The first
entry of an epoch is the declaration, and says what it follows; whoever holds
something else there keeps it, and takes nothing more.
"""

from functools import cache
from typing import Final, NamedTuple

from domain.parties.epoch import KEY, LOG, EpochBegun
from domain.values import Region
from federation.journal.shapes import Position
from federation.journal.store import Journal
from federation.signed.checkpoint import Checkpoint
from federation.signed.entry import Row
from federation.signed.facts import UnreadableFactError, fact_of
from federation.signed.merkle import Frontier, root

BEGUN: Final = EpochBegun.TYPE


class Begun(NamedTuple):
    """Where an epoch of a log began, and what its region said there."""

    position: int
    fact: EpochBegun


@cache
def epoch_stream(origin: str) -> str:
    """Stream in which a region's epochs stand."""
    return str(LOG.stream(Region(origin), KEY))


def begun(journal: Journal, origin: str, epoch: int) -> Begun | None:
    """How an epoch of a log began; None for the first, or one not begun here."""
    with journal.reading() as cursor:
        row = journal.entry_in(cursor, epoch_stream(origin), epoch - 1)
    fact = None if row is None else declaration(row)
    return None if row is None or fact is None else Begun(row.position, fact)


def declaration(row: Row) -> EpochBegun | None:
    """Epoch that an entry begins, by its own words; None where it begins none."""
    if row.type != BEGUN:
        return None
    try:
        fact = fact_of(row)
    except UnreadableFactError:
        return None
    return fact if isinstance(fact, EpochBegun) else None


def goes_on(row: Row, end: Position, frontier: Frontier) -> bool:
    """Whether an entry is of the epoch that is held, or begins the next one.

    That it does after exactly what is held, of which ``frontier`` is the tree.
    """
    if (row.epoch, row.type == BEGUN) == (end.epoch, False):
        return True
    fact = declaration(row)
    return (
        fact is not None
        and row.stream == epoch_stream(row.origin)
        and row.epoch == fact.epoch == end.epoch + 1
        and row.position - 1 == fact.kept == end.position
        and fact.kept_root == root(frontier).hex()
    )


def is_beyond(journal: Journal, origin: str, position: Position) -> bool:
    """Whether a position of an epoch is one that the next does not go on from."""
    after = begun(journal, origin, position.epoch + 1)
    return after is not None and position.position > after.fact.kept


def given_up(journal: Journal, checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint is of entries that its region has declared lost.

    Of more, or of other ones, than the declaration names, it is not.
    """
    after = begun(journal, checkpoint.origin, checkpoint.epoch + 1)
    if after is None or checkpoint.size <= after.fact.kept:
        return False
    if checkpoint.size == after.fact.promised:
        return checkpoint.root.hex() == after.fact.promised_root
    return checkpoint.size < after.fact.promised
