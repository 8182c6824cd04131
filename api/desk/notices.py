"""Who wants to hear by e-mail of what waits, and what of it was claimed to be told.

What is told is claimed first, in one transaction: of two processes one tells it, and
after a crash nothing is told twice. Addresses never leave this database but to the mail
server.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.desk.tables import notice_wish, noticed
from domain.role import Role


class NoticePace(StrEnum):
    """How soon somebody is told."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    """Once a day, in the morning."""


@dataclass(frozen=True, slots=True)
class NoticeWish:
    """What one person wants to be told for one organisation, in one role."""

    person: str
    organisation: str
    role: Role
    address: str
    language: str
    pace: NoticePace
    told_on: date | None = None
    """The day of the last daily notice."""


class Notices:
    """The wishes of a region's people."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wish_of(self, person: str, organisation: str, role: Role) -> NoticeWish | None:
        """Wish of one person in one role, if there is one."""
        statement = select(notice_wish).where(*_of(person, organisation, role))
        with self._engine.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else _wish(row)

    def wishes(self) -> Sequence[NoticeWish]:
        """All wishes."""
        with self._engine.connect() as connection:
            return [_wish(row) for row in connection.execute(select(notice_wish))]

    def keep(self, wish: NoticeWish) -> None:
        """Keep a wish instead of the one before."""
        own = _of(wish.person, wish.organisation, wish.role)
        values = {name: getattr(wish, name) for name in NoticeWish.__slots__}
        values |= {"role": wish.role.value, "pace": wish.pace.value}
        with self._engine.begin() as connection:
            connection.execute(delete(notice_wish).where(*own))
            connection.execute(insert(notice_wish).values(values))

    def forget(self, person: str, organisation: str, role: Role) -> None:
        """Forget a wish with its address."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(notice_wish).where(*_of(person, organisation, role))
            )

    def claimed(
        self, wish: NoticeWish, matters: Collection[str], today: date, now: int
    ) -> Collection[str]:
        """Claim those of some matters that were not told before; of none, nothing.

        A daily notice is claimed for its day: another process gets nothing.
        """
        own = _of(wish.person, wish.organisation, wish.role)
        try:
            with self._engine.begin() as connection:
                if wish.pace is NoticePace.DAILY:
                    due = notice_wish.c.told_on.is_distinct_from(today)
                    day = update(notice_wish).where(*own, due).values(told_on=today)
                    if not connection.execute(day).rowcount:
                        return ()
                return _claim(connection, wish, matters, now)
        except IntegrityError:
            # Another process was faster, and tells it.
            return ()

    def release(self, wish: NoticeWish, matters: Collection[str]) -> None:
        """Give back what was claimed and surely not sent."""
        own = (noticed.c.person == wish.person, noticed.c.role == wish.role.value)
        of = (
            noticed.c.organisation == wish.organisation,
            noticed.c.matter.in_(matters),
        )
        wished = _of(wish.person, wish.organisation, wish.role)
        with self._engine.begin() as connection:
            connection.execute(delete(noticed).where(*own, *of))
            before = update(notice_wish).where(*wished).values(told_on=wish.told_on)
            connection.execute(before)


def _claim(
    connection: Connection, wish: NoticeWish, matters: Collection[str], now: int
) -> Collection[str]:
    own = {
        "person": wish.person,
        "organisation": wish.organisation,
        "role": wish.role.value,
    }
    of = [noticed.c[name] == value for name, value in own.items()]
    told = {*connection.execute(select(noticed.c.matter).where(*of)).scalars()}
    # What waits no more is forgotten: if it comes again, it is told again.
    gone = told.difference(matters)
    if gone:
        connection.execute(delete(noticed).where(*of, noticed.c.matter.in_(gone)))
    new = sorted({*matters} - told)
    if new:
        rows = [{**own, "matter": each, "claimed_at": now} for each in new]
        connection.execute(insert(noticed), rows)
    return new


def _of(person: str, organisation: str, role: Role) -> tuple[Any, ...]:
    return (
        notice_wish.c.person == person,
        notice_wish.c.organisation == organisation,
        notice_wish.c.role == role.value,
    )


def _wish(row: Any) -> NoticeWish:  # noqa: ANN401 - of SQLAlchemy
    return NoticeWish(
        row.person,
        row.organisation,
        Role(row.role),
        row.address,
        row.language,
        NoticePace(row.pace),
        row.told_on,
    )
