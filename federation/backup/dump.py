r"""A journal as one file of lines, the same from either database.

The first line says what it is. Each region's log follows as it was recorded and
signed: an entry a line, and after the entry that it is about, each signed note.
Then come incidents and what only the home region keeps. The last line holds the
digest of all before it::

    {"fagnett":"journal","format":1,"region":"vest",…}
    {"entry":{"actor":…}}
    {"checkpoint":"fagnett/vest/1\n…"}
    {"cosigned":["nord","fagnett/vest/1\n…"]}
    {"person":["p-…","…"]}
    {"end":{"entries":2,"lines":5,"sha256":"…"}}

Neither secret keys nor promises are in it.
"""

import base64
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, Final, NamedTuple

import orjson

from domain.values import Region, instant_text
from federation.journal.copying import PLAIN, SignedNote, notes_in, plain_in, stored_in
from federation.journal.shapes import DamagedEntryError, DatabaseCursor
from federation.journal.store import Journal
from federation.signed.entry import entry_id, leaf_hash

FORMAT: Final = 1
NAME: Final = "journal"
ENTRY: Final = b'{"entry":'


class UnsignedError(Exception):
    """The home log does not end with a checkpoint, so that others could not check it."""


class Dumped(NamedTuple):
    """What was written."""

    entries: int
    bytes: int
    sha256: str
    """Of the whole file, as ``sha256sum`` prints it."""


def dump(
    journal: Journal,
    file: BinaryIO,
    release: str,
    now: datetime,
    *,
    for_others: bool = False,
) -> Dumped:
    """Write a journal as it is at one moment; a node may go on meanwhile.

    ``for_others`` leaves out what only the home region keeps: names, and its
    decisions, and raises :class:`UnsignedError` where the home log's end is not
    signed yet. Raises :class:`DamagedEntryError` where an entry is not what was
    appended: of a damaged journal there is no copy.
    """
    digest, count, entries, size = hashlib.sha256(), 0, 0, 0
    with journal.reading() as cursor:
        for line in _lines(journal, cursor, release, now, for_others=for_others):
            digest.update(line)
            count, size = count + 1, size + len(line)
            entries += line.startswith(ENTRY)
            file.write(line)
    end = {"entries": entries, "lines": count, "sha256": digest.hexdigest()}
    last = line_of("end", end)
    digest.update(last)
    file.write(last)
    return Dumped(entries, size + len(last), digest.hexdigest())


def line_of(kind: str, content: object) -> bytes:
    """Line of a dump."""
    return _line({kind: content})


def _line(content: Mapping[str, object]) -> bytes:
    options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(content, option=options)


def _lines(
    journal: Journal,
    cursor: DatabaseCursor,
    release: str,
    now: datetime,
    *,
    for_others: bool,
) -> Iterator[bytes]:
    positions = journal.positions_in(cursor)
    home = journal.region.value
    if for_others and not _is_signed(cursor, home, positions[home].position):
        raise UnsignedError(home)
    yield _line(
        {
            "fagnett": NAME,
            "format": FORMAT,
            "made_at": instant_text(now),
            "positions": {origin: list(end) for origin, end in positions.items()},
            "region": journal.region.value,
            "release": release,
        }
    )
    for region in Region:
        yield from _log(cursor, region.value)
    for table in PLAIN:
        if not (for_others and table.secret):
            for row in plain_in(cursor, table):
                yield line_of(table.name, list(_encoded(row)))


def _is_signed(cursor: DatabaseCursor, origin: str, size: int) -> bool:
    notes = notes_in(cursor, origin, size - 1, size)
    return size == 0 or any(note.kind == "checkpoint" for note in notes)


def _log(cursor: DatabaseCursor, origin: str) -> Iterator[bytes]:
    # Of an empty log it may have been said that it is empty.
    notes = deque(notes_in(cursor, origin, -1, 0))
    before = 0
    for batch in stored_in(cursor, origin):
        last = batch[-1].position
        notes.extend(notes_in(cursor, origin, before, last))
        for entry in batch:
            while notes and notes[0].size < entry.position:
                yield _note(notes.popleft())
            if leaf_hash(entry.body) != entry.leaf:
                place = entry_id(origin, entry.epoch, entry.position)
                message = f"entry {place} does not hash to its leaf"
                raise DamagedEntryError(message)
            yield ENTRY + entry.body + b"}\n"
        before = last
    yield from map(_note, notes)


def _note(signed: SignedNote) -> bytes:
    *_, kind, witness, note = signed
    return line_of(kind, [witness, note] if witness else note)


def _encoded(row: Iterable[Any]) -> Iterator[Any]:
    for cell in row:
        octets = isinstance(cell, bytes | bytearray | memoryview)
        yield base64.b64encode(bytes(cell)).decode() if octets else cell
