"""Of many streams only what is new is read; what they say is what the journal says."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Final

import pytest

from domain.fact import Fact
from domain.grants.call import CALL_APPLICATIONS
from domain.values import Region
from federation.journal import many_streams, recorded
from federation.journal.shapes import CommandMemory
from federation.journal.store import Journal
from federation.log import snapshot
from federation.log.snapshot import Pending, SnapshotHistory
from federation.signed.entry import Row
from federation.signed.facts import UnreadableFactError, fact_of
from tests.support.growing import NOON, TRUSTS, GrowingStreams

Opener = Callable[[Region], Journal]
KEYS: Final = ("a", "b", "c", "nobody's")

pytestmark = pytest.mark.servers


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two keys be many."""
    monkeypatch.setattr(snapshot, "MANY", 2)


@pytest.fixture
def streams(open_journal: Opener) -> GrowingStreams:
    """Give streams that hold nothing yet."""
    return GrowingStreams(open_journal(Region.VEST), KEYS)


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
    streams: GrowingStreams, seed: int, monkeypatch: pytest.MonkeyPatch
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


def test_only_what_is_new_is_read(streams: GrowingStreams, read: list[str]) -> None:
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
    streams: GrowingStreams,
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


def test_what_a_group_may_still_give_up_is_not_remembered(
    streams: GrowingStreams,
) -> None:
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
    streams: GrowingStreams, *, asked_before: bool
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
def test_streams_of_another_log_are_forgotten(
    streams: GrowingStreams, *, grows: bool
) -> None:
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
    streams: GrowingStreams, read: list[str], monkeypatch: pytest.MonkeyPatch
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
