"""Sessions that live and refuse everything are left, and others taken."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import psycopg
import pytest
from eventsourcing.persistence import OperationalError, PersistenceError
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from deploy.databases import open_journal
from deploy.doctor import store
from deploy.doctor.finding import Level
from deploy.views import open_views
from domain.values import Region
from federation.journal import answering
from federation.journal.store import Journal
from federation.node.writable import WriteProbe
from projections.database import reading, writing
from tests.support.replication import record
from tests.support.servers import new_database

pytestmark = pytest.mark.servers

USELESS = ("default_transaction_read_only = on", "search_path = pg_catalog")
"""What sessions are begun with, and keep when new ones are begun without."""
SESSIONS = 4


def change(server: str, database: str, how: str) -> None:
    """Change what sessions begin with, and end those that there are."""
    name = str(conninfo_to_dict(database)["dbname"])
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(SQL("ALTER DATABASE {} " + how).format(Identifier(name)))
        if how.startswith("SET"):
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s",
                (name,),
            )


def together(ask: Callable[[], object]) -> list[BaseException | None]:
    """Ask with several sessions at once; return what each came to."""
    start = Barrier(SESSIONS)

    def one() -> None:
        start.wait()
        ask()

    with ThreadPoolExecutor(SESSIONS) as threads:
        asked = [threads.submit(one) for _ in range(SESSIONS)]
        return [each.exception() for each in asked]


def hold(journal: Journal, views: Engine) -> None:
    """Have all ended sessions taken anew, and keep those."""

    def both() -> None:
        with journal.reading() as cursor, reading(views) as connection:
            cursor.execute("SELECT pg_sleep(0.2)")
            connection.execute(text("SELECT 1"))

    for _ in range(2):
        together(both)
    assert together(both) == [None] * SESSIONS


def write_views(views: Engine) -> None:
    with writing(views) as connection:
        connection.execute(text("INSERT INTO marks VALUES (1)"))


@pytest.mark.parametrize("setting", USELESS)
def test_after_a_spell_without_writing_everything_is_written_again(
    postgres_dsn: str, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "ANEW_SECONDS", 0.0)
    database = new_database(postgres_dsn)
    journal = open_journal(database, Region.VEST)
    views = open_views(database, None)
    with writing(views) as connection:
        connection.execute(text("CREATE TABLE marks (mark integer)"))
    change(postgres_dsn, database, f"SET {setting}")
    hold(journal, views)
    change(postgres_dsn, database, f"RESET {setting.partition(' ')[0]}")
    asked: list[Callable[[], object]] = [journal.try_to_write]
    if "search_path" not in setting:
        # The read models say themselves where their tables are.
        asked.append(lambda: write_views(views))
    for ask in asked:
        # One is found useless, and with it all that began as it did.
        with pytest.raises((PersistenceError, DBAPIError)):
            ask()
        assert together(ask) == [None] * SESSIONS
    record(journal)
    views.dispose()
    journal.close()


def test_while_nothing_can_be_written_that_is_told_once(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "ANEW_SECONDS", 0.0)
    database = new_database(postgres_dsn)
    journal = open_journal(database, Region.VEST)
    asking = WriteProbe(journal)

    def ask(times: int) -> str | None:
        for _ in range(times):
            asyncio.run(asking.ask())
        return asking.state.refused

    def seen() -> tuple[Level, str]:
        with closing(open_journal(database, Region.VEST, read_only=True)) as looking:
            found = store.database(looking, sqlite=False)
        return found.level, found.key

    assert (ask(1), seen()) == (None, (Level.OK, "database_ok"))
    with capture_logs() as told:
        change(postgres_dsn, database, "SET default_transaction_read_only = on")
        assert ask(3) == "ReadOnlySqlTransaction"
        assert seen() == (Level.FAILS, "database_read_only")
        change(postgres_dsn, database, "RESET default_transaction_read_only")
        assert ask(2) is None
    warned = [each["event"] for each in told if each["log_level"] != "info"]
    assert warned == ["database_refuses"]
    journal.close()


def test_what_a_probe_finds_useless_is_healed_by_it(postgres_dsn: str) -> None:
    """No command is refused because of a session that was begun too early."""
    database = new_database(postgres_dsn)
    journal = open_journal(database, Region.VEST)
    views = open_views(database, None)
    change(postgres_dsn, database, "SET default_transaction_read_only = on")
    hold(journal, views)
    change(postgres_dsn, database, "RESET default_transaction_read_only")
    asking = WriteProbe(journal)
    asyncio.run(asking.ask())
    assert asking.state.refused is None
    assert together(journal.try_to_write) == [None] * SESSIONS
    record(journal)
    views.dispose()
    journal.close()


def test_a_database_that_does_not_answer_refuses(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.writable.SILENT_SECONDS", 0.1)
    database = new_database(postgres_dsn)
    journal = open_journal(database, Region.VEST)
    asking = WriteProbe(journal)

    async def ask() -> list[str | None]:
        with psycopg.connect(database) as other:
            other.execute("LOCK TABLE announced")
            asked = asyncio.ensure_future(asking.ask())
            await asyncio.sleep(0.5)
            silent = asking.state.refused
        await asked
        return [silent, asking.state.refused]

    assert asyncio.run(ask()) == ["no answer", None]
    journal.close()


def test_a_timeout_of_the_session_ends_it(postgres_dsn: str) -> None:
    with answering.AnsweringConnection.connect(
        new_database(postgres_dsn), autocommit=True
    ) as connection:
        connection.execute("SET statement_timeout = 50")
        with pytest.raises(psycopg.Error, match="statement timeout"):
            connection.execute("SELECT pg_sleep(1)")
        assert connection.closed


def test_in_the_midst_of_a_transaction_the_library_s_errors_are_met(
    postgres_dsn: str,
) -> None:
    """Who answers one command with what another raised would take it for its own."""
    journal = open_journal(new_database(postgres_dsn), Region.VEST)
    with (  # noqa: PT012 - it is met within
        pytest.raises(PersistenceError),
        journal.reading() as cursor,
    ):
        cursor.execute("SELECT 1")
        with pytest.raises(OperationalError, match="terminating") as caught:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise caught.value
    assert isinstance(caught.value.__cause__, psycopg.Error)
    assert journal.positions()
    journal.close()
