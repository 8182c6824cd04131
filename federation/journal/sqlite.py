"""The journal on SQLite: WAL, every commit synced, one writing process."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Condition
from typing import Final

from eventsourcing.persistence import DatabaseError, InterfaceError, OperationalError
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteDatastore,
    SQLiteTransaction,
)
from typing_extensions import override

from domain.values import Region
from federation.journal.announced import TABLE
from federation.journal.audited import TABLE as AUDITED
from federation.journal.looking import Look, is_sqlite, look_at
from federation.journal.recorder import JournalRecorder
from federation.journal.shapes import DatabaseCursor, Follow, Head
from federation.journal.unreadable import (
    Cause,
    UnreadableJournalError,
    check_tables,
)
from federation.journal.witnessing import SCHEMA as WITNESSING
from federation.journal.witnessing import TABLES
from federation.private import make_database
from federation.signed.entry import Row

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS journal (
        origin TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        position INTEGER NOT NULL,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        type TEXT NOT NULL,
        recorded_at TEXT NOT NULL,
        leaf BLOB NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (origin, position),
        UNIQUE (stream, version)
    )""",
    """CREATE TABLE IF NOT EXISTS command (
        command_id TEXT NOT NULL PRIMARY KEY,
        digest TEXT NOT NULL,
        position INTEGER NOT NULL,
        entries INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS checkpoint (
        origin TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        size INTEGER NOT NULL,
        frontier BLOB NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (origin, size)
    )""",
    """CREATE TABLE IF NOT EXISTS person (
        pseudonym TEXT NOT NULL PRIMARY KEY,
        sealed BLOB NOT NULL
    ) WITHOUT ROWID""",
    TABLE,
    AUDITED,
    *WITNESSING,
    *(
        f"""CREATE TRIGGER IF NOT EXISTS {table}_{verb.lower()}
        BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} is never changed'); END"""
        for table in ("journal", "command", "checkpoint", *TABLES)
        for verb in ("UPDATE", "DELETE")
    ),
    # REPLACE deletes what is in its way without a trigger, by any of the keys.
    """CREATE TRIGGER IF NOT EXISTS journal_replace BEFORE INSERT ON journal
    WHEN EXISTS (SELECT 1 FROM journal
        WHERE origin = NEW.origin AND position = NEW.position)
    OR EXISTS (SELECT 1 FROM journal
        WHERE stream = NEW.stream AND version = NEW.version)
    OR EXISTS (SELECT 1 FROM journal WHERE rowid = NEW.rowid)
    BEGIN SELECT RAISE(ABORT, 'journal is never changed'); END""",
)

LOCK_TIMEOUT_SECONDS: Final = 30
READERS: Final = 8
KEY_PARTS: Final = 2
"""Columns of a key in a log: the origin, and the position or the size."""
STATEMENTS: Final = 128
"""Statements that are kept prepared for each connection."""


class Connections(SQLiteConnectionPool):
    """The library's pool, whose own connections forget all statements but the last."""

    @override
    def _create_connection(self) -> SQLiteConnection:
        try:
            connection = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                cached_statements=STATEMENTS,
                timeout=LOCK_TIMEOUT_SECONDS,
            )
        except sqlite3.Error as error:
            raise InterfaceError(error) from error
        if not self.is_journal_mode_wal:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            self.is_journal_mode_wal = True
        connection.row_factory = sqlite3.Row
        return SQLiteConnection(connection, self.max_age)


