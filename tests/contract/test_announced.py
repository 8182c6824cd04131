"""What verify says of heartbeats that are kept: they are of the log, and abided by."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domain.values import Region, instant_text
from federation.exchange.silence import Heartbeat
from federation.journal.announced import Announced, announced, keep
from federation.journal.shapes import Position
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.sealing import frontier_at, seal
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.merkle import Frontier, extend, root
from federation.trust.verification import DamageError, verify
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
    carrier = InMemory().carriers[VEST]
    assert Heartbeat(journal, carrier, KEY, lambda: LATER).note() is not None
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
