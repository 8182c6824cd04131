"""Evidence: what one region signed and what cannot be true, or must not be.

Two checkpoints that exclude each other, or a checkpoint with one or two of the
entries under it. It proves itself: whoever has the regions' public keys can check
it, and needs to trust neither who brings it nor any journal.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from federation.checks.violation import Placed, Violation, violation
from federation.journal.store import Journal
from federation.log.tree import Tree, holds
from federation.signed.checkpoint import (
    BrokenCheckpointError,
    Checkpoint,
    claimed,
    read,
)
from federation.signed.entry import leaf_hash
from federation.signed.keys import Verifier
from federation.signed.merkle import HASH_BYTES, both_roots, root, root_with
from federation.signed.page import Page

EVIDENCE_BYTES_MAX: Final = 48 * 1024
"""Largest evidence that is announced: it shows entries of about 35 KB. Of larger ones
nothing is proved, and each node that gets them sees them by itself."""
ENTRIES_SHOWN_MAX: Final = 2
NODES_MAX: Final = 128


class NoEvidenceError(Exception):
    """What is offered as evidence proves nothing."""


class Contradiction(StrEnum):
    """How two checkpoints exclude each other."""

    TWO_HISTORIES = "two-histories"
    """The larger log does not begin with the smaller one."""
    SHRUNK = "shrunk"
    """The smaller log was said to be complete to an instant by which the larger
    one had more entries."""
    ABANDONED = "abandoned"
    """One is of a later epoch, which goes on without entries that the other has."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two signed notes, the one of the smaller log first."""

    first: str
    second: str
    nodes: tuple[bytes, ...] = ()
    """Of the larger log, what :func:`federation.signed.merkle.both_roots` asks for."""

    def to_bytes(self) -> bytes:
        """As JSON, which :func:`evidence_from` reads."""
        nodes = _encoded(self.nodes)
        return _json({"first": self.first, "nodes": nodes, "second": self.second})


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry's bytes, and the hashes by which they stand at a position."""

    position: int
    body: bytes
    nodes: tuple[bytes, ...]
    """What :func:`federation.signed.merkle.root_with` asks for."""


@dataclass(frozen=True, slots=True)
class EntryEvidence:
    """Entries under a signed note, the one that breaks something last."""

    note: str
    entries: tuple[Shown, ...]
    announcement: str = ""
    """Another note, which announced that no such entry would be recorded."""

    def to_bytes(self) -> bytes:
        """As JSON, which :func:`evidence_from` reads."""
        entries = [
            {
                "body": base64.b64encode(shown.body).decode(),
                "nodes": _encoded(shown.nodes),
                "position": shown.position,
            }
            for shown in self.entries
        ]
        return _json(
            {"entries": entries, "note": self.note, "silence": self.announcement}
        )


AnyEvidence = Evidence | EntryEvidence


def _encoded(nodes: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(node).decode() for node in nodes]


def _json(shape: Mapping[str, Any]) -> bytes:
    return orjson.dumps(shape, option=orjson.OPT_SORT_KEYS)


def evidence_from(stored: bytes) -> AnyEvidence:
    """Read what either ``to_bytes`` wrote; raise :class:`NoEvidenceError`."""
    message = "this is not evidence"
    if len(stored) > EVIDENCE_BYTES_MAX:
        raise NoEvidenceError(message)
    try:
        shape = orjson.loads(stored)
        if "entries" in shape:
            shown = tuple(_shown(entry) for entry in shape["entries"])
            notes = [shape["note"], shape["silence"]]
            evidence: AnyEvidence = EntryEvidence(notes[0], shown, notes[1])
        else:
            notes = [shape["first"], shape["second"]]
            evidence = Evidence(notes[0], notes[1], _nodes_from(shape["nodes"]))
    except (ValueError, TypeError, KeyError):
        raise NoEvidenceError(message) from None
    if not all(isinstance(note, str) for note in notes):
        raise NoEvidenceError(message)
    return evidence


def _nodes_from(encoded: Any) -> tuple[bytes, ...]:  # noqa: ANN401 - it comes from elsewhere
    nodes = tuple(base64.b64decode(node, validate=True) for node in encoded)
    if len(nodes) > NODES_MAX or {len(node) for node in nodes} - {HASH_BYTES}:
        message = "these are not the hashes of a tree"
        raise ValueError(message)
    return nodes


def _shown(shape: Any) -> Shown:  # noqa: ANN401 - it comes from elsewhere
    position, body = shape["position"], base64.b64decode(shape["body"], validate=True)
    if type(position) is not int:
        message = "a position is a number"
        raise TypeError(message)
    return Shown(position, body, _nodes_from(shape["nodes"]))


