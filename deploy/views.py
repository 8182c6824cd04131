"""What lies beside the journal that settings name, opened: read models, and the desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine

from deploy.databases import desk_path, views_path
from projections.database import (
    looking_at_postgres,
    looking_at_sqlite,
    open_postgres,
    open_sqlite,
    reading,
)

_SQLITE: Final = "sqlite:///"


def open_views(database: str, views: Path | None) -> Engine:
    """Open the read models that settings name."""
    if database.startswith(_SQLITE):
        return open_sqlite(views_path(database, views))
    return open_postgres(conninfo_to_dict(database))


def open_desk(database: str, desk: Path | None) -> Engine:
    """Open what a node keeps for its people, that is no fact."""
    if database.startswith(_SQLITE):
        return open_sqlite(desk_path(database, desk))
    return open_postgres(conninfo_to_dict(database), "desk")


@contextmanager
def looking_at_views(database: str, views: Path | None) -> Iterator[Connection]:
    """Open the read models that settings name, and make and change nothing."""
    if database.startswith(_SQLITE):
        opened = looking_at_sqlite(views_path(database, views))
    else:
        opened = looking_at_postgres(conninfo_to_dict(database))
    with opened as engine, reading(engine) as connection:
        yield connection
