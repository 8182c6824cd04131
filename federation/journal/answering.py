"""Connections to PostgreSQL of which none waits without end.

A server whose host is gone is found out by the system (:data:`ALIVE`). One that stands
still, or a line that takes everything and gives nothing back, looks alive for ever.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
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


class AnsweringConnection(Connection[DictRow]):
    """Closes itself where its server does not answer in time."""

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
        except OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                # The answer to come would be taken for that to the next question.
                self.close()
            raise
