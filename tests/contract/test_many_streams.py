"""Of many streams only what is new is read; what they say is what the journal says."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from random import Random
from typing import Final

import pytest

from domain.fact import Fact
from domain.grants.call import CALL_APPLICATIONS, ApplicationListed
from domain.values import Region, business_day, instant_text, parse_instant
from federation.journal import many_streams, recorded
from federation.journal.shapes import CommandMemory
from federation.journal.store import Journal
from federation.log import snapshot
from federation.log.snapshot import Pending, SnapshotHistory
from federation.signed.entry import EntryHeader, Row, build
from federation.signed.facts import UnreadableFactError, fact_of
from tests.support.examples import BERGEN, TROMSO

Opener = Callable[[Region], Journal]
NOON: Final = datetime(2026, 7, 10, 12, tzinfo=UTC)
KEYS: Final = ("a", "b", "c", "nobody's")
TRUSTS: Final = {Region.VEST: BERGEN, Region.NORD: TROMSO}

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two keys be many."""
    monkeypatch.setattr(snapshot, "MANY", 2)


class Streams:
    """Streams of some keys in two regions, that grow in one journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.rows: list[Row] = []
        self._hours = dict.fromkeys(TRUSTS, 0)

    def add(
        self, region: Region, key: str, hours: int = 1, kind: str | None = None
    ) -> Row:
        """Record something of a key so many hours after the region's last entry."""
        row = self.next(region, key, hours, kind)
        self._hours[region] += hours
        with self.journal.writing() as cursor:
            self.journal.insert_rows(cursor, [row])
        self.rows.append(row)
        return row

    def next(
        self, region: Region, key: str, hours: int = 1, kind: str | None = None
    ) -> Row:
        """Return the entry that would be next."""
        stream = str(CALL_APPLICATIONS.stream(region, key))
        position = sum(row.origin == region.value for row in self.rows) + 1
        version = sum(row.stream == stream for row in self.rows) + 1
        fact = ApplicationListed(
            call=key, application=f"a{position % 7}", trust=TRUSTS[region]
        )
        at = instant_text(NOON + timedelta(hours=self._hours[region] + hours))
        name = kind or fact.TYPE
        place = EntryHeader(region.value, 1, position, stream, version, name, at)
        return build(place, None, fact.to_bytes())

    def expected(self, key: str, cut: Mapping[str, int], as_of: date) -> Sequence[Row]:
        """Return what counts of a key, in the order of recording."""
        counted = (
            row
            for row in self.rows
            if row.stream.endswith(f":{key}")
            and row.position <= cut.get(row.origin, len(self.rows))
            and business_day(parse_instant(row.recorded_at)) <= as_of
        )
        return sorted(counted, key=lambda row: (row.recorded_at, row.origin))

    def check(self, cut: Mapping[str, int], as_of: date = date.max) -> None:
        """Compare entries, folds and versions."""
        with self.journal.reading() as cursor:
            history = SnapshotHistory(self.journal, cursor, cut, as_of=as_of)
            entries = history.entries(CALL_APPLICATIONS, KEYS)
            states = history.states(CALL_APPLICATIONS, KEYS)
            versions = {
                (region, key): history.version(CALL_APPLICATIONS.stream(region, key))
                for region in TRUSTS
                for key in KEYS
            }
        for key in KEYS:
            expected = self.expected(key, cut, as_of)
            assert [*entries[key]] == [recorded.recorded(row) for row in expected]
            facts = [fact_of(row) for row in expected]
            initial = CALL_APPLICATIONS.initial
            assert states[key] == reduce(CALL_APPLICATIONS.evolve, facts, initial)
            for region in TRUSTS:
                own = sum(row.origin == region.value for row in expected)
                assert versions[region, key] == own


