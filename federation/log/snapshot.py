"""The journal as one decision sees it: what is committed, and what its group adds.

- All that a decision reads is one snapshot of the database.
- Commands that are decided as one group see each other's entries in their order,
  as if each had been committed before the next was read.
- It may be cut: to what an earlier decision had seen, to what was decided again here,
  or to a day.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from itertools import chain
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

from domain.fact import Fact
from domain.history import Category, RecordedFact, Stream
from domain.values import (
    Region,
    business_day,
    day_end,
    instant_text,
    parse_instant,
)
from federation.journal.announced import announced_head
from federation.journal.audited import audited_in
from federation.journal.long_streams import LONG, LongStream
from federation.journal.many_streams import MANY, Ends
from federation.journal.order import last_decided
from federation.journal.recorded import PLACED, recorded
from federation.journal.shapes import CommandMemory, DatabaseCursor, Head, Position
from federation.journal.store import ALL, FIRST_EPOCH, Journal
from federation.log.times import (
    BEFORE_SEEN_MAX,
    Apart,
    ApartReason,
    ClockApartError,
)
from federation.signed.entry import Row, seen_of
from federation.signed.facts import UnreadableFactError, fact_of

S = TypeVar("S")
_ORDER: Final = attrgetter("recorded_at", "origin", "position")
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_Entries = tuple[RecordedFact, ...]
_WHOLE: Final[Mapping[str, int]] = {}


class Pending:
    """What a group of commands will append after a head of the home log."""

    def __init__(self, head: Head) -> None:
        self.after = head
        """Where the log ended when the group was begun."""
        self.head = head
        """Where it will end."""
        self.rows: list[Row] = []
        self.memories: dict[str, CommandMemory] = {}
        """By command id."""
        self._streams: defaultdict[str, list[Row]] = defaultdict(list)

    def add(self, rows: Sequence[Row], memory: CommandMemory) -> None:
        """Add the entries of one more command."""
        self.rows += rows
        self.memories[memory.command_id] = memory
        self.head = self.head.then(rows)
        for row in rows:
            self._streams[row.stream].append(row)

    def of_streams(self, names: Collection[str]) -> list[Row]:
        """Entries of some streams."""
        found = (self._streams[name] for name in names if name in self._streams)
        return list(chain.from_iterable(found))

    def of_command(self, memory: CommandMemory) -> tuple[Row, ...]:
        """Entries that a command of the group records."""
        first = memory.position - self.after.position - 1
        return tuple(self.rows[first : first + memory.entries])


class SnapshotHistory:
    """The journal as one decision sees it."""

    def __init__(
        self,
        journal: Journal,
        cursor: DatabaseCursor,
        cut: Mapping[str, int] = _WHOLE,
        *,
        as_of: date = date.max,
        pending: Pending | None = None,
        at: Hashable = None,
    ) -> None:
        """Prepare; ``cut`` is the last position of each log that counts, if not all.

        Of these entries those count that were recorded up to and including a day. ``at``
        names the moment, where all that is read follows from it.
        """
        self.at = at
        self._journal = journal
        self._cursor = cursor
        self._cut = cut
        self._last_instant = _LAST if as_of is date.max else day_end(as_of)
        self._until = instant_text(self._last_instant)
        self._is_cut = bool(cut) or as_of is not date.max
        self._pending = pending
        self._versions: dict[str, int] = {}
        self._many: defaultdict[str, dict[str, _Entries]] = defaultdict(dict)
        """What counts of many keys that were asked for together, by kind and key."""

    def state(self, category: Category[S], key: str) -> S:
        """Fold a key's streams."""
        return self.states(category, (key,))[key]

    def states(self, category: Category[S], keys: Collection[str]) -> Mapping[str, S]:
        """Fold some keys' streams, read in one statement."""
        if len(keys) >= MANY:
            return {
                key: reduce(category.evolve, (e.fact for e in own), category.initial)
                for key, own in self._of_many(category, keys).items()
            }
        folded = dict.fromkeys(keys, category.initial)
        long: defaultdict[str, list[RecordedFact]] = defaultdict(list)
        for key, each in self._read(category, keys):
            if isinstance(each, RecordedFact):
                long[key].append(each)
            else:
                folded[key] = category.evolve(folded[key], fact_of(each))
        for key, own in long.items():
            folded[key] = self._journal.long_streams.fold(category, own)
        return folded

    def entries(
        self, category: Category[S], keys: Collection[str]
    ) -> Mapping[str, Sequence[RecordedFact]]:
        """Facts of some keys' streams with their entries."""
        if len(keys) >= MANY:
            return self._of_many(category, keys)
        found: dict[str, list[RecordedFact]] = {key: [] for key in keys}
        for key, each in self._read(category, keys):
            found[key].append(
                each if isinstance(each, RecordedFact) else recorded(each)
            )
        return found

    def _read(
        self, category: Category[S], keys: Collection[str]
    ) -> Iterable[tuple[str, Row | RecordedFact]]:
        """What counts of some keys' streams, in the order of recording."""
        streams = _streams_of(category, keys)
        self._versions |= dict.fromkeys(streams, 0)
        known = self._journal.long_streams.among(streams)
        asked = [each for each in streams if each not in known] if known else streams
        rows = self._counted(self._journal.streams_in(self._cursor, asked))
        more = self._pending.of_streams(streams) if self._pending else []
        if known or any(len(own) >= LONG for own in _by_stream(rows).values()):
            entries = [*self._of_long(rows, known)]
            entries += (recorded(row) for row in more)
            entries.sort(key=PLACED)
            self._versions |= {row.stream: row.version for row in more}
            return [(each.stream.key, each) for each in entries]
        if more:
            # Another region's clock may be ahead of ours.
            rows = sorted([*rows, *more], key=_ORDER)
        self._versions |= {row.stream: row.version for row in rows}
        return [(streams[row.stream], row) for row in rows]

    def _of_many(
        self, category: Category[Any], keys: Collection[str]
    ) -> Mapping[str, Sequence[RecordedFact]]:
        """:meth:`entries` of many keys: what was read before is not read again."""
        kind, many = category.kind, self._journal.many_streams
        ends = self._journal.last_in(self._cursor)
        found = many.among(kind, keys, ends, self._after)
        new = [key for key in keys if key not in found]
        if new:
            read, unreadable = self._read_whole(category, new)
            whole = {key: own for key, own in read.items() if key not in unreadable}
            many.remember(kind, whole, ends)
            found |= read
        if not self._is_whole(ends):
            found = {k: tuple(filter(self._is_known, own)) for k, own in found.items()}
        for row in self._pending.rows if self._pending else ():
            _, of_kind, key = row.stream.split(":", 2)
            if of_kind == kind and key in found:
                found[key] = tuple(sorted((*found[key], recorded(row)), key=PLACED))
        self._many[kind] |= found
        return found

    def _read_whole(
        self, category: Category[Any], keys: Collection[str]
    ) -> tuple[dict[str, _Entries], Collection[str]]:
        """Read all of some keys' streams, also what does not count.

        Returns too the keys of which something cannot be read, which then does not count.
        """
        streams = _streams_of(category, keys)
        found: dict[str, list[RecordedFact]] = {key: [] for key in keys}
        unreadable = set()
        for row in self._journal.streams_in(self._cursor, streams):
            key = streams[row.stream]
            try:
                found[key].append(recorded(row))
            except UnreadableFactError:
                if self._counts(row):
                    raise
                unreadable.add(key)
        return {key: tuple(own) for key, own in found.items()}, unreadable

    def _after(self, origin: str, position: int, limit: int) -> Sequence[Row]:
        return self._journal.entries_in(self._cursor, origin, position, limit)

    def _is_whole(self, ends: Ends) -> bool:
        """Whether all counts that stands before some ends."""
        return not self._is_cut or all(map(self._counts, ends.values()))

    def _of_long(
        self, rows: Sequence[Row], known: Mapping[str, LongStream]
    ) -> Iterator[RecordedFact]:
        """What counts of rows, and of streams of which the beginning is known.

        Of those that are long, all that was read here is known from now on.
        """
        begun: dict[str, tuple[RecordedFact, ...]] = {}
        new: defaultdict[str, Sequence[Row]] = defaultdict(list, _by_stream(rows))
        for name, stream in known.items():
            after = self._journal.stream_in(self._cursor, name, stream.version)
            if after and after[0].leaf == stream.leaf:
                begun[name], new[name] = stream.entries, self._counted(after[1:])
            else:
                new[name] = self._counted(self._journal.stream_in(self._cursor, name))
        for name, own in new.items():
            first = begun.get(name, ())
            entries = (*first, *(recorded(row) for row in own))
            if own and len(entries) >= LONG:
                self._journal.long_streams.remember(
                    name, LongStream(entries, own[-1].leaf)
                )
            if first and not own:
                # Less may count than was known before.
                entries = tuple(filter(self._is_known, first))
            self._versions[name] = entries[-1].version if entries else 0
            yield from entries

    def _counted(self, rows: Sequence[Row]) -> Sequence[Row]:
        return [*filter(self._counts, rows)] if self._is_cut else rows

    def _counts(self, row: Row) -> bool:
        is_cut = row.position > self._cut.get(row.origin, ALL)
        return not is_cut and row.recorded_at <= self._until

    def _is_known(self, entry: RecordedFact) -> bool:
        """:meth:`_counts` of an entry that was read before."""
        is_cut = entry.place.position > self._cut.get(entry.place.origin, ALL)
        return not is_cut and entry.recorded_at <= self._last_instant

    def recorded_until(self, region: Region) -> date | None:
        """Day on which the last entry of a region that counts was recorded, if any."""
        last = self._cut.get(region.value)
        if last is not None:
            rows = self._journal.entries_in(self._cursor, region.value, last - 1, 1)
            recorded_at = rows[0].recorded_at if last and rows else ""
        elif self._pending and self._pending.rows and region is self._journal.region:
            recorded_at = self._pending.rows[-1].recorded_at
        else:
            recorded_at = self._journal.head_in(self._cursor, region.value).recorded_at
        return business_day(parse_instant(recorded_at)) if recorded_at else None

    def version(self, stream: Stream) -> int:
        """Last version of a stream that counts; 0 where nothing is recorded in it."""
        name = str(stream)
        if name not in self._versions:
            self._versions[name] = self._version(stream)
        return self._versions[name]

    def _version(self, stream: Stream) -> int:
        name = str(stream)
        if self._pending and (own := self._pending.of_streams((name,))):
            return own[-1].version
        if (many := self._many[stream.kind].get(stream.key)) is not None:
            known = (e.version for e in many if e.stream.region is stream.region)
            return max(known, default=0)
        low, high = 0, self._journal.version_in(self._cursor, name)
        if not self._is_cut:
            return high
        while low < high:
            middle = (low + high + 1) // 2
            row = self._journal.entry_in(self._cursor, name, middle)
            if row is not None and self._counts(row):
                low = middle
            else:
                high = middle - 1
        return low

    def fact(self, stream: Stream, version: int) -> Fact:
        """One fact of a stream, which must be there."""
        name = str(stream)
        own = self._pending.of_streams((name,)) if self._pending else ()
        for row in own:
            if row.version == version:
                return fact_of(row)
        entry = self._journal.entry_in(self._cursor, name, version)
        assert entry is not None, f"{stream} has no version {version}"
        return fact_of(entry)


