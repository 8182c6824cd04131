"""Leader election: which process of a region leads, and what the others have done.

On PostgreSQL any number of processes share a journal and take commands. One of
them leads: it carries, receives and folds for all. To lead is to hold a lock of
the database on a connection of its own, and the lock ends with that connection.

The lease spares double work and is trusted with nothing: positions, the
transport's sequence and the read models' positions are each moved only from where
they are, so a second leader does harm to none of them.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

import psycopg
import structlog
from psycopg import AsyncConnection, Notify

from domain.values import Region
from federation.journal.postgres import FROZEN_SECONDS, RECORDED, PostgresJournal
from federation.tasks import bounded, end_all

log = structlog.get_logger()

PROJECTED: Final = "fagnett_projected"
"""Channel on which the region's processes hear that the read models moved."""
LOOK_SECONDS: Final = 0.5
"""How often a standby tries for the lease, and the leader shows that it lives."""
LOOKS: Final = 10
"""Looks between two checks whether the leader is frozen, which cost the server
something; and those for which a process that is not ready leaves the lease to
others."""
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 4.0
AGAIN_SECONDS: Final = 0.5
LEASE: Final = (70_431, 1)

CONNECTION: Final[Mapping[str, Any]] = {
    "autocommit": True,
    "application_name": "fagnett lease",
    "connect_timeout": 3,
    # A host that is gone ends nothing: each side must find out, and soon.
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 3000,
}
_SERVERS_SIDE: Final = (
    "SET tcp_keepalives_idle = 1",
    "SET tcp_keepalives_interval = 1",
    "SET tcp_keepalives_count = 3",
)
_PUT_OUT: Final = """SELECT pg_terminate_backend(pid)
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (%s, %s, 2) AND granted
AND datname = current_database()
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND state_change < clock_timestamp() - make_interval(secs => %s)"""

Lead = Callable[[], Awaitable[None]]
"""What the leader does, until it is cancelled."""


class LeaderElection(Protocol):
    """The processes of a region, as one of them sees them."""

    @property
    def leads(self) -> bool:
        """Whether this process leads."""
        ...

    async def run(self, lead: Lead) -> None:
        """Lead whenever no other process does, until cancelled."""
        ...


class OnlyProcess:
    """The one process that a journal on SQLite has."""

    leads: Final = True

    async def run(self, lead: Lead) -> None:
        """Lead."""
        await lead()


class PostgresElection:
    """The processes on one database. ``projected`` is called when the leader has folded."""

    leads = False

    def __init__(
        self,
        dsn: Mapping[str, Any],
        journal: PostgresJournal,
        projected: Callable[[], None],
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        """Prepare; ``ready`` says whether this process could do all that a leader does."""
        self._dsn = {**dsn, **CONNECTION}
        self._journal = journal
        journal.tells = True
        self._projected = projected
        self._ready = ready
        self._term: asyncio.Future[None] | None = None

    async def run(self, lead: Lead) -> None:
        """Try for the lease, and pass on what the others tell."""
        logged = None
        while True:
            try:
                connecting = AsyncConnection.connect(**self._dsn)
                connection = await bounded(connecting, CONNECT_SECONDS)
                logged = None
                try:
                    await self._share(connection, lead)
                finally:
                    # It says no goodbye: the lock ends with the connection.
                    await connection.close()
                    await self._resign()
            except (psycopg.Error, OSError, TimeoutError) as error:
                reason = type(error).__name__
                if logged != reason:
                    log.warning("siblings_unknown", reason=reason)
                logged = reason
            await asyncio.sleep(AGAIN_SECONDS)

    async def _share(self, connection: AsyncConnection[Any], lead: Lead) -> None:
        for statement in (*_SERVERS_SIDE, f"LISTEN {RECORDED}", f"LISTEN {PROJECTED}"):
            await bounded(connection.execute(statement), ANSWER_SECONDS)
        # What was told while nobody listened here.
        for region in Region:
            self._journal.tell(region.value)
        self._projected()
        for look in itertools.count(1):
            elected = await bounded(self._elected(connection, look), ANSWER_SECONDS)
            if elected and not self.leads:
                self.leads, self._journal.tells = True, False
                log.info("leads", origin=self._journal.region.value)
                self._projected()
                self._term = asyncio.ensure_future(lead())
            async for notice in connection.notifies(timeout=LOOK_SECONDS):
                self._tell(notice)

    async def _elected(self, connection: AsyncConnection[Any], look: int) -> bool:
        """Whether this process holds the lease, or gets it now.

        It does not wait for it: a statement that waits keeps the database from
        clearing away what has been replaced.
        """
        if self.leads:
            await connection.execute("SELECT 1")
            return True
        if look < LOOKS and not self._ready():
            return False
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", LEASE)
        row = await cursor.fetchone()
        if row is not None and row[0]:
            return True
        if look % LOOKS == 0:
            cursor = await connection.execute(_PUT_OUT, (*LEASE, FROZEN_SECONDS))
            if cursor.rowcount:
                log.warning("leader_put_out", origin=self._journal.region.value)
        return False

    def _tell(self, notice: Notify) -> None:
        if notice.channel == PROJECTED:
            self._projected()
        else:
            self._journal.tell(self._journal.region.value)

    async def _resign(self) -> None:
        self.leads, self._journal.tells = False, True
        if self._term is not None:
            term, self._term = self._term, None
            log.info("leads_no_more", origin=self._journal.region.value)
            await end_all([asyncio.ensure_future(term)])
