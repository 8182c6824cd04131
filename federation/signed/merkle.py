"""The Merkle tree of a log, kept as its frontier. Source: RFC 9162 §2.1.

The frontier of a log of n entries holds one hash for each bit set in n,
largest subtree first: it is all that is needed to append and to know the root.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
_NODE_PREFIX: Final = b"\x01"


class Frontier(NamedTuple):
    """The right edge of a Merkle tree."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def to_bytes(self) -> bytes:
        """Hashes joined, for storage."""
        return b"".join(self.hashes)


def frontier_from(size: int, stored: bytes) -> Frontier:
    """Read what :meth:`Frontier.to_bytes` wrote for a log of ``size`` entries.

    Raises ``ValueError`` when the bytes are not those of such a log.
    """
    if len(stored) != HASH_BYTES * size.bit_count():
        message = "the stored frontier does not fit the size of the log"
        raise ValueError(message)
    hashes = tuple(
        stored[start : start + HASH_BYTES]
        for start in range(0, len(stored), HASH_BYTES)
    )
    return Frontier(size, hashes)


def extend(frontier: Frontier, leaves: Iterable[bytes]) -> Frontier:
    """Frontier after appending leaf hashes."""
    sha256 = hashlib.sha256
    size, hashes = frontier.size, list(frontier.hashes)
    for leaf in leaves:
        size += 1
        node, bits = leaf, size
        while not bits & 1:
            node = sha256(_NODE_PREFIX + hashes.pop() + node).digest()
            bits >>= 1
        hashes.append(node)
    return Frontier(size, tuple(hashes))


def root(frontier: Frontier) -> bytes:
    """Merkle tree hash; that of an empty log is SHA-256 of nothing."""
    if not frontier.hashes:
        return hashlib.sha256(b"").digest()
    *rest, node = frontier.hashes
    for left in reversed(rest):
        node = hashlib.sha256(_NODE_PREFIX + left + node).digest()
    return node


def pieces(small: int, large: int) -> Iterator[tuple[int, int]]:
    """Largest subtrees of a tree that lie on one side of a size.

    Each as its first leaf and the one after its last, left to right. Those up
    to ``small`` are the frontier of the log when it was that small.
    """
    return _pieces(0, large, small)


def _pieces(start: int, stop: int, cut: int) -> Iterator[tuple[int, int]]:
    if stop <= cut or start >= cut:
        yield start, stop
        return
    middle = start + _left(stop - start)
    yield from _pieces(start, middle, cut)
    yield from _pieces(middle, stop, cut)


def _left(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def siblings(index: int, size: int) -> Sequence[tuple[int, int]]:
    """Subtrees whose hashes prove that an entry stands at an index.

    Each as its first leaf and the one after its last, from the leaf up: the
    inclusion proof of RFC 9162 §2.1.3.1. Those before the index are the frontier
    of the log when it was that small, smallest first.
    """
    if not 0 <= index < size:
        message = "a log has no such place"
        raise ValueError(message)
    subtrees, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + _left(stop - start)
        if index < middle:
            subtrees.append((middle, stop))
            stop = middle
        else:
            subtrees.append((start, middle))
            start = middle
    return subtrees[::-1]


def root_by(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Root that an inclusion proof leads to (RFC 9162 §2.1.3.2).

    Raises ``ValueError`` when there are not as many hashes as that takes.
    """
    node = leaf
    for (start, _), sibling in zip(siblings(index, size), proof, strict=True):
        pair = sibling + node if start < index else node + sibling
        node = hashlib.sha256(_NODE_PREFIX + pair).digest()
    return node


def both_roots(small: int, large: int, nodes: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Roots of a log at two sizes, from the hashes of :func:`pieces`.

    Whoever gives other hashes gets another root of the larger log; so with a
    signed root of it, the root of the smaller one is proved. Raises
    ``ValueError`` when there are not as many hashes as pieces.
    """
    left = [
        node
        for (_, stop), node in zip(pieces(small, large), nodes, strict=True)
        if stop <= small
    ]
    given = iter(nodes)

    def fold(start: int, stop: int) -> bytes:
        if stop <= small or start >= small:
            return next(given)
        middle = start + _left(stop - start)
        joined = fold(start, middle) + fold(middle, stop)
        return hashlib.sha256(_NODE_PREFIX + joined).digest()

    return root(Frontier(small, tuple(left))), fold(0, large)


def root_with(index: int, size: int, leaf: bytes, nodes: Sequence[bytes]) -> bytes:
    """Root of a log of ``size`` entries of which one is at an index.

    ``nodes`` are the frontier of the log before that entry, and of the
    :func:`pieces` beyond it the hashes. Whoever gives another leaf, place or
    hash gets another root; so with a signed root, that the entry stands there
    is proved (RFC 9162 §2.1.3, in another order). Raises ``ValueError`` when
    there are not as many hashes as that takes.
    """
    if not 0 <= index < size:
        message = "a log has no such place"
        raise ValueError(message)
    count = index.bit_count()
    grown = extend(frontier_from(index, b"".join(nodes[:count])), [leaf])
    if grown.size == size:
        if len(nodes) != count:
            message = "more hashes are given than a proof takes"
            raise ValueError(message)
        return root(grown)
    return both_roots(grown.size, size, (*grown.hashes, *nodes[count:]))[1]