def proved(
    evidence: AnyEvidence, keys: Mapping[str, Verifier]
) -> tuple[Checkpoint, Contradiction | Violation]:
    """Checkpoint that evidence is about, and what it proves of it.

    Of two checkpoints that is the smaller one, of entries the one above them.
    ``keys`` are the regions' by their names. Raises :class:`NoEvidenceError`
    when it proves nothing.
    """
    if isinstance(evidence, Evidence):
        notes = [evidence.first, evidence.second]
    else:
        notes = [evidence.note, *filter(None, [evidence.announcement])]
    try:
        key = keys[claimed(notes[0]).origin]
        signed = [read(note, key) for note in notes]
    except (KeyError, BrokenCheckpointError):
        message = "a checkpoint is not signed by a region"
        raise NoEvidenceError(message) from None
    kind: Contradiction | Violation | None = None
    if len({checkpoint.origin for checkpoint in signed}) == 1:
        if isinstance(evidence, Evidence):
            kind = _between(signed[0], signed[1], evidence.nodes)
        else:
            kind = _broken(evidence, signed)
    if kind is None:
        message = "what was signed neither excludes itself nor breaks a rule"
        raise NoEvidenceError(message)
    return signed[0], kind


def _broken(evidence: EntryEvidence, signed: Sequence[Checkpoint]) -> Violation | None:
    note, shown = signed[0], evidence.entries
    if not 1 <= len(shown) <= ENTRIES_SHOWN_MAX:
        return None
    for entry in shown:
        place = (entry.position - 1, note.size, leaf_hash(entry.body))
        try:
            stands = root_with(*place, entry.nodes) == note.root
        except ValueError:
            return None
        if not stands:
            return None
    placed = [Placed(entry.position, entry.body) for entry in shown]
    return violation(note, placed, *signed[1:])


def _between(
    first: Checkpoint, second: Checkpoint, nodes: tuple[bytes, ...]
) -> Contradiction | None:
    same = first.epoch == second.epoch
    kind = Contradiction.TWO_HISTORIES if same else Contradiction.ABANDONED
    if first.size == second.size:
        return kind if first.root != second.root else None
    if first.size > second.size:
        return None
    if not nodes:
        late = first.complete_to >= second.complete_to
        return Contradiction.SHRUNK if late and same else None
    try:
        small, large = both_roots(first.size, second.size, nodes)
    except ValueError:
        return None
    proved = large == second.root and small != first.root
    return kind if proved else None


def against(journal: Journal, note: str) -> Evidence | None:
    """Evidence that a region's signed note contradicts what is held.

    None where it does not, or where that cannot be known yet: the note is of more
    entries than are held under a signed checkpoint.
    """
    offered = claimed(note)
    end = journal.positions()[offered.origin]
    if end.position < offered.size:
        return None
    if holds(journal, offered):
        last = journal.sealed(offered.origin)
        if last is None or last.frontier.size <= offered.size:
            return None
        later = claimed(last.note)
        late = offered.complete_to >= later.complete_to
        if later.epoch != offered.epoch:
            return None
        return Evidence(note, last.note) if late else None
    after = journal.seals(offered.origin, offered.size - 1)
    seal = next(after, None)
    if seal is None:
        return None
    if seal.frontier.size == offered.size:
        return Evidence(note, seal.note)
    tree = Tree(journal, offered.origin)
    nodes = _nodes(tree, offered.size, seal.frontier.size)
    return Evidence(note, seal.note, nodes)


def _nodes(tree: Tree, small: int, large: int) -> tuple[bytes, ...]:
    return (*tree.frontier(small).hashes, *tree.beyond(small, large))


def against_page(journal: Journal, page: Page) -> Evidence | None:
    """Evidence that a page of another history goes on from ours.

    Its region signed for what is held and for the page; where the page's own
    entries show that it replaces some of what is held, that is proved.
    """
    offered = page.checkpoint
    evidence = against(journal, page.note)
    if evidence is not None:
        return evidence
    kept = journal.sealed(offered.origin, page.last)
    if kept is None or not page.first <= kept.frontier.size < page.last:
        return None
    small, leaves = kept.frontier.size, [row.leaf for row in page.rows]
    tree = Tree(journal, offered.origin, page.first - 1, leaves)
    nodes = _nodes(tree, small, page.last)
    found_small, found_large = both_roots(small, page.last, nodes)
    proved = found_large == offered.root and found_small != root(kept.frontier)
    return Evidence(kept.note, page.note, nodes) if proved else None