def _streams_of(category: Category[Any], keys: Collection[str]) -> Mapping[str, str]:
    """Streams that keys can have, each with its key; of many most hold nothing."""
    starts = [str(category.stream(region, "")) for region in Region]
    return {f"{start}{key}": key for start in starts for key in keys}


def _by_stream(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    """Rows of each stream, where any can be long."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.stream].append(row)
    return found


class Moment(NamedTuple):
    """What a decision rests on now."""

    ends: dict[str, Head]
    """By region, where that ends which counts; at home announcements count too."""
    cut: dict[str, int]
    """Of the other regions' logs that are not decided again to their end, where."""

    def history(
        self, journal: Journal, cursor: DatabaseCursor, pending: Pending | None = None
    ) -> SnapshotHistory:
        """Journal as a decision sees it at this moment."""
        at = None if pending else (*self.ends.items(), *self.cut.items())
        return SnapshotHistory(journal, cursor, self.cut, pending=pending, at=at)

    def judge(self, now: datetime) -> None:
        """Raise :class:`ClockApartError` where what is seen was recorded long after now.

        Nobody would believe a decision that says of itself that it came before that.
        """
        last = max(end.recorded_at for end in self.ends.values())
        if last and parse_instant(last) - now > BEFORE_SEEN_MAX:
            seconds = round((parse_instant(last) - now).total_seconds())
            raise ClockApartError(Apart(ApartReason.BEHIND, seconds))


def moment(journal: Journal, cursor: DatabaseCursor) -> Moment:
    """Read what a decision rests on: the home log, and what was decided again."""
    home, ends = journal.region.value, journal.ends_in(cursor)
    cut: dict[str, int] = {}
    for origin, audited in audited_in(cursor).items():
        if audited.position < ends[origin].position:
            cut[origin] = audited.position
            ends[origin] = _head_at(journal, cursor, origin, audited.position)
    ends[home] = announced_head(cursor, home, ends[home])
    return Moment(ends, cut)


def _head_at(
    journal: Journal, cursor: DatabaseCursor, origin: str, position: int
) -> Head:
    for row in journal.entries_in(cursor, origin, position - 1, 1) if position else ():
        return Head(row.epoch, row.position, row.recorded_at)
    return Head(FIRST_EPOCH, 0, "")


def not_here(
    cursor: DatabaseCursor, home: str, ends: Mapping[str, Head]
) -> tuple[str, int] | None:
    """Place that the home log had seen and that is not here, as after a restore."""
    last = last_decided(cursor, home)
    if last is None or last.epoch != ends[home].epoch:
        return None
    for origin, place in seen_of(last.body).items():
        end = ends[origin]
        if origin != home and (end.epoch, end.position) < place:
            return origin, place[1]
    return None


def seen_text(positions: Mapping[str, Position | Head]) -> str:
    """Positions as an entry says them: ``midt/1/12 nord/1/0 …``."""
    return " ".join(
        f"{origin}/{position.epoch}/{position.position}"
        for origin, position in sorted(positions.items())
    )
