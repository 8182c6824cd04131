"""Of a long stream only what is new is read; what it says is what the journal says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from random import Random
from typing import Final

import pytest

from domain.fact import Fact
from domain.grants.call import (
    CALL_APPLICATIONS,
    ApplicationListed,
    CallApplications,
)
from domain.history import Category
from domain.values import Region, business_day, instant_text, parse_instant
from federation.journal import recorded
from federation.journal.long_streams import REMEMBERED_MAX, LongStream, LongStreams
from federation.journal.shapes import CommandMemory
from federation.journal.store import Journal
from federation.log import snapshot
from federation.log.snapshot import Pending, SnapshotHistory
from federation.signed.entry import EntryHeader, Row, build
from federation.signed.facts import UnreadableFactError, fact_of
from tests.support.examples import BERGEN, TROMSO

Opener = Callable[[Region], Journal]
NOON: Final = datetime(2026, 7, 10, 12, tzinfo=UTC)
CALL: Final = "c-25"
TRUSTS: Final = {Region.VEST: BERGEN, Region.NORD: TROMSO}

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let five entries make a stream long."""
    monkeypatch.setattr(snapshot, "LONG", 5)


class Streams:
    """A stream of two regions each, that grow in one journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.rows: list[Row] = []
        self._hours = dict.fromkeys(TRUSTS, 0)

    def add(self, region: Region, hours: int, kind: str | None = None) -> Row:
        """Record an application so many hours after the region's last one."""
        row = self.next(region, hours, kind)
        self._hours[region] += hours
        with self.journal.writing() as cursor:
            self.journal.insert_rows(cursor, [row])
        self.rows.append(row)
        return row

    def next(self, region: Region, hours: int, kind: str | None = None) -> Row:
        """Return the entry that would be next."""
        number = sum(row.origin == region.value for row in self.rows) + 1
        fact = ApplicationListed(
            call=CALL, application=f"a{number % 7}", trust=TRUSTS[region]
        )
        at = instant_text(NOON + timedelta(hours=self._hours[region] + hours))
        stream = str(CALL_APPLICATIONS.stream(region, CALL))
        name = kind or fact.TYPE
        place = EntryHeader(region.value, 1, number, stream, number, name, at)
        return build(place, None, fact.to_bytes())

    def expected(self, cut: Mapping[str, int], as_of: date) -> Sequence[Row]:
        """Return what counts, in the order of recording."""
        counted = (
            row
            for row in self.rows
            if row.position <= cut.get(row.origin, REMEMBERED_MAX)
            and business_day(parse_instant(row.recorded_at)) <= as_of
        )
        return sorted(counted, key=lambda row: (row.recorded_at, row.origin))

    def check(self, cut: Mapping[str, int], as_of: date = date.max) -> None:
        """Compare entries, fold and versions."""
        expected = self.expected(cut, as_of)
        facts = [fact_of(row) for row in expected]
        with self.journal.reading() as cursor:
            history = SnapshotHistory(self.journal, cursor, cut, as_of=as_of)
            entries = history.entries(CALL_APPLICATIONS, (CALL, "other"))
            state = history.state(CALL_APPLICATIONS, CALL)
            versions = {
                region: history.version(CALL_APPLICATIONS.stream(region, CALL))
                for region in TRUSTS
            }
        assert entries["other"] == []
        assert [str(e.place) for e in entries[CALL]] == [row.id for row in expected]
        assert [e.fact for e in entries[CALL]] == facts
        assert [instant_text(e.recorded_at) for e in entries[CALL]] == [
            row.recorded_at for row in expected
        ]
        assert state == reduce(
            CALL_APPLICATIONS.evolve, facts, CALL_APPLICATIONS.initial
        )
        assert versions == {
            region: sum(row.origin == region.value for row in expected)
            for region in TRUSTS
        }


@pytest.fixture
def streams(open_journal: Opener) -> Streams:
    """Give streams that hold nothing yet."""
    return Streams(open_journal(Region.VEST))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_asked_before_a_history_says_what_the_journal_says(
    streams: Streams, seed: int
) -> None:
    random = Random(seed)
    for _ in range(30):
        streams.add(random.choice([*TRUSTS]), random.randint(1, 20))
        cut = {
            region.value: random.randint(0, 20)
            for region in TRUSTS
            if random.random() < 0.4
        }
        days = random.choice([None, random.randint(0, 12)])
        first = NOON.date()
        streams.check(cut, date.max if days is None else first + timedelta(days=days))


def test_only_what_is_new_is_read(
    streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(row: Row) -> Fact:
        read.append(row.id)
        return fact_of(row)

    for _ in range(8):
        streams.add(Region.VEST, 1)
    streams.check({})
    monkeypatch.setattr(recorded, "fact_of", reading)
    streams.check({})
    assert read == []
    streams.add(Region.VEST, 1)
    streams.check({"vest": 8})
    assert read == []
    streams.check({})
    assert read == ["vest/1/9"]


def test_only_what_is_new_is_folded(streams: Streams) -> None:
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
        streams.add(Region.VEST, 1)
    # What is read for the first time is remembered with its fold.
    assert [fold({}, category), fold({}, category)] == [8, 0]
    streams.add(Region.VEST, 1)
    assert fold({"vest": 8}, category) == 0
    assert [fold({}, category), fold({}, category)] == [1, 0]
    assert fold({"vest": 7}, category) == 7
    assert fold({}, replace(category)) == 9
    streams.add(Region.NORD, 1)
    # Of two streams no part is known to be the first.
    assert fold({}, category) == 10
    streams.check({})


def test_what_a_group_may_still_give_up_is_not_remembered(streams: Streams) -> None:
    for _ in range(8):
        streams.add(Region.VEST, 1)
    for _ in range(2):
        with streams.journal.reading() as cursor:
            head = streams.journal.head_in(cursor, "vest")
            pending = Pending(head)
            pending.add([streams.next(Region.VEST, 1)], CommandMemory("c", "d", 9, 1))
            history = SnapshotHistory(streams.journal, cursor, pending=pending)
            entries = history.entries(CALL_APPLICATIONS, (CALL,))[CALL]
            assert [entry.version for entry in entries] == [*range(1, 10)]
            stream = CALL_APPLICATIONS.stream(Region.VEST, CALL)
            assert history.version(stream) == 9
        streams.check({})


def test_what_does_not_count_need_not_be_readable(streams: Streams) -> None:
    for _ in range(8):
        streams.add(Region.VEST, 1)
    streams.add(Region.VEST, 1, kind="call.strange.v9")
    streams.check({"vest": 8})
    streams.check({"vest": 7})
    with pytest.raises(UnreadableFactError):
        streams.check({})
    streams.check({"vest": 8})


def test_a_stream_that_is_another_one_now_is_read_from_its_beginning(
    streams: Streams,
) -> None:
    for _ in range(8):
        streams.add(Region.VEST, 1)
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
