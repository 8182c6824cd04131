"""Giving a restored journal back what its own region recorded after the backup.

The entries come from other regions, as they were signed. With them comes back
the memory of their commands, so that a command sent again is still known.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Final

from federation.journal.announced import Announced, announced, keep
from federation.journal.order import check_order
from federation.journal.shapes import (
    CommandMemory,
    DatabaseCursor,
    OutOfSequenceError,
    Sealed,
)
from federation.journal.store import Journal
from federation.signed.entry import Row, command_of

LOOK_BACK: Final = 100

CommandPlace = tuple[int, tuple[str, str] | None]
"""A position, and id and digest of the command that recorded it."""


def restore(journal: Journal, rows: Sequence[Row], sealed: Sealed) -> None:
    """Append verified entries of the home region, recorded before and lost here.

    The command of the last row may go on in what follows; :func:`remember_last`
    says that it does not. What this node announced while they were missing does
    not keep them out. Raises as :meth:`Journal.receive` does.
    """
    home = journal.region.value
    assert rows[0].origin == home, "these are of another region"
    with journal.writing() as cursor:
        journal.hold_appends(cursor)
        head = journal.head_in(cursor, home)
        if head.position + 1 != rows[0].position:
            raise OutOfSequenceError(home)
        check_order(cursor, head, rows)
        places = _last_command(journal, cursor)
        places += [(row.position, command_of(row.body)) for row in rows]
        with _without_announcement(cursor, rows):
            journal.insert_rows(cursor, rows)
        journal.insert_seal(cursor, home, rows[0].epoch, sealed)
        last = places[-1][1]
        remember(cursor, (memory for memory in memories(places) if memory[:2] != last))
    journal.tell(home)


@contextmanager
def _without_announcement(
    cursor: DatabaseCursor, rows: Sequence[Row]
) -> Iterator[None]:
    """Take back what was announced in ignorance of entries that are inserted here.

    Its instant goes on to bind what is recorded next. Its note is not kept: it was
    signed, and it is not true of this log. Whoever heard it has it.
    """
    home = rows[0].origin
    wrong = announced(cursor, home)
    if wrong is None or wrong.complete_to < rows[0].recorded_at:
        yield
        return
    cursor.execute("DELETE FROM announced WHERE origin = ?", (home,))
    yield
    last = rows[-1]
    complete_to = last.recorded_at
    if last.epoch == wrong.epoch:
        complete_to = max(complete_to, wrong.complete_to)
    keep(cursor, home, Announced(last.epoch, last.position, complete_to, note=""))


def remember_last(journal: Journal) -> None:
    """Remember the command of the home log's last entries, where it is not."""
    with journal.writing() as cursor:
        remember(cursor, memories(_last_command(journal, cursor)))


def _last_command(journal: Journal, cursor: DatabaseCursor) -> list[CommandPlace]:
    """Last places of the home log, as many as are of one command."""
    home, places = journal.region.value, list[CommandPlace]()
    before = journal.head_in(cursor, home).position + 1
    while before > 1:
        cursor.execute(
            "SELECT position, body FROM journal WHERE origin = ? "
            "AND position < ? ORDER BY position DESC LIMIT ?",
            (home, before, LOOK_BACK),
        )
        for row in cursor.fetchall():
            before, command = row["position"], command_of(bytes(row["body"]))
            if command is None or (places and places[0][1] != command):
                return places
            places.insert(0, (before, command))
    return places


def memories(places: Iterable[CommandPlace]) -> Iterator[CommandMemory]:
    """Memories of the commands that recorded entries at some places."""
    for command, group in groupby(places, itemgetter(1)):
        positions = [position for position, _ in group]
        if command is not None:
            name, digest = command
            yield CommandMemory(name, digest, positions[0], len(positions))


def remember(cursor: DatabaseCursor, memories: Iterable[CommandMemory]) -> None:
    """Keep what commands left behind, where it is not kept yet."""
    for memory in memories:
        cursor.execute(
            "INSERT INTO command VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", memory
        )
