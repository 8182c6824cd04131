"""Deciding again what a region recorded, from what it had seen then.

Every entry says how much of each log its decision rested on. With the logs cut
there, anybody who holds them runs the same decision: what a region recorded
and should have refused is found by every other, whatever its own node did.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Final, NamedTuple, TypeVar

import orjson
from typing_extensions import override

from domain.catalogue import stream_kind
from domain.history import Append, Asked, Category, Stream
from domain.parties.epoch import EpochBegun
from domain.parties.membership import TYPES as MEMBERSHIP
from domain.redeciding import unfounded
from domain.values import Region, business_day, parse_instant
from federation.entry import Row, entry_id, seen_of
from federation.executor import SnapshotHistory
from federation.facts import UnreadableFactError, fact_of
from federation.journal.shapes import DatabaseCursor, Position
from federation.journal.store import Journal

S = TypeVar("S")
BATCH_ENTRIES: Final = 500
NO_COMMANDS: Final = frozenset({EpochBegun.TYPE, *MEMBERSHIP})
"""What an operator says of the log itself; it is checked where it arrives."""
ONE_DAY: Final = timedelta(days=1)


class Unfounded(NamedTuple):
    """Entries that are no decision on what their region had seen."""

    place: str
    """The id of the first."""
    type: str
    reason: str
    """The code of the refusal that should have been, or how it differs."""


@dataclass(slots=True)
class Redecided:
    """What came of deciding a log again."""

    origin: str
    commands: int = 0
    """Decided as they were recorded."""
    unknown: int = 0
    """Recorded by an earlier or later release, or on what is not here."""
    unfounded: list[Unfounded] = field(default_factory=list)


class CutHistory(SnapshotHistory):
    """The journal as a decision saw it that was made earlier, maybe elsewhere."""

    def __init__(
        self, journal: Journal, cursor: DatabaseCursor, cut: Mapping[str, int]
    ) -> None:
        """Prepare; ``cut`` is the last position of each log that was seen."""
        super().__init__(journal, cursor)
        self._cut = cut

    @override
    def _rows(
        self, category: Category[S], keys: Collection[str]
    ) -> Iterator[tuple[str, Stream, Row]]:
        for key, stream, row in super()._rows(category, keys):
            if self._was_there(row):
                yield key, stream, row

    def _was_there(self, row: Row) -> bool:
        return row.position <= self._cut.get(row.origin, 0)

    @override
    def recorded_until(self, region: Region) -> date | None:
        """Return the day on which the last entry that was seen was recorded."""
        last = self._cut.get(region.value, 0)
        rows = self._journal.entries(region.value, last - 1, 1) if last else ()
        return business_day(parse_instant(rows[0].recorded_at)) if rows else None

    @override
    def version(self, stream: Stream) -> int:
        """Return the last version of a stream that was seen."""
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


def redecide(journal: Journal, origin: str) -> Redecided:
    """Decide all commands of a region's log again."""
    found = Redecided(origin)
    for rows in _commands(journal, origin):
        _again(journal, rows, found)
    return found


def _commands(journal: Journal, origin: str) -> Iterator[Sequence[Row]]:
    """Give the entries of each command, in order."""

    def entries() -> Iterator[Row]:
        position = 0
        while rows := journal.entries(origin, position, BATCH_ENTRIES):
            yield from rows
            position = rows[-1].position

    for _, rows in groupby(entries(), lambda row: _attributes(row).get("commandid")):
        yield tuple(rows)


def _attributes(row: Row) -> Mapping[str, str]:
    attributes: Mapping[str, str] = orjson.loads(row.body)
    return attributes


def _again(journal: Journal, rows: Sequence[Row], found: Redecided) -> None:
    first = rows[0]
    if first.type in NO_COMMANDS:
        return
    recorded, cut = _recorded(rows), _cut(journal, first)
    if recorded is None or cut is None:
        found.unknown += 1
        return
    with journal.reading() as cursor:
        history = CutHistory(journal, cursor, cut)
        reason = unfounded(recorded, _askers(first), history)
    if reason is None:
        found.commands += 1
        return
    place = entry_id(first.origin, first.epoch, first.position)
    found.unfounded.append(Unfounded(place, first.type, reason))


def _recorded(rows: Sequence[Row]) -> Sequence[Append] | None:
    """Return what was recorded; None where this release would record it otherwise."""
    recorded = []
    for row in rows:
        try:
            fact = fact_of(row)
        except UnreadableFactError:
            return None
        if row.type != fact.TYPE or stream_kind(row.type) is None:
            return None
        region, kind, key = row.stream.split(":", 2)
        recorded.append(Append(Stream(Region(region), kind, key), fact))
    return recorded


def _cut(journal: Journal, first: Row) -> Mapping[str, int] | None:
    """Return what was seen; None where that is not here, or was given up since."""
    held = journal.positions()
    cut: dict[str, int] = {}
    for origin, (epoch, position) in seen_of(first.body).items():
        seen = Position(epoch, position)
        if origin not in held or _is_elsewhere(journal, origin, seen, held[origin]):
            return None
        cut[origin] = position
    return cut


def _is_elsewhere(
    journal: Journal, origin: str, seen: Position, held: Position
) -> bool:
    if seen.position > held.position:
        return True
    rows = journal.entries(origin, seen.position - 1, 1) if seen.position else ()
    return any(row.epoch > seen.epoch for row in rows)


def _askers(first: Row) -> Iterator[Asked]:
    """Give who asked, on the day of the entry or on the one before.

    A command that comes at midnight is recorded a moment later.
    """
    said = _attributes(first)
    today = business_day(parse_instant(first.recorded_at))
    for day in (today, today - ONE_DAY):
        organisation, actor = said.get("organisation", ""), said.get("actor", "")
        yield Asked(Region(first.origin), organisation, day, actor)
