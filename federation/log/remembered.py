"""A history that remembers what it was asked, for questions about many streams.

Read ahead, the streams of a thousand keys are one statement; asked again, they are
none. So what is asked of every network or body grows with their facts alone.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any, Final, TypeVar

from domain.fact import Fact
from domain.history import Category, History, RecordedFact, Stream
from domain.values import Region

S = TypeVar("S")
_KEYS_MAX: Final = 1000
"""Keys in one statement; each has a stream in every region."""


class RememberingHistory:
    """Another history, which is asked for the entries of a stream once."""

    def __init__(self, asked: History) -> None:
        """Begin with nothing remembered."""
        self._asked = asked
        self._entries: dict[tuple[str, str], Sequence[RecordedFact]] = {}
        self._states: dict[tuple[str, str], Any] = {}

    def read_ahead(self, category: Category[S], keys: Collection[str]) -> None:
        """Read the streams of many keys at once, but for those that are known."""
        new = [key for key in keys if (category.kind, key) not in self._entries]
        for first in range(0, len(new), _KEYS_MAX):
            some = new[first : first + _KEYS_MAX]
            for key, entries in self._asked.entries(category, some).items():
                self._entries[category.kind, key] = entries

    def state(self, category: Category[S], key: str) -> S:
        """Fold of a key's streams, made once."""
        place = category.kind, key
        if place not in self._states:
            facts = (entry.fact for entry in self.entries(category, (key,))[key])
            self._states[place] = reduce(category.evolve, facts, category.initial)
        folded: S = self._states[place]
        return folded

    def states(self, category: Category[S], keys: Collection[str]) -> Mapping[str, S]:
        """Folds by key."""
        self.read_ahead(category, keys)
        return {key: self.state(category, key) for key in keys}

    def entries(
        self, category: Category[S], keys: Collection[str]
    ) -> Mapping[str, Sequence[RecordedFact]]:
        """Entries of each key's streams, by key."""
        self.read_ahead(category, keys)
        return {key: self._entries[category.kind, key] for key in keys}

    def recorded_until(self, region: Region) -> date | None:
        """Day of the last entry of a region that counts."""
        return self._asked.recorded_until(region)

    def version(self, stream: Stream) -> int:
        """Last version of a stream that counts."""
        return self._asked.version(stream)

    def fact(self, stream: Stream, version: int) -> Fact:
        """One fact of a stream, which must be there."""
        return self._asked.fact(stream, version)
