"""Opening a database beside the journal, such as the read models': a file, or a schema."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import connect
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event

from federation.journal.answering import ALIVE, TEXTS, AnsweringConnection, is_useless
from federation.journal.looking import look_at
from federation.journal.postgres import FROZEN_SECONDS
from federation.private import make_database

SCHEMA: Final = "views"


def open_sqlite(path: Path) -> Engine:
    """Open a file. A lost last commit takes its position with it, so NORMAL is safe."""
    make_database(path)
    engine = create_engine(f"sqlite:///{path}")
    pragmas = ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 30000")
    _one_moment(engine, pragmas)
    return engine


@contextmanager
def looking_at_sqlite(path: Path) -> Iterator[Engine]:
    """Open a file to read it, wherever it lies, and change nothing."""
    look = look_at(path)
    engine = create_engine("sqlite://", creator=lambda: connect(look.uri, uri=True))
    _one_moment(engine, ("busy_timeout = 30000",))
    try:
        yield engine
    finally:
        engine.dispose()
        look.close()


def _one_moment(engine: Engine, pragmas: Sequence[str]) -> None:
    """Have each connection set up, and each transaction see one moment."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401
        # The driver would begin only before it writes; a question of several
        # statements must see one moment too.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


def open_postgres(dsn: Mapping[str, Any], schema: str = SCHEMA) -> Engine:
    """Open a schema of a database, and make it if it is missing."""
    with psycopg.connect(**{**ALIVE, **dsn}) as connection:
        # Processes that start together do it one after the other.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('fagnett views'))")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    return _on_postgres(dsn, schema)


@contextmanager
def looking_at_postgres(dsn: Mapping[str, Any]) -> Iterator[Engine]:
    """Open the schema ``views`` of a database to read it, if it is there."""
    engine = _on_postgres(dsn, SCHEMA)
    try:
        yield engine
    finally:
        engine.dispose()


def _on_postgres(dsn: Mapping[str, Any], schema: str) -> Engine:
    # A question looks up many rows here and there, and the tables fit in memory.
    ours = f"-csearch_path={schema} -crandom_page_cost=1.1"
    options = f"{dsn.get('options', '')} {ours}".strip()
    arguments = {**ALIVE, **dsn, **TEXTS, "options": options}
    engine = create_engine(
        "postgresql+psycopg://", connect_args=arguments, pool_size=10
    )

    @event.listens_for(engine, "do_connect")
    def connect(
        _dialect: object, _record: object, _given: object, members: dict[str, Any]
    ) -> AnsweringConnection:
        return AnsweringConnection.connect(**members)

    @event.listens_for(engine, "handle_error")
    def take_anew(context: ExceptionContext) -> None:
        # All sessions of the pool: the others began as this one did.
        if is_useless(context.original_exception):
            context.is_disconnect = True

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction; a server ends it where this process stands still."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(
                f"SET LOCAL idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'"
            )
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection on which all statements see one moment."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection
