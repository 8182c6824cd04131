"""One flipped bit of a journal's file is found, wherever it is."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest
from eventsourcing.persistence import PersistenceError, StoredEvent

from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.verification import verify
from federation.journal.sqlite import SQLiteJournal
from federation.log.sealing import seal
from federation.signed.entry import Envelope
from federation.signed.merkle import Frontier
from tests.support.federation import KEYS, instant

VERIFIERS = {region: key.verifier for region, key in KEYS.items()}
FLIPS = 400


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give the bytes of a journal with commands and checkpoints."""
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    journal = SQLiteJournal(path, Region.VEST, instant)
    frontier = Frontier()
    for command in range(10):
        events = [
            StoredEvent(f"vest:x:{command}", version, "x.happened.v1", b'{"a":"b"}')
            for version in (1, 2, 3)
        ]
        name = f"983974724/{command}"
        envelope = Envelope("tester", "983974724", name, "0" * 64, "c", "")
        rows = journal.append(events, envelope=envelope)
        sealed = seal(journal, frontier, rows, KEYS[Region.VEST])
        frontier = sealed.frontier
    journal.close()
    return path.read_bytes()


def rows(path: Path) -> list[Any] | None:
    """Return what SQLite reads from a journal's file, in whatever order it lies."""
    connection = sqlite3.connect(path)
    try:
        return [
            connection.execute(f"SELECT * FROM {table} NOT INDEXED").fetchall()
            for table in ("journal", "command", "checkpoint")
        ]
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return None
    finally:
        connection.close()


def damage(path: Path) -> str | None:
    """Verify a file; return what is found."""
    try:
        journal = SQLiteJournal(path, Region.VEST, instant)
    except (PersistenceError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return str(error)
    try:
        list(verify(journal, VERIFIERS))
    except DamageError as error:
        return str(error)
    finally:
        journal.close()
    return None


def test_a_flipped_bit_is_found(content: bytes, tmp_path: Path) -> None:
    whole = tmp_path / "whole.sqlite"
    whole.write_bytes(content)
    assert damage(whole) is None
    stored = rows(whole)
    flips = random.Random(7)
    found = 0
    for number in range(FLIPS):
        bit = flips.randrange(len(content) * 8)
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path = tmp_path / f"{number}.sqlite"
        path.write_bytes(changed)
        same = rows(path) == stored
        said = damage(path)
        # A bit of a page that holds nothing changes nothing.
        assert same or said, f"bit {bit} is not found"
        found += said is not None
    assert found > FLIPS // 10


def test_every_byte_of_an_entry_is_covered(content: bytes, tmp_path: Path) -> None:
    """The place is named, whichever byte of the entry's body it is."""
    start = content.index(b'{"actor"')
    end = content.index(b'"type":"x.happened.v1"}', start)
    body = content[start:end]
    place = body[body.index(b'"id":"') + 6 :].split(b'"', 1)[0].decode()
    for offset in range(start, end, 3):
        changed = bytearray(content)
        changed[offset] ^= 1
        path = tmp_path / "flipped.sqlite"
        path.write_bytes(changed)
        assert f"entry {place} is damaged" in (damage(path) or "")


REPLACED: Final = {
    "its place": "origin, 1, 'vest:y:1', 9",
    "its version": "origin, 99, stream, version",
    "its row": "origin, 99, 'vest:y:1', 9",
}


@pytest.mark.law(1)
@pytest.mark.parametrize("by", REPLACED)
def test_an_entry_cannot_be_replaced(content: bytes, tmp_path: Path, by: str) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    SQLiteJournal(path, Region.VEST, instant).close()
    origin, position, stream, version = REPLACED[by].split(", ")
    row = "-5" if by != "its row" else "rowid"
    with (
        closing(sqlite3.connect(path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="never changed"),
    ):
        connection.execute(
            "INSERT OR REPLACE INTO journal (rowid, origin, epoch, position, stream, "
            f"version, type, recorded_at, leaf, body) SELECT {row}, {origin}, epoch, "
            f"{position}, {stream}, {version}, 'x.other.v1', recorded_at, leaf, body "
            "FROM journal WHERE position = 1"
        )
    assert damage(path) is None


STRANGERS: Final = {
    "INSERT INTO journal SELECT 'oslo', epoch, position, stream || 'x', version, type, "
    "recorded_at, leaf, body FROM journal": "the table journal names 'oslo'",
    "INSERT INTO journal SELECT origin, epoch, -position, stream || 'x', version, type, "
    "recorded_at, leaf, body FROM journal": "the table journal holds position -30 of vest",
    "INSERT INTO checkpoint SELECT 'oslo', epoch, size, frontier, note FROM checkpoint": (
        "the table checkpoint names 'oslo'"
    ),
    "INSERT INTO announced VALUES ('oslo', 1, 1, '', '')": (
        "the table announced names 'oslo'"
    ),
    "INSERT INTO cosignature VALUES ('oslo', 1, 'vest', 1, '')": (
        "the table cosignature names 'oslo'"
    ),
    "INSERT INTO cosignature VALUES ('vest', 1, 'oslo', 1, '')": (
        "the table cosignature names 'oslo'"
    ),
    "INSERT INTO incident VALUES ('1', 'oslo', 'x', '', '')": (
        "the table incident names 'oslo'"
    ),
}


@pytest.mark.parametrize("statement", STRANGERS)
def test_what_is_of_no_region_is_damage(
    content: bytes, tmp_path: Path, statement: str
) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    SQLiteJournal(path, Region.VEST, instant).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    found = damage(path)
    assert found is not None
    assert STRANGERS[statement] in found
