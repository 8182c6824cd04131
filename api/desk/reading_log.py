"""Who read what of others: kept apart from the journal, and chained by hash.

What is noted: each reading of a person's name, and what a health authority or an
auditor asks about what lies between two trusts. Whoever takes a line out, or changes
one, breaks the chain from there on; the last digest, kept elsewhere, proves the end.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

from sqlalchemy import Connection, Engine, insert, select

from api.desk.tables import read_log as table
from domain.fact import canonical
from projections.database import writing

_BEGINNING: Final = "0" * 64
WHAT_MAX: Final = 300


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
    digest: str

    def follows(self, before: str) -> bool:
        """Whether the line is as it was written after another."""
        return self.digest == _digest(before, self)


class ReadingLog:
    """The readings at one region's node."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = Lock()

    def note(
        self, person: str, organisation: str, role: str, what: str, now: int
    ) -> None:
        """Write down one reading before it is answered."""
        with self._turn, writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(
                    "SELECT pg_advisory_xact_lock(hashtext('fagnett reading log'))"
                )
            last = _last(connection)
            number, before = (last.number + 1, last.digest) if last else (1, _BEGINNING)
            members = (number, now, person, organisation, role, what[:WHAT_MAX])
            unsigned = NotedRead(*members, digest="")
            signed = NotedRead(*members, digest=_digest(before, unsigned))
            values = {name: getattr(signed, name) for name in NotedRead.__slots__}
            connection.execute(insert(table).values(values))

    def lines(self) -> Iterator[NotedRead]:
        """All readings, the first one first."""
        statement = select(table).order_by(table.c.number)
        with self._engine.connect() as connection:
            for row in connection.execute(statement):
                yield NotedRead(*row)

    def first_broken(self) -> int | None:
        """Number of the first line that does not follow the one before, if one."""
        before, expected = _BEGINNING, 1
        for line in self.lines():
            if line.number != expected or not line.follows(before):
                return line.number
            before, expected = line.digest, expected + 1
        return None


def _last(connection: Connection) -> NotedRead | None:
    statement = select(table).order_by(table.c.number.desc()).limit(1)
    row = connection.execute(statement).one_or_none()
    return None if row is None else NotedRead(*row)


def _digest(before: str, line: NotedRead) -> str:
    said = {name: getattr(line, name) for name in NotedRead.__slots__[:-1]}
    content = before.encode() + b"\n" + canonical(said)
    return hashlib.sha256(content).hexdigest()
