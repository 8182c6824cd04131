"""An entry as decisions read it, and the order in which they do."""

from operator import attrgetter
from typing import Final

from domain.history import EntryPlace, RecordedFact, Stream
from domain.values import Region, parse_instant
from federation.signed.entry import Row, seen_of
from federation.signed.facts import fact_of

PLACED: Final = attrgetter("recorded_at", "place.origin", "place.position")
"""The order of recording."""


def recorded(row: Row) -> RecordedFact:
    """Read an entry; raises :class:`~federation.signed.facts.UnreadableFactError`."""
    _, kind, key = row.stream.split(":", 2)
    return RecordedFact(
        EntryPlace(row.origin, row.epoch, row.position),
        Stream(Region(row.origin), kind, key),
        row.version,
        fact_of(row),
        seen_of(row.body),
        parse_instant(row.recorded_at),
    )
