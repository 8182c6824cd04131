"""Nothing damaged is signed for, and each kind of damage is said with its place."""

import sqlite3
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.verification import compare, verify
from federation.checks.verified import Verified
from federation.journal.shapes import DamagedEntryError
from federation.journal.sqlite import SQLiteJournal
from federation.log.sealing import seal
from federation.log.tree import Tree, frontier_at
from federation.signed.entry import Envelope, Row, leaf_hash
from federation.signed.merkle import Frontier, extend, root
from tests.support.federation import KEYS, instant

VERIFIERS = {region: key.verifier for region, key in KEYS.items()}
OWN = KEYS[Region.VEST]
COMMANDS = 10


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a journal of 20 entries, signed at 10 and at 20."""
    path = tmp_path / "journal.sqlite"
    journal = SQLiteJournal(path, Region.VEST, instant)
    frontier, written = Frontier(), list[Row]()
    for command in range(COMMANDS):
        events = [
            StoredEvent(f"vest:x:{command}", version, "x.happened.v1", b'{"a":"b"}')
            for version in (1, 2)
        ]
        name = f"983974724/{command}"
        envelope = Envelope("tester", "983974724", name, "0" * 64, "c", "")
        written += journal.append(events, envelope=envelope)
        if len(written) == 10:
            frontier = seal(journal, frontier, written, OWN).frontier
            written.clear()
    journal.close()
    return path


@pytest.fixture
def journal(path: Path) -> SQLiteJournal:
    """Open it."""
    return SQLiteJournal(path, Region.VEST, instant)


def change(path: Path, statement: str) -> None:
    """Change the journal as somebody with the file could."""
    with sqlite3.connect(path) as connection:
        for table in ("journal", "command", "checkpoint"):
            for verb in ("update", "delete"):
                connection.execute(f"DROP TRIGGER IF EXISTS {table}_{verb}")
        assert connection.execute(statement).rowcount
    connection.close()


def test_a_damaged_entry_is_not_signed_for(path: Path, journal: SQLiteJournal) -> None:
    change(path, "UPDATE journal SET leaf = zeroblob(32) WHERE position = 3")
    rows = journal.entries("vest", 0, 10)
    with pytest.raises(DamagedEntryError, match="vest/1/3 does not hash"):
        seal(journal, Frontier(), rows, OWN)
    with pytest.raises(DamagedEntryError, match="vest/1/3 does not hash"):
        frontier_at(journal, "vest", 7)
    journal.close()


def test_the_tree_grows_from_the_nearest_checkpoint(journal: SQLiteJournal) -> None:
    rows = journal.entries("vest", 0, 20)
    for position in (0, 1, 9, 10, 11, 20):
        expected = extend(Frontier(), [row.leaf for row in rows[:position]])
        assert frontier_at(journal, "vest", position) == expected
    with pytest.raises(DamagedEntryError, match="ends before vest/1/21"):
        frontier_at(journal, "vest", 21)
    journal.close()


def test_no_tree_grows_over_a_hole(path: Path, journal: SQLiteJournal) -> None:
    change(path, "DELETE FROM journal WHERE position = 13")
    what = "of the 5 entries from vest/1/11 on some are missing"
    with pytest.raises(DamagedEntryError, match=what):
        frontier_at(journal, "vest", 15)
    with pytest.raises(DamagedEntryError, match=what):
        Tree(journal, "vest").subtree(10, 15)
    journal.close()


def test_a_tree_goes_on_with_what_came(journal: SQLiteJournal) -> None:
    """The same roots and subtrees come of it, whatever part is stored."""
    rows = journal.entries("vest", 0, 20)
    leaves = [row.leaf for row in rows]
    whole = Tree(journal, "vest")
    for stored in (0, 7, 10, 20):
        tree = Tree(journal, "vest", stored, leaves[stored:])
        assert tree.size == 20
        for size in (0, 6, 7, 8, 13, 20):
            assert tree.root(size) == root(extend(Frontier(), leaves[:size]))
            assert tree.beyond(size, 20) == whole.beyond(size, 20)
    journal.close()


def test_another_history_of_a_signed_size_is_not_signed_for(
    path: Path, journal: SQLiteJournal
) -> None:
    """An entry whose body and leaf were both changed hashes to itself."""
    body = journal.entries("vest", 2, 1)[0].body.replace(b'{"a":"b"}', b'{"a":"c"}')
    values = f"body = X'{body.hex()}', leaf = X'{leaf_hash(body).hex()}'"
    change(path, f"UPDATE journal SET {values} WHERE position = 3")
    for last in (10, 15, 20):
        with pytest.raises(DamagedEntryError, match="vest/1/10 are not those"):
            seal(journal, Frontier(), journal.entries("vest", 0, last), OWN)
    kept = journal.sealed("vest")
    assert kept is not None
    assert kept.frontier.size == 20
    journal.close()


def test_one_size_has_one_note(journal: SQLiteJournal) -> None:
    first = journal.sealed("vest", 10)
    again = seal(journal, Frontier(), journal.entries("vest", 0, 10), OWN)
    assert again == first
    journal.close()


CORRUPT: dict[str, tuple[str, str]] = {
    "nothing": ("UPDATE journal SET type = type", ""),
    "an entry gone": (
        "DELETE FROM journal WHERE position = 7",
        "entry vest/1/7 is missing",
    ),
    "the end gone": (
        "DELETE FROM journal WHERE position > 15",
        "the log of vest ends at 15, and a checkpoint was signed for 20",
    ),
    "a body that is no entry": (
        "UPDATE journal SET body = '{}' WHERE position = 7",
        "entry vest/1/7 is damaged",
    ),
    "a cell of another type": (
        "UPDATE journal SET leaf = 5 WHERE position = 7",
        "entry vest/1/7 is damaged in leaf",
    ),
    "a cell that is no text": (
        "UPDATE journal SET type = CAST(x'ff' AS TEXT) WHERE position = 7",
        "entry vest/1/7 cannot be read",
    ),
    "a version left out": (
        (
            "UPDATE journal SET body = replace(body, '\"streamversion\":2', "
            "'\"streamversion\":3'), version = 3 WHERE position = 8"
        ),
        "entry vest/1/8",
    ),
    "a column": (
        "UPDATE journal SET version = 9, stream = 'vest:y:1' WHERE position = 7",
        "entry vest/1/7 is damaged in stream, version",
    ),
    "a signature": (
        "UPDATE checkpoint SET note = replace(note, 'vest/1', 'vest/2') WHERE size = 10",
        "the checkpoint at vest/1/10 is damaged",
    ),
    "another's checkpoint": (
        (
            "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 20)"
            " WHERE size = 10"
        ),
        "the entries up to vest/1/10 do not hash to the signed root",
    ),
    "a tree": (
        "UPDATE checkpoint SET frontier = zeroblob(length(frontier)) WHERE size = 20",
        "the stored tree at vest/1/20 is damaged",
    ),
    "half a tree": (
        "UPDATE checkpoint SET frontier = x'00' WHERE size = 20",
        "a checkpoint after vest/1/10 cannot be read",
    ),
    "a forgotten command": (
        "DELETE FROM command WHERE position = 3",
        "the memory of the command of entry vest/1/3",
    ),
    "a command's memory elsewhere": (
        "UPDATE command SET position = 30 WHERE position = 3",
        "the memory of the command of entry vest/1/3",
    ),
    "a command's memory without a place": (
        "UPDATE command SET position = 'x' WHERE position = 3",
        "the memory of the command of entry vest/1/3",
    ),
    "a command's digest": (
        "UPDATE command SET digest = 'x' WHERE position = 3",
        "the memory of command 983974724/1 is damaged",
    ),
    "a command that recorded nothing there": (
        "INSERT INTO command VALUES ('a/b', 'x', 4, 2)",
        "the memory of command a/b is damaged",
    ),
    "a command's count": (
        "INSERT INTO command VALUES ('a/b', 'x', 'y', 2)",
        "the memory of a command cannot be read",
    ),
}


@pytest.mark.parametrize("what", CORRUPT)
def test_damage_is_named(path: Path, what: str) -> None:
    statement, expected = CORRUPT[what]
    change(path, statement)
    assert said(path).startswith(expected)
    assert bool(said(path)) == bool(expected)


def said(path: Path, region: Region = Region.VEST) -> str:
    """Return what verification says of a journal's file at a region's node."""
    journal = SQLiteJournal(path, region, instant)
    try:
        list(verify(journal, VERIFIERS))
    except DamageError as error:
        return str(error)
    finally:
        journal.close()
    return ""


def test_a_region_holds_all_that_it_has_signed() -> None:
    """The owner's journal was put back, or its file is another one."""
    own = Verified("vest", 10, 1, {10: b"a"})
    theirs = Verified("vest", 20, 2, {10: b"a", 20: b"b"})
    compare({"vest": [theirs], "nord": [own]})
    with pytest.raises(DamageError, match="vest holds 10 entries of its own, and nord"):
        compare({"vest": [own], "nord": [theirs]})


def test_entries_of_others_that_nobody_signed_for_are_found(path: Path) -> None:
    change(path, "DELETE FROM command")
    assert said(path, Region.NORD) == ""
    change(path, "DELETE FROM checkpoint WHERE size = 20")
    expected = "no checkpoint was signed for the entries up to vest/1/20"
    assert said(path, Region.NORD) == expected


def test_two_signed_histories_are_found() -> None:
    """A region that told two nodes different things has signed both."""
    same = Verified("vest", 20, 2, {10: b"a", 20: b"b"})
    ahead = Verified("vest", 30, 2, {20: b"b", 30: b"c"})
    other = Verified("vest", 20, 1, {20: b"x"})
    compare({"nord": [same], "midt": [ahead]})
    with pytest.raises(DamageError, match="vest signed two histories of 20 entries"):
        compare({"nord": [same], "midt": [ahead], "sorost": [other]})
