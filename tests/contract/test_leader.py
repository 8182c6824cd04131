"""A region's processes on one database: one leads, the others follow and take over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import PersistenceError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.values import Region
from federation.journal.postgres import PostgresJournal
from federation.node import leader
from federation.node.leader import LEASE, PROJECTED, PostgresElection
from federation.tasks import end_all
from projections.database import open_postgres
from projections.engine import FAILURES, Projector
from tests.support import servers
from tests.support.links import HOST, Link, switchboard
from tests.support.replication import register, until

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


@dataclass
class Process:
    """One process of vest, as far as leading goes."""

    journal: PostgresJournal
    election: PostgresElection
    told: list[str] = field(default_factory=list)
    """The channels on which it was told something."""
    terms: int = 0
    leading: bool = False
    """What leads runs now."""

    async def lead(self) -> None:
        """Lead until cancelled."""
        self.terms, self.leading = self.terms + 1, True
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.leading = False


def process(database: str, *, ready: bool = True) -> Process:
    """Return a process on a database."""
    journal = servers.postgres_journal(database)
    told: list[str] = []
    journal.listeners.append(told.append)
    dsn = conninfo_to_dict(database)
    ours = PostgresElection(
        dsn, journal, lambda: told.append("projected"), lambda: ready
    )
    return Process(journal, ours, told)


@asynccontextmanager
async def running(each: Process) -> AsyncIterator[None]:
    """Run a process, and end it as a stopped node ends."""
    task = asyncio.create_task(each.election.run(each.lead))
    try:
        yield
    finally:
        await end_all([task])


@pytest.fixture
def database(postgres_dsn: str) -> str:
    """Give an empty database."""
    return servers.new_database(postgres_dsn)


@pytest.fixture
async def pair(database: str) -> AsyncIterator[tuple[Process, Process]]:
    """Give two processes that do not run yet."""
    first, second = process(database), process(database)
    yield first, second
    for each in (first, second):
        each.journal.close()


def put_out(database: str) -> None:
    """End the connections of all that lead or want to, as a dead host does."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'fagnett lease' AND datname = current_database()"
        )


async def test_one_leads_and_when_it_ends_the_other_does(
    pair: tuple[Process, Process],
) -> None:
    first, second = pair
    async with running(second):
        async with running(first):
            await until(lambda: first.leading or second.leading)
            leader, standby = (first, second) if first.leading else (second, first)
            assert not standby.leading
            assert leader.election.leads
            assert not standby.election.leads
        assert not first.leading, "what it ran has ended with it"
        await until(lambda: second.leading)
        assert second.election.leads
        assert not first.election.leads


async def test_who_loses_its_connection_leads_no_more(
    database: str, pair: tuple[Process, Process]
) -> None:
    first, second = pair
    async with running(first):
        await until(lambda: first.leading)
        async with running(second):
            for _ in range(3):
                terms = first.terms + second.terms
                await asyncio.to_thread(put_out, database)
                await until(lambda: first.terms + second.terms > terms)  # noqa: B023 - waited for here
                await until(lambda: first.leading != second.leading)


async def test_who_is_not_ready_lets_others_go_first_and_leads_where_there_is_none(
    database: str,
) -> None:
    """One that has just started looks at its own log first, which takes a while."""
    starting, ready = process(database, ready=False), process(database)
    async with running(starting):
        await until(lambda: "projected" in starting.told)
        async with running(ready):
            await until(lambda: ready.leading or starting.leading)
            assert ready.leading
        await until(lambda: starting.leading)
    for each in (starting, ready):
        each.journal.close()


async def test_a_leader_that_does_not_show_itself_is_put_out(
    database: str, pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leader, "FROZEN_SECONDS", 1)
    monkeypatch.setattr(leader, "LOOKS", 1)
    first, second = pair
    with psycopg.connect(database, autocommit=True) as frozen:
        # Its process is stopped: the connection lives, and nothing comes over it.
        frozen.execute("SELECT pg_advisory_lock(%s, %s)", LEASE)
        async with running(first), running(second):
            await until(lambda: first.leading or second.leading)
        with pytest.raises(psycopg.OperationalError):
            frozen.execute("SELECT 1")


