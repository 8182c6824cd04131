"""What signed entries break is told by them alone, and of a good log never."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.parties.epoch import EpochBegun
from domain.parties.membership import RegionJoined, RegionLeft, TrustedKey
from domain.values import Region
from federation.checks.violation import Placed, Violation, between, violation
from federation.signed.checkpoint import Checkpoint
from federation.signed.entry import EntryHeader, Row, build

END = "2026-01-01T13:00:00.000000Z"
NOTE = Checkpoint("vest", 1, 9, bytes(32), END)
PLACE = EntryHeader("vest", 1, 5, "vest:x:1", 1, "x.happened.v1", END)
EPOCHS, MEMBERSHIP = "vest:log:epoch", "vest:log:membership"


def entry(data: bytes = b"{}", **change: Any) -> Row:
    """Return an entry; of a position comes an instant, unless one is given."""
    place = replace(PLACE, **change)
    at = change.get("recorded_at", f"2026-01-01T12:00:00.{place.position:06}Z")
    return build(replace(place, recorded_at=at), None, data)


def begun(epoch: int, kept: int) -> EpochBegun:
    """Return a declaration."""
    return EpochBegun(
        epoch=epoch,
        kept=kept,
        kept_root="0" * 64,
        promised=kept + 1,
        promised_root="0" * 64,
        begun_on=date(2026, 1, 1),
        reason="A disk was lost",
        without=(),
    )


def found(*rows: Row, **note: Any) -> Violation | None:
    """Return what entries break that were signed for at positions 5, or 4 and 5."""
    positions = (5,) if len(rows) == 1 else tuple(row.position for row in rows)
    placed = [Placed(n, row.body) for n, row in zip(positions, rows, strict=True)]
    return violation(replace(NOTE, **note), placed)


ALONE = {
    Violation.AS_ANOTHER: [
        entry(origin="midt", stream="midt:x:1"),
        entry(stream="midt:x:1"),
    ],
    Violation.MISPLACED: [entry(position=6), entry(epoch=2)],
    Violation.LATER_THAN_SIGNED: [entry(recorded_at="2026-01-01T13:00:00.000001Z")],
    Violation.VERSION_LEFT_OUT: [entry(version=6)],
    Violation.WRONG_STREAM: [
        entry(type="invoice.issued.v4", stream="vest:payments:1"),
        entry(type="invoice.issued.v4", stream=EPOCHS),
        entry(type=RegionLeft.TYPE),
    ],
    Violation.NO_EPOCH: [
        entry(begun(2, 4).to_bytes(), type=EpochBegun.TYPE, stream=EPOCHS)
    ],
}


@pytest.mark.parametrize(
    ("kind", "row"), [(kind, row) for kind, rows in ALONE.items() for row in rows]
)
def test_one_entry_breaks_a_rule_by_itself(kind: Violation, row: Row) -> None:
    assert found(row) is kind
    other = entry(position=4, stream="vest:x:2")
    placed = [Placed(4, other.body), Placed(5, row.body)]
    assert violation(NOTE, placed) is None, "and needs no other to show it"


def test_what_is_no_entry_is_told_from_what_is_of_another() -> None:
    for body in (b"", b"\xff", b"{ }", b"[]", b"null", b'{"a":' * 500):
        assert violation(NOTE, [Placed(5, body)]) is Violation.NO_ENTRY
    other = b'{"id":"midt/1/5"}'
    assert violation(NOTE, [Placed(5, other)]) is Violation.AS_ANOTHER


def test_the_first_and_the_last_of_a_log_are_of_its_epoch() -> None:
    first = Placed(1, entry(position=1, epoch=2).body)
    assert violation(replace(NOTE, epoch=2), [first]) is Violation.NO_EPOCH
    assert found(entry(), size=5, epoch=2) is Violation.MISPLACED
    assert found(entry(), size=6, epoch=2) is None


LEFT = RegionLeft(left_on=date(2026, 1, 1), reason="Elsewhere").to_bytes()
KEY = TrustedKey(region=Region.VEST, key="k")
JOINED = RegionJoined(joined_on=date(2026, 1, 1), keys=(KEY,)).to_bytes()
LEAVING = entry(LEFT, position=4, type=RegionLeft.TYPE, stream=MEMBERSHIP)
BEGINNING = entry(begun(2, 4).to_bytes(), epoch=2, type=EpochBegun.TYPE, stream=EPOCHS)
JOINING = entry(JOINED, type=RegionJoined.TYPE, stream=MEMBERSHIP, version=2)
PAIRS = [
    (entry(position=4), entry(version=2), None),
    (entry(position=4), entry(version=1), Violation.VERSION_TAKEN),
    (entry(position=4, version=2), entry(version=1), Violation.VERSION_TAKEN),
    (entry(position=4), entry(version=3), Violation.VERSION_LEFT_OUT),
    (entry(position=2), entry(version=4), None),
    (entry(position=4, stream="vest:x:2"), entry(), None),
    (entry(position=4, recorded_at=END), entry(version=2), Violation.NOT_LATER),
    (entry(position=4), BEGINNING, None),
    (entry(position=3), BEGINNING, None),
    (entry(position=4), entry(epoch=2, version=2), Violation.NO_EPOCH),
    (entry(position=3), entry(epoch=2, version=2), None),
    (entry(position=4, epoch=2), entry(version=2), Violation.NO_EPOCH),
    (entry(position=4, epoch=2), BEGINNING, Violation.NO_EPOCH),
    (LEAVING, entry(), Violation.AFTER_LEAVING),
    (LEAVING, JOINING, None),
    (LEAVING, BEGINNING, None),
    (LEAVING, entry(epoch=2, position=6), Violation.AFTER_LEAVING),
    (LEAVING, entry(position=6), None),
    (entry(), entry(), None),
]


@pytest.mark.parametrize(("earlier", "row", "kind"), PAIRS)
def test_an_entry_breaks_a_rule_after_another(
    earlier: Row, row: Row, kind: Violation | None
) -> None:
    assert between(earlier, row) is kind
    assert found(earlier, row, epoch=2) is kind


def test_only_one_or_two_entries_are_looked_at() -> None:
    rows = [entry(position=n, version=1) for n in (3, 4, 5)]
    placed = [Placed(row.position, row.body) for row in rows]
    assert violation(NOTE, placed[1:]) is Violation.VERSION_TAKEN
    assert violation(NOTE, placed) is None
    assert violation(NOTE, []) is None


def test_an_announcement_is_broken_by_what_was_said_never_to_come() -> None:
    row = Placed(5, entry().body)
    announcement = replace(NOTE, size=4)
    assert violation(NOTE, [row], announcement) is Violation.NOT_LATER
    for good in (
        replace(announcement, size=5),
        replace(announcement, epoch=2),
        replace(announcement, complete_to="2026-01-01T12:00:00.000004Z"),
    ):
        assert violation(NOTE, [row], good) is None


@given(st.data())
def test_a_good_log_breaks_nothing(data: st.DataObject) -> None:
    """Whatever two of its entries are shown, under whatever note of it."""
    rows: list[Row] = []
    epoch, left, versions = 1, False, dict[str, int]()

    def add(stream: str, kind: str, fact: bytes) -> None:
        versions[stream] = versions.get(stream, 0) + 1
        place = {"position": len(rows) + 1, "epoch": epoch, "type": kind}
        rows.append(entry(fact, stream=stream, version=versions[stream], **place))

    for what in data.draw(st.lists(st.sampled_from("aabbbel"), max_size=20)):
        if what == "e":
            epoch += 1
            add(EPOCHS, EpochBegun.TYPE, begun(epoch, len(rows)).to_bytes())
        elif what == "l" or left:
            fact, kind = (JOINED, RegionJoined) if left else (LEFT, RegionLeft)
            left = not left
            add(MEMBERSHIP, kind.TYPE, fact)
        else:
            add(f"vest:x:{what}", "x.happened.v1", b"{}")
    for size in range(1, len(rows) + 1):
        last = rows[size - 1]
        note = Checkpoint("vest", last.epoch, size, bytes(32), last.recorded_at)
        placed = [Placed(row.position, row.body) for row in rows[:size]]
        for each in placed:
            assert violation(note, [each]) is None
            assert violation(note, [each, placed[-1]]) is None
            announcement = replace(
                note, size=each.position, epoch=rows[each.position - 1].epoch
            )
            announcement = replace(
                announcement, complete_to=rows[each.position - 1].recorded_at
            )
            assert violation(note, [placed[-1]], announcement) is None
