"""The versions of streams while a log is read, with bounded memory.

Those of the streams that were read last are kept. Of another one the journal is asked
what was read before: there each stream's entries are found by its name.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from federation.checks.damage import DamageError
from federation.journal.store import Journal, marks
from federation.signed.entry import Row

STREAMS_KEPT: Final = 20_000
"""Streams of which the last version is kept, and as many of those before them."""


class StreamVersions:
    """The last version of each stream of a log, up to the entry that was read last."""

    def __init__(
        self, journal: Journal, origin: str, read: int, kept: int = STREAMS_KEPT
    ) -> None:
        """Begin after the first ``read`` entries of a log."""
        self._journal = journal
        self._origin = origin
        self._kept = kept
        self._all = not read
        """Whether what is not kept here was never read."""
        self._recent: dict[str, int] = {}
        self._before: dict[str, int] = {}

    def look_up(self, rows: Sequence[Row], read: int) -> None:
        """Ask the journal for the streams of the next entries, where it must be."""
        if len(self._recent) > self._kept:
            self._all = self._all and not self._before
            self._before, self._recent = self._recent, {}
        if self._all:
            return
        unknown = {
            row.stream
            for row in rows
            if row.stream not in self._recent and row.stream not in self._before
        }
        self._recent |= self._stored(filter(_is_text, unknown), read)

    def follow(self, row: Row) -> None:
        """Raise :class:`DamageError` unless an entry is its stream's next version."""
        stream = row.stream
        before = self._recent.get(stream) or self._before.get(stream, 0)
        if row.version != before + 1:
            message = (
                f"entry {row.id} is version {row.version} of a stream that has {before}"
            )
            raise DamageError(message)
        self._recent[stream] = row.version

    def _stored(self, streams: Iterable[str], read: int) -> dict[str, int]:
        named = tuple(streams)
        if not named:
            return {}
        with self._journal.reading() as cursor:
            cursor.execute(last_versions(len(named)), (*named, self._origin, read))
            return {row["stream"]: row["version"] for row in cursor.fetchall()}


def last_versions(streams: int) -> str:
    """Statement of the last versions of so many streams in a part of a log.

    No index but that of the streams serves it: by place, SQLite would read the whole
    log each time.
    """
    return (
        "SELECT stream, MAX(version) AS version FROM journal "  # noqa: S608 - ours
        f"WHERE stream IN ({marks(streams)}) "
        "AND origin || '' = ? AND position + 0 <= ? GROUP BY stream"
    )


def _is_text(stream: object) -> bool:
    """Whether damage has left a stream's name what it was."""
    return isinstance(stream, str)
