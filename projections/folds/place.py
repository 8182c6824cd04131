"""What a fold gets beside the fact, and what it gives."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Table

from federation.signed.entry import seen_of

Values = tuple[Any, ...]


class Place(NamedTuple):
    """What every row begins with, the entry's version in its stream, and its bytes."""

    key: tuple[str, int, int]
    recorded_on: date
    recorded_at: str
    version: int
    body: bytes

    @property
    def seen(self) -> str:
        """``midt/1/12 nord/1/0 …``: what the decision rested on, and the entry itself."""
        places = {**seen_of(self.body), self.key[0]: self.key[1:]}
        return " ".join(f"{name}/{e}/{n}" for name, (e, n) in sorted(places.items()))

    @property
    def start(self) -> tuple[str, int, int, date, str]:
        """What the row of an entry begins with."""
        return (*self.key, self.recorded_on, self.recorded_at)


Rows = Iterable[tuple[Table, Values]]
