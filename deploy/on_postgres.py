"""Journals that are kept by a PostgreSQL server, opened."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from domain.region import Region
from federation.journal.answering import ALIVE, TEXTS, AnsweringConnection, Sessions
from federation.journal.postgres import PostgresJournal
from federation.journal.store import Journal

CONNECTIONS: Final = 10
CONNECT_SECONDS: Final = 5.0


def open_on_postgres(
    dsn: str, region: Region, clock: Callable[[], datetime], *, read_only: bool
) -> Journal:
    """Open a journal; ``read_only`` makes and changes nothing."""
    datastore = Sessions(
        *("", "", "", "", ""),
        connect_timeout=CONNECT_SECONDS,
        pool_size=2,
        max_overflow=CONNECTIONS,
        pre_ping=True,
        originator_id_type="text",
    )
    # The library knows five members of a DSN; this keeps the others, TLS first.
    told = {**ALIVE, **conninfo_to_dict(dsn), **TEXTS}
    datastore.pool.connection_class = AnsweringConnection
    datastore.pool.kwargs = {**told, "row_factory": dict_row}
    return PostgresJournal(datastore, region, clock, read_only=read_only)
