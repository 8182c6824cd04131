"""What people have given and no entry refers to yet: so much of it, and for so long.

A row is let go of when an entry refers to its document. So what was ever referred to is
not taken away here, whatever the journal holds later.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    case,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from api.desk.tables import application_draft, held_document, waiting_document
from projections.database import writing

WAITS_SECONDS: Final = 30 * 24 * 60 * 60
"""What a draft has attached waits for as long as the draft is there."""
OF_PERSON: Final = 10
OF_ALL: Final = 100
"""How many of the largest documents may wait: of one person, and of all."""
COUNTED_BYTES_MIN: Final = 16 * 1024
"""As much the smallest counts as: it costs a file and rows."""
AT_ONCE: Final = 500
Cited = Callable[[Collection[str]], Collection[str]]
"""Gives those of some hashes that an entry refers to."""
_TABLE: Final = waiting_document


class TooMuchWaitsError(Exception):
    """More would wait for an entry than may."""


class WaitingDocuments:
    """Knows what waits, and who gave it."""

    def __init__(self, engine: Engine, bytes_max: int, cited: Cited) -> None:
        """Prepare; ``bytes_max`` are those of the largest document."""
        self._engine = engine
        self._bytes_max = max(bytes_max, COUNTED_BYTES_MIN)
        self._cited = cited

    def begin(self, sha256: str, person: str, size: int, now: int) -> None:
        """Note that somebody gives a document that nothing may refer to yet.

        Raises :class:`TooMuchWaitsError`, and notes nothing.
        """
        try:
            self._begin(sha256, person, size, now)
        except TooMuchWaitsError:
            self.forget_cited()
            self._begin(sha256, person, size, now)

    def _begin(self, sha256: str, person: str, size: int, now: int) -> None:
        own = (_TABLE.c.sha256 == sha256, _TABLE.c.person == person)
        row = {"sha256": sha256, "person": person, "given_at": now}
        counted = max(size, COUNTED_BYTES_MIN)
        try:
            with writing(self._engine) as connection:
                # Written first: what reads first on SQLite may not write after another.
                again = connection.execute(delete(_TABLE).where(*own)).rowcount
                if not again and _is_known(connection, sha256):
                    return
                of_all, of_person = _waiting(connection, person)
                if (
                    of_person + counted > OF_PERSON * self._bytes_max
                    or of_all + counted > OF_ALL * self._bytes_max
                ):
                    raise TooMuchWaitsError
                connection.execute(insert(_TABLE).values({**row, "size": counted}))
        except IntegrityError:
            # The same person gives the same twice at once.
            pass

    def forget_cited(self) -> None:
        """Let go of the rows of what an entry refers to."""
        for some in self._some():
            self._forget(self._cited(some))

    def overdue(self, now: int) -> Iterator[str]:
        """Give what has waited for too long, for its bytes to be taken away.

        Its rows go when the next one is asked for.
        """
        self.forget_cited()
        for some in self._some(_TABLE.c.given_at <= now - WAITS_SECONDS):
            for sha256 in some:
                if not self._is_wanted(sha256, now):
                    yield sha256
                    self._forget([sha256])

    def _is_wanted(self, sha256: str, now: int) -> bool:
        """Whether a draft has it attached, or somebody gave it lately."""
        lately = (_TABLE.c.sha256 == sha256, _TABLE.c.given_at > now - WAITS_SECONDS)
        drafted = application_draft.c.typed.contains(sha256)
        with self._engine.connect() as connection:
            return any(
                connection.scalar(select(func.count()).select_from(table).where(*of))
                for table, of in (
                    (_TABLE, lately),
                    (application_draft, (drafted,)),
                )
            )

    def _some(self, *conditions: ColumnElement[bool]) -> Iterator[Sequence[str]]:
        """Give hashes of what waits, some at a time."""
        last = ""
        while True:
            found = (
                select(_TABLE.c.sha256)
                .where(_TABLE.c.sha256 > last, *conditions)
                .distinct()
                .order_by(_TABLE.c.sha256)
                .limit(AT_ONCE)
            )
            with self._engine.connect() as connection:
                some = connection.execute(found).scalars().all()
            if not some:
                return
            yield some
            last = some[-1]

    def _forget(self, hashes: Collection[str]) -> None:
        own = _TABLE.c.sha256.in_(sorted(hashes))
        with writing(self._engine) as connection:
            connection.execute(delete(_TABLE).where(own))


def _is_known(connection: Connection, sha256: str) -> bool:
    """Whether a document was given before and waits no more."""
    held = select(held_document.c.sha256).where(held_document.c.sha256 == sha256)
    waits = select(_TABLE.c.sha256).where(_TABLE.c.sha256 == sha256)
    is_held = connection.execute(held).first() is not None
    return is_held and connection.execute(waits).first() is None


def _waiting(connection: Connection, person: str) -> tuple[int, int]:
    """How many bytes wait of all, and of one person."""
    size = _TABLE.c.size
    of_person = case((_TABLE.c.person == person, size), else_=0)
    sums = (func.coalesce(func.sum(each), 0) for each in (size, of_person))
    of_all, own = connection.execute(select(*sums)).one()
    return int(of_all), int(own)
