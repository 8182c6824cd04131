"""Whatever a process waits for at the lease fails once and hangs once; then it leads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from psycopg.conninfo import conninfo_to_dict

from domain.values import Region
from federation import tasks
from federation.node import leader
from federation.node.leader import PostgresElection
from federation.tasks import Background, all_of, end_all, happened
from tests.support.awaits import NODE, Awaits, Ill, Place
from tests.support.replication import until
from tests.support.servers import new_database, postgres_journal

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


class Process:
    """One process of a region, of which only the lease runs."""

    def __init__(self, database: str) -> None:
        self.journal = postgres_journal(database, Region.VEST)
        self.election = PostgresElection(
            conninfo_to_dict(database), self.journal, lambda: None
        )
        self.background = Background()
        self.working = 0

    async def _work(self) -> None:
        self.working += 1
        try:
            await happened(asyncio.Event())
        finally:
            self.working -= 1

    async def _lead(self) -> None:
        await all_of(self.background.keep("courier", self._work))

    @property
    def well(self) -> bool:
        """Whether it leads, its part works, once, and nothing is down."""
        return self.election.leads and self.working == 1 and not self.background.down

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run until it is left."""
        run = partial(self.election.run, self._lead)
        task = asyncio.create_task(self.background.keep("siblings", run))
        try:
            yield
        finally:
            await end_all([task])
            assert (self.working, self.election.leads) == (0, False)


# A connection that was made, and of which nobody was told, closes when it is forgotten.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_each_await_at_the_lease_fails_once_and_hangs_once(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(tasks, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(leader, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(leader, "LOOK_SECONDS", 0.05)
    awaits = Awaits()
    awaits.watch(monkeypatch)
    NODE.set("vest")
    process = Process(new_database(postgres_dsn))
    async with process.running():
        await until(lambda: process.well)
        leading = {each for each in awaits.seen if is_at_the_lease(each)}
    # Some are met when it ends, and then it ends all the same.
    places = {each for each in awaits.seen if is_at_the_lease(each)}
    assert len(leading) >= 4
    for ill in (Ill.HANGS, Ill.UNFORESEEN, Ill.DISK):
        for place in sorted(places):
            awaits.wanted, awaits.struck = {ill: {place}}, {}
            async with process.running():
                met = place in leading
                await until(lambda: process.well and not (met and awaits.left))  # noqa: B023 - it is waited for here
    process.journal.close()


def is_at_the_lease(place: Place) -> bool:
    """Say whether a place is one of the lease's own."""
    return bool(place) and place[-1].startswith("federation/node/leader.py")
