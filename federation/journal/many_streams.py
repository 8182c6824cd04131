"""Streams that were read many at once, with their facts: only what is new is read again.

All that is remembered is whole up to one place in each log. Whoever asks later reads
what the logs hold behind these places, whatever it is about: of thousands of streams as
quickly as of one.

What stands in a journal is never changed, and a log loses its end alone. So as long as
the last entry that was read of each log stands where it stood, all before it do.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from threading import Lock
from typing import Final

from domain.history import RecordedFact
from federation.journal.recorded import PLACED, recorded
from federation.signed.entry import Row
from federation.signed.facts import UnreadableFactError

MANY: Final = 50
"""So many keys that are asked for together are many."""
REMEMBERED_MAX: Final = 40_000
"""Entries of all keys that are remembered, some thousand bytes each."""
KEYS_OF_ENTRY: Final = 10
"""So many keys count as an entry, as most of which nothing is recorded."""
NEW_MAX: Final = 2000
"""Where a log has gone on by more entries, all is forgotten instead."""

Ends = Mapping[str, Row]
"""The last entry of each region's log that holds any."""
Read = Callable[[str, int, int], Sequence[Row]]
"""Reads so many entries of a region's log after a position."""
_Entries = tuple[RecordedFact, ...]


class ManyStreams:
    """Those of one journal that were asked for last, by kind and key; thread-safe."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ends: Ends = {}
        self._entries: OrderedDict[tuple[str, str], _Entries] = OrderedDict()
        self._lock = Lock()
        self._count = 0

    def among(
        self, kind: str, keys: Iterable[str], ends: Ends, read: Read
    ) -> dict[str, _Entries]:
        """Entries of those keys that are remembered, in the order of recording.

        They are all that stands before the ``ends`` that somebody sees, who may see less
        than others have: then nothing is remembered.
        """
        with self._lock:
            if not self._go_on(ends, read):
                return {}
            found = {}
            for key in keys:
                if (kind, key) in self._entries:
                    self._entries.move_to_end((kind, key))
                    found[key] = self._entries[kind, key]
            return found

    def remember(self, kind: str, found: Mapping[str, _Entries], ends: Ends) -> None:
        """Remember all that stands before some ends, unless others have seen more."""
        with self._lock:
            if ends != self._ends:
                return
            for key, entries in found.items():
                self._set((kind, key), entries)
            while self._count + len(self._entries) // KEYS_OF_ENTRY > REMEMBERED_MAX:
                self._forget(next(iter(self._entries)))

    def _go_on(self, ends: Ends, read: Read) -> bool:
        """Go on to where somebody sees the logs end; say whether that is not behind."""
        if ends == self._ends:
            return True
        if any(_is_behind(ends.get(o), end) for o, end in self._ends.items()):
            return False
        new = self._new(ends, read) if self._entries else None
        if new is None:
            self._entries.clear()
            self._count = 0
        for row in new or ():
            self._add(row)
        self._ends = ends
        return True

    def _new(self, ends: Ends, read: Read) -> Collection[Row] | None:
        """Read what was added to the logs; None where they are others, or it is much."""
        new: list[Row] = []
        for origin, end in ends.items():
            before = self._ends.get(origin)
            if before == end:
                continue
            after = 0 if before is None else before.position - 1
            if end.position - after > NEW_MAX:
                return None
            rows = read(origin, after, end.position - after)
            if before is not None:
                if rows[0] != before:
                    return None
                rows = rows[1:]
            new += rows
        return new

    def _add(self, row: Row) -> None:
        """Add an entry, where its stream is remembered."""
        _, kind, key = row.stream.split(":", 2)
        known = self._entries.get((kind, key))
        if known is None:
            return
        try:
            entries = sorted((*known, recorded(row)), key=PLACED)
        except UnreadableFactError:
            # Whoever asks for it is told.
            self._forget((kind, key))
        else:
            self._set((kind, key), tuple(entries))

    def _set(self, place: tuple[str, str], entries: _Entries) -> None:
        self._forget(place)
        self._entries[place] = entries
        self._count += len(entries)

    def _forget(self, place: tuple[str, str]) -> None:
        self._count -= len(self._entries.pop(place, ()))


def _is_behind(end: Row | None, other: Row) -> bool:
    return end is None or end.position < other.position
