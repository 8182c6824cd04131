"""Checking what a journal remembers of commands against the home log's entries.

Each entry's command is looked up as the log is read, and counted where it is the one
that the entry names. So as many entries are named as all memories claim, or one memory
is looked for that claims more.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from eventsourcing.persistence import PersistenceError

from federation.checks.damage import DamageError
from federation.journal.shapes import CommandMemory, paged
from federation.journal.store import Journal
from federation.journal.unreadable import is_unreadable
from federation.signed.entry import Row

_COMMAND: Final = re.compile(rb'"commandid":"(?P<id>[^"]*)"')


def check_remembered(journal: Journal, entries: Sequence[Row]) -> int:
    """Check that the command of each of the home region's entries is remembered.

    Returns of how many the memory is the one that the entry names.
    """
    named = [(row, match) for row in entries if (match := _COMMAND.search(row.body))]
    memories = _memories(journal, [_name(match) for _, match in named])
    count = 0
    for row, match in named:
        memory = memories.get(_name(match))
        if memory is None or not _covers(memory, row.position):
            message = f"the memory of the command of entry {row.id} is damaged"
            raise DamageError(message)
        count += _is_whole(memory) and _names(memory) in row.body
    return count


def _name(match: re.Match[bytes]) -> str:
    return match["id"].decode()


def _memories(journal: Journal, names: Sequence[str]) -> Mapping[str, CommandMemory]:
    """Memories of some commands; of those that cannot be read there is none."""
    if not names:
        return {}
    try:
        with journal.reading() as cursor:
            return journal.commands_in(cursor, list(dict.fromkeys(names)))
    except PersistenceError as error:
        if is_unreadable(error):
            raise
        # One of them: it is the one that is told.
        apart = [_memories(journal, [name]) for name in names if len(names) > 1]
        return {name: memory for each in apart for name, memory in each.items()}


def _covers(memory: CommandMemory, position: int) -> bool:
    try:
        return memory.position <= position < memory.position + memory.entries
    except TypeError:
        return False


def _is_whole(memory: CommandMemory) -> bool:
    """Whether damage has left the figures what they were: whole numbers."""
    return type(memory.position) is type(memory.entries) is int


def _names(memory: CommandMemory) -> bytes:
    """Bytes by which an entry names its command."""
    return (
        f'"commanddigest":"{memory.digest}","commandid":"{memory.command_id}",'
    ).encode()


def check_commands(journal: Journal, after: int, end: int, named: int) -> None:
    """Check that each remembered command is the one its entries name.

    ``named`` of the entries after a position up to another one name theirs, as
    :func:`check_remembered` counted. What is remembered of later ones is read one by one.
    """
    all_named = _claimed(journal, after, end) == named
    try:
        for memory in _later(journal, end) if all_named else journal.commands():
            if memory.entries and not _named(journal, memory):
                message = f"the memory of command {memory.command_id} is damaged"
                raise DamageError(message)
    except (PersistenceError, TypeError) as error:
        message = f"the memory of a command cannot be read: {error}"
        raise DamageError(message) from None


def _claimed(journal: Journal, after: int, end: int) -> int | None:
    """How many entries of a part of the log all memories claim; None where none can tell."""
    try:
        with journal.reading() as cursor:
            cursor.execute(
                "SELECT SUM(CASE WHEN position > ? AND position <= ? THEN entries "
                "ELSE 0 END) AS claimed, MIN(entries) AS least FROM command",
                (after, end),
            )
            row = cursor.fetchone()
    except PersistenceError:
        return None
    claimed, least = row["claimed"], row["least"]
    if claimed is None:
        return 0
    if isinstance(claimed, float) or not isinstance(least, int) or least < 0:
        return None
    return int(claimed)


def _later(journal: Journal, end: int) -> Iterator[CommandMemory]:
    """Memories of commands after the end of what was read, or of no place at all."""
    select = (
        f"SELECT {', '.join(CommandMemory._fields)} FROM command "  # noqa: S608 - ours
        "WHERE (position > ? OR (entries <> 0 AND position < 1))"
    )
    for row in paged(journal.reading, select, (end,), "command_id", ""):
        yield CommandMemory(*(row[name] for name in CommandMemory._fields))


def _named(journal: Journal, memory: CommandMemory) -> bool:
    rows = journal.entries(journal.region.value, memory.position - 1, memory.entries)
    name = _names(memory)
    return len(rows) == memory.entries and all(name in row.body for row in rows)
