"""The order that a log and its streams keep, whoever brings the entries."""

from collections.abc import Sequence

from federation.entry import Row, entry_id
from federation.journal.shapes import ContradictionError, DatabaseCursor, Head


def check_order(cursor: DatabaseCursor, head: Head, rows: Sequence[Row]) -> None:
    """Check that time goes on, and that no stream skips or repeats a version.

    Raises :class:`ContradictionError` at the first entry that does not follow.
    """
    streams = list({row.stream for row in rows})
    wanted = ", ".join("?" * len(streams))
    cursor.execute(
        "SELECT stream, MAX(version) AS version FROM journal "
        f"WHERE stream IN ({wanted}) GROUP BY stream",
        tuple(streams),
    )
    versions = {row["stream"]: row["version"] for row in cursor.fetchall()}
    recorded_at = head.recorded_at
    for row in rows:
        follows = versions.get(row.stream, 0) + 1
        if row.version != follows or row.recorded_at <= recorded_at:
            raise ContradictionError(entry_id(row.origin, row.epoch, row.position))
        versions[row.stream], recorded_at = row.version, row.recorded_at
