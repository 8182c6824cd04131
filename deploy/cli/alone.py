"""Keeping every other program from a journal while a command changes it."""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Final

import psycopg

from deploy.keyfiles import KeyFileError
from federation.node.leader import LEASE
from federation.private import make_folder, tighten

SQLITE: Final = "sqlite:///"


class AlreadyRunningError(Exception):
    """Another node has this journal open."""


def only_one(database: str) -> IO[bytes] | None:
    """Refuse a second node on the same SQLite file: it has one writing process."""
    if not database.startswith(SQLITE):
        return None
    path = Path(database.removeprefix(SQLITE)).with_suffix(".lock")
    make_folder(path.parent)
    lock = path.open("ab")
    tighten(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        message = f"another node has {database} open"
        raise AlreadyRunningError(message) from None
    return lock


@contextmanager
def exclusive(database: str) -> Iterator[None]:
    """Keep every node from the journal; raise :class:`AlreadyRunningError` if one has it."""
    if database.startswith(SQLITE):
        with closing(only_one(database) or BytesIO()):
            yield
        return
    # Whoever leads on a server's database holds this lock, also while it waits.
    try:
        connection = psycopg.connect(database, autocommit=True)
    except psycopg.Error as error:
        message = f"the database does not answer: {type(error).__name__}"
        raise KeyFileError(message) from None
    with connection:
        row = connection.execute(
            "SELECT pg_try_advisory_lock(%s, %s)", LEASE
        ).fetchone()
        if row is None or not row[0]:
            message = "another node has the database open"
            raise AlreadyRunningError(message)
        yield
