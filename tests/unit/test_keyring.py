"""A region's keys, one after the other."""

import pytest

from federation.signed.checkpoint import BrokenCheckpointError, Checkpoint, read, sign
from federation.signed.keyring import (
    LINE_CHARACTERS_MAX,
    KeyPlace,
    KeyRing,
    read_key_rings,
    revocation,
    succession,
    trusted,
)
from federation.signed.keys import BrokenKeyError, SigningKey, signing_key

NAME = "fagnett/vest"
FIRST, SECOND, THIRD = (signing_key(NAME, bytes([n]) * 32) for n in (1, 2, 3))
OTHER = signing_key("fagnett/nord", bytes([9]) * 32)


def ring(*lines: str) -> KeyRing:
    return read_key_rings([str(FIRST.verifier), *lines])[NAME]


def signed(size: int, key: SigningKey, epoch: int = 1) -> str:
    checkpoint = Checkpoint(
        "vest", epoch, size, bytes(32), "2026-01-01T00:00:00.000000Z"
    )
    return sign(checkpoint, key)


def accepts(keys: KeyRing, size: int, key: SigningKey, epoch: int = 1) -> bool:
    try:
        read(signed(size, key, epoch), keys)
    except BrokenCheckpointError:
        return False
    return True


ROTATED = succession(FIRST, SECOND.verifier, KeyPlace(1, 1200))


def test_one_key_signs_everything() -> None:
    keys = ring("")
    assert accepts(keys, 0, FIRST)
    assert accepts(keys, 10**17, FIRST, 7)
    assert not accepts(keys, 1, SECOND)
    assert keys.current == FIRST.verifier


def test_each_key_signs_its_part_of_the_log() -> None:
    keys = ring(ROTATED)
    assert [accepts(keys, size, FIRST) for size in (1, 1200, 1201)] == [1, 1, 0]
    assert [accepts(keys, size, SECOND) for size in (1199, 1200, 1201)] == [0, 1, 1]
    assert accepts(keys, 3, SECOND, 2)
    assert not accepts(keys, 3, FIRST, 2)
    assert keys.current == SECOND.verifier


def test_keys_follow_each_other() -> None:
    keys = ring(ROTATED, succession(SECOND, THIRD.verifier, KeyPlace(2, 5)))
    found = [
        [accepts(keys, size, key, epoch) for key in (FIRST, SECOND, THIRD)]
        for epoch, size in ((1, 7), (1, 1300), (2, 4), (2, 6))
    ]
    assert found == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_a_revoked_key_signs_no_further_and_names_nobody() -> None:
    revoked = revocation(FIRST.verifier, KeyPlace(1, 900))
    keys = ring(revoked)
    assert accepts(keys, 900, FIRST)
    assert not accepts(keys, 901, FIRST)
    assert keys.current is None
    with pytest.raises(BrokenKeyError, match="was revoked"):
        ring(revoked, ROTATED)
    anew = ring(revoked, trusted(SECOND.verifier, KeyPlace(1, 900)))
    assert accepts(anew, 901, SECOND)
    assert not accepts(anew, 901, FIRST)
    assert anew.current == SECOND.verifier
    earlier = ring(revoked, trusted(SECOND.verifier, KeyPlace(1, 800)))
    assert not accepts(earlier, 801, FIRST)


def test_regions_do_not_touch_each_other() -> None:
    rings = read_key_rings([str(FIRST.verifier), str(OTHER.verifier), ROTATED])
    assert rings["fagnett/nord"].current == OTHER.verifier
    assert len(rings[NAME].terms) == 2


def broken() -> dict[str, list[str]]:
    place = KeyPlace(1, 1200)
    strange = signing_key(NAME, bytes([8]) * 32)
    return {
        "signed by a stranger": [succession(strange, SECOND.verifier, place)],
        "signed by another region": [succession(OTHER, SECOND.verifier, place)],
        "the place is changed": [ROTATED.replace("1/1200", "1/1100")],
        "the key is changed": [
            ROTATED.replace(str(SECOND.verifier), str(THIRD.verifier))
        ],
        "no signature": [ROTATED.rpartition(" ")[0]],
        "a broken signature": [ROTATED.rpartition(" ")[0] + " !!!"],
        "the same key": [succession(FIRST, FIRST.verifier, place)],
        "a former key": [
            ROTATED,
            succession(SECOND, FIRST.verifier, KeyPlace(1, 1300)),
        ],
        "backwards": [ROTATED, succession(SECOND, THIRD.verifier, KeyPlace(1, 1000))],
        "signed by the first": [
            ROTATED,
            succession(FIRST, THIRD.verifier, KeyPlace(1, 1300)),
        ],
        "a key beside the key": [str(SECOND.verifier)],
        "revoked by another": [revocation(SECOND.verifier, place)],
        "revoked twice": [revocation(FIRST.verifier, place)] * 2,
        "no place": [trusted(SECOND.verifier, place).replace("1/1200", "1200")],
        "no key": ["fagnett/vest"],
        "no line": ["a b c d e f g"],
        "too long": [ROTATED + " " * LINE_CHARACTERS_MAX + "x"],
        "nobody's": [trusted(signing_key("fagnett/midt", bytes(32)).verifier, place)],
    }


@pytest.mark.parametrize("what", broken())
def test_nobody_gets_a_key_by_adding_a_line(what: str) -> None:
    with pytest.raises(BrokenKeyError):
        ring(*broken()[what])


def test_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("federation.signed.keyring.KEYS_MAX", 2)
    ring(ROTATED)
    with pytest.raises(BrokenKeyError, match="too many"):
        ring(ROTATED, succession(SECOND, THIRD.verifier, KeyPlace(1, 1300)))