class SQLiteJournal(JournalRecorder):
    """All regions' entries in one file."""

    one_of = "IN (SELECT value FROM json_each(?))"

    def __init__(
        self,
        path: Path,
        region: Region,
        clock: Callable[[], datetime],
        *,
        read_only: bool = False,
    ) -> None:
        """Open a file; ``read_only`` raises where there is no journal in it."""
        super().__init__(region, clock)
        if not read_only:
            make_database(path)
        self._look = look_at(path) if read_only else Look(str(path))
        self._gate = Condition()
        self._users = 0
        self._closed = False
        self.datastore = SQLiteDatastore(self._look.uri, originator_id_type="text")
        self.datastore.pool = Connections(
            db_name=self._look.uri,
            pool_size=READERS,
            max_overflow=READERS,
            pool_timeout=LOCK_TIMEOUT_SECONDS,
        )
        try:
            self._prepare(read_only=read_only)
        except (DatabaseError, sqlite3.DatabaseError):
            self.close()
            if read_only and not is_sqlite(path):
                raise UnreadableJournalError(Cause.NO_JOURNAL) from None
            raise
        except BaseException:
            self.close()
            raise

    def _prepare(self, *, read_only: bool) -> None:
        """Make what is missing; of a file that is only read, check that it is there."""
        with self.datastore.transaction(commit=not read_only) as cursor:
            if read_only:
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                check_tables([row["name"] for row in cursor.fetchall()])
                return
            for statement in SCHEMA:
                cursor.execute(statement)
            _go_on_over_epochs(cursor)

    @override
    def append_next(self, follow: Follow, head: Head | None = None) -> Sequence[Row]:
        """Append under the file's write lock, after the head as it is then."""
        with self.writing() as cursor:
            rows, memories = follow(self.home_end_in(cursor))
            self.insert_rows(cursor, rows)
            cursor.executemany("INSERT INTO command VALUES (?, ?, ?, ?)", memories)
        return rows

    @override
    @contextmanager
    def writing(self) -> Iterator[DatabaseCursor]:
        """Open a transaction; the datastore lets one writer in at a time."""
        with self._transaction(commit=True) as cursor:
            yield cursor

    @override
    @contextmanager
    def reading(self) -> Iterator[DatabaseCursor]:
        """Open a transaction that sees what its first statement sees."""
        with self._transaction(commit=False) as cursor:
            yield cursor

    @contextmanager
    def _transaction(self, *, commit: bool) -> Iterator[DatabaseCursor]:
        """Do as the datastore does, and keep the connections open meanwhile.

        The datastore closes them also while a thread is at work on one, which
        ends the whole process in the middle of a statement.
        """
        with self._gate:
            if self._closed:
                message = "the journal is closed"
                raise OperationalError(message)
            self._users += 1
        pool = self.datastore.pool
        try:
            connection = pool.get_connection(is_writer=commit)
            try:
                with SQLiteTransaction(connection, commit=commit) as opened, opened:
                    yield opened
            finally:
                pool.put_connection(connection)
        finally:
            with self._gate:
                self._users -= 1
                self._gate.notify_all()

    @override
    def insert_rows(self, cursor: DatabaseCursor, rows: Sequence[Row]) -> None:
        cursor.executemany("INSERT INTO journal VALUES (?,?,?,?,?,?,?,?,?)", rows)

    @override
    def hold_appends(self, cursor: DatabaseCursor) -> None:
        """Do nothing: a transaction that writes is alone."""

    @override
    def check_storage(self) -> None:
        """Let SQLite check its pages and indexes."""
        with self.reading() as cursor:
            cursor.execute("PRAGMA integrity_check(1)")
            problem = cursor.fetchone()[0]
        if problem != "ok":
            raise DatabaseError(problem)

    @override
    def close(self) -> None:
        """Close all connections, once nobody is at work on one."""
        with self._gate:
            self._closed = True
            self._gate.wait_for(lambda: not self._users, LOCK_TIMEOUT_SECONDS)
        self.datastore.close()
        self._look.close()


def _go_on_over_epochs(cursor: DatabaseCursor) -> None:
    """Let a file of an earlier release hold each position of a log once.

    Its keys had the epoch before the position. SQLite changes no key, so there
    is an index beside it.
    """
    for table, number in (("journal", "position"), ("checkpoint", "size")):
        cursor.execute(
            "SELECT COUNT(*) AS parts FROM pragma_table_info(?) WHERE pk", (table,)
        )
        if cursor.fetchone()["parts"] > KEY_PARTS:
            cursor.execute(
                f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_{number} "
                f"ON {table} (origin, {number})"
            )
