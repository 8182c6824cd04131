"""What cannot be read, told apart from what is damaged.

No database, no right, another encoding, a server that is away: nobody knows then
what the journal holds. Only bytes that were read can be wrong.
"""

import sqlite3
from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Final

import psycopg

from federation.journal.copying import COPIED

_OUT_OF_REACH: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_AUTH,
    }
)
_PRIMARY_CODE: Final = 0xFF
_NOT_READ: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.ProgrammingError,
    psycopg.NotSupportedError,
)
UTF8: Final = frozenset({"UTF8", "SQL_ASCII"})
"""Encodings of a server that give back the bytes that were stored."""


class Cause(StrEnum):
    """Why a journal cannot be read."""

    NO_JOURNAL = "no_journal"
    """There is no file, or no table of entries in it."""
    EARLIER = "earlier"
    """It lacks a table: an earlier release made it, and it may not be changed now."""
    ENCODING = "encoding"
    """The database keeps its texts in another encoding than UTF-8."""
    FILE = "file"
    """A file of a copy is not there, may not be read, or is of another form."""


class UnreadableJournalError(Exception):
    """A journal cannot be read; what it holds, nobody knows."""

    def __init__(self, cause: Cause, what: str = "") -> None:
        self.cause = cause
        self.what = what
        super().__init__(f"{cause.value} {what}".strip())


def check_tables(tables: Collection[str]) -> None:
    """Raise :class:`UnreadableJournalError` unless a journal's tables are all there."""
    missing = COPIED - set(tables)
    if "journal" in missing:
        raise UnreadableJournalError(Cause.NO_JOURNAL)
    if missing:
        raise UnreadableJournalError(Cause.EARLIER, ", ".join(sorted(missing)))


def is_unreadable(error: BaseException) -> bool:
    """Whether an error tells that nothing could be read, and not what is wrong."""
    return any(_is_out_of_reach(cause) for cause in _causes(error))


def _is_out_of_reach(error: BaseException) -> bool:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        return code in _OUT_OF_REACH
    return isinstance(error, (*_NOT_READ, UnreadableJournalError))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        # SQLAlchemy keeps the driver's own beside the chain.
        origin = getattr(cause, "orig", None)
        if isinstance(origin, BaseException):
            yield origin
        cause = cause.__cause__ or cause.__context__
