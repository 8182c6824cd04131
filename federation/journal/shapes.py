"""What journals give and take: positions, heads, commands, checkpoints, cursors."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, NamedTuple, Protocol

from domain.parties.membership import has_left
from federation.signed.entry import Row
from federation.signed.merkle import Frontier, frontier_from

PAGE_ROWS: Final = 1000
"""Rows that one statement reads of a table that is read from its beginning to its end."""


class EntryTooLargeError(Exception):
    """A fact is larger than an entry may be."""


class OutOfSequenceError(Exception):
    """Somebody else appended to a region's entries in the meantime."""


class WithheldError(Exception):
    """Nothing may be recorded now; the message says why."""


class RegionLeftError(Exception):
    """The home region has left the federation, and says nothing more."""


class ContradictionError(Exception):
    """An entry breaks the order of its log or of its stream; the message names it."""


class Position(NamedTuple):
    """How many entries of an epoch of a region's log there are."""

    epoch: int
    position: int


class Head(NamedTuple):
    """The last entry of a log; position 0 and no instant where there is none."""

    epoch: int
    position: int
    recorded_at: str
    left: bool = False
    """The region has left the federation, and has not joined again."""

    def then(self, rows: Sequence[Row]) -> "Head":
        """Head after entries that follow this one."""
        left = self.left
        for row in rows:
            left = has_left(row.type, left=left)
        last = rows[-1] if rows else self
        return Head(last.epoch, last.position, last.recorded_at, left)


class CommandMemory(NamedTuple):
    """What a command left behind: kept for ever."""

    command_id: str
    digest: str
    position: int
    """Of its first entry; 0 where it recorded nothing."""
    entries: int


class Sealed(NamedTuple):
    """A checkpoint as stored, with the frontier of the log at its size."""

    frontier: Frontier
    note: str


class DamagedEntryError(Exception):
    """What the journal keeps is not what was kept; the message names it."""


def sealed_from(origin: str, size: int, frontier: bytes, note: str) -> Sealed:
    """Read a checkpoint as stored; raise :class:`DamagedEntryError` where it is none."""
    try:
        return Sealed(frontier_from(size, frontier), note)
    except ValueError:
        message = f"a stored tree of the log of {origin} up to {size} is damaged"
        raise DamagedEntryError(message) from None


class DatabaseCursor(Protocol):
    """What is used of either driver's cursor; rows are read by column name."""

    def execute(self, statement: str, params: Sequence[Any] = ..., /) -> Any:  # noqa: ANN401
        """Run a statement."""

    def executemany(self, statement: str, params: Sequence[Any], /) -> Any:  # noqa: ANN401
        """Run a statement for each of some parameters."""

    def fetchone(self) -> Any:  # noqa: ANN401
        """Next row, or None."""

    def fetchall(self) -> Any:  # noqa: ANN401
        """All rows that are left."""


def paged(
    reading: Callable[[], AbstractContextManager[DatabaseCursor]],
    select: str,
    params: Sequence[object],
    key: str,
    last: object,
) -> Iterator[Any]:
    """Rows with a ``key`` after ``last``, in its order: :data:`PAGE_ROWS` a statement.

    ``select`` ends where a condition may follow.
    """
    while True:
        with reading() as cursor:
            statement = f"{select} AND {key} > ? ORDER BY {key} LIMIT {PAGE_ROWS}"
            cursor.execute(statement, (*params, last))
            rows = cursor.fetchall()
        if not rows:
            return
        yield from rows
        last = rows[-1][key]


Follow = Callable[[Head], tuple[Sequence[Row], Sequence[CommandMemory]]]
"""Builds the rows after a head, and what is remembered of their commands."""
