"""The journal as it was seen earlier: up to some positions, and up to a day."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TypeVar

from typing_extensions import override

from domain.history import Category, Stream
from domain.values import Region, business_day, parse_instant
from federation.journal.shapes import DatabaseCursor
from federation.journal.store import Journal
from federation.log.executor import SnapshotHistory
from federation.signed.entry import Row

S = TypeVar("S")


@contextmanager
def history_until(
    journal: Journal, cut: Mapping[str, int], as_of: date
) -> Iterator[SnapshotHistory]:
    """Open the journal as it was known on a day, of what stands up to some positions."""
    with journal.reading() as cursor:
        yield CutHistory(journal, cursor, cut, as_of)


class CutHistory(SnapshotHistory):
    """The journal as a decision saw it that was made earlier, maybe elsewhere."""

    def __init__(
        self,
        journal: Journal,
        cursor: DatabaseCursor,
        cut: Mapping[str, int],
        as_of: date = date.max,
    ) -> None:
        """Prepare; ``cut`` is the last position of each log that was seen.

        Of these entries those count that were recorded up to and including a day.
        """
        super().__init__(journal, cursor)
        self._cut = cut
        self._as_of = as_of

    @override
    def _rows(
        self, category: Category[S], keys: Collection[str]
    ) -> Iterator[tuple[str, Stream, Row]]:
        for key, stream, row in super()._rows(category, keys):
            if self._was_there(row):
                yield key, stream, row

    def _was_there(self, row: Row) -> bool:
        if row.position > self._cut.get(row.origin, 0):
            return False
        if self._as_of is date.max:
            return True
        return business_day(parse_instant(row.recorded_at)) <= self._as_of

    @override
    def recorded_until(self, region: Region) -> date | None:
        last = self._cut.get(region.value, 0)
        rows = self._journal.entries(region.value, last - 1, 1) if last else ()
        return business_day(parse_instant(rows[0].recorded_at)) if rows else None

    @override
    def version(self, stream: Stream) -> int:
        name = str(stream)
        low, high = 0, self._journal.version_in(self._cursor, name)
        while low < high:
            middle = (low + high + 1) // 2
            row = self._journal.entry_in(self._cursor, name, middle)
            if row is not None and self._was_there(row):
                low = middle
            else:
                high = middle - 1
        return low
