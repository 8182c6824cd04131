"""Read models and journals for the tests of the projections."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine

from projections.database import open_postgres, open_sqlite
from tests.support import servers


@pytest.fixture(params=["sqlite", "postgres"])
def views(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give an empty database of read models of each kind."""
    if request.param == "sqlite":
        opened = open_sqlite(tmp_path / "views.db")
    else:
        dsn = servers.new_database(request.getfixturevalue("postgres_dsn"))
        opened = open_postgres(conninfo_to_dict(dsn))
    yield opened
    opened.dispose()
