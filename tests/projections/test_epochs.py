"""What was given up leaves the read models, and the settlement goes on over epochs."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from domain.closing.settlement import Settlement
from domain.parties.epoch import EpochBegun
from domain.values import Region
from federation.journal.shapes import Position
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.node.new_epoch import append_beginning
from federation.signed.entry import Envelope, Row, data_of
from federation.signed.merkle import Frontier, extend, root
from projections.comparison import Difference, How, compare_rows
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.replay import compare_replayed, settlements
from projections.settlement import settlement
from tests.support.federation import instant
from tests.support.logs import logs

pytestmark = pytest.mark.servers
VEST = Region.VEST
YEAR = 2026
ENVELOPE = Envelope("drift", "983658725", "983658725/epoch-2", "0" * 32, "c", "")


@pytest.fixture(scope="module")
def history() -> dict[Region, list[Row]]:
    """Give the logs of all regions after some business."""
    return logs(7)


@pytest.fixture
def before(history: dict[Region, list[Row]], tmp_path: Path) -> tuple[Path, Settlement]:
    """Give the file of vest's read models with all that there was, and its settlement."""
    journal = SQLiteJournal(tmp_path / "before.sqlite", VEST, instant)
    keep(journal, history, len(history[VEST]))
    views = tmp_path / "views.sqlite"
    engine = open_sqlite(views)
    projector = Projector(journal, engine)
    projector.prepare()
    projector.catch_up()
    with reading(engine) as connection:
        found = settlement(connection, YEAR, date.max)
    engine.dispose()
    journal.close()
    return views, found


def keep(journal: Journal, history: dict[Region, list[Row]], kept: int) -> None:
    """Give a journal all logs, of vest's no more than its first entries."""
    for region, rows in history.items():
        with journal.writing() as cursor:
            journal.insert_rows(cursor, rows[:kept] if region is VEST else rows)


def begin(journal: Journal, lost: list[Row], kept: list[Row]) -> None:
    """Begin an epoch without the lost entries."""
    fact = EpochBegun(
        epoch=2,
        kept=len(kept),
        kept_root=root(extend(Frontier(), (row.leaf for row in kept))).hex(),
        promised=len(kept) + len(lost),
        promised_root="0" * 64,
        begun_on=date(2026, 7, 10),
        reason="The disk is lost",
        without=(),
    )
    append_beginning(journal, fact, ENVELOPE, instant())


@pytest.mark.law(6)
def test_the_settlement_goes_on_after_a_new_epoch(
    open_journal: Callable[[Region], Journal],
    history: dict[Region, list[Row]],
    before: tuple[Path, Settlement],
) -> None:
    """What was lost is recorded again, and the year settles as it had."""
    journal, (views, wanted) = open_journal(VEST), before
    half = len(history[VEST]) // 2
    kept, lost = history[VEST][:half], history[VEST][half:]
    keep(journal, history, half)
    begin(journal, lost, kept)
    engine = open_sqlite(views)
    projector = Projector(journal, engine)
    projector.prepare()
    assert projector.state.positions["vest"] == Position(1, len(history[VEST]))
    with reading(engine) as connection:
        held = compare_rows(journal, connection)
    assert held is not None
    assert held.first == Difference(How.MORE, "projected", "vest")
    projector.catch_up()
    assert projector.state.positions["vest"] == Position(2, half + 1)
    with reading(engine) as connection:
        found = compare_replayed(journal, connection)
        assert found is not None
        assert not found.differing
        held = compare_rows(journal, connection)
        assert held is not None
        assert (held.behind, held.first) == ({}, None)
        assert settlement(connection, YEAR, date.max) != wanted, "something is missing"
    again = [
        StoredEvent(row.stream, row.version, row.type, data_of(row.body))
        for row in lost
    ]
    rows = journal.append(again)
    assert {row.epoch for row in rows} == {2}
    projector.catch_up()
    with reading(engine) as connection:
        assert settlement(connection, YEAR, date.max) == wanted
    assert list(settlements(journal, [YEAR], date.max)) == [wanted]
    engine.dispose()
