"""A mapping that a fold adds to: the first value of a key stays.

A state is never changed, so each has its own mapping. What they hold they share: the next
one adds to it, and knows how much of it is its own. So a fold of a thousand facts makes no
thousand copies. Threads may go on from one state: what is called atomic here is one
operation of a list or dictionary.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Generic, TypeVar

from typing_extensions import override

K = TypeVar("K")
V = TypeVar("V")


class _Shared(Generic[K, V]):
    """What all states of one fold hold."""

    def __init__(self, keys: list[K], values: dict[K, tuple[int, V]]) -> None:
        self.keys: Final = keys
        """In the order in which they came; one is added when its value is there."""
        self.values: Final = values
        """Each with its key's place."""
        self.claims: Final[dict[int, object]] = {}
        """Who goes on at a place: of two states one, atomically."""

    def is_given(self, place: int) -> bool:
        """Whether whoever asks may add the next key, which no other may then."""
        claim = object()
        if len(self.keys) > place or self.claims.setdefault(place, claim) is not claim:
            return False
        # Another may have been given it, and have added, in between.
        return len(self.keys) == place

    def add(self, key: K, value: V) -> None:
        """Add at the place that was given."""
        place = len(self.keys)
        self.values[key] = (place, value)
        self.keys.append(key)
        del self.claims[place]


class Firsts(Mapping[K, V]):
    """First value of each key, in the order in which the keys came; safe in threads."""

    __slots__ = ("_count", "_shared")

    def __init__(self, shared: _Shared[K, V] | None = None, count: int = 0) -> None:
        """Begin with nothing."""
        self._shared: Final = shared
        self._count: Final = count

    def then(self, key: K, value: V) -> "Firsts[K, V]":
        """These and one more; these where the key has a value."""
        if key in self:
            return self
        shared = self._shared
        if shared is None or not shared.is_given(self._count):
            # It is the first, or another state has gone on from here.
            shared = self._copied()
        shared.add(key, value)
        return Firsts(shared, self._count + 1)

    def _copied(self) -> _Shared[K, V]:
        keys = [*self]
        copied = _Shared(keys, {k: (n, self[k]) for n, k in enumerate(keys)})
        copied.is_given(len(keys))
        return copied

    @override
    def __getitem__(self, key: K) -> V:
        if self._shared is not None:
            place, value = self._shared.values[key]
            if place < self._count:
                return value
        raise KeyError(key)

    @override
    def __iter__(self) -> Iterator[K]:
        return iter(() if self._shared is None else self._shared.keys[: self._count])

    @override
    def __len__(self) -> int:
        return self._count

    @override
    def __repr__(self) -> str:
        return f"Firsts({dict(self)!r})"
