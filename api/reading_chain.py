"""Lines of the log of readings, chained by hash: as they are kept, and as a file has them.

The file has the lines that somebody may see, and all others between them sealed: by
number and digest alone. So each shown line is checked against the one before it, and
no line is taken out unseen. A salt keeps a sealed line from being guessed.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from domain.fact import canonical

BEGINNING: Final = "0" * 64
"""What the first line follows."""
COLUMNS: Final = (
    *("number", "read_at", "person", "organisation", "read_as", "read_what"),
    *("salt", "digest"),
)
"""Of the file, in this order, whatever its headings are called."""
_INSTANT: Final = "%Y-%m-%dT%H:%M:%SZ"
_DIGITS: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class NotedRead:
    """One reading, and the digest of all until then."""

    number: int
    at: int
    """POSIX seconds."""
    person: str
    """A pseudonym."""
    organisation: str
    """For whom it was read."""
    role: str
    what: str
    """Address that was asked for, or the pseudonym whose name was shown."""
    salt: str
    """Random; empty in lines from before there was any."""
    digest: str

    def follows(self, before: str) -> bool:
        """Whether the line is as it was written after another."""
        return self.digest == digest_of(before, self)


@dataclass(frozen=True, slots=True)
class SealedRead:
    """A reading of which no more is shown than that it is there."""

    number: int
    digest: str


ChainLine = NotedRead | SealedRead


class ChainFileError(Exception):
    """A file is no log of readings, at a line of it."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def digest_of(before: str, line: NotedRead) -> str:
    """Digest that a line has after another: SHA-256 of that digest and the content."""
    said = {name: getattr(line, name) for name in NotedRead.__slots__[:-1]}
    if not line.salt:
        del said["salt"]
    return sha256(before.encode() + b"\n" + canonical(said)).hexdigest()


def first_broken(lines: Iterable[ChainLine]) -> int | None:
    """Number of the first line that does not follow the one before, if one.

    Lines begin with the first of all, or with a sealed one.
    """
    number, digest = 0, BEGINNING
    for at, line in enumerate(lines):
        if at == 0 and isinstance(line, SealedRead):
            number = line.number - 1
        follows = isinstance(line, SealedRead) or line.follows(digest)
        if line.number != number + 1 or not follows:
            return line.number
        number, digest = line.number, line.digest
    return None


def first_differing(
    lines: Iterable[ChainLine], kept: Mapping[int, str]
) -> tuple[int | None, int]:
    """Hold lines against digests that were kept before.

    Return the number of the first line that has another digest now, if one, and how
    many are the same.
    """
    same = 0
    for line in lines:
        if line.number in kept:
            if kept[line.number] != line.digest:
                return line.number, same
            same += 1
    return None, same


def cells(line: ChainLine) -> Sequence[str | int | None]:
    """A line under :data:`COLUMNS`."""
    if isinstance(line, SealedRead):
        return (line.number, *([None] * 6), line.digest)
    at = datetime.fromtimestamp(line.at, UTC).strftime(_INSTANT)
    return (
        *(line.number, at, line.person, line.organisation, line.role, line.what),
        *(line.salt, line.digest),
    )


def read_chain(text: Iterable[str]) -> Iterator[ChainLine]:
    """Lines of a file as CSV; raise :class:`ChainFileError` where it is none."""
    rows = csv.reader(text, delimiter=";")
    try:
        next(rows, None)  # the headings, in any language
        for row in rows:
            yield _read(row)
    except (ValueError, csv.Error):
        raise ChainFileError(rows.line_num) from None


def _read(row: Sequence[str]) -> ChainLine:
    # What begins like a formula is written with an apostrophe before it.
    number, at, *said, digest = (cell.removeprefix("'") for cell in row)
    if len(row) != len(COLUMNS) or len(digest) != len(BEGINNING) or {*digest} - _DIGITS:
        raise ValueError
    if not at and not any(said):
        return SealedRead(int(number), digest)
    instant = datetime.strptime(at, _INSTANT).replace(tzinfo=UTC)
    person, organisation, role, what, salt = said
    seconds = int(instant.timestamp())
    return NotedRead(
        *(int(number), seconds, person, organisation, role, what, salt, digest)
    )
