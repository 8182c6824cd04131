"""Evidence proves itself to who has the keys alone, today and years later."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values import Region
from federation.checks.evidence import (
    EVIDENCE_BYTES_MAX,
    EntryEvidence,
    Evidence,
    NoEvidenceError,
    evidence_from,
    proved,
)
from federation.signed.checkpoint import Checkpoint, sign
from tests.support.federation import KEYS

KEPT = sorted((Path(__file__).parents[1] / "data" / "evidence").glob("*.json"))
PEERS = {region.value: key.verifier for region, key in KEYS.items()}


def shape(path: Path) -> dict[str, Any]:
    """Return stored evidence as JSON has it."""
    return dict(orjson.loads(path.read_bytes()))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_was_stored_still_reads_and_proves_the_same(path: Path) -> None:
    stored = path.read_bytes().strip()
    evidence = evidence_from(stored)
    about, kind = proved(evidence, PEERS)
    assert (about.origin, kind.value) == ("midt", path.stem)
    assert evidence.to_bytes() == stored
    other = {**PEERS, "midt": KEYS[Region.NORD].verifier}
    with pytest.raises(NoEvidenceError):
        proved(evidence, other)


def test_each_form_is_kept() -> None:
    forms = [type(evidence_from(path.read_bytes().strip())) for path in KEPT]
    assert forms.count(EntryEvidence) == len(forms) - 3 > 0


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
@given(data=st.data())
def test_no_changed_letter_proves_anything_else(
    path: Path, data: st.DataObject
) -> None:
    """A character of a signature's name or padding may be another; nothing else."""
    stored = path.read_text().strip()
    index = data.draw(st.integers(0, len(stored) - 1))
    letter = data.draw(st.sampled_from('A0+/=9"x\\n'))
    changed = stored[:index] + letter + stored[index + 1 :]
    try:
        about, kind = proved(evidence_from(changed.encode()), PEERS)
    except NoEvidenceError:
        return
    assert (about.origin, kind.value) == ("midt", path.stem)


def taken() -> dict[str, Any]:
    """Return evidence of a version that is taken, as JSON has it."""
    return shape(next(path for path in KEPT if path.stem == "version-taken"))


def one(**change: object) -> dict[str, Any]:
    """Return a change to the first of its entries, and to its number."""
    return {"entries": [{**taken()["entries"][0], **change}]}


BAD: list[dict[str, Any]] = [
    {"entries": []},
    {"entries": taken()["entries"] * 2},
    {"entries": taken()["entries"][::-1]},
    {"entries": None},
    {"entries": [None]},
    one(),
    one(position="3"),
    one(position=True),
    one(position=0),
    one(position=2**63),
    one(nodes=["AA=="]),
    one(nodes=taken()["entries"][0]["nodes"] * 100),
    {"note": 1},
    {"note": ""},
    {"silence": None},
    {"silence": taken()["note"]},
]


@pytest.mark.parametrize("change", BAD)
def test_what_is_no_evidence_of_entries_is_refused(change: dict[str, Any]) -> None:
    stored = orjson.dumps({**taken(), **change})
    with pytest.raises(NoEvidenceError):
        proved(evidence_from(stored), PEERS)


def test_evidence_has_a_size() -> None:
    with pytest.raises(NoEvidenceError):
        evidence_from(b" " * EVIDENCE_BYTES_MAX + KEPT[0].read_bytes())


def test_two_notes_of_different_logs_contradict_nothing() -> None:
    """Both are signed with one key, and one is of a log that is not that region's."""
    first, second = (
        sign(
            Checkpoint(origin, 1, 1, bytes([n]) * 32, "2026-01-01T13:00:00.000000Z"),
            KEYS[Region.MIDT],
        )
        for n, origin in enumerate(("midt", "nord"))
    )
    with pytest.raises(NoEvidenceError):
        proved(Evidence(first, second), PEERS)
