"""Of a long stream only what is new is read; what it says is what the journal says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Final

import pytest

from domain.fact import Fact
from domain.grants.call import (
    CALL_APPLICATIONS,
    CallApplications,
)
from domain.history import Category
from domain.values import Region
from federation.journal import recorded
from federation.journal.long_streams import REMEMBERED_MAX, LongStream, LongStreams
from federation.journal.shapes import CommandMemory
from federation.journal.store import Journal
from federation.log import snapshot
from federation.log.snapshot import Pending, SnapshotHistory
from federation.signed.entry import Row
from federation.signed.facts import UnreadableFactError, fact_of
from tests.support.growing import NOON, TRUSTS, GrowingStreams

Opener = Callable[[Region], Journal]
CALL: Final = "c-25"

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let five entries make a stream long."""
    monkeypatch.setattr(snapshot, "LONG", 5)


@pytest.fixture
def streams(open_journal: Opener) -> GrowingStreams:
    """Give streams that hold nothing yet."""
    return GrowingStreams(open_journal(Region.VEST), (CALL, "other"))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_asked_before_a_history_says_what_the_journal_says(
    streams: GrowingStreams, seed: int
) -> None:
    random = Random(seed)
    for _ in range(30):
        streams.add(random.choice([*TRUSTS]), CALL, random.randint(1, 20))
        cut = {
            region.value: random.randint(0, 20)
            for region in TRUSTS
            if random.random() < 0.4
        }
        days = random.choice([None, random.randint(0, 12)])
        first = NOON.date()
        streams.check(cut, date.max if days is None else first + timedelta(days=days))


def test_only_what_is_new_is_read(
    streams: GrowingStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(row: Row) -> Fact:
        read.append(row.id)
        return fact_of(row)

    for _ in range(8):
        streams.add(Region.VEST, CALL)
    streams.check({})
    monkeypatch.setattr(recorded, "fact_of", reading)
    streams.check({})
    assert read == []
    streams.add(Region.VEST, CALL)
    streams.check({"vest": 8})
    assert read == []
    streams.check({})
    assert read == ["vest/1/9"]


def test_only_what_is_new_is_folded(streams: GrowingStreams) -> None:
    folded: list[Fact] = []

    def evolve(state: CallApplications, fact: Fact) -> CallApplications:
        folded.append(fact)
        return CALL_APPLICATIONS.evolve(state, fact)

    category = replace(CALL_APPLICATIONS, evolve=evolve)

    def fold(cut: Mapping[str, int], category: Category[CallApplications]) -> int:
        folded.clear()
        with streams.journal.reading() as cursor:
            history = SnapshotHistory(streams.journal, cursor, cut)
            history.state(category, CALL)
        return len(folded)

    for _ in range(8):
        streams.add(Region.VEST, CALL)
    # What is read for the first time is remembered with its fold.
    assert [fold({}, category), fold({}, category)] == [8, 0]
    streams.add(Region.VEST, CALL)
    assert fold({"vest": 8}, category) == 0
    assert [fold({}, category), fold({}, category)] == [1, 0]
    assert fold({"vest": 7}, category) == 7
    assert fold({}, replace(category)) == 9
    streams.add(Region.NORD, CALL)
    # Of two streams no part is known to be the first.
    assert fold({}, category) == 10
    streams.check({})


def test_what_a_group_may_still_give_up_is_not_remembered(
    streams: GrowingStreams,
) -> None:
    for _ in range(8):
        streams.add(Region.VEST, CALL)
    for _ in range(2):
        with streams.journal.reading() as cursor:
            head = streams.journal.head_in(cursor, "vest")
            pending = Pending(head)
            pending.add(
                [streams.next(Region.VEST, CALL)], CommandMemory("c", "d", 9, 1)
            )
            history = SnapshotHistory(streams.journal, cursor, pending=pending)
            entries = history.entries(CALL_APPLICATIONS, (CALL,))[CALL]
            assert [entry.version for entry in entries] == [*range(1, 10)]
            stream = CALL_APPLICATIONS.stream(Region.VEST, CALL)
            assert history.version(stream) == 9
        streams.check({})


def test_what_does_not_count_need_not_be_readable(streams: GrowingStreams) -> None:
    for _ in range(8):
        streams.add(Region.VEST, CALL)
    streams.add(Region.VEST, CALL, kind="call.strange.v9")
    streams.check({"vest": 8})
    streams.check({"vest": 7})
    with pytest.raises(UnreadableFactError):
        streams.check({})
    streams.check({"vest": 8})


def test_a_stream_that_is_another_one_now_is_read_from_its_beginning(
    streams: GrowingStreams,
) -> None:
    for _ in range(8):
        streams.add(Region.VEST, CALL)
    streams.check({})
    remembered = streams.journal.long_streams
    name = streams.rows[0].stream
    known = remembered.among([name])[name]
    remembered.remember(name, LongStream(known.entries[::-1], b"of another"))
    streams.check({})
    remembered.remember(name, LongStream(known.entries * 2, known.leaf))
    streams.check({})


def test_what_was_asked_for_last_is_remembered_and_no_more() -> None:
    remembered = LongStreams()
    half = LongStream((None,) * (REMEMBERED_MAX // 2), b"")  # type: ignore[arg-type]
    for name in ("a", "b"):
        remembered.remember(name, half)
    assert [*remembered.among({"a"})] == ["a"]
    remembered.remember("c", half)
    assert {*remembered.among({"a", "b", "c"})} == {"a", "c"}
    remembered.remember("c", half)
    assert {*remembered.among({"a", "b", "c"})} == {"a", "c"}
