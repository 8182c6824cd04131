"""The Merkle tree, against the RFC's own recursive definition and known roots."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.signed.entry import leaf_hash
from federation.signed.merkle import (
    HASH_BYTES,
    Frontier,
    extend,
    frontier_from,
    pieces,
    root,
    root_by,
    root_with,
    siblings,
)


def by_definition(leaves: list[bytes]) -> bytes:
    """Return the tree hash as RFC 9162 §2.1.1 defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = by_definition(leaves[:split]), by_definition(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@given(st.lists(st.binary(max_size=20), max_size=70), st.integers(0, 70))
def test_the_root_is_the_rfcs_wherever_the_log_was_cut(
    entries: list[bytes], cut: int
) -> None:
    leaves = [leaf_hash(entry) for entry in entries]
    frontier = extend(extend(Frontier(), leaves[:cut]), leaves[cut:])
    assert frontier.size == len(entries)
    assert root(frontier) == by_definition(leaves)
    assert frontier_from(frontier.size, frontier.to_bytes()) == frontier


def test_the_roots_of_the_certificate_transparency_test_tree() -> None:
    """The inputs and roots that CT implementations have shared since 2013."""
    inputs = [
        "", "00", "10", "2021", "3031", "40414243",
        "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]  # fmt: skip
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    frontier = Frontier()
    for size, entry in enumerate(inputs, 1):
        frontier = extend(frontier, [leaf_hash(bytes.fromhex(entry))])
        if size in roots:
            assert root(frontier).hex() == roots[size]


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="frontier"):
        frontier_from(3, b"\x00" * 32)


def proof(leaves: list[bytes], index: int) -> list[bytes]:
    """Return the hashes that show that a leaf stands at an index."""
    right = [
        by_definition(leaves[start:stop])
        for start, stop in pieces(index + 1, len(leaves))
        if start > index
    ]
    return [*extend(Frontier(), leaves[:index]).hashes, *right]


SIZES = range(1, 71)
LEAVES = [leaf_hash(bytes([number])) for number in SIZES]


@pytest.mark.parametrize("size", SIZES)
def test_every_entry_is_shown_to_stand_where_it_stands_and_nowhere_else(
    size: int,
) -> None:
    leaves = LEAVES[:size]
    signed = by_definition(leaves)
    for index in range(size):
        nodes = proof(leaves, index)
        assert root_with(index, size, leaves[index], nodes) == signed
        for other in set(range(size + 1)) - {index}:
            assert not shows(other, size, leaves[index], nodes, signed)


def shows(
    index: int, size: int, leaf: bytes, nodes: list[bytes], signed: bytes
) -> bool:
    """Say whether hashes show that a leaf stands at an index under a root."""
    try:
        return root_with(index, size, leaf, nodes) == signed
    except ValueError:
        return False


@given(st.data())
def test_a_proof_of_an_entry_bears_no_change(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from(SIZES))
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    signed, nodes = by_definition(leaves), proof(leaves, index)
    hashes = [leaves[index], signed, *nodes]
    which = data.draw(st.integers(0, len(hashes) - 1))
    bit = data.draw(st.integers(0, HASH_BYTES * 8 - 1))
    changed = int.from_bytes(hashes[which], "big") ^ (1 << bit)
    hashes[which] = changed.to_bytes(HASH_BYTES, "big")
    leaf, root_then, *nodes_then = hashes
    assert not shows(index, size, leaf, nodes_then, root_then)
    for cut in (nodes[:-1], [*nodes, bytes(HASH_BYTES)]):
        assert cut == nodes or not shows(index, size, leaves[index], cut, signed)
    for place in (-1, size, 10**17):
        assert not shows(place, size, leaves[index], nodes, signed)


def path_by_definition(index: int, leaves: list[bytes]) -> list[bytes]:
    """Return the inclusion proof as RFC 9162 §2.1.3.1 defines it."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*path_by_definition(index, left), by_definition(right)]
    return [*path_by_definition(index - split, right), by_definition(left)]


@given(
    st.integers(1, 70).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1)))
)
def test_an_inclusion_proof_is_the_rfcs(place: tuple[int, int]) -> None:
    size, index = place
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    proof = path_by_definition(index, leaves)
    assert proof == [by_definition(leaves[a:b]) for a, b in siblings(index, size)]
    assert root_by(index, size, leaves[index], proof) == by_definition(leaves)
    before = list(extend(Frontier(), leaves[:index]).hashes)
    to_the_left = [
        node
        for (start, _), node in zip(siblings(index, size), proof, strict=True)
        if start < index
    ]
    assert to_the_left == before[::-1]


def test_an_inclusion_proof_is_of_one_place_and_leaf() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(7)]
    proof = path_by_definition(5, leaves)
    assert root_by(4, 7, leaves[5], proof) != by_definition(leaves)
    assert root_by(5, 7, leaves[4], proof) != by_definition(leaves)
    for index, size, wrong in ((5, 7, proof[:-1]), (5, 7, [*proof, leaves[0]])):
        with pytest.raises(ValueError, match="zip"):
            root_by(index, size, leaves[5], wrong)
    for index in (-1, 7):
        with pytest.raises(ValueError, match="no such place"):
            siblings(index, 7)
