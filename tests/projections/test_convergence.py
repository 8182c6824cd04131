"""Law 6: any interleaving of the same logs gives the same rows, byte for byte."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError, StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, select

from domain.catalogue import FACTS
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.signed.entry import Row
from projections import bulk, tables
from projections.batches import MovedError
from projections.database import open_postgres, open_sqlite, reading
from projections.engine import Projector
from projections.rows import FOLDS, SILENT
from projections.settlement import settlement
from tests.support import servers
from tests.support.federation import instant
from tests.support.logs import arriving, fill, hold, logs

Rows = dict[str, list[tuple[Any, ...]]]


def dump(views: Engine) -> Rows:
    """Return every row of every read model."""
    with reading(views) as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(select(table)))
            for table in tables.metadata.sorted_tables
        }


def interleaved(
    history: dict[Region, list[Row]], random: Random, folder: Path, home: Region
) -> Rows:
    """Fold the logs at a node in some order, in pieces of some size."""
    folder.mkdir()
    journal = SQLiteJournal(folder / "journal.db", home, instant)
    views = open_sqlite(folder / "views.db")
    projector = Projector(journal, views)
    projector.prepare()
    for _ in arriving(history, journal, random):
        if random.random() < 0.5:
            projector.step(random.choice(list(Region)).value)
    projector.catch_up()
    rows = dump(views)
    assert dump(views) == rows
    projector.rebuild()
    assert dump(views) == rows, "a rebuild gives the same rows"
    views.dispose()
    journal.close()
    return rows


def of_the_rule_book(name: str) -> bool:
    """Whether a fact is asked for by the fold of its stream, by key (``api/known``)."""
    module = FACTS[name].__module__
    later = ("grants", "governance", "obligations")
    parties = ("participation", "charter", "authority")
    folded = [f"domain.{each}." for each in later]
    folded += [f"domain.parties.{each}" for each in parties]
    return module.startswith(tuple(folded))


@pytest.mark.law(6)
@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_any_interleaving_gives_the_same_rows(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("interleaved")
    history = logs(seed)
    random = Random(seed)
    found = [
        interleaved(history, random, folder / str(number), home)
        for number, home in enumerate((Region.VEST, Region.NORD, Region.VEST))
    ]
    assert found[0] == found[1] == found[2]
    assert sum(len(rows) for rows in found[0].values()) > 20


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SQLiteJournal]:
    """Give an empty journal."""
    opened = SQLiteJournal(tmp_path / "journal.db", Region.VEST, instant)
    yield opened
    opened.close()


@pytest.fixture
def projector(journal: SQLiteJournal, tmp_path: Path) -> Iterator[Projector]:
    """Give a projector of it."""
    views = open_sqlite(tmp_path / "views.db")
    made = Projector(journal, views)
    made.prepare()
    yield made
    views.dispose()


def payment(version: int) -> StoredEvent:
    """Return a payment of one øre."""
    data = (
        b'{"amount_ore":1,"number":1,"paid_on":"2026-01-01","seller":"1","year":2026}'
    )
    return StoredEvent("vest:payments:1:2026:1", version, "payment.registered.v1", data)


@pytest.mark.law(5)
def test_rows_and_position_are_one_transaction(
    journal: SQLiteJournal,
    projector: Projector,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    journal.append([payment(1)])
    whole: Callable[..., None] = bulk.add_rows

    def fail(*arguments: Any) -> None:
        whole(*arguments)
        raise sqlite3.OperationalError

    monkeypatch.setattr("projections.engine.add_rows", fail)
    with pytest.raises(sqlite3.OperationalError):
        projector.catch_up()
    assert dump(projector._engine)["payment"] == []
    monkeypatch.setattr("projections.engine.add_rows", whole)
    assert projector.catch_up() == 1
    assert len(dump(projector._engine)["payment"]) == 1


def test_a_database_that_fails_for_a_while_ends_nothing(
    journal: SQLiteJournal, projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the driver's own errors come through."""
    failures = iter((psycopg.OperationalError(), OperationalError()))
    failed = threading.Event()
    whole: Callable[..., None] = bulk.add_rows

    def sometimes(*arguments: Any) -> None:
        for failure in failures:
            raise failure
        failed.set()
        whole(*arguments)

    monkeypatch.setattr("projections.engine.add_rows", sometimes)
    monkeypatch.setattr("projections.engine.POLL_SECONDS", 0.01)
    journal.append([payment(1)])
    following = threading.Thread(target=projector.run)
    following.start()
    assert projector.wait_for({"vest": 1}, 30)
    projector.stop()
    following.join()
    assert failed.is_set()


