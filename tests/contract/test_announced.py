"""What verify says of heartbeats that are kept: they are of the log, and abided by."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.values import Region, instant_text
from federation.checks.damage import DamageError
from federation.checks.verification import verify
from federation.journal.announced import Announced, announced, keep
from federation.journal.restoring import restore
from federation.journal.shapes import Position, Sealed
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.sealing import seal
from federation.log.tree import frontier_at
from federation.node.heartbeat import Heartbeat
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.merkle import Frontier, extend, root
from tests.support.federation import KEYS, instant
from tests.support.replication import InMemory, record

VEST, NORD = Region.VEST, Region.NORD
KEY = KEYS[VEST]
PUBLIC = {region: key.verifier for region, key in KEYS.items()}
LATER = instant() + timedelta(hours=9)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the file of vest's journal: three entries, and complete to nine hours later."""
    path = tmp_path / "vest.sqlite"
    journal = SQLiteJournal(path, VEST, instant)
    record(journal, 3)
    seal(journal, Frontier(), journal.entries("vest", 0, 3), KEY)
    transport = InMemory().transports[VEST]
    assert Heartbeat(journal, transport, KEY, lambda: LATER).note() is not None
    journal.close()
    return path


@pytest.fixture(params=[VEST, NORD], ids=["at_home", "elsewhere"])
def journal(request: pytest.FixtureRequest, file: Path) -> Iterator[Journal]:
    """Open it, as the node of vest or of another region."""
    opened = SQLiteJournal(file, request.param, instant)
    yield opened
    opened.close()


def found(journal: Journal) -> str:
    """Return what verify finds, or nothing."""
    try:
        list(verify(journal, PUBLIC))
    except DamageError as error:
        return str(error)
    return ""


def told(journal: Journal) -> Announced:
    """Return what is kept."""
    with journal.reading() as cursor:
        last = announced(cursor, "vest")
    assert last is not None
    return last


def put(journal: Journal, last: Announced) -> None:
    """Keep something else in its place."""
    with journal.writing() as cursor:
        keep(cursor, "vest", last)


def signed(journal: Journal, size: int, epoch: int = 1, key: Region = VEST) -> str:
    """Return a note about the first entries."""
    tree = root(frontier_at(journal, "vest", size))
    until = instant_text(LATER)
    return sign(Checkpoint("vest", epoch, size, tree, until), KEYS[key])


def test_what_was_announced_is_checked_and_good(journal: Journal) -> None:
    assert told(journal)[:3] == (1, 3, instant_text(LATER))
    assert found(journal) == ""


def test_what_its_note_does_not_say_is_found(journal: Journal) -> None:
    whole = told(journal)
    for last in (
        whole._replace(complete_to=instant_text(LATER + timedelta(hours=1))),
        whole._replace(size=2),
        whole._replace(epoch=2),
        whole._replace(note="rubbish"),
        whole._replace(note=signed(journal, 3, key=NORD)),
        whole._replace(note=5),  # type: ignore[arg-type]
    ):
        put(journal, last)
        assert found(journal).startswith("what vest announced of its log is damaged")


def test_what_is_about_another_log_is_found(journal: Journal) -> None:
    whole = told(journal)
    put(journal, whole._replace(epoch=2, note=signed(journal, 3, epoch=2)))
    assert "not about the first 3 entries" in found(journal)
    other = root(extend(Frontier(), [bytes(32)] * 3))
    note = sign(Checkpoint("vest", 1, 3, other, whole.complete_to), KEY)
    put(journal, whole._replace(note=note))
    assert "not about the first 3 entries" in found(journal)
    note = sign(Checkpoint("vest", 1, 4, other, whole.complete_to), KEY)
    put(journal, whole._replace(size=4, note=note))
    assert "the journal ends before vest/1/4" in found(journal)


def test_a_note_that_is_missing_is_missed_but_at_home(journal: Journal) -> None:
    put(journal, told(journal)._replace(note=""))
    assert bool(found(journal)) is (journal.region is not VEST)
    put(journal, told(journal)._replace(complete_to="later", note=""))
    assert found(journal).startswith("what vest announced of its log is damaged")


def test_an_entry_that_was_said_not_to_come_is_found(file: Path) -> None:
    journal = SQLiteJournal(file, VEST, instant)
    last = told(journal)
    with journal.writing() as cursor:
        cursor.execute("DELETE FROM announced")
    record(journal)
    put(journal, last)
    assert found(journal).startswith("entry vest/1/4 was recorded at")
    assert journal.positions()["vest"] == Position(1, 4)
    put(journal, last._replace(note=""))
    assert found(journal).startswith("entry vest/1/4 was recorded at")
    journal.close()


@pytest.mark.servers
def test_what_was_announced_too_early_keeps_nothing_out_that_comes_back(
    open_journal: Callable[[Region], Journal], tmp_path: Path
) -> None:
    """The node spoke for three entries, and others hold five that it signed."""
    whole, older = SQLiteJournal(tmp_path / "vest", VEST, instant), open_journal(VEST)
    record(whole, 6)
    rows = whole.entries("vest", 0, 6)
    with older.writing() as cursor:
        older.insert_rows(cursor, rows[:3])
    seal(older, Frontier(), rows[:3], KEY)
    transport = InMemory().transports[VEST]
    assert Heartbeat(older, transport, KEY, lambda: LATER).note() is not None
    for size in (4, 6):
        before = older.positions()["vest"].position
        tree = extend(
            frontier_at(older, "vest", before), [r.leaf for r in rows[before:size]]
        )
        said = Checkpoint("vest", 1, size, root(tree), rows[size - 1].recorded_at)
        restore(older, rows[before:size], Sealed(tree, sign(said, KEY)))
        assert told(older) == (1, size, instant_text(LATER), "")
        assert found(older) == ""
    assert list(older.entries("vest", 0, 9)) == list(rows)
    record(older)
    (last,) = older.entries("vest", 6, 9)
    assert last.recorded_at > instant_text(LATER), "what was said binds what is new"
    assert found(older) == ""
    whole.close()


@pytest.mark.servers
def test_what_comes_back_from_after_the_announcement_leaves_it_as_it_is(
    open_journal: Callable[[Region], Journal], tmp_path: Path
) -> None:
    whole, older = SQLiteJournal(tmp_path / "vest", VEST, instant), open_journal(VEST)
    record(whole, 3)
    seal(whole, Frontier(), whole.entries("vest", 0, 3), KEY)
    transport = InMemory().transports[VEST]
    assert Heartbeat(whole, transport, KEY, lambda: LATER).note() is not None
    record(whole)
    rows, last = whole.entries("vest", 0, 4), told(whole)
    with older.writing() as cursor:
        older.insert_rows(cursor, rows[:3])
    put(older, last)
    tree = extend(frontier_at(older, "vest", 3), [rows[3].leaf])
    said = Checkpoint("vest", 1, 4, root(tree), rows[3].recorded_at)
    restore(older, rows[3:], Sealed(tree, sign(said, KEY)))
    assert told(older) == last
    assert found(older) == ""
    whole.close()
