"""Long streams that were read lately, with their facts: only what is new is read again.

What stands in a journal is never changed, and a log loses its end alone. So as long as
the last entry that is remembered of a stream stands where it stood, all before it do.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from threading import Lock
from typing import Final, NamedTuple

from domain.history import RecordedFact

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


class LongStreams:
    """Those of one journal that were asked for last; safe to share between threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._streams: OrderedDict[str, LongStream] = OrderedDict()
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
                self._forget(next(iter(self._streams)))

    def _forget(self, name: str) -> None:
        known = self._streams.pop(name, None)
        if known is not None:
            self._count -= known.version
