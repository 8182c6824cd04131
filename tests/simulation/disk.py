"""A node's disk: it fills up, answers with errors, and forgets what was not synced.

The journal itself is the real one, on a real file. A power cut takes back what
SQLite committed without asking the disk to keep it.
"""

import errno
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from eventsourcing.persistence import OperationalError
from typing_extensions import override

from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.journal.shapes import DatabaseCursor
from federation.journal.sqlite import SQLiteJournal

SYNCED: Final = 2
"""SQLite's own number for: each commit is on the disk when it returns."""
TORN_MAX: Final = 9000
"""Bytes of a transaction that a power cut may leave: some pages and a part."""
PARTS: Final = ("", "-wal")
"""The files of a database that survive a power cut."""


class Ill(StrEnum):
    """What is wrong with a disk."""

    FULL = "full"
    """Nothing can be written."""
    UNSURE = "unsure"
    """Some writes fail before, and some after they are kept."""
    DYING = "dying"
    """The power goes in the middle of the next write, before or after it is kept."""
    UNREADABLE = "unreadable"
    """Some reads fail."""


FAILS: Final = ContextVar("FAILS", default=False)
"""The node itself is at work: who looks at its disk from outside reads the bytes."""


class Flipped(NamedTuple):
    """An entry in which a bit is another than was written."""

    origin: str
    position: int


@dataclass
class Disk:
    """The files of one node."""

    folder: Path
    random: Random
    counts: Counter[str] = field(default_factory=Counter)
    """What went wrong, how often."""
    ill: Ill | None = None
    fallen: bool = False
    """The power went during a write; whoever runs the node must stop it now."""
    backups: list[Path] = field(default_factory=list)
    flipped: Flipped | None = None
    replaced: bool = False
    """Somebody is at work on it; nobody else starts the node meanwhile."""
    _synced: Path | None = None

    @property
    def journal(self) -> Path:
        """The file of the journal."""
        return self.folder / "journal.sqlite"

    @property
    def views(self) -> Path:
        """The file of the read models."""
        return self.folder / "views.sqlite"

    @property
    def _old_views(self) -> Path:
        return self.folder / "views-old.sqlite"

    @property
    def _cut(self) -> Path:
        return self.folder / "cut.sqlite"

    @property
    def promises(self) -> Path:
        """The file of what was signed for."""
        return self.folder / "promises"

    def holds_of(self, origin: str) -> int:
        """Return how much of a log the journal holds, while nobody has it open."""
        with closing(sqlite3.connect(self.journal)) as database:
            (held,) = database.execute(
                "SELECT MAX(position) FROM journal WHERE origin = ?", (origin,)
            ).fetchone()
        return held or 0

    # Faults while the node runs

    def read(self) -> None:
        """Fail, as a read may."""
        if self.ill is Ill.UNREADABLE and FAILS.get() and self._coin():
            self.counts["reads failed"] += 1
            message = "disk I/O error"
            raise OperationalError(message)

    def promise(self) -> None:
        """Fail, as the write of a file may."""
        code = errno.ENOSPC if self.ill is Ill.FULL else errno.EIO
        if self.fallen or self.ill is Ill.FULL or self._writes_badly():
            self.fallen = self.fallen or self.ill is Ill.DYING
            self.counts["promises failed"] += 1
            raise OSError(code, os.strerror(code))

    def before_commit(self, cursor: DatabaseCursor) -> None:
        """Fail, or note what the disk would keep if the power went."""
        if self.fallen or self.ill is Ill.FULL:
            self.counts["disks full"] += 1
            message = "database or disk is full"
            raise OperationalError(message)
        if self._writes_badly():
            self._fall()
        cursor.execute("PRAGMA synchronous")
        if cursor.fetchone()[0] < SYNCED and self._synced is None:
            self._synced = self.folder / "synced"
            _copy(self.journal, self._synced)

    def after_commit(self) -> None:
        """Fail though everything is kept."""
        if self._writes_badly():
            self._fall()

    def _coin(self) -> bool:
        return self.random.random() < 0.5

    def _writes_badly(self) -> bool:
        return self.ill in {Ill.UNSURE, Ill.DYING} and self._coin()

    def _fall(self) -> None:
        self.fallen = self.ill is Ill.DYING
        self.counts["writes failed"] += 1
        message = "disk I/O error"
        raise OperationalError(message)

    # Faults while it stands still

    def keep_views(self) -> None:
        """Note what is left of the read models if the power goes soon."""
        _copy(self.views, self._old_views)

    def cut(self) -> None:
        """Note the journal's files as they are when the power goes."""
        _copy(self.journal, self._cut)

    def power_cut(self) -> None:
        """Forget what was never synced, and leave a torn end."""
        if self._synced is not None:
            _copy(self._synced, self.journal)
            self._synced = None
        else:
            _copy(self._cut, self.journal)
            self._tear()
        if self._coin():
            # Their last commits are not asked to be on the disk.
            _copy(self._old_views, self.views)
            self.counts["read models set back"] += 1
        self.fallen, self.ill = False, None

    def _tear(self) -> None:
        """Begin a transaction that never ended."""
        log = self.journal.with_name(self.journal.name + "-wal")
        if log.exists() and log.stat().st_size:
            with log.open("ab") as file:
                file.write(self.random.randbytes(self.random.randrange(1, TORN_MAX)))
            self.counts["ends torn"] += 1

    def back_up(self, number: int) -> None:
        """Copy the journal as an operator does, while it runs."""
        backup = self.folder / f"backup-{number}.sqlite"
        with (
            closing(sqlite3.connect(self.journal)) as source,
            closing(sqlite3.connect(backup)) as target,
        ):
            source.backup(target)
        self.backups.append(backup)

    def restore(self, backup: Path | None) -> None:
        """Put a backup in the place of the journal; None leaves nothing at all."""
        for part in ("", "-wal", "-shm"):
            self.journal.with_name(self.journal.name + part).unlink(missing_ok=True)
        if backup is not None:
            shutil.copyfile(backup, self.journal)
        self.flipped = self._synced = None
        self.replaced = True

    def lose_promises(self) -> None:
        """Delete the file of what was signed for."""
        self.promises.unlink(missing_ok=True)

    def lose_views(self) -> None:
        """Delete the read models."""
        for part in ("", "-wal", "-shm"):
            self.views.with_name(self.views.name + part).unlink(missing_ok=True)

    def flip(self) -> Flipped | None:
        """Turn one bit of one entry, as a disk does that nobody checks."""
        with closing(sqlite3.connect(self.journal, isolation_level=None)) as database:
            rows = database.execute(
                "SELECT rowid, origin, position, body FROM journal ORDER BY rowid"
            ).fetchall()
            if not rows:
                return None
            row, origin, position, body = self.random.choice(rows)
            place = self.random.randrange(len(body))
            bent = bytes([body[place] ^ (1 << self.random.randrange(8))])
            _write(database, row, body[:place] + bent + body[place + 1 :])
        self.flipped = Flipped(origin, position)
        return self.flipped


