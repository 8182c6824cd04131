"""The journal on PostgreSQL: positions without holes, and no lock.

A position is taken by inserting it: the primary key lets one writer have it,
and whoever takes the next one has seen this one committed. So commit order is
position order, and a refused or rolled back append leaves no hole.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Final

import psycopg
from eventsourcing import persistence
from eventsourcing.persistence import IntegrityError
from eventsourcing.postgres import PostgresDatastore
from psycopg import Cursor, IsolationLevel
from psycopg.errors import CheckViolation, UniqueViolation
from psycopg.rows import DictRow
from typing_extensions import override

from domain.values import Region
from federation.journal.announced import TABLE
from federation.journal.audited import TABLE as AUDITED
from federation.journal.copying import COPIED
from federation.journal.recorder import JournalRecorder
from federation.journal.shapes import CommandMemory, DatabaseCursor, Follow, Head
from federation.journal.unreadable import (
    UTF8,
    Cause,
    UnreadableJournalError,
    check_tables,
)
from federation.journal.witnessing import SCHEMA as WITNESSING
from federation.journal.witnessing import TABLES
from federation.signed.entry import Row

RECORDED: Final = "fagnett_recorded"
"""Channel on which the region's leader hears that another process recorded."""
_ONE_AFTER_ANOTHER: Final = "SELECT pg_advisory_xact_lock(hashtext('fagnett journal'))"
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS journal (
        origin text NOT NULL,
        epoch integer NOT NULL,
        position bigint NOT NULL,
        stream text NOT NULL,
        version integer NOT NULL,
        type text NOT NULL,
        recorded_at text NOT NULL,
        leaf bytea NOT NULL,
        body bytea NOT NULL,
        PRIMARY KEY (origin, position),
        UNIQUE (stream, version)
    )""",
    """CREATE TABLE IF NOT EXISTS command (
        command_id text NOT NULL PRIMARY KEY,
        digest text NOT NULL,
        position bigint NOT NULL,
        entries integer NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS checkpoint (
        origin text NOT NULL,
        epoch integer NOT NULL,
        size bigint NOT NULL,
        frontier bytea NOT NULL,
        note text NOT NULL,
        PRIMARY KEY (origin, size)
    )""",
    # A database of an earlier release has the epoch in its keys: positions and
    # sizes go on from epoch to epoch, and each is there once.
    *(
        f"""DO $$ BEGIN
            IF (SELECT array_length(conkey, 1) FROM pg_constraint
                WHERE conname = '{table}_pkey' AND conrelid = '{table}'::regclass) > 2
            THEN ALTER TABLE {table} DROP CONSTRAINT {table}_pkey,
                ADD CONSTRAINT {table}_pkey PRIMARY KEY (origin, {number});
            END IF;
        END $$"""
        for table, number in (("journal", "position"), ("checkpoint", "size"))
    ),
    """CREATE TABLE IF NOT EXISTS person (
        pseudonym text NOT NULL PRIMARY KEY,
        sealed bytea NOT NULL
    )""",
    TABLE,
    AUDITED,
    # Waits for an announcement that is being made, and holds up the next one; a
    # statement of a function sees what was committed before it.
    """CREATE OR REPLACE FUNCTION recorded_later() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN
        PERFORM pg_advisory_xact_lock_shared(hashtext('fagnett announced'));
        IF EXISTS (SELECT FROM appended JOIN announced USING (origin) WHERE
            appended.recorded_at COLLATE "C" <= announced.complete_to COLLATE "C")
        THEN RAISE check_violation USING CONSTRAINT = 'recorded_later',
            MESSAGE = 'recorded before what was announced';
        END IF;
        RETURN NULL;
    END $$""",
    """CREATE OR REPLACE TRIGGER recorded_later AFTER INSERT ON journal
    REFERENCING NEW TABLE AS appended
    FOR EACH STATEMENT EXECUTE FUNCTION recorded_later()""",
    *WITNESSING,
    """CREATE OR REPLACE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '% is never changed', TG_TABLE_NAME; END $$""",
    *(
        f"""CREATE OR REPLACE TRIGGER {table}_never_changed
        BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION never_changed()"""
        for table in ("journal", "command", "checkpoint", *TABLES)
    ),
)

_INSERT: Final = b"""INSERT INTO journal SELECT * FROM unnest(
    %b::text[], %b::int4[], %b::int8[], %b::text[], %b::int4[], %b::text[],
    %b::text[], %b::bytea[], %b::bytea[])"""
_MEMORIES: Final = b"%b::text[], %b::text[], %b::int8[], %b::int4[])"
_INSERT_WITH_COMMANDS: Final = (
    b"WITH remembered AS (INSERT INTO command SELECT * FROM unnest("
    + _MEMORIES
    + b") "
    + _INSERT
)
_INSERT_AND_TELL: Final = _INSERT_WITH_COMMANDS.replace(
    _MEMORIES,
    _MEMORIES + b" RETURNING pg_notify('" + RECORDED.encode() + b"', '')",
)
FROZEN_SECONDS: Final = 10
"""Standstill after which a leader, or a transaction that writes, is put out."""
READ_ENTRIES: Final = 100_000
"""Rows read by one statement, which has :data:`ANSWER_SECONDS`."""
_LOOK_AGAIN: Final = frozenset({"journal_pkey", "recorded_later"})
"""Constraints that an append breaks whose head is not the last any more."""


@lru_cache(maxsize=256)
def _translated(statement: str) -> bytes:
    return statement.replace("?", "%s").encode()


class _PortableCursor:
    """Takes statements with ``?`` marks; ``raw`` is the driver's own cursor."""

    def __init__(self, raw: Cursor[DictRow]) -> None:
        self.raw = raw
        self.fetchone = raw.fetchone
        self.fetchall = raw.fetchall

    def execute(self, statement: str, params: Sequence[Any] = ()) -> None:
        with _as_the_library_raises():
            self.raw.execute(_translated(statement), params or None, prepare=True)

    def executemany(self, statement: str, params: Sequence[Any]) -> None:
        with _as_the_library_raises():
            self.raw.executemany(_translated(statement), params)


@contextmanager
def _as_the_library_raises() -> Iterator[None]:
    """Raise the library's error in place of the driver's, where that is met.

    The library does so where a connection is given back: whoever looks at errors in the
    midst of a transaction would take the driver's for one of its own making.
    """
    try:
        yield
    except psycopg.Error as error:
        names = (each.__name__ for each in type(error).__mro__)
        kinds = (getattr(persistence, name, None) for name in names)
        kind = next(filter(None, kinds), persistence.PersistenceError)
        raise kind(str(error)) from error


class PostgresJournal(JournalRecorder):
    """All regions' entries in one database."""

    one_of = "= ANY(ARRAY(SELECT json_array_elements_text(?::json)))"

    def __init__(
        self,
        datastore: PostgresDatastore,
        region: Region,
        clock: Callable[[], datetime],
        *,
        read_only: bool = False,
    ) -> None:
        """Open a database; ``read_only`` raises where there is no journal in it."""
        super().__init__(region, clock)
        self.datastore = datastore
        self.tells = False
        """Whether another process is told of the commands that this one records."""
        self._turn = Lock()
        self._head: Head | None = None
        try:
            if read_only:
                self._check_schema()
            else:
                self._make_schema()
        except BaseException:
            self.close()
            raise

    def _check_schema(self) -> None:
        """Check that a journal is there, and that its texts are what was stored."""
        with self.reading() as cursor:
            cursor.execute("SELECT current_setting('server_encoding') AS encoding")
            encoding = cursor.fetchone()["encoding"]
            if encoding not in UTF8:
                raise UnreadableJournalError(Cause.ENCODING, encoding)
            cursor.execute(
                "SELECT name FROM unnest(?::text[]) AS name "
                "WHERE to_regclass(name) IS NOT NULL",
                (sorted(COPIED),),
            )
            check_tables([row["name"] for row in cursor.fetchall()])

    def _make_schema(self) -> None:
        """Make what is not there; not again, since that would wait for writers."""
        made = hashlib.sha256("".join(SCHEMA).encode()).hexdigest()
        with self.writing() as cursor:
            # Processes that start together make the same things one after the other.
            cursor.execute(_ONE_AFTER_ANOTHER)
            cursor.execute(
                "SELECT obj_description(to_regclass('journal'), 'pg_class') AS made"
            )
            if cursor.fetchone()["made"] == made:
                return
            for statement in (*SCHEMA, f"COMMENT ON TABLE journal IS '{made}'"):
                cursor.execute(statement)

    @override
    def append_next(self, follow: Follow, head: Head | None = None) -> Sequence[Row]:
        """Append in one statement after the head that this process saw last.

        Where another process has taken the position, or has announced a later
        instant, look again and retry.
        """
        with self._turn:
            while True:
                head = head or self._head or self._read_head()
                rows, memories = follow(head)
                try:
                    self._append(rows, memories)
                except IntegrityError as error:
                    head = self._head = None
                    cause = error.__cause__
                    outdated = isinstance(cause, UniqueViolation | CheckViolation) and (
                        cause.diag.constraint_name in _LOOK_AGAIN
                    )
                    if not outdated:
                        raise
                except BaseException:
                    self._head = None
                    raise
                else:
                    self._head = head.then(rows)
                    return rows

    def _append(self, rows: Sequence[Row], memories: Sequence[CommandMemory]) -> None:
        columns = _columns(rows, Row)
        with self.datastore.get_connection() as connection:
            cursor = connection.cursor(binary=True)
            if memories:
                statement = _INSERT_AND_TELL if self.tells else _INSERT_WITH_COMMANDS
                remembered = _columns(memories, CommandMemory)
                cursor.execute(statement, [*remembered, *columns], prepare=True)
            else:
                cursor.execute(_INSERT, columns, prepare=True)

    def _read_head(self) -> Head:
        with self.reading() as cursor:
            return self.home_end_in(cursor)

    @override
    @contextmanager
    def writing(self) -> Iterator[DatabaseCursor]:
        """Open a transaction; the server ends it where this process stands still.

        What it has locked, and the region's other processes wait for, is free then.
        """
        with self.datastore.get_connection() as connection, connection.transaction():
            cursor = _PortableCursor(connection.cursor(binary=True))
            cursor.execute(
                f"SET LOCAL idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'"
            )
            yield cursor

    @override
    @contextmanager
    def reading(self) -> Iterator[DatabaseCursor]:
        """Open a read-only transaction with one snapshot."""
        with self.datastore.get_connection() as connection:
            # Said with BEGIN itself, which saves a round trip.
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            try:
                with connection.transaction():
                    yield _PortableCursor(connection.cursor(binary=True))
            finally:
                if not connection.closed:
                    connection.isolation_level = connection.read_only = None

    @override
    def insert_rows(self, cursor: DatabaseCursor, rows: Sequence[Row]) -> None:
        assert isinstance(cursor, _PortableCursor)
        if rows:
            cursor.raw.execute(_INSERT, _columns(rows, Row), prepare=True)

    @override
    def hold_appends(self, cursor: DatabaseCursor) -> None:
        """Take alone the lock that appending shares."""
        # Said here, whatever the server's default is: what is read next must be
        # read after the lock is held.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('fagnett announced'))")

    @override
    @contextmanager
    def turn(self) -> Iterator[None]:
        # Who stands still with it is put out, as all that writes is.
        with self.writing() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('fagnett turn'))")
            yield

    @override
    def check_storage(self) -> None:
        """Read every row; PostgreSQL checks its pages as it does."""
        with self.reading() as cursor:
            for origin, end in self.positions_in(cursor).items():
                for first in range(0, end.position, READ_ENTRIES):
                    cursor.execute(
                        "SELECT count(body), count(leaf) FROM journal "
                        "WHERE origin = ? AND position > ? AND position <= ?",
                        (origin, first, first + READ_ENTRIES),
                    )
                    cursor.fetchone()

    @override
    def close(self) -> None:
        self.datastore.close()


def _columns(rows: Sequence[Any], kind: type[Row | CommandMemory]) -> list[list[Any]]:
    """Turn rows into columns, also where there are none."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in kind._fields]
