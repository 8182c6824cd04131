"""How far each other region's log was decided again here.

One row for each region, written by the auditor and read by every decision in its own
snapshot: what is decided here rests on nothing that was not decided again. Where there
is no row nobody audits that log.
"""

from typing import Final, NamedTuple

from federation.journal.shapes import DatabaseCursor

TABLE: Final = """CREATE TABLE IF NOT EXISTS audited (
    origin TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    looked BIGINT NOT NULL
)"""


class Audited(NamedTuple):
    """How far the log of a region was decided again."""

    position: int
    """Up to here all of it is as it was recorded; decisions may rest on it."""
    looked: int
    """So far the auditor has come; it waits for something, or has found something."""


def audited_in(cursor: DatabaseCursor) -> dict[str, Audited]:
    """By region, how far its log was decided again."""
    cursor.execute("SELECT origin, position, looked FROM audited")
    return {
        row["origin"]: Audited(row["position"], row["looked"])
        for row in cursor.fetchall()
    }


def keep_audited(cursor: DatabaseCursor, origin: str, audited: Audited) -> None:
    """Keep how far a log was decided again: what decisions have rested on stays so."""
    cursor.execute(
        "INSERT INTO audited VALUES (?, ?, ?) ON CONFLICT (origin) DO UPDATE "
        "SET looked = excluded.looked, position = CASE "
        "WHEN excluded.position > audited.position THEN excluded.position "
        "ELSE audited.position END",
        (origin, *audited),
    )