def _write(database: sqlite3.Connection, row: int, body: bytes) -> None:
    (trigger,) = database.execute(
        "SELECT sql FROM sqlite_schema WHERE name = 'journal_update'"
    ).fetchone()
    database.execute("DROP TRIGGER journal_update")
    database.execute("UPDATE journal SET body = ? WHERE rowid = ?", (body, row))
    database.execute(trigger)


def _copy(source: Path, target: Path) -> None:
    for part in PARTS:
        file = source.with_name(source.name + part)
        copy = target.with_name(target.name + part)
        copy.unlink(missing_ok=True)
        if file.exists():
            shutil.copyfile(file, copy)
    target.with_name(target.name + "-shm").unlink(missing_ok=True)


class SimulatedJournal(SQLiteJournal):
    """The journal on SQLite, on a disk that may fail."""

    def __init__(
        self, disk: Disk, region: Region, clock: Callable[[], datetime]
    ) -> None:
        self._disk = disk
        super().__init__(disk.journal, region, clock)

    @override
    @contextmanager
    def writing(self) -> Iterator[DatabaseCursor]:
        """Open a transaction that may fail before or after it is kept."""
        with super().writing() as cursor:
            yield cursor
            self._disk.before_commit(cursor)
        self._disk.after_commit()

    @override
    @contextmanager
    def reading(self) -> Iterator[DatabaseCursor]:
        """Open a transaction that may not get at the disk."""
        self._disk.read()
        with super().reading() as cursor:
            yield cursor


class SimulatedSignedHeads(SignedHeads):
    """The file of promises on a disk that may fail."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(disk.promises)

    @override
    def keep(self, note: str) -> None:
        """Make a promise, or fail before it is made."""
        self._disk.promise()
        super().keep(note)
