"""Evidence: two checkpoints that one region signed and that cannot both be true.

It proves itself: whoever has the regions' public keys can check it, and needs
to trust neither who brings it nor any journal.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from federation.checkpoint import BrokenCheckpointError, Checkpoint, read, said
from federation.journal.store import Journal
from federation.keys import Verifier
from federation.merkle import (
    HASH_BYTES,
    Frontier,
    both_roots,
    extend,
    pieces,
    root,
)
from federation.page import ENTRIES_MAX, Page
from federation.sealing import frontier_at

EVIDENCE_BYTES_MAX: Final = 32 * 1024
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
    """Of the larger log, what :func:`federation.merkle.both_roots` asks for."""

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        nodes = [base64.b64encode(node).decode() for node in self.nodes]
        shape = {"first": self.first, "nodes": nodes, "second": self.second}
        return orjson.dumps(shape, option=orjson.OPT_SORT_KEYS)


def evidence_from(stored: bytes) -> Evidence:
    """Read what :meth:`Evidence.to_bytes` wrote; raise :class:`NoEvidenceError`."""
    message = "this is not evidence"
    if len(stored) > EVIDENCE_BYTES_MAX:
        raise NoEvidenceError(message)
    try:
        shape = orjson.loads(stored)
        first, second, encoded = shape["first"], shape["second"], shape["nodes"]
        nodes = tuple(base64.b64decode(node, validate=True) for node in encoded)
    except (ValueError, TypeError, KeyError):
        raise NoEvidenceError(message) from None
    whole = isinstance(first, str) and isinstance(second, str)
    if not whole or len(nodes) > NODES_MAX or {len(n) for n in nodes} - {HASH_BYTES}:
        raise NoEvidenceError(message)
    return Evidence(first, second, nodes)


def contradiction(
    evidence: Evidence, keys: Mapping[str, Verifier]
) -> tuple[Checkpoint, Contradiction]:
    """Return the smaller checkpoint of evidence, and how the other excludes it.

    ``keys`` are the regions' by their names. Raises :class:`NoEvidenceError`
    when it proves nothing.
    """
    try:
        key = keys[said(evidence.first).origin]
        first, second = read(evidence.first, key), read(evidence.second, key)
    except (KeyError, BrokenCheckpointError):
        message = "a checkpoint is not signed by a region"
        raise NoEvidenceError(message) from None
    found = None
    if first.origin == second.origin:
        found = _between(first, second, evidence.nodes)
    if found is None:
        message = "the two checkpoints do not exclude each other"
        raise NoEvidenceError(message)
    return first, found


def _between(
    first: Checkpoint, second: Checkpoint, nodes: tuple[bytes, ...]
) -> Contradiction | None:
    same = first.epoch == second.epoch
    found = Contradiction.TWO_HISTORIES if same else Contradiction.ABANDONED
    if first.size == second.size:
        return found if first.root != second.root else None
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
    return found if proved else None


def against(journal: Journal, note: str) -> Evidence | None:
    """Return what proves that a region's signed note contradicts what is held.

    None where it does not, or where that cannot be known yet: the note is of more
    entries than are held under a signed checkpoint.
    """
    offered = said(note)
    held = journal.positions()[offered.origin]
    if held.position < offered.size:
        return None
    if root(frontier_at(journal, offered.origin, offered.size)) == offered.root:
        last = journal.sealed(offered.origin)
        if last is None or last.frontier.size <= offered.size:
            return None
        later = said(last.note)
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
    return Evidence(note, seal.note, _nodes(journal, offered, seal.frontier.size))


def _nodes(journal: Journal, small: Checkpoint, large: int) -> tuple[bytes, ...]:
    place = (journal, small.origin)
    left = frontier_at(*place, small.size).hashes
    right = [
        _subtree(*place, start, stop)
        for start, stop in pieces(small.size, large)
        if start >= small.size
    ]
    return (*left, *right)


def _subtree(journal: Journal, origin: str, start: int, stop: int) -> bytes:
    frontier = Frontier()
    while (at := start + frontier.size) < stop:
        wanted = min(ENTRIES_MAX, stop - at)
        rows = journal.entries(origin, at, wanted)
        frontier = extend(frontier, (row.leaf for row in rows))
    return root(frontier)


def against_page(journal: Journal, page: Page) -> Evidence | None:
    """Return what proves that a page of another history goes on from ours.

    Its region signed for what is held and for the page; where the page's own
    entries show that it replaces some of what is held, that is proved.
    """
    offered = page.checkpoint
    found = against(journal, page.note)
    if found is not None:
        return found
    kept = journal.sealed(offered.origin, page.last)
    if kept is None or not page.first <= kept.frontier.size < page.last:
        return None
    small, before = kept.frontier.size, page.first - 1
    frontier = frontier_at(journal, offered.origin, before)
    leaves = [row.leaf for row in page.rows]
    left = extend(frontier, leaves[: small - before]).hashes
    right = [
        root(extend(Frontier(), leaves[start - before : stop - before]))
        for start, stop in pieces(small, page.last)
        if start >= small
    ]
    evidence = Evidence(kept.note, page.note, (*left, *right))
    found_small, found_large = both_roots(small, page.last, evidence.nodes)
    proved = found_large == offered.root and found_small != root(kept.frontier)
    return evidence if proved else None