def test_two_projectors_do_not_fold_the_same_entries_twice(
    journal: SQLiteJournal, projector: Projector
) -> None:
    journal.append([payment(1)])
    projector.catch_up()
    slow = Projector(journal, projector._engine)
    slow.prepare()
    journal.append([payment(2)])
    projector.catch_up()
    with pytest.raises((MovedError, Exception)):
        slow.catch_up()
    assert len(dump(projector._engine)["payment"]) == 2


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("payment.registered.v9", b"{}"),
        ("payment.registered.v3", b'{"amount_ore":"x"}'),
    ],
)
def test_what_cannot_be_read_stops_its_region_and_no_other(
    journal: SQLiteJournal, projector: Projector, kind: str, data: bytes
) -> None:
    journal.append([payment(1), StoredEvent("vest:y:1", 1, kind, data), payment(2)])
    rows = list(journal.entries("vest", 0, 10))
    other = Region.NORD
    hold(
        journal,
        [
            row._replace(origin=other.value, stream=f"nord{row.stream[4:]}")
            for row in rows[:1]
        ],
    )
    projector.catch_up()
    projector.catch_up()
    assert projector.state.positions["vest"].position == 1
    assert projector.state.positions["nord"].position == 1
    assert str(projector.state.stopped_at["vest"]).startswith(f"vest/1/2: {kind}")


def test_an_entry_whose_fact_is_not_there_stops_its_region_and_no_other(
    journal: SQLiteJournal, projector: Projector
) -> None:
    journal.append([payment(1)])
    (row,) = journal.entries("vest", 0, 1)
    bodies = (b'{"data_base64":"!!!"}', b'{"data":{}}', b"{}")
    for position, body in enumerate(bodies, 2):
        broken = row._replace(position=position, version=position, body=body)
        with journal.writing() as cursor:
            journal.insert_rows(cursor, [broken])
        projector.catch_up()
        assert projector.state.positions["vest"].position == 1
        assert str(projector.state.stopped_at["vest"]).startswith("vest/1/2: ")


def test_tables_of_another_shape_are_folded_anew(
    journal: SQLiteJournal, projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([payment(1)])
    projector.catch_up()
    monkeypatch.setattr(tables, "SCHEMA_VERSION", tables.SCHEMA_VERSION + 1)
    upgraded = Projector(journal, projector._engine)
    upgraded.prepare()
    assert upgraded.state.positions == {}
    assert upgraded.catch_up() == 1


def test_rows_of_what_a_restored_journal_has_lost_are_folded_anew(
    journal: SQLiteJournal, projector: Projector, tmp_path: Path
) -> None:
    journal.append([payment(1), payment(2)])
    projector.catch_up()
    older = SQLiteJournal(tmp_path / "older.db", Region.VEST, instant)
    with older.writing() as cursor:
        older.insert_rows(cursor, journal.entries("vest", 0, 1))
    restored = Projector(older, projector._engine)
    restored.prepare()
    other = payment(1)
    older.append([replace(other, originator_id="vest:payments:2:2026:1")])
    assert restored.catch_up() == 2
    streams = {row.stream for row in older.entries("vest", 0, 2)}
    found = dump(projector._engine)
    assert len(found["payment"]) == len(streams) == 2
    kept = Projector(older, projector._engine)
    kept.prepare()
    assert kept.state.positions["vest"].position == 2, "what is no further is kept"
    older.close()


def test_every_fact_has_rows_or_is_one_that_needs_none() -> None:
    """A new fact that should be asked for is not forgotten."""
    assert {each.TYPE for each in FOLDS} | SILENT == set(FACTS)
    found = {name.rpartition(".")[0] for name in SILENT if not of_the_rule_book(name)}
    assert found == {
        *("account.named", "balance.asserted", "bank.entry_named"),
        *("billing.document_credited", "billing.period_billed"),
        *("billing.year_corrected", "epoch.begun", "federation.joined"),
        *("federation.left", "frame.proposal_counted", "kid.assigned"),
        *("pair.agreement_listed", "post.planned", "region.day_confirmed"),
        *("reporting.report_listed", "mandate.granted", "mandate.ended"),
    }


def test_an_answer_as_of_a_day_holds_what_was_recorded_by_then(
    tmp_path: Path,
) -> None:
    """As of each day: the same as if nothing had been recorded after it."""
    history = logs(7)
    journal = SQLiteJournal(tmp_path / "all.db", Region.VEST, instant)
    views = open_sqlite(tmp_path / "all-views.db")
    fill(journal, history, "9999")
    projector = Projector(journal, views)
    projector.prepare()
    projector.catch_up()
    for number, day in enumerate(("2025-12-20", "2026-05-05", "2026-12-31")):
        cut = SQLiteJournal(tmp_path / f"{number}.db", Region.VEST, instant)
        cut_views = open_sqlite(tmp_path / f"{number}-views.db")
        fill(cut, history, f"{day}T23")
        then = Projector(cut, cut_views)
        then.prepare()
        then.catch_up()
        as_of = date.fromisoformat(day)
        with reading(views) as now, reading(cut_views) as before:
            settled = settlement(now, 2026, as_of)
            assert settled == settlement(before, 2026, as_of)
            assert sum(each.net_ore for each in settled.regions.values()) == 0
        cut_views.dispose()
        cut.close()
    views.dispose()
    journal.close()


@pytest.mark.law(6)
def test_no_text_is_sorted_as_a_servers_language_has_it(postgres_dsn: str) -> None:
    views = open_postgres(conninfo_to_dict(servers.new_database(postgres_dsn)))
    with views.begin() as connection:
        tables.metadata.create_all(connection)
        sorted_by = connection.exec_driver_sql(
            "SELECT DISTINCT collation_name FROM information_schema.columns "
            "WHERE table_schema = 'views' AND data_type = 'text'"
        )
        assert sorted_by.scalars().all() == ["C"]
    views.dispose()