async def test_a_leader_whose_line_is_dead_is_replaced(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody tells the server that the leader is gone, nor the leader that it is."""
    monkeypatch.setattr("federation.node.leader.FROZEN_SECONDS", 1)
    with switchboard() as loop:
        link = Link(loop, int(str(conninfo_to_dict(database)["port"])))
        far = process(make_conninfo(database, host=HOST, port=link.port))
        near = process(database)
        async with running(far):
            await until(lambda: far.leading)
            async with running(near):
                link.hold()
                await until(lambda: near.leading and not far.leading)
                link.heal()
                far.told.clear()
                await until(lambda: "projected" in far.told)
                assert near.leading
                assert not far.leading
        far.journal.close()
        near.journal.close()


async def test_what_a_standby_records_and_the_leader_folds_each_hears_of(
    database: str, pair: tuple[Process, Process]
) -> None:
    leader, standby = pair
    engine = open_postgres(conninfo_to_dict(database))
    projector = Projector(leader.journal, engine)
    projector.prepare()
    async with running(leader):
        await until(lambda: leader.leading)
        async with running(standby):
            await until(lambda: {*Region, "projected"} <= {*standby.told})
            leader.told.clear()
            standby.told.clear()
            await asyncio.to_thread(register, standby.journal, "983974724")
            await until(lambda: "vest" in leader.told)
            await asyncio.to_thread(projector.catch_up)
            await until(lambda: "projected" in standby.told)
    engine.dispose()


async def test_who_comes_back_looks_at_what_it_may_have_missed(
    database: str, pair: tuple[Process, Process]
) -> None:
    """What was told while the connection was away is told to nobody."""
    _, second = pair
    async with running(second):
        await until(lambda: second.leading)
        second.told.clear()
        await asyncio.to_thread(put_out, database)
        await until(lambda: {*Region, "projected"} <= {*second.told})


def test_a_standby_follows_the_leaders_read_models(database: str) -> None:
    """Who waits for a position at any process gets it once the leader has folded."""
    journal = servers.postgres_journal(database)
    engine = open_postgres(conninfo_to_dict(database))
    leader, standby = (
        Projector(journal, engine, lambda leads=leads: leads)  # type: ignore[misc]
        for leads in (True, False)
    )
    for each in (leader, standby):
        each.prepare()
    register(journal, "983974724")
    assert standby.missing({"vest": 1})
    with psycopg.connect(database, autocommit=True) as heard:
        heard.execute(f"LISTEN {PROJECTED}")
        leader.catch_up()
        (notice,) = heard.notifies(timeout=30, stop_after=1)
    assert notice.payload == "vest"
    standby.follow()
    assert not standby.missing({"vest": 1})
    engine.dispose()
    journal.close()


def test_who_stands_still_in_the_middle_of_a_write_holds_nobody_up(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.journal.postgres.FROZEN_SECONDS", 1)
    frozen, other = (servers.postgres_journal(database) for _ in range(2))

    def stand_still() -> None:
        with frozen.writing() as cursor:
            frozen.hold_appends(cursor)
            # It waits until the server ends the transaction that holds the lock.
            register(other, "983974724")
            frozen.head_in(cursor, "vest")

    with pytest.raises(PersistenceError):
        stand_still()
    assert other.positions()["vest"].position == 1
    register(frozen, "983974899")
    assert other.positions()["vest"].position == 2
    for each in (frozen, other):
        each.close()


def test_who_stands_still_while_it_folds_holds_nobody_up(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.database.FROZEN_SECONDS", 1)
    journal = servers.postgres_journal(database)
    engines = [open_postgres(conninfo_to_dict(database)) for _ in range(2)]
    frozen, other = (Projector(journal, each) for each in engines)
    for each in (frozen, other):
        each.prepare()
    register(journal, "983974724")
    whole = frozen._add

    def stand_still(*given: Any) -> Any:
        done = whole(*given)
        # It waits until the server ends the transaction that has moved the position.
        other.catch_up()
        return done

    monkeypatch.setattr(frozen, "_add", stand_still)
    with pytest.raises(FAILURES):
        frozen.catch_up()
    assert not other.missing({"vest": 1})
    for engine in engines:
        engine.dispose()
    journal.close()
