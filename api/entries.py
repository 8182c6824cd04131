"""An entry of a region's log with its proofs, as the API and the command line show it.

Whoever has the regions' public keys checks it without any node: ``leaf`` is the hash
of ``entry``, and ``proof`` leads from there to the root that a note says is signed.
"""

import base64
from dataclasses import dataclass

from domain.values import Region
from federation.checks.inclusion import Included, Inclusion


@dataclass(frozen=True, slots=True)
class ShownInclusion:
    """A signed note, and how the entry is under it."""

    note: str
    """A C2SP signed note: a checkpoint, with all its signature lines."""
    size: int
    """Entries that the note is about."""
    proof: list[str]
    """RFC 9162 §2.1.3: hashes in base64, from the entry up."""


@dataclass(frozen=True, slots=True)
class ShownCosignature(ShownInclusion):
    """The same of a note that another region has cosigned."""

    witness: Region


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry, where it stands, and who has signed that it stands there."""

    id: str
    index: int
    """Its place among the leaves of its region's log, counted from 0."""
    leaf: str
    """SHA-256 of a zero byte and the bytes of ``entry``, in hex: it stands on paper."""
    entry: str
    """The canonical JSON that was recorded: these bytes, in UTF-8, are hashed."""
    checkpoint: ShownInclusion | None
    """Null where the region's node has not signed for it yet."""
    cosignatures: list[ShownCosignature]


def shown_entry(included: Included) -> ShownEntry:
    """Show an entry with its proofs."""
    row = included.row
    signed = included.signed
    return ShownEntry(
        row.id,
        included.index,
        row.leaf.hex(),
        row.body.decode(),
        None if signed is None else ShownInclusion(*_shown(signed)),
        [
            ShownCosignature(*_shown(inclusion), Region(witness))
            for witness, inclusion in included.cosigned.items()
        ],
    )


def _shown(inclusion: Inclusion) -> tuple[str, int, list[str]]:
    proof = [base64.b64encode(node).decode() for node in inclusion.proof]
    return inclusion.note, inclusion.size, proof
