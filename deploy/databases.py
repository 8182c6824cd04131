"""The databases that settings name, opened: the journal, and the read models.

It loads nothing of the API or of NATS: the command line asks a journal in a moment.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from sqlalchemy import Connection, Engine

from domain.values import Region
from federation.journal.answering import ALIVE, TEXTS, AnsweringConnection, Sessions
from federation.journal.postgres import PostgresJournal
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.private import database_files
from projections.database import (
    looking_at_postgres,
    looking_at_sqlite,
    open_postgres,
    open_sqlite,
    reading,
)

CONNECTIONS: Final = 10
CONNECT_SECONDS: Final = 5.0
_SQLITE: Final = "sqlite:///"


def system_clock() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


def open_journal(database: str, region: Region, *, read_only: bool = False) -> Journal:
    """Open the journal that a setting names; ``read_only`` makes and changes nothing."""
    if database.startswith(_SQLITE):
        path = Path(database.removeprefix(_SQLITE))
        return SQLiteJournal(path, region, system_clock, read_only=read_only)
    datastore = Sessions(
        *("", "", "", "", ""),
        connect_timeout=CONNECT_SECONDS,
        pool_size=2,
        max_overflow=CONNECTIONS,
        pre_ping=True,
        originator_id_type="text",
    )
    # The library knows five members of a DSN; this keeps the others, TLS first.
    dsn = {**ALIVE, **conninfo_to_dict(database), **TEXTS}
    datastore.pool.connection_class = AnsweringConnection
    datastore.pool.kwargs = {**dsn, "row_factory": dict_row}
    return PostgresJournal(datastore, region, system_clock, read_only=read_only)


def exists(database: str) -> bool:
    """Whether there is a file; a database of a server is made by its operator."""
    path = Path(database.removeprefix(_SQLITE))
    return not database.startswith(_SQLITE) or path.exists()


def views_exist(database: str, views: Path | None) -> bool:
    """Whether there is a file of read models; a server's are looked for there."""
    return not database.startswith(_SQLITE) or _views(database, views).exists()


def private_paths(database: str, views: Path | None) -> Sequence[Path]:
    """What nobody else may read of the databases that settings name."""
    if not database.startswith(_SQLITE):
        return ()
    paths = (Path(database.removeprefix(_SQLITE)), _views(database, views))
    folders = {path.parent for path in paths if path.parent.exists()}
    return [
        *sorted(folders),
        *(file for path in paths for file in database_files(path)),
    ]


def _views(database: str, views: Path | None) -> Path:
    return views or Path(database.removeprefix(_SQLITE)).with_name("views.sqlite")


def open_views(database: str, views: Path | None) -> Engine:
    """Open the read models that settings name."""
    if database.startswith(_SQLITE):
        return open_sqlite(_views(database, views))
    return open_postgres(conninfo_to_dict(database))


@contextmanager
def looking_at_views(database: str, views: Path | None) -> Iterator[Connection]:
    """Open the read models that settings name, and make and change nothing."""
    if database.startswith(_SQLITE):
        opened = looking_at_sqlite(_views(database, views))
    else:
        opened = looking_at_postgres(conninfo_to_dict(database))
    with opened as engine, reading(engine) as connection:
        yield connection


def last_recorded(journal: Journal) -> str:
    """Instant that the home log has recorded or announced last, or nothing."""
    with journal.reading() as cursor:
        return journal.home_end_in(cursor).recorded_at


def last_known(journal: Journal) -> str:
    """Instant of the last entry of any region, or nothing."""
    with journal.reading() as cursor:
        return max(end.recorded_at for end in journal.ends_in(cursor).values())
