"""Connections to PostgreSQL of which none waits without end, and none stays useless.

A server whose host is gone is found out by the system (:data:`ALIVE`). One that stands
still, or a line that takes everything and gives nothing back, looks alive for ever.

So does a session that was begun while the database was read-only, with other settings
or on another server: it is alive, and refuses what a new one would do.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from eventsourcing.postgres import PostgresDatastore
from psycopg import Connection, Error, OperationalError
from psycopg.abc import PQGen
from psycopg.errors import QueryCanceled
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow
from typing_extensions import override

RV = TypeVar("RV")

ANSWER_SECONDS: Final = 60.0
"""Longest that a server may take for one answer. Nothing that a node asks takes
longer."""
ALIVE: Final[Mapping[str, Any]] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""Keepalive of a connection: a server whose host is gone ends none by itself."""
TEXTS: Final[Mapping[str, Any]] = {"client_encoding": "UTF8"}
"""Texts come as they were stored, whatever the machine's settings are."""
_INTERVAL_SECONDS: Final = 0.1
_OF_WHAT_IS_ASKED: Final = (*("0A", "21", "22", "23", "40", "42", "44", "54", "P0"),)
"""Classes of SQLSTATE that tell of a statement, its values or who writes beside it."""
_OF_THE_SESSION: Final = frozenset({"42501", "42P01"})
"""Of these what the session is the cause of: its role, and where it looks for tables."""
ANEW_SECONDS: Final = 1.0
"""Between two times that all sessions are taken anew."""


def is_useless(error: BaseException | None) -> bool:
    """Whether another session might do what one has refused."""
    if not isinstance(error, Error) or error.sqlstate is None:
        return False
    state = error.sqlstate
    if state == QueryCanceled.sqlstate:
        # Elsewhere than here the client itself breaks off what it copies.
        return error.diag.source_function == "ProcessInterrupts"
    return state in _OF_THE_SESSION or not state.startswith(_OF_WHAT_IS_ASKED)


class AnsweringConnection(Connection[DictRow]):
    """Closes itself where its server does not answer in time, or its session is useless."""

    @override
    def wait(
        self,
        gen: PQGen[RV],
        interval: float = _INTERVAL_SECONDS,
        timeout: float | None = None,
    ) -> RV:
        """Wait for an answer; raise ``OperationalError`` where there is none."""
        seconds = ANSWER_SECONDS if timeout is None else timeout
        try:
            return super().wait(gen, interval, seconds)
        except OperationalError as error:
            # The answer to come would be taken for that to the next question.
            active = self.pgconn.transaction_status == TransactionStatus.ACTIVE
            if active or is_useless(error):
                self.close()
            raise
        except Error as error:
            if is_useless(error):
                self.close()
            raise


class Sessions(PostgresDatastore):
    """Takes all sessions anew where one is found useless: the others began as it did."""

    _anew_at = -ANEW_SECONDS

    @override
    @contextmanager
    def get_connection(self) -> Iterator[Connection[DictRow]]:
        with super().get_connection() as connection:
            try:
                yield connection
            finally:
                if connection.closed:
                    self._take_anew()

    def _take_anew(self) -> None:
        now = time.monotonic()
        if now - self._anew_at >= ANEW_SECONDS:
            self._anew_at = now
            self.pool.drain()
