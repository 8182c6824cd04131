"""That an entry stands in its region's log: what shows it with public keys alone.

A signed checkpoint of the log with this entry in it, the hashes that lead from the
entry to its root (RFC 9162), and the same for what other regions have cosigned.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.values import Region
from federation.checks.damage import DamageError
from federation.journal.shapes import DatabaseCursor
from federation.journal.store import Journal
from federation.log.tree import Tree, check_leaf
from federation.signed.checkpoint import BrokenCheckpointError, read
from federation.signed.cosignature import cosigned_with
from federation.signed.entry import Row, leaf_hash, place_of
from federation.signed.keys import Verifier
from federation.signed.merkle import root_by, siblings


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A signed note of a log, and the hashes by which an entry is under it."""

    note: str
    size: int
    proof: Sequence[bytes]
    """From the entry up, as :func:`federation.signed.merkle.root_by` takes it."""


@dataclass(frozen=True, slots=True)
class Included:
    """An entry, and what was signed for it."""

    row: Row
    signed: Inclusion | None
    """Under the smallest checkpoint with it; None where it is not signed yet."""
    cosigned: Mapping[str, Inclusion]
    """Under the smallest that each other region has cosigned with it."""

    @property
    def index(self) -> int:
        """Where it stands in the tree, counted from 0."""
        return self.row.position - 1


def entry_at(journal: Journal, origin: str, epoch: int, position: int) -> Row | None:
    """Entry of an id, or None."""
    rows = journal.entries(origin, position - 1, 1)
    row = rows[0] if rows else None
    same = row is not None and (row.epoch, row.position) == (epoch, position)
    return row if same else None


def entry_of(journal: Journal, place: str) -> Row:
    """Entry that is known to be here; raise ``LookupError`` if it is not."""
    named = place_of(place)
    row = None if named is None else entry_at(journal, *named)
    if row is None:
        raise LookupError(place)
    return row


def included(journal: Journal, row: Row) -> Included:
    """Proofs for an entry under what was signed, at home and by others.

    Raises :class:`~federation.log.sealing.DamagedEntryError` where what is stored
    is not what was appended.
    """
    check_leaf(row)
    seal = next(journal.seals(row.origin, row.position - 1), None)
    with journal.reading() as cursor:
        notes = {
            region.value: _cosigned(cursor, row, region.value)
            for region in Region
            if region.value != row.origin
        }
    signed = None if seal is None else (seal.frontier.size, seal.note)
    return Included(
        row,
        None if signed is None else _inclusion(journal, row, *signed),
        {
            witness: _inclusion(journal, row, *cosigned)
            for witness, cosigned in notes.items()
            if cosigned is not None
        },
    )


def _cosigned(cursor: DatabaseCursor, row: Row, witness: str) -> tuple[int, str] | None:
    """Size and note of the first that a witness cosigned with an entry in it.

    One that is kept agrees with the entries that are here, whatever its epoch.
    """
    cursor.execute(
        "SELECT size, note FROM cosignature WHERE origin = ? AND epoch >= ? "
        "AND witness = ? AND size >= ? ORDER BY size, epoch LIMIT 1",
        (row.origin, row.epoch, witness, row.position),
    )
    first = cursor.fetchone()
    return None if first is None else (first["size"], str(first["note"]))


def _inclusion(journal: Journal, row: Row, size: int, note: str) -> Inclusion:
    index, tree = row.position - 1, Tree(journal, row.origin)
    before = list(tree.frontier(index).hashes)
    proof = [
        # Its subtrees stand largest first, and are met from the leaf up.
        before.pop() if start < index else tree.subtree(start, stop)
        for start, stop in siblings(index, size)
    ]
    return Inclusion(note, size, proof)


def check(included: Included, keys: Mapping[str, Verifier]) -> None:
    """Check that an entry is under every note that is shown with it.

    ``keys`` are the regions' by their names. Raises :class:`DamageError`.
    """
    notes = {included.row.origin: included.signed, **included.cosigned}
    for name, shown in notes.items():
        if shown is not None and not _holds(included, name, shown, keys):
            message = (
                f"what {name} has signed at {shown.size} is not about {included.row.id}"
            )
            raise DamageError(message)


def _holds(
    included: Included, name: str, shown: Inclusion, keys: Mapping[str, Verifier]
) -> bool:
    origin = included.row.origin
    try:
        checkpoint = read(shown.note, keys[origin])
        root = root_by(
            included.index, shown.size, leaf_hash(included.row.body), shown.proof
        )
    except (BrokenCheckpointError, ValueError):
        return False
    signed = name == origin or any(
        cosigned_with(shown.note, key) is not None for key in keys[name].ever()
    )
    return signed and (checkpoint.origin, checkpoint.size, checkpoint.root) == (
        origin,
        shown.size,
        root,
    )
