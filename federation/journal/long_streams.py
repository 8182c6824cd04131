"""Long streams that were read lately, with their facts: only what is new is read and folded.

What stands in a journal is never changed, and a log loses its end alone. So as long as
the last entry that is remembered of a stream stands where it stood, all before it do.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from threading import Lock
from typing import Any, Final, NamedTuple, TypeVar

from domain.history import Category, RecordedFact

S = TypeVar("S")

LONG: Final = 100
"""So many entries make a stream long."""
REMEMBERED_MAX: Final = 20_000
"""Entries of all streams that are remembered; some thousand bytes each."""


class LongStream(NamedTuple):
    """The first entries of a stream, in its order."""

    entries: tuple[RecordedFact, ...]
    leaf: bytes
    """Hash of the last of them."""

    @property
    def version(self) -> int:
        """How many they are."""
        return len(self.entries)


class LongFold(NamedTuple):
    """Fold of the first entries of a stream, of one kind."""

    category: Category[Any]
    last: RecordedFact
    state: Any

    def goes_on(self, category: Category[Any], entries: Sequence[RecordedFact]) -> bool:
        """Whether the entries of a stream are those that were folded, and more."""
        version = self.last.version
        is_part = version <= len(entries) and entries[version - 1] is self.last
        return is_part and category is self.category


class LongStreams:
    """Those of one journal that were asked for last; safe to share between threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._streams: OrderedDict[str, LongStream] = OrderedDict()
        self._folds: dict[str, LongFold] = {}
        self._lock = Lock()
        self._count = 0

    def among(self, names: Collection[str]) -> Mapping[str, LongStream]:
        """Those of some streams that are remembered."""
        if not self._streams:
            return {}
        with self._lock:
            found = {k: each for k, each in self._streams.items() if k in names}
            for name in found:
                self._streams.move_to_end(name)
        return found

    def remember(self, name: str, stream: LongStream) -> None:
        """Remember a stream as it was read, in the place of what was read before."""
        with self._lock:
            self._forget(name)
            self._streams[name] = stream
            self._count += stream.version
            while self._count > REMEMBERED_MAX and len(self._streams) > 1:
                first = next(iter(self._streams))
                self._forget(first)
                self._folds.pop(first, None)

    def fold(self, category: Category[S], entries: Sequence[RecordedFact]) -> S:
        """Fold what counts of a key: what was folded before is not folded again.

        That is so where all of it is one stream, which is remembered.
        """
        last, name = entries[-1], str(entries[-1].stream)
        state, new = category.initial, entries
        is_one = last.version == len(entries)
        known = self._folds.get(name)
        if known and is_one and known.goes_on(category, entries):
            state, new = known.state, entries[known.last.version :]
        state = reduce(category.evolve, (entry.fact for entry in new), state)
        with self._lock:
            # What is not committed is not remembered: it may still be given up.
            if is_one and self._holds(name, last):
                self._folds[name] = LongFold(category, last, state)
        return state

    def _holds(self, name: str, entry: RecordedFact) -> bool:
        stream = self._streams.get(name)
        if stream is None or stream.version < entry.version:
            return False
        return stream.entries[entry.version - 1] is entry

    def _forget(self, name: str) -> None:
        known = self._streams.pop(name, None)
        if known is not None:
            self._count -= known.version
