"""What every journal keeps: the laws of the log, on both databases."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError, PersistenceError, StoredEvent

from domain.values import Region, instant_text
from federation.journal.shapes import (
    CommandMemory,
    ContradictionError,
    EntryTooLargeError,
    OutOfSequenceError,
    Position,
    Sealed,
)
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.signed.entry import (
    ENTRY_BYTES_MAX,
    EntryHeader,
    Envelope,
    Row,
    build,
    parse,
)
from federation.signed.merkle import Frontier, extend

Opener = Callable[[Region], Journal]
NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)
_keys = itertools.count(1)

pytestmark = pytest.mark.servers


def event(
    version: int = 1, stream: str = "vest:x:a", data: bytes = b"{}"
) -> StoredEvent:
    """Return an event of a stream."""
    return StoredEvent(stream, version, "x.happened.v1", data)


def envelope(key: str | None = None) -> Envelope:
    """Return an envelope of a command of its own."""
    key = key or str(next(_keys))
    return Envelope("tester", "983974724", f"983974724/{key}", "0" * 32, "c", "")


def foreign(count: int, first: int = 1, origin: str = "nord") -> list[Row]:
    """Return entries of another region."""
    rows = []
    for n in range(first, first + count):
        time = instant_text(NOW + n * timedelta(microseconds=1))
        place = EntryHeader(origin, 1, n, f"{origin}:x:a", n, "t", time)
        rows.append(build(place, None, b"{}"))
    return rows


def sealed(rows: list[Row], before: Frontier | None = None) -> Sealed:
    """Return a checkpoint of rows; its note is not looked at here."""
    frontier = extend(before or Frontier(), (row.leaf for row in rows))
    return Sealed(frontier, "note")


@pytest.mark.law(3)
def test_positions_have_no_holes_also_after_refusals(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    assert [row.position for row in journal.append([event(1), event(2)])] == [1, 2]
    for _ in range(3):
        with pytest.raises(IntegrityError):
            journal.append([event(3), event(1)], envelope=envelope())
    assert [row.position for row in journal.append([event(3)])] == [3]
    positions = [row.position for row in journal.entries("vest", 0, 10)]
    assert positions == [1, 2, 3]


@pytest.mark.law(3)
def test_concurrent_writers_leave_no_holes_and_lose_nothing(
    open_journal: Opener,
) -> None:
    """Two processes' journals on one database, with several threads each."""
    first = open_journal(Region.VEST)
    journals = [first, open_journal(Region.VEST)]

    def write(number: int) -> None:
        journal = (
            journals[number % 2]
            if first.__class__.__name__ != "SQLiteJournal"
            else first
        )
        stream = f"vest:x:{number}"
        for version in range(1, 11):
            journal.append([event(version, stream)], envelope=envelope())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    rows = first.entries("vest", 0, 1000)
    assert [row.position for row in rows] == list(range(1, 81))
    times = [row.recorded_at for row in rows]
    assert times == sorted(set(times))
    assert len(list(first.commands())) == 80


@pytest.mark.law(9)
def test_recorded_at_strictly_increases_whatever_the_clock_does(
    open_journal: Opener,
) -> None:
    journal = open_journal(Region.VEST)
    moments = [NOW, NOW, NOW - timedelta(days=400), NOW + timedelta(seconds=1)]
    for version, now in enumerate(moments, 1):
        journal.append([event(version)], now=now)
    found = [row.recorded_at for row in journal.entries("vest", 0, 10)]
    assert found == [
        "2026-07-10T12:00:00.000000Z",
        "2026-07-10T12:00:00.000001Z",
        "2026-07-10T12:00:00.000002Z",
        "2026-07-10T12:00:01.000000Z",
    ]


