"""Cosignatures as C2SP has them, and what two sizes of a tree prove."""

import base64
import hashlib

import pytest

from domain.values import Region
from federation.signed.checkpoint import BrokenCheckpointError, Checkpoint, read, sign
from federation.signed.cosignature import cosign, cosigned_at, key_id
from federation.signed.merkle import Frontier, both_roots, extend, pieces, root
from tests.support.federation import KEYS

VEST, NORD = KEYS[Region.VEST], KEYS[Region.NORD]
NOTE = sign(Checkpoint("vest", 1, 7, bytes(32), "2026-01-01T00:00:00.000000Z"), VEST)


def test_a_cosignature_is_built_as_the_specification_says() -> None:
    cosigned = cosign(NOTE, NORD, 1679315147)
    name, encoded = cosigned.splitlines()[-1].removeprefix("\u2014 ").split(" ")
    stamped = base64.b64decode(encoded)
    public = NORD.verifier.public
    expected = hashlib.sha256(b"fagnett/nord\n\x04" + public).digest()[:4]
    body = NOTE.split("\n\n")[0] + "\n"
    message = f"cosignature/v1\ntime 1679315147\n{body}".encode()
    assert (name, stamped[:4]) == ("fagnett/nord", expected)
    assert int.from_bytes(stamped[4:12], "big") == 1679315147
    assert NORD.verifier.verifies(stamped[12:], message)
    assert key_id(NORD.verifier) == expected != NORD.verifier.hash


def test_a_cosigned_checkpoint_is_still_its_regions_and_says_when() -> None:
    cosigned = cosign(NOTE, NORD, 42)
    assert read(cosigned, VEST.verifier).size == 7
    assert cosigned_at(cosigned, NORD.verifier) == 42
    assert cosigned_at(cosigned, VEST.verifier) is None
    assert cosigned_at(NOTE, NORD.verifier) is None
    both = cosign(cosigned, KEYS[Region.MIDT], 43)
    assert cosigned_at(both, NORD.verifier) == 42
    assert cosigned_at(both, KEYS[Region.MIDT].verifier) == 43


def test_a_cosignature_of_something_else_is_none() -> None:
    cosigned = cosign(NOTE, NORD, 42)
    line = cosigned.splitlines()[-1] + "\n"
    other = Checkpoint("vest", 1, 8, bytes(32), "2026-01-01T00:00:00.000000Z")
    assert cosigned_at(sign(other, VEST) + line, NORD.verifier) is None
    plain = base64.b64encode(key_id(NORD.verifier) + b"short").decode()
    assert cosigned_at(f"{NOTE}\u2014 fagnett/nord {plain}\n", NORD.verifier) is None
    assert cosigned_at(f"{NOTE}\u2014 fagnett/nord ===\n", NORD.verifier) is None
    with pytest.raises(BrokenCheckpointError):
        cosigned_at("no checkpoint", NORD.verifier)
    with pytest.raises(BrokenCheckpointError):
        cosigned_at(NOTE + line * 100, NORD.verifier)


@pytest.mark.parametrize("large", [*range(1, 34), 100])
def test_both_roots_follow_from_the_pieces(large: int) -> None:
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(large)]
    for small in range(large):
        ranges = list(pieces(small, large))
        nodes = [root(extend(Frontier(), leaves[a:b])) for a, b in ranges]
        kept = extend(Frontier(), leaves[:small])
        assert tuple(
            n for n, (_, b) in zip(nodes, ranges, strict=True) if b <= small
        ) == (kept.hashes)
        expected = root(kept), root(extend(Frontier(), leaves))
        assert both_roots(small, large, nodes) == expected
        for wrong in (nodes[:-1], [*nodes, bytes(32)]):
            with pytest.raises(ValueError, match="zip"):
                both_roots(small, large, wrong)
