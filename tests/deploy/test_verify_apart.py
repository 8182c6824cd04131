"""A large journal is verified in parts, and from where it was; what is found is the same."""

import os
import sqlite3
from collections.abc import Callable, Collection
from contextlib import ExitStack, closing, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import parts
from deploy.cli.app import app
from deploy.databases import open_journal
from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.kept import BrokenKeptError, kept_bytes, read_kept
from federation.checks.one_log import verify_log
from federation.checks.streams import StreamVersions, last_versions
from federation.checks.verification import compare, verify
from federation.checks.verified import Verified
from federation.journal.store import Journal
from tests.bench.verifying import Logs
from tests.support.federation import KEYS

KNOWN = {region: key.verifier for region, key in KEYS.items()}
ENTRIES = 1200


class Written:
    """A journal of all regions' signed logs, which can go on."""

    def __init__(self, folder: Path, name: str = "journal") -> None:
        self.database = f"sqlite:///{folder / name}.sqlite"
        self.peers = folder / "regions.pub"
        self.peers.write_text("".join(f"{key}\n" for key in KNOWN.values()))
        self.kept = folder / "kept"
        self._logs = Logs()
        self.go_on(ENTRIES)

    def go_on(self, entries: int) -> None:
        with closing(open_journal(self.database, Region.VEST)) as journal:
            self._logs.fill(journal, entries)

    def be_late(self) -> None:
        """Record all else a day later."""
        for log in self._logs.of.values():
            log.at += timedelta(days=1)

    def change(self, statement: str) -> None:
        """Change the journal as somebody with the file could."""
        path = self.database.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as connection, connection:
            for table in ("journal", "command", "checkpoint", "cosignature"):
                for verb in ("update", "delete"):
                    connection.execute(f"DROP TRIGGER IF EXISTS {table}_{verb}")
            assert connection.execute(statement).rowcount > 0

    def verify(self, *options: str) -> Result:
        env = {
            "FAGNETT_REGION": "vest",
            "FAGNETT_DATABASE": self.database,
            "FAGNETT_PEERS_FILE": str(self.peers),
            "FAGNETT_LANGUAGE": "en",
        }
        return CliRunner().invoke(app, ["verify", *options], env=env)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give what has every journal verified by several processes from then on."""

    def set_apart() -> None:
        monkeypatch.setattr(parts, "APART_ENTRIES", 0)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})

    return set_apart


DAMAGED = {
    "nothing": "UPDATE journal SET type = type",
    "an entry": "UPDATE journal SET body = x'00' WHERE position = 7",
    "an entry of the last log": "DELETE FROM journal WHERE origin = 'vest' AND position = 9",
    "the ends of two logs": "DELETE FROM journal WHERE position > 290",
    "a checkpoint": "UPDATE checkpoint SET note = 'x' WHERE origin = 'nord'",
    "a cosignature": "UPDATE cosignature SET note = 'x' WHERE origin = 'sorost'",
    "a memory": "UPDATE command SET digest = 'x' WHERE position = 1",
    "a stranger": "UPDATE cosignature SET witness = 'x' WHERE size = 200",
    "no table": "ALTER TABLE command RENAME TO x",
}


@pytest.mark.parametrize("what", DAMAGED)
def test_processes_find_what_one_finds_and_say_it_alike(
    what: str, written: Written, apart: Callable[[], None]
) -> None:
    if what == "no table":
        with closing(sqlite3.connect(written.database[10:])) as connection:
            connection.execute(DAMAGED[what])
    else:
        written.change(DAMAGED[what])
    alone = written.verify()
    apart()
    together = written.verify()
    assert (alone.exit_code, alone.output) == (together.exit_code, together.output)
    assert bool(alone.exit_code) is (what != "nothing")


def test_versions_of_streams_are_followed_however_few_are_kept(
    written: Written,
) -> None:
    with closing(open_journal(written.database, Region.VEST)) as journal:
        rows = journal.entries("vest", 0, ENTRIES)
        checked = StreamVersions(journal, "vest", 0, kept=2)
        for number, row in enumerate(rows):
            checked.look_up([row], number)
            checked.follow(row)
        begun = StreamVersions(journal, "vest", 8, kept=2)
        begun.look_up(rows[8:], 8)
        with pytest.raises(DamageError, match="is version 4 of a stream that has 2"):
            begun.follow(rows[12])
        for row in rows[8:10]:
            begun.follow(row)
        with pytest.raises(DamageError, match="is version 1 of a stream that has 1"):
            begun.follow(rows[9])


def test_versions_are_looked_up_by_their_streams(written: Written) -> None:
    """By place, each look would read the whole log: a large one would take for ever."""
    with closing(sqlite3.connect(written.database[10:])) as connection:
        statement = f"EXPLAIN QUERY PLAN {last_versions(3)}"
        plan = connection.execute(statement, ("a", "b", "c", "vest", 9)).fetchall()
    assert "(stream=?)" in plan[0][-1], plan


def test_what_was_verified_is_not_read_again(written: Written) -> None:
    first = written.verify("--keep", str(written.kept))
    assert first.exit_code == 0, first.output
    written.go_on(800)
    whole = written.verify("--keep", str(written.kept.with_name("whole")))
    since = written.verify(
        *("--since", str(written.kept)), *("--keep", str(written.kept))
    )
    assert since.exit_code == 0, since.output
    assert written.kept.read_bytes() == written.kept.with_name("whole").read_bytes()
    said = "that the first 1200 entries still are those that were verified before"
    assert said in since.output
    assert since.output.splitlines()[:-1] == whole.output.splitlines()[:-1]


SINCE = {
    "an entry before": ("UPDATE journal SET body = x'00' WHERE position = 7", 0),
    "an entry after": ("UPDATE journal SET body = x'00' WHERE position = 307", 1),
    "an older end": ("DELETE FROM journal WHERE origin = 'vest' AND position > 290", 1),
    "a checkpoint after": ("UPDATE checkpoint SET note = 'x' WHERE size > 300", 1),
    "a cosignature after": ("UPDATE cosignature SET note = 'x' WHERE size > 300", 1),
    "a memory after": ("UPDATE command SET digest = 'x' WHERE position > 300", 1),
    "no memory": ("DELETE FROM command WHERE position > 300", 1),
}


@pytest.mark.parametrize("what", SINCE)
def test_what_came_since_is_verified_and_what_was_before_is_trusted(
    what: str, written: Written
) -> None:
    statement, code = SINCE[what]
    assert written.verify("--keep", str(written.kept)).exit_code == 0
    written.go_on(800)
    written.change(statement)
    since = written.verify("--since", str(written.kept))
    assert since.exit_code == code, since.output
    assert written.verify().exit_code == 1


FILES: dict[str, tuple[Callable[[bytes], bytes], int]] = {
    "another file": (lambda _: b"{}\n", 2),
    "none": (lambda _: b"", 2),
    "another note": (lambda kept: kept.replace(b"fagnett/vest/1\\n300", b"x"), 2),
    "another size": (
        lambda kept: kept.replace(
            b"fagnett/vest/1\\n300\\n", b"fagnett/vest/1\\n15\\n"
        ),
        1,
    ),
    "another log": (
        lambda kept: kept.replace(b'"origin":"vest"', b'"origin":"nord"'),
        1,
    ),
    "another time": (lambda kept: kept.replace(b'_at":"2026', b'_at":"2025'), 1),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_does_not_say_what_was_verified_is_refused(
    what: str, written: Written
) -> None:
    changed, code = FILES[what]
    assert written.verify("--keep", str(written.kept)).exit_code == 0
    written.kept.write_bytes(changed(written.kept.read_bytes()))
    since = written.verify("--since", str(written.kept))
    assert since.exit_code == code, since.output


def test_what_is_kept_is_read_as_it_was(written: Written) -> None:
    with closing(open_journal(written.database, Region.VEST)) as journal:
        logs = list(verify(journal, KNOWN))
    read = read_kept(kept_bytes({"vest": logs}))
    assert [read["vest", log.origin] for log in logs] == [log.to for log in logs]
    with pytest.raises(BrokenKeptError):
        read_kept(b"\xff")


def test_a_file_that_is_away_or_cannot_be_written_is_told(written: Written) -> None:
    kept = written.kept / "x"
    assert written.verify("--since", str(kept)).exit_code == 2
    told = written.verify("--keep", str(kept))
    assert told.exit_code == 1
    assert str(kept) in told.output


@pytest.mark.parametrize("same", [True, False])
def test_two_histories_are_found_without_all_roots(same: bool, tmp_path: Path) -> None:
    """Roots at the ends tell that there are two; then the first is looked for."""
    one, other = (Written(tmp_path, name) for name in ("vest", "nord"))
    if not same:
        other.be_late()
    for each in (one, other, other):
        each.go_on(400)
    ends = {400, 500}

    def logs(journal: Journal, at: Collection[int] | None) -> list[Verified]:
        return [verify_log(journal, Region.NORD, KNOWN, at=at)]

    with ExitStack() as stack:
        journals = {
            name: stack.enter_context(closing(open_journal(each.database, Region.VEST)))
            for name, each in (("vest", one), ("nord", other))
        }
        whole = {name: logs(journal, None) for name, journal in journals.items()}
        asked = {name: logs(journal, ends) for name, journal in journals.items()}
        assert [len(log.roots) for (log,) in asked.values()] == [1, 1]
        said = []
        for verified, opened in (
            (whole, None),
            (asked, lambda name: nullcontext(journals[name])),
        ):
            try:
                compare(verified, opened)
            except DamageError as error:
                said.append(str(error))
    two = "nord signed two histories of 400 entries: one is at vest, the other at nord"
    assert said == ([] if same else [two, two])
