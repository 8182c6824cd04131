"""How far each region has said that its log is complete, though nothing happened.

One row for each region: at home what was announced last, of the others what was
heard and holds for the entries that are here. A region's later entries are
recorded after what it announced; appending and receiving see to that.
"""

from typing import Final, NamedTuple

from federation.journal.shapes import DatabaseCursor, Head

TABLE: Final = """CREATE TABLE IF NOT EXISTS announced (
    origin TEXT NOT NULL PRIMARY KEY,
    epoch INTEGER NOT NULL,
    size BIGINT NOT NULL,
    complete_to TEXT NOT NULL,
    note TEXT NOT NULL
)"""


class Announced(NamedTuple):
    """What a region announced last, and its signed note."""

    epoch: int
    size: int
    complete_to: str
    note: str


def announced(cursor: DatabaseCursor, origin: str) -> Announced | None:
    """Last announcement of a region."""
    cursor.execute(
        "SELECT epoch, size, complete_to, note FROM announced WHERE origin = ?",
        (origin,),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    return Announced(*(row[name] for name in Announced._fields))


def announced_head(cursor: DatabaseCursor, origin: str, head: Head) -> Head:
    """Head with the instant after which the next entry is recorded."""
    last = announced(cursor, origin)
    if last is None or last.complete_to <= head.recorded_at:
        return head
    return head._replace(recorded_at=last.complete_to)


def forget(cursor: DatabaseCursor, origin: str) -> None:
    """Take back what a region has announced: it is of an epoch that is over."""
    cursor.execute("DELETE FROM announced WHERE origin = ?", (origin,))


def keep(cursor: DatabaseCursor, origin: str, announcement: Announced) -> None:
    """Put what is said in the place of what was."""
    cursor.execute(
        "INSERT INTO announced VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE "
        "SET epoch = excluded.epoch, size = excluded.size, "
        "complete_to = excluded.complete_to, note = excluded.note",
        (origin, *announcement),
    )
