"""Addresses by which a calendar program fetches what an organisation owes.

The secret in the address stands nowhere: the table has its digest. Each person has one
address for each organisation; a new one ends the one before.
"""

import hashlib
import secrets
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Engine, delete, insert, select

from api.desk.tables import calendar_address as table

_SECRET_BYTES: Final = 32


class CalendarAddress(NamedTuple):
    """Whose calendar an address is, and in which language."""

    person: str
    """A pseudonym."""
    organisation: str
    language: str
    made_at: int
    """POSIX seconds."""


class CalendarAddresses:
    """The addresses of a region's people."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make(self, person: str, organisation: str, language: str, now: int) -> str:
        """Make a secret address instead of the one before; it is told this once."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        made = CalendarAddress(person, organisation, language, now)
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(*_of(person, organisation)))
            row = {"digest": _digest(secret), **made._asdict()}
            connection.execute(insert(table).values(row))
        return secret

    def of(self, person: str, organisation: str) -> CalendarAddress | None:
        """When somebody's address was made, if they have one."""
        return self._found(*_of(person, organisation))

    def find(self, secret: str) -> CalendarAddress | None:
        """Whose address it is; None where it is nobody's, or nobody's any more."""
        return self._found(table.c.digest == _digest(secret))

    def revoke(self, person: str, organisation: str) -> None:
        """End somebody's address."""
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(*_of(person, organisation)))

    def _found(self, *where: ColumnElement[bool]) -> CalendarAddress | None:
        columns = [table.c[name] for name in CalendarAddress._fields]
        statement = select(*columns).where(*where)
        with self._engine.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else CalendarAddress(*row)


def _of(person: str, organisation: str) -> tuple[ColumnElement[bool], ...]:
    return table.c.person == person, table.c.organisation == organisation


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