@pytest.fixture
def streams(open_journal: Opener) -> Streams:
    """Give streams that hold nothing yet."""
    return Streams(open_journal(Region.VEST))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the ids of the entries that are read from now on."""
    found: list[str] = []

    def reading(row: Row) -> Fact:
        found.append(row.id)
        return fact_of(row)

    monkeypatch.setattr(recorded, "fact_of", reading)
    return found


@pytest.mark.parametrize("seed", range(2))
def test_whatever_was_asked_before_a_history_says_what_the_journal_says(
    streams: Streams, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(seed)
    monkeypatch.setattr(many_streams, "REMEMBERED_MAX", random.choice([10, 40_000]))
    monkeypatch.setattr(many_streams, "NEW_MAX", random.choice([2, 2000]))
    for _ in range(20):
        for _ in range(random.randint(1, 3)):
            streams.add(
                random.choice([*TRUSTS]), random.choice(KEYS[:3]), random.randint(1, 20)
            )
        cut = {
            region.value: random.randint(0, 20)
            for region in TRUSTS
            if random.random() < 0.4
        }
        days = random.choice([None, random.randint(0, 12)])
        first = NOON.date()
        streams.check(cut, date.max if days is None else first + timedelta(days=days))


def test_only_what_is_new_is_read(streams: Streams, read: list[str]) -> None:
    for key in KEYS[:3] * 2:
        streams.add(Region.VEST, key)
    with streams.journal.reading() as cursor:
        SnapshotHistory(streams.journal, cursor).entries(CALL_APPLICATIONS, KEYS)
    assert len(read) == len(streams.rows)
    read.clear()
    streams.add(Region.NORD, "b")
    for _ in range(2):
        with streams.journal.reading() as cursor:
            SnapshotHistory(streams.journal, cursor).states(CALL_APPLICATIONS, KEYS[:2])
    assert read == ["nord/1/1"]


def test_who_sees_less_than_others_have_seen_is_told_what_it_sees(
    streams: Streams,
) -> None:
    def versions(history: SnapshotHistory) -> list[int]:
        found = history.entries(CALL_APPLICATIONS, KEYS)
        return [entry.version for entry in found["a"]]

    streams.add(Region.VEST, "a")
    with streams.journal.reading() as cursor:
        before = SnapshotHistory(streams.journal, cursor)
        assert versions(before) == [1]
        streams.add(Region.VEST, "a")
        with streams.journal.reading() as later:
            assert versions(SnapshotHistory(streams.journal, later)) == [1, 2]
        assert versions(before) == [1]
    streams.check({})


def test_what_a_group_may_still_give_up_is_not_remembered(streams: Streams) -> None:
    for key in KEYS[:3]:
        streams.add(Region.VEST, key)
    for _ in range(2):
        with streams.journal.reading() as cursor:
            head = streams.journal.head_in(cursor, "vest")
            pending = Pending(head)
            row = streams.next(Region.VEST, "b")
            pending.add([row], CommandMemory("c", "d", 4, 1))
            history = SnapshotHistory(streams.journal, cursor, pending=pending)
            found = history.entries(CALL_APPLICATIONS, KEYS)
            assert [entry.version for entry in found["b"]] == [1, 2]
            assert len(found["a"]) == 1
            for key, version in (("a", 1), ("b", 2)):
                stream = CALL_APPLICATIONS.stream(Region.VEST, key)
                assert history.version(stream) == version
        streams.check({})


@pytest.mark.parametrize("asked_before", [True, False])
def test_what_does_not_count_need_not_be_readable(
    streams: Streams, *, asked_before: bool
) -> None:
    for key in KEYS[:3]:
        streams.add(Region.VEST, key)
    if asked_before:
        streams.check({})
    streams.add(Region.VEST, "b", kind="call.strange.v9")
    for _ in range(2):
        streams.check({"vest": 3})
        with pytest.raises(UnreadableFactError):
            streams.check({})


@pytest.mark.parametrize("grows", [True, False])
def test_streams_of_another_log_are_forgotten(streams: Streams, *, grows: bool) -> None:
    """As after the end of a log was given up for another one."""
    for key in ("a", "b", "b"):
        streams.add(Region.VEST, key)
    many, kind = streams.journal.many_streams, CALL_APPLICATIONS.kind
    last = streams.rows[-1]
    ends = {"vest": last._replace(leaf=b"of another")}
    assert many.among(kind, KEYS, ends, lambda *_: []) == {}
    many.remember(kind, {"a": (recorded.recorded(last),), "b": ()}, ends)
    if grows:
        streams.add(Region.VEST, "a")
    streams.check({})


def test_what_was_asked_for_last_is_remembered_and_no_more(
    streams: Streams, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*keys: str) -> None:
        read.clear()
        with streams.journal.reading() as cursor:
            SnapshotHistory(streams.journal, cursor).entries(CALL_APPLICATIONS, keys)

    monkeypatch.setattr(many_streams, "REMEMBERED_MAX", 4)
    for key in ("a", "a", "b", "c", "d"):
        streams.add(Region.VEST, key)
    ask("a", "nobody's")
    ask("b", "c")
    ask("a", "b", "c")
    assert read == []
    ask("d", "nobody's")
    ask("b", "c")
    assert read == []
    ask("a", "nobody's")
    assert len(read) == 2
    monkeypatch.setattr(many_streams, "KEYS_OF_ENTRY", 1)
    ask("a", "nobody's")
    ask("e", "f")
    ask("nobody's", "f")
    ask("a", "nobody's")
    assert len(read) == 2
