"""The difference of two days adds up to the øre, whatever was recorded in between."""

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.closing.difference import Figure
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from projections.database import open_sqlite, reading
from projections.difference import (
    OtherCause,
    TwoDays,
    settlement_difference,
)
from projections.engine import Projector
from projections.readable import Readable, reading_as
from projections.settlement import settlement
from tests.projections.test_conservation import AFTER, BEFORE, YEAR, a_year
from tests.support.federation import instant
from tests.support.logs import fill, logs, logs_of


def _check(folder: Path, seed: int, *, made_up: bool) -> None:
    random = Random(seed)
    history = logs(seed) if made_up else logs_of(a_year(seed))
    journal = SQLiteJournal(folder / "journal.db", Region.VEST, instant)
    fill(journal, history, "9999")
    views = open_sqlite(folder / "views.db")
    projector = Projector(journal, views)
    projector.prepare()
    projector.catch_up()
    span = (AFTER - BEFORE).days
    first, second = sorted(
        BEFORE + timedelta(days=random.randrange(span)) for _ in range(2)
    )
    for figure in Figure:
        asked = TwoDays(YEAR, first, second, figure)
        for readable in (Readable(everything=True), Readable()):
            with reading_as(views, readable) as connection:
                found = settlement_difference(connection, asked)
            for each in found.agreements:
                causes = each.causes or ()
                told = sum(cause.difference_ore for cause in causes)
                assert told == each.difference_ore or each.causes is None
                assert all(cause.difference_ore for cause in causes)
                shown = {cause.kind for cause in causes}
                assert readable.everything or "payment" not in shown
                assert not (readable.everything and OtherCause.PARTIES in shown)
        with reading(views) as connection:
            found = settlement_difference(connection, asked)
            for day, ore in ((first, found.first_ore), (second, found.second_ore)):
                settled = settlement(connection, YEAR, day)
                assert ore == sum(figure.of(each) for each in settled.agreements)
    views.dispose()
    journal.close()


@pytest.mark.law(7)
@settings(max_examples=6)
@given(seed=st.integers(0, 10**6), made_up=st.booleans())
def test_what_came_between_adds_up_to_the_difference(
    seed: int, made_up: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _check(tmp_path_factory.mktemp("year"), seed, made_up=made_up)


def test_nothing_between_is_no_difference(tmp_path: Path) -> None:
    journal = SQLiteJournal(tmp_path / "journal.db", Region.VEST, instant)
    views = open_sqlite(tmp_path / "views.db")
    Projector(journal, views).prepare()
    day = date(YEAR, 7, 1)
    with reading(views) as connection:
        asked = TwoDays(YEAR, day, day, Figure.OUTSTANDING)
        found = settlement_difference(connection, asked)
    assert (found.first_ore, found.second_ore, found.agreements) == (0, 0, ())
    views.dispose()
    journal.close()
