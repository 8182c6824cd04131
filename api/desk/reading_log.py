"""Who read what of others: kept apart from the journal, and chained by hash.

What is noted: each reading of a person's name, and what a health authority or an
auditor asks about what lies between two trusts; of a feed of entries, that it was begun.
Whoever takes a line out, or changes one, breaks the chain from there on; the last
digest, kept elsewhere, proves the end.
"""

import secrets
from collections.abc import Iterator
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, func, insert, select

from api.desk.tables import read_log as table
from api.desk.tables import read_salt
from api.reading_chain import BEGINNING, NotedRead, digest_of, first_broken
from projections.database import writing

WHAT_MAX: Final = 300
_SALT_BYTES: Final = 16


class ReadingLog:
    """The readings at one region's node."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = Lock()

    def note(
        self, person: str, organisation: str, role: str, what: str, now: int
    ) -> None:
        """Write down one reading before it is answered."""
        salt = secrets.token_hex(_SALT_BYTES)
        with self._turn, writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(
                    "SELECT pg_advisory_xact_lock(hashtext('fagnett reading log'))"
                )
            last = _last(connection)
            number, before = (last.number + 1, last.digest) if last else (1, BEGINNING)
            members = (number, now, person, organisation, role, what[:WHAT_MAX], salt)
            digest = digest_of(before, NotedRead(*members, digest=""))
            signed = NotedRead(*members, digest=digest)
            values = {name: getattr(signed, name) for name in table.c.keys()}  # noqa: SIM118 - not a mapping
            connection.execute(insert(table).values(values))
            salted = insert(read_salt).values(number=number, salt=salt)
            connection.execute(salted)

    def lines(self, first: int = 1, *, last: int | None = None) -> Iterator[NotedRead]:
        """Readings from a number on, up to another; the first one first."""
        statement = _lines().where(table.c.number >= first).order_by(table.c.number)
        if last is not None:
            statement = statement.where(table.c.number <= last)
        with self._engine.connect() as connection:
            for row in connection.execute(statement):
                yield NotedRead(*row)

    def latest(self, before: int, since: int, until: int) -> Iterator[NotedRead]:
        """Readings under a number and within two instants, the last one first."""
        statement = (
            _lines()
            .where(table.c.number < before, table.c.at.between(since, until))
            .order_by(table.c.number.desc())
        )
        with self._engine.connect() as connection:
            for row in connection.execute(statement):
                yield NotedRead(*row)

    def span(self, since: int, until: int) -> tuple[int, int] | None:
        """Numbers of the first and the last reading within two instants, if any."""
        found = select(func.min(table.c.number), func.max(table.c.number))
        with self._engine.connect() as connection:
            low, high = connection.execute(
                found.where(table.c.at.between(since, until))
            ).one()
        return None if low is None else (low, high)

    def last(self) -> NotedRead | None:
        """The reading that was noted last: its digest proves all before it."""
        with self._engine.connect() as connection:
            return _last(connection)

    def first_broken(self) -> int | None:
        """Number of the first line that does not follow the one before, if one."""
        return first_broken(self.lines())


def _lines() -> Select[Any]:
    """Columns as :class:`NotedRead` has them; lines of earlier releases have no salt."""
    *said, digest = table.c
    salt = func.coalesce(read_salt.c.salt, "")
    joined = table.outerjoin(read_salt, table.c.number == read_salt.c.number)
    return select(*said, salt, digest).select_from(joined)


def _last(connection: Connection) -> NotedRead | None:
    statement = _lines().order_by(table.c.number.desc()).limit(1)
    row = connection.execute(statement).one_or_none()
    return None if row is None else NotedRead(*row)
