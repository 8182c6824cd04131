"""What a fold gets beside the fact, and what it gives."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Table

Values = tuple[Any, ...]


class Place(NamedTuple):
    """What every row begins with, and the entry's version in its stream."""

    key: tuple[str, int, int]
    recorded_on: date
    recorded_at: str
    version: int

    @property
    def start(self) -> tuple[str, int, int, date, str]:
        """What the row of an entry begins with."""
        return (*self.key, self.recorded_on, self.recorded_at)


Rows = Iterable[tuple[Table, Values]]
