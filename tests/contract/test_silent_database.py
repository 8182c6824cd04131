"""A database that stands still and looks alive holds nobody up for good."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from eventsourcing.persistence import PersistenceError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from deploy.databases import open_journal
from deploy.views import open_views
from domain.values import Region
from federation.journal import answering
from projections.database import reading
from tests.support.links import Link, switchboard
from tests.support.replication import record
from tests.support.servers import new_database

pytestmark = pytest.mark.servers


@contextmanager
def over_a_line(postgres_dsn: str) -> Iterator[tuple[Link, str]]:
    """Give a database and the line to it."""
    database = new_database(postgres_dsn)
    with switchboard() as loop:
        link = Link(loop, int(conninfo_to_dict(database)["port"] or 5432))
        yield link, make_conninfo(database, host="127.0.0.1", port=link.port)


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "ANSWER_SECONDS", 0.5)


@pytest.mark.usefixtures("_soon")
def test_a_line_that_gives_nothing_back_is_left_and_another_taken(
    postgres_dsn: str,
) -> None:
    with over_a_line(postgres_dsn) as (link, database):
        journal = open_journal(database, Region.VEST)
        views = open_views(database, None)

        def ask_views() -> None:
            with reading(views) as connection:
                connection.execute(text("SELECT 1"))

        asked: list[Callable[[], object]] = [
            journal.positions,
            lambda: record(journal),
            ask_views,
        ]
        for ask in asked:
            ask()
        link.hold()
        with ThreadPoolExecutor(len(asked)) as threads:
            for waiting in [threads.submit(ask) for ask in asked]:
                with pytest.raises((PersistenceError, OperationalError)):
                    waiting.result(60)
        link.heal()
        for ask in asked:
            goes_again(ask)
        assert journal.positions()["vest"].position >= 2
        views.dispose()
        journal.close()


def goes_again(ask: Callable[[], object]) -> None:
    """Ask until there is an answer: what else waited for the line is left one by one."""
    until = time.monotonic() + 60
    pause = threading.Event()
    while True:
        try:
            ask()
        except (PersistenceError, OperationalError):
            assert time.monotonic() < until
            pause.wait(0.05)
        else:
            return


@pytest.mark.usefixtures("_soon")
def test_what_the_server_refuses_of_a_statement_keeps_the_connection(
    postgres_dsn: str,
) -> None:
    database = new_database(postgres_dsn)
    with answering.AnsweringConnection.connect(database, autocommit=True) as connection:
        with pytest.raises(Exception, match="division by zero"):
            connection.execute("SELECT 1 / 0")
        assert not connection.closed
        with pytest.raises(Exception, match="wait"):
            connection.execute("SET statement_timeout = 0; SELECT pg_sleep(30)")
        assert connection.closed
