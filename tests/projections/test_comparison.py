"""Every row of the read models is what the journal folds to, or is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from projections import comparison
from projections.comparison import Difference, How, compare_rows
from projections.database import open_sqlite, reading
from projections.engine import Projector
from tests.support.federation import instant
from tests.support.logs import fill, logs

pytestmark = pytest.mark.servers
HISTORY = logs(11)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SQLiteJournal]:
    """Give a journal of all regions' logs."""
    opened = SQLiteJournal(tmp_path / "journal.db", Region.VEST, instant)
    fill(opened, HISTORY, "9999")
    yield opened
    opened.close()


@pytest.fixture
def folded(views: Engine, journal: Journal) -> Engine:
    """Give read models of all of it."""
    projector = Projector(journal, views)
    projector.prepare()
    projector.catch_up()
    return views


def found(journal: Journal, views: Engine) -> comparison.HeldRows:
    """Hold the read models against the journal; they are there."""
    with reading(views) as connection:
        held = compare_rows(journal, connection)
    assert held is not None
    return held


def change(views: Engine, statement: str) -> None:
    """Change read models, as nobody may."""
    with views.begin() as connection:
        assert connection.execute(text(statement)).rowcount != 0


def last_of(views: Engine, table: str) -> tuple[str, int, int]:
    """Return the place of a table's last row."""
    statement = f"SELECT origin, epoch, position FROM {table} ORDER BY 1, 2, 3"
    with reading(views) as connection:
        origin, epoch, position = connection.execute(text(statement)).all()[-1]
    return origin, epoch, position


@pytest.mark.law(6)
@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_all_rows_are_what_the_journal_says(
    journal: Journal, folded: Engine, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(comparison, "BATCH_ENTRIES", batch)
    held = found(journal, folded)
    tables = [table.name for table in comparison._OF_ROWS]
    with reading(folded) as connection:
        counts = [
            connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables
        ]
    assert (held.rows, held.behind, held.first) == (sum(counts), {}, None)
    assert held.rows > 100


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("organisation", "name", "'Another'"),
        ("payment", "amount_ore", "amount_ore + 1"),
        ("version", "ends_on", "'2027-01-01'"),
        ("version_post", "content", "content || '.'"),
        ("document", "lacks", "'kid'"),
        ("answer", "recorded_at", "'2026'"),
    ],
)
def test_another_value_is_named(
    journal: Journal, folded: Engine, table: str, column: str, value: str
) -> None:
    origin, epoch, position = last_of(folded, table)
    where = f"origin = '{origin}' AND epoch = {epoch} AND position = {position}"
    change(folded, f"UPDATE {table} SET {column} = {value} WHERE {where}")
    first = found(journal, folded).first
    assert first is not None
    assert (first.how, first.table, first.column) == (How.OTHER, table, column)
    assert first.key.startswith(f"{origin}/{epoch}/{position}")


@pytest.mark.parametrize("table", ["organisation", "answer", "document_line"])
def test_a_row_that_is_missing_or_too_many_is_named(
    journal: Journal, folded: Engine, table: str
) -> None:
    origin, epoch, position = last_of(folded, table)
    place = f"{origin}/{epoch}/{position}"
    where = f"origin = '{origin}' AND epoch = {epoch} AND position = {position}"
    change(folded, f"UPDATE {table} SET position = 0 WHERE {where}")
    first = found(journal, folded).first
    assert first is not None
    assert (first.how, first.table) == (How.MORE, table)
    assert first.key.startswith(f"{origin}/{epoch}/0")
    change(folded, f"DELETE FROM {table} WHERE position = 0")
    first = found(journal, folded).first
    assert first is not None
    assert (first.how, first.table) == (How.MISSING, table)
    assert first.key.startswith(place)


@pytest.mark.parametrize(
    ("change_of_place", "place"),
    [
        ("position = 999999", "{origin}/{epoch}/999999"),
        ("origin = 'other'", "other/{epoch}/{position}"),
        ("epoch = 0", "{origin}/0/{position}"),
    ],
)
def test_a_row_of_no_entry_is_found_wherever_it_stands(
    journal: Journal,
    folded: Engine,
    change_of_place: str,
    place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(comparison, "BATCH_ENTRIES", 7)
    origin, epoch, position = last_of(folded, "organisation")
    where = f"origin = '{origin}' AND epoch = {epoch} AND position = {position}"
    copied = f"CREATE TEMPORARY TABLE t AS SELECT * FROM organisation WHERE {where}"
    with folded.begin() as connection:
        connection.execute(text(copied))
        connection.execute(text(f"UPDATE t SET {change_of_place}"))
        connection.execute(text("INSERT INTO organisation SELECT * FROM t"))
    key = place.format(origin=origin, epoch=epoch, position=position)
    assert found(journal, folded).first == Difference(How.MORE, "organisation", key)


def test_read_models_that_are_behind_are_right_as_far_as_they_go(
    journal: Journal, views: Engine, tmp_path: Path
) -> None:
    half = SQLiteJournal(tmp_path / "half.db", Region.VEST, instant)
    fill(half, HISTORY, "2026-03")
    projector = Projector(half, views)
    projector.prepare()
    assert found(half, views) == (0, _counts(half), None)
    projector.catch_up()
    held = found(journal, views)
    there = _counts(half)
    left = {origin: n - there.get(origin, 0) for origin, n in _counts(journal).items()}
    assert held.first is None
    assert held.behind == {origin: count for origin, count in left.items() if count}
    assert held.behind
    half.close()


def _counts(journal: Journal) -> dict[str, int]:
    positions = journal.positions().items()
    return {origin: each.position for origin, each in positions if each.position}


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("DROP TABLE payment", (How.NO_TABLE, "payment")),
        ("ALTER TABLE answer ADD COLUMN more INTEGER", (How.NO_TABLE, "answer")),
        (
            "UPDATE projected SET position = 99999 WHERE origin = 'vest'",
            (How.MORE, "projected", "vest"),
        ),
        (
            "UPDATE projected SET epoch = 9 WHERE origin = 'vest'",
            (How.OTHER, "projected", "vest", "epoch"),
        ),
        (
            "UPDATE projected SET origin = 'other' WHERE origin = 'vest'",
            (How.MORE, "projected", "other"),
        ),
    ],
)
def test_what_stands_around_the_rows_is_held_against_the_journal_too(
    journal: Journal, folded: Engine, statement: str, first: tuple[str, ...]
) -> None:
    change(folded, statement)
    assert found(journal, folded).first == Difference(How(first[0]), *first[1:])


def test_read_models_of_another_version_are_not_compared(
    journal: Journal, folded: Engine
) -> None:
    change(folded, "UPDATE about SET schema_version = schema_version + 1")
    with reading(folded) as connection:
        assert compare_rows(journal, connection) is None


def test_what_is_no_day_and_no_number_is_another_value(
    journal: Journal, tmp_path: Path
) -> None:
    """SQLite keeps in any column whatever it is given."""
    views = open_sqlite(tmp_path / "views.db")
    projector = Projector(journal, views)
    projector.prepare()
    projector.catch_up()
    change(views, "UPDATE payment SET paid_on = 'never'")
    first = found(journal, views).first
    assert first is not None
    assert (first.how, first.table, first.column) == (How.OTHER, "payment", "paid_on")
    projector.rebuild()
    change(views, "UPDATE organisation SET position = 'x' WHERE origin = 'vest'")
    first = found(journal, views).first
    assert first is not None
    assert (first.how, first.table) == (How.MISSING, "organisation")
    views.dispose()