def test_entries_are_read_back_as_they_were_written(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    written = list(journal.append([event(1), event(2)], envelope=envelope(), now=NOW))
    again = open_journal(Region.VEST)
    assert list(again.entries("vest", 0, 10)) == written
    assert list(again.entries("vest", 1, 10)) == written[1:]
    assert list(again.entries("nord", 0, 10)) == []
    assert again.positions()["vest"] == Position(1, 2)
    assert again.positions()["nord"] == Position(1, 0)


def test_a_command_is_remembered_with_its_entries(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    journal.append([event(1)], envelope=envelope("first"))
    journal.append([event(2), event(3)], envelope=envelope("second"))
    journal.append([], envelope=envelope("nothing"))
    with open_journal(Region.VEST).reading() as cursor:
        names = [f"983974724/{name}" for name in ("second", "nothing", "other")]
        left = journal.commands_in(cursor, names)
        found, nothing = (left.pop(name) for name in names[:2])
        assert left == {}
    assert found == CommandMemory("983974724/second", "0" * 32, 2, 2)
    assert nothing == CommandMemory("983974724/nothing", "0" * 32, 0, 0)
    with pytest.raises(IntegrityError):
        journal.append([event(4)], envelope=envelope("second"))
    assert journal.positions()["vest"].position == 3
    assert [each.position for each in journal.commands()] == [1, 0, 2]


def test_streams_are_read_together_and_in_order(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    journal.append([event(1), event(1, "vest:x:b"), event(2)])
    with journal.reading() as cursor:
        both = journal.streams_in(cursor, ["vest:x:a", "vest:x:b", "vest:x:c"])
        assert [(each.stream, each.version) for each in both] == [
            ("vest:x:a", 1),
            ("vest:x:b", 1),
            ("vest:x:a", 2),
        ], "in the order of recording"
        assert list(journal.streams_in(cursor, [])) == []
        assert journal.version_in(cursor, "vest:x:a") == 2
        assert journal.version_in(cursor, "vest:x:c") == 0
        found = journal.entry_in(cursor, "vest:x:a", 2)
        assert found is not None
        assert found == parse(found.body)
        assert found.version == 2
        assert journal.entry_in(cursor, "vest:x:a", 3) is None


def test_a_reader_sees_one_moment(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    journal.append([event(1)])
    with journal.reading() as cursor:
        before = journal.positions_in(cursor)
        open_journal(Region.VEST).append([event(2)])
        assert journal.positions_in(cursor) == before
        assert journal.version_in(cursor, "vest:x:a") == 1
    assert journal.positions()["vest"].position == 2


@pytest.mark.law(5)
def test_the_next_entries_of_another_region_are_kept_with_their_checkpoint(
    open_journal: Opener,
) -> None:
    journal = open_journal(Region.VEST)
    rows = foreign(3)
    told: list[str] = []
    journal.listeners.append(told.append)
    journal.receive(rows[:2], sealed(rows[:2]))
    for wrong in (rows[:1], rows[:2], foreign(1, first=4)):
        with pytest.raises(OutOfSequenceError):
            journal.receive(wrong, sealed(wrong))
    assert journal.positions()["nord"] == Position(1, 2)
    kept = journal.sealed("nord")
    assert kept == sealed(rows[:2])
    journal.receive(rows[2:], sealed(rows[2:], kept.frontier))
    assert list(journal.entries("nord", 0, 10)) == rows
    assert told == ["nord", "nord"]


@pytest.mark.law(3)
def test_what_does_not_follow_is_not_kept(open_journal: Opener) -> None:
    """Time goes on in a log, and a stream has each version once and in order."""
    journal = open_journal(Region.VEST)
    first, second, third = foreign(3)
    journal.receive([first], sealed([first]))
    time = first.recorded_at
    for wrong in (
        EntryHeader("nord", 1, 2, "nord:x:a", 2, "t", time),
        EntryHeader("nord", 1, 2, "nord:x:a", 1, "t", second.recorded_at),
        EntryHeader("nord", 1, 2, "nord:x:a", 3, "t", second.recorded_at),
        EntryHeader("nord", 1, 2, "nord:x:b", 2, "t", second.recorded_at),
    ):
        row = build(wrong, None, b"{}")
        with pytest.raises(ContradictionError, match="nord/1/2"):
            journal.receive([row], sealed([row]))
    journal.receive([second, third], sealed([second, third]))


@pytest.mark.law(2)
def test_a_region_receives_no_entry_of_its_own(open_journal: Opener) -> None:
    journal = open_journal(Region.NORD)
    with pytest.raises(AssertionError):
        journal.receive(foreign(1), sealed(foreign(1)))
    assert journal.positions()["nord"].position == 0


def test_checkpoints_are_found_by_size_and_never_replaced(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    assert journal.sealed("vest") is None
    first, second = sealed(foreign(2)), sealed(foreign(5))
    journal.seal("vest", 1, first)
    journal.seal("vest", 1, second)
    journal.seal("vest", 1, Sealed(first.frontier, "another note"))
    assert journal.sealed("vest") == second
    assert journal.sealed("vest", 4) == first
    assert journal.sealed("vest", 1) is None
    assert list(journal.seals("vest")) == [first, second]


@pytest.mark.law(1)
@pytest.mark.parametrize("table", ["journal", "command", "checkpoint"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_nothing_that_is_recorded_can_be_changed(
    open_journal: Opener, table: str, verb: str
) -> None:
    journal = open_journal(Region.VEST)
    journal.append([event(1)], envelope=envelope())
    journal.seal("vest", 1, sealed(foreign(1)))
    columns = {"journal": "body", "command": "digest", "checkpoint": "note"}
    changes = {
        "UPDATE": f"UPDATE {table} SET {columns[table]} = {columns[table]}",
        "DELETE": f"DELETE FROM {table}",
    }

    def change() -> None:
        with journal.writing() as cursor:
            cursor.execute(changes[verb])

    with pytest.raises((PersistenceError, Exception), match="never changed"):
        change()
    assert len(journal.entries("vest", 0, 10)) == 1


def test_an_entry_that_is_too_large_is_refused_and_leaves_nothing(
    open_journal: Opener,
) -> None:
    journal = open_journal(Region.VEST)
    large = b'{"a":"' + b"x" * ENTRY_BYTES_MAX + b'"}'
    with pytest.raises(EntryTooLargeError):
        journal.append([event(1), event(2, data=large)], envelope=envelope("large"))
    assert journal.positions()["vest"].position == 0
    assert journal.append([event(1)], envelope=envelope("large"))[0].position == 1


def test_a_whole_journal_passes_its_databases_own_check(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    journal.append([event(1)])
    journal.check_storage()


def test_a_listener_hears_of_what_is_committed(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    heard: list[Any] = []
    journal.listeners.append(
        lambda origin: heard.append((origin, journal.positions()["vest"]))
    )
    journal.append([event(1)])
    with pytest.raises(IntegrityError):
        journal.append([event(1)])
    journal.append([], envelope=envelope())
    assert heard == [("vest", Position(1, 1))]


def test_a_journal_is_closed_under_nobody(open_journal: Opener) -> None:
    """Also while others read on and on; they are told, and nothing crashes."""
    journal = open_journal(Region.VEST)
    journal.append([event(1)])
    told: list[Exception] = []
    begun = Barrier(5)

    def read_on() -> None:
        begun.wait()
        try:
            while True:
                journal.positions()
        except PersistenceError as error:
            told.append(error)

    readers = [Thread(target=read_on) for _ in range(4)]
    for reader in readers:
        reader.start()
    begun.wait()
    journal.close()
    for reader in readers:
        reader.join(30)
    assert len(told) == 4


OLD_KEYS = {
    "journal": """CREATE TABLE journal (origin TEXT NOT NULL, epoch INTEGER NOT NULL,
        position INTEGER NOT NULL, stream TEXT NOT NULL, version INTEGER NOT NULL,
        type TEXT NOT NULL, recorded_at TEXT NOT NULL, leaf BLOB NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (origin, epoch, position),
        UNIQUE (stream, version))""",
    "checkpoint": """CREATE TABLE checkpoint (origin TEXT NOT NULL,
        epoch INTEGER NOT NULL, size INTEGER NOT NULL, frontier BLOB NOT NULL,
        note TEXT NOT NULL, PRIMARY KEY (origin, epoch, size))""",
}
"""The tables of earlier releases, whose keys had the epoch in them."""


def make_old(journal: Journal) -> None:
    """Give an empty journal the keys of earlier releases."""
    with journal.writing() as cursor:
        for table, statement in OLD_KEYS.items():
            if isinstance(journal, SQLiteJournal):
                cursor.execute(f"DROP TABLE {table}")
                cursor.execute(statement)
                continue
            number = "position" if table == "journal" else "size"
            cursor.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD CONSTRAINT "
                f"{table}_pkey PRIMARY KEY (origin, epoch, {number})"
            )
        if not isinstance(journal, SQLiteJournal):
            # Which tables were made is noted since.
            cursor.execute("COMMENT ON TABLE journal IS NULL")


def test_a_database_of_an_earlier_release_goes_on(open_journal: Opener) -> None:
    """Positions go on from epoch to epoch, and each is there once."""
    old = open_journal(Region.VEST)
    make_old(old)
    written = old.append([event(1), event(2)])
    old.seal("vest", 1, sealed(list(written)))
    for _ in range(2):
        open_journal(Region.VEST).append([event(1, f"vest:x:{next(_keys)}")])
    journal = open_journal(Region.VEST)
    assert [row.position for row in journal.entries("vest", 0, 9)] == [1, 2, 3, 4]
    assert journal.sealed("vest") == sealed(list(written))
    again = journal.entries("vest", 3, 1)[0]._replace(epoch=2, stream="vest:x:other")
    with pytest.raises(IntegrityError), journal.writing() as cursor:
        journal.insert_rows(cursor, [again])
    journal.seal("vest", 2, Sealed(sealed(list(written)).frontier, "another note"))
    assert list(journal.seals("vest")) == [sealed(list(written))]
