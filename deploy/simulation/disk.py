"""A node's disk: it fills up, answers with errors, and forgets what was not synced.

The journal itself is the real one, on a real file. A power cut takes back what
SQLite committed without asking the disk to keep it.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from eventsourcing.persistence import OperationalError
from typing_extensions import override

from domain.values import Region
from federation.journal.shapes import DatabaseCursor
from federation.journal.sqlite import SQLiteJournal

SYNCED: Final = 2
"""SQLite's own number for: each commit is on the disk when it returns."""
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


class Flipped(NamedTuple):
    """An entry in which a bit is another than was written."""

    origin: str
    position: int


@dataclass
class Disk:
    """The files of one node."""

    folder: Path
    random: Random
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

    def before_commit(self, cursor: DatabaseCursor) -> None:
        """Fail, or note what the disk would keep if the power went."""
        if self.fallen or self.ill is Ill.FULL:
            message = "database or disk is full"
            raise OperationalError(message)
        if self.ill in {Ill.UNSURE, Ill.DYING} and self.random.random() < 0.5:  # noqa: PLR2004 - a coin
            self._fall()
        cursor.execute("PRAGMA synchronous")
        if cursor.fetchone()[0] < SYNCED and self._synced is None:
            self._synced = self.folder / "synced"
            _copy(self.journal, self._synced)

    def after_commit(self) -> None:
        """Fail though everything is kept."""
        if self.ill in {Ill.UNSURE, Ill.DYING} and self.random.random() < 0.5:  # noqa: PLR2004 - a coin
            self._fall()

    def _fall(self) -> None:
        self.fallen = self.ill is Ill.DYING
        message = "disk I/O error"
        raise OperationalError(message)

    # Faults while it stands still

    def power_cut(self) -> None:
        """Forget what was never synced, and leave a torn end."""
        if self._synced is not None:
            _copy(self._synced, self.journal)
            self._synced = None
        self.fallen, self.ill = False, None

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
