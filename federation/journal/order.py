"""The order that a log and its streams keep, whoever brings the entries."""

from collections.abc import Sequence

from domain.parties.epoch import EpochBegun
from domain.parties.membership import KEY, MEMBERSHIP, has_left, may_follow
from domain.values import Region
from federation.journal.shapes import ContradictionError, DatabaseCursor, Head
from federation.signed.entry import Row
from federation.signed.seen import OF_THE_LOG, decided_on


def check_order(cursor: DatabaseCursor, head: Head, rows: Sequence[Row]) -> None:
    """Check that time goes on, and that no stream skips or repeats a version.

    Nor is anything recorded after a region has left, or by who has forgotten what it
    had seen. Raises :class:`ContradictionError` at the first entry that does not follow.
    """
    streams = list({row.stream for row in rows})
    parameters = ", ".join("?" * len(streams))
    cursor.execute(
        "SELECT stream, MAX(version) AS version FROM journal "
        f"WHERE stream IN ({parameters}) GROUP BY stream",
        tuple(streams),
    )
    versions = {row["stream"]: row["version"] for row in cursor.fetchall()}
    recorded_at = head.recorded_at
    for row in rows:
        follows = versions.get(row.stream, 0) + 1
        if row.version != follows or row.recorded_at <= recorded_at:
            raise ContradictionError(row.id)
        versions[row.stream], recorded_at = row.version, row.recorded_at
    last = last_decided(cursor, rows[0].origin)
    decided = None if last is None else decided_on(last)
    for basis in filter(None, map(decided_on, rows)):
        if decided is not None and (basis.forgets(decided) or basis.goes_back(decided)):
            message = f"{basis.id}, which had seen less than {decided.id},"
            raise ContradictionError(message)
        decided = basis
    late = after_leaving(head, rows)
    if late is not None:
        message = f"{late.id} of who has left"
        raise ContradictionError(message)


def last_decided(cursor: DatabaseCursor, origin: str) -> Row | None:
    """Read the last entry of a log that a command came to; None where there is none."""
    cursor.execute(
        f"SELECT {', '.join(Row._fields)} FROM journal WHERE origin = ? "
        f"AND type NOT IN ({', '.join('?' * len(OF_THE_LOG))}) "
        "ORDER BY position DESC LIMIT 1",
        (origin, *OF_THE_LOG),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    *header, leaf, body = (row[name] for name in Row._fields)
    return Row._make((*header, bytes(leaf), bytes(body)))


def after_leaving(head: Head, rows: Sequence[Row]) -> Row | None:
    """First entry that a region has recorded after it left, or None."""
    left = head.left
    for row in rows:
        if not may_follow(row.type, left=left):
            return row
        left = has_left(row.type, left=left)
    return None


def left_in(cursor: DatabaseCursor, origin: str, last: str) -> bool:
    """Whether a region has left whose log ends with a fact of the name ``last``."""
    if last != EpochBegun.TYPE:
        return has_left(last, left=False)
    # An epoch says nothing of it, and little is asked before more is recorded.
    cursor.execute(
        "SELECT type FROM journal WHERE stream = ? ORDER BY version DESC LIMIT 1",
        (str(MEMBERSHIP.stream(Region(origin), KEY)),),
    )
    row = cursor.fetchone()
    return row is not None and has_left(row["type"], left=False)
