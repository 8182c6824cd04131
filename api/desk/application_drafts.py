"""Drafts of applications, until they are presented and after: nothing typed is lost.

Every time a draft is saved it is a version more; who saves over what another has saved
meanwhile is told, and both are kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
from sqlalchemy import Engine, Row, delete, insert, select
from sqlalchemy.exc import IntegrityError

from api.desk.tables import application_draft as table
from projections.database import writing

KEPT_VERSIONS: Final = 50
"""Of each draft: the last ones."""


@dataclass(frozen=True, slots=True)
class ApplicationDraft:
    """An application as its authors have typed it so far."""

    organisation: str
    application: str
    """Name of the application that is to be presented."""
    call: str
    begun_by: str
    version: int = 1
    typed: Mapping[str, str] = field(default_factory=dict)
    """By field; the name of a person is kept as a pseudonym."""
    is_shared: bool = False
    """Whether colleagues of the organisation write along."""
    saved_by: str = ""
    saved_at: int = 0
    """POSIX seconds."""

    def is_open_to(self, person: str) -> bool:
        """Whether one of the organisation's people sees it."""
        return self.is_shared or person == self.begun_by


class ApplicationDrafts:
    """The drafts of a region's organisations."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def last(self, organisation: str, application: str) -> ApplicationDraft | None:
        """Last version of a draft."""
        newest = table.c.version.desc()
        found = select(table).where(*_of(organisation, application)).order_by(newest)
        with self._engine.connect() as connection:
            row = connection.execute(found.limit(1)).one_or_none()
        return None if row is None else _draft(row)

    def version(
        self, organisation: str, application: str, number: int
    ) -> ApplicationDraft | None:
        """A version of a draft, where it is still kept."""
        own = _of(organisation, application)
        found = select(table).where(*own, table.c.version == number)
        with self._engine.connect() as connection:
            row = connection.execute(found).one_or_none()
        return None if row is None else _draft(row)

    def of(self, organisation: str) -> Sequence[ApplicationDraft]:
        """Last version of each draft of an organisation, by name."""
        own = select(table).where(table.c.organisation == organisation)
        order = own.order_by(table.c.application, table.c.version)
        with self._engine.connect() as connection:
            rows = connection.execute(order).all()
        return list({row.application: _draft(row) for row in rows}.values())

    def authors(self, organisation: str, application: str) -> Sequence[str]:
        """Who has saved it, the one who began it first."""
        own = _of(organisation, application)
        found = select(table.c.begun_by, table.c.saved_by).where(*own)
        with self._engine.connect() as connection:
            rows = connection.execute(found.order_by(table.c.version)).all()
        return list(dict.fromkeys(each for row in rows for each in row))

    def save(self, draft: ApplicationDraft) -> ApplicationDraft | None:
        """Save the version after ``draft.version``; None where another was faster.

        The first version is saved after 0.
        """
        saved = replace(draft, version=draft.version + 1)
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(table).values(_row(saved)))
                old = table.c.version <= saved.version - KEPT_VERSIONS
                own = _of(saved.organisation, saved.application)
                connection.execute(delete(table).where(*own, old))
        except IntegrityError:
            return None
        return saved


def _of(organisation: str, application: str) -> tuple[Any, ...]:
    return table.c.organisation == organisation, table.c.application == application


def _row(draft: ApplicationDraft) -> dict[str, object]:
    said = {name: getattr(draft, name) for name in ApplicationDraft.__slots__}
    return {**said, "typed": orjson.dumps(said["typed"]).decode()}


def _draft(row: Row[Any]) -> ApplicationDraft:
    said = {name: getattr(row, name) for name in ApplicationDraft.__slots__}
    return ApplicationDraft(**{**said, "typed": orjson.loads(row.typed)})
