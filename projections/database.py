"""Opening the database of the read models: a file, or a schema of its own."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL

SCHEMA: Final = "views"


def open_sqlite(path: Path) -> Engine:
    """Open a file. A lost last commit takes its position with it, so NORMAL is safe."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA busy_timeout = 30000")

    return engine


def open_postgres(url: URL) -> Engine:
    """Open the schema ``views`` of a database, and make it if it is missing."""
    with create_engine(url).begin() as connection:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    return create_engine(
        url, connect_args={"options": f"-csearch_path={SCHEMA}"}, pool_size=10
    )
