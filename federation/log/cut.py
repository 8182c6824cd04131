"""The journal as it was seen earlier: up to some positions, and up to a day."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from domain.values import Region
from federation.journal.shapes import DatabaseCursor
from federation.journal.store import Journal
from federation.log.snapshot import SnapshotHistory


@contextmanager
def history_until(
    journal: Journal, cut: Mapping[str, int], as_of: date
) -> Iterator[SnapshotHistory]:
    """Open the journal as it was known on a day, of what stands up to some positions."""
    with journal.reading() as cursor:
        yield cut_history(journal, cursor, cut, as_of)


def cut_history(
    journal: Journal,
    cursor: DatabaseCursor,
    cut: Mapping[str, int],
    as_of: date = date.max,
) -> SnapshotHistory:
    """Journal as a decision saw it; of a log that ``cut`` does not name, nothing."""
    whole_cut = dict.fromkeys((region.value for region in Region), 0) | dict(cut)
    return SnapshotHistory(journal, cursor, whole_cut, as_of=as_of)
