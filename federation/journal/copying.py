"""What a journal's tables hold, as a copy of it is written and filled again.

A log is copied as its entries and the notes that were signed about it; what
follows from those (trees, memories of commands) is made anew from them.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any, Final, NamedTuple

from federation.journal.shapes import DatabaseCursor, paged
from federation.journal.store import octets
from federation.journal.witnessing import TABLES, Cosigned

BATCH_ROWS: Final = 500


class Plain(NamedTuple):
    """A table that is copied row by row; its first column is its key."""

    name: str
    columns: Sequence[str]
    secret: bool = False
    """It is for its own region alone, and not in what others are given."""
    binary: str = ""
    """The column that holds bytes."""


COMMAND: Final = Plain(
    "command", ("command_id", "digest", "position", "entries"), secret=True
)
"""Only commands that recorded nothing are copied; no entry tells of them."""
PLAIN: Final = (
    Plain("incident", ("incident_id", "origin", "kind", "evidence", "noticed_at")),
    Plain("incident_decision", ("incident_id", "reason", "decided_at"), secret=True),
    COMMAND,
    Plain("person", ("pseudonym", "sealed"), secret=True, binary="sealed"),
)
COPIED: Final = frozenset(
    {"journal", "checkpoint", "announced", *TABLES, *(table.name for table in PLAIN)}
)
"""Tables that a copy is made of; the others say nothing that it needs."""


class SignedNote(NamedTuple):
    """A signed note about a log of some size."""

    size: int
    epoch: int
    kind: str
    """``announced``, ``checkpoint`` or ``cosigned``."""
    witness: str
    """Who cosigned; nobody for the other kinds."""
    note: str


class Stored(NamedTuple):
    """An entry's bytes, and the hash that was stored with them."""

    epoch: int
    position: int
    leaf: bytes
    body: bytes


def stored_in(cursor: DatabaseCursor, origin: str) -> Iterator[Sequence[Stored]]:
    """Entries of a region's log, some at a time."""
    after = 0
    while True:
        cursor.execute(
            "SELECT epoch, position, leaf, body FROM journal WHERE origin = ? "
            "AND position > ? ORDER BY position LIMIT ?",
            (origin, after, BATCH_ROWS),
        )
        rows = cursor.fetchall()
        if not rows:
            return
        yield [
            Stored(
                row["epoch"], row["position"], octets(row["leaf"]), octets(row["body"])
            )
            for row in rows
        ]
        after = rows[-1]["position"]


def notes_in(
    cursor: DatabaseCursor, origin: str, after: int, last: int
) -> Sequence[SignedNote]:
    """Signed notes about a log of more than ``after`` entries, up to ``last``.

    What was promised and is announced without its note is not among them: a copy
    holds what is signed, and the signed heads bring the instant back.
    """
    only = "WHERE origin = ? AND size > ? AND size <= ?"
    cursor.execute(
        "SELECT size, epoch, 'checkpoint' AS kind, '' AS witness, note "
        f"FROM checkpoint {only} UNION ALL "
        f"SELECT size, epoch, 'cosigned' AS kind, witness, note FROM cosignature {only} "
        "UNION ALL SELECT size, epoch, 'announced' AS kind, '' AS witness, note "
        f"FROM announced {only} AND note <> '' ORDER BY size, epoch, kind, witness",
        (origin, after, last) * 3,
    )
    return [
        SignedNote(*(row[name] for name in SignedNote._fields))
        for row in cursor.fetchall()
    ]


def plain_in(cursor: DatabaseCursor, table: Plain) -> Iterator[Sequence[Any]]:
    """Rows of a table by their key."""
    only = "entries = 0" if table is COMMAND else "true"
    select = f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {only}"
    for row in paged(lambda: nullcontext(cursor), select, (), table.columns[0], ""):
        yield [row[name] for name in table.columns]


def insert_plain(
    cursor: DatabaseCursor, table: Plain, rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows."""
    places = ", ".join("?" * len(table.columns))
    cursor.executemany(f"INSERT INTO {table.name} VALUES ({places})", rows)


def insert_cosigned(cursor: DatabaseCursor, cosigned: Cosigned) -> None:
    """Insert a cosignature."""
    cursor.execute("INSERT INTO cosignature VALUES (?, ?, ?, ?, ?)", cosigned)


def is_empty(cursor: DatabaseCursor) -> bool:
    """Whether nothing is in any table."""
    for table in sorted(COPIED):
        cursor.execute(f"SELECT 1 AS one FROM {table} LIMIT 1")
        if cursor.fetchone() is not None:
            return False
    return True
