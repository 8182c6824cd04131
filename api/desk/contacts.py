"""Whom to ask about a call or a body, from day to day: in this database alone.

A contact is a person's name and address: it is never recorded in a journal, goes to no
other region, and is gone when it is removed (S0-22, S2-39, S4-100).
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from api.desk.tables import contact as table
from projections.database import writing

CONTACTS_MAX: Final = 50
"""Of one call or body."""


class ContactAbout(StrEnum):
    """What there are contacts of."""

    CALL = "call"
    BODY = "body"


class Contact(NamedTuple):
    """A person to ask, on the days from the first to the last."""

    name: str
    """As its form names it: the form sent again adds nothing."""
    about: ContactAbout
    of: str
    person: str
    work_title: str
    phone: str
    email: str
    from_on: date
    until_on: date | None

    def is_on(self, day: date) -> bool:
        """Whether it is to be asked on a day."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


class Contacts:
    """The contacts of a region's calls and bodies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, about: ContactAbout, of: str) -> Sequence[Contact]:
        """All contacts, former and coming ones too, the first to come first."""
        order = table.c.from_on, table.c.person, table.c.name
        found = select(table).where(*_of(about, of)).order_by(*order)
        with self._engine.connect() as connection:
            rows = connection.execute(found.limit(CONTACTS_MAX)).all()
        return [
            Contact(**{**row._mapping, "about": ContactAbout(row.about)})  # noqa: SLF001 - as SQLAlchemy names it
            for row in rows
        ]

    def on(self, about: ContactAbout, of: str, day: date) -> Sequence[Contact]:
        """Whom to ask on a day."""
        return [each for each in self.of(about, of) if each.is_on(day)]

    def add(self, contact: Contact) -> None:
        """Keep a contact; once, however often its form is sent."""
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(table).values(contact._asdict()))
        except IntegrityError:
            return

    def remove(self, about: ContactAbout, of: str, name: str) -> None:
        """Forget a contact of a call or a body."""
        with writing(self._engine) as connection:
            connection.execute(
                delete(table).where(*_of(about, of), table.c.name == name)
            )


def _of(about: ContactAbout, of: str) -> tuple[Any, ...]:
    return table.c.about == about.value, table.c.of == of
