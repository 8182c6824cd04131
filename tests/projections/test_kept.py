"""A settlement that is kept and brought forward is the one that is made anew."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, Connection, delete, update

from domain.closing.difference import Figure
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from projections import engine, kept, tables
from projections.database import open_sqlite, reading
from projections.difference import TwoDays, settlement_difference
from projections.engine import Projector
from projections.kept_settlements import KeptSettlements
from projections.settlement import Scope, UnknownPartyError, settlement
from tests.projections.test_conservation import AFTER, BEFORE, YEAR, a_year
from tests.support.federation import instant
from tests.support.logs import fill, logs, logs_of


def steps(projector: Projector) -> Iterator[Region]:
    """Fold all logs by turns, a batch each."""
    folded = True
    while folded:
        folded = False
        for region in Region:
            if projector.step(region.value):
                folded = True
                yield region


def anew(connection: Connection, day: date) -> object:
    try:
        return settlement(connection, YEAR, day)
    except UnknownPartyError as error:
        return str(error)


def again(of: KeptSettlements, connection: Connection, day: date) -> object:
    try:
        found = of.settlement(connection, YEAR, day)
    except UnknownPartyError as error:
        return str(error)
    for each in found.agreements[:3]:
        payer, _, network = each.parties
        for scope in (Scope(trust=payer), Scope(network=network, trust=payer)):
            part = of.settlement(connection, YEAR, day, scope)
            assert part.agreements == tuple(filter(scope.holds, found.agreements))
            assert {*part.documents} <= {*found.documents}
    asked = TwoDays(YEAR, BEFORE, day, Figure.OUTSTANDING)
    compared = of.difference(connection, asked, Scope())
    assert compared == settlement_difference(connection, asked)
    return found


@pytest.mark.parametrize("made_up", [True, False])
@settings(max_examples=5)
@given(seed=st.integers(0, 2**32))
def test_at_every_position_it_is_the_same(seed: int, *, made_up: bool) -> None:
    random = Random(seed)
    span = (AFTER - BEFORE).days
    days = [AFTER, BEFORE + timedelta(days=random.randrange(span))]
    of = KeptSettlements()
    with (
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patched,
        closing(SQLiteJournal(Path(folder) / "j.db", Region.VEST, instant)) as journal,
    ):
        patched.setattr(engine, "BATCH_ENTRIES", random.randrange(3, 30))
        patched.setattr(kept, "TOUCHED_MAX", random.choice([1, 200]))
        fill(journal, logs(seed) if made_up else logs_of(a_year(seed)), "9999")
        views = open_sqlite(Path(folder) / "views.db")
        projector = Projector(journal, views)
        projector.prepare()
        for _ in steps(projector):
            with reading(views) as connection:
                for day in days:
                    assert again(of, connection, day) == anew(connection, day)
        views.dispose()


def test_who_has_begun_goes_on_at_their_own_moment(tmp_path: Path) -> None:
    of = KeptSettlements()
    with closing(SQLiteJournal(tmp_path / "j.db", Region.VEST, instant)) as journal:
        fill(journal, logs_of(a_year(1)), "9999")
        views = open_sqlite(tmp_path / "views.db")
        projector = Projector(journal, views)
        projector.prepare()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(engine, "BATCH_ENTRIES", 20)
            assert [*islice(steps(projector), 5)]
        with reading(views) as begun:
            before = anew(begun, AFTER)
            projector.catch_up()
            with reading(views) as later:
                assert again(of, later, AFTER) == anew(later, AFTER) != before
            assert again(of, begun, AFTER) == before
        views.dispose()


@pytest.mark.parametrize(
    "taken_back",
    [
        {"epoch": tables.projected.c.epoch + 1},
        {"position": tables.projected.c.position - 1},
    ],
)
def test_what_was_given_up_is_not_kept(
    taken_back: dict[str, ColumnElement[int]], tmp_path: Path
) -> None:
    of = KeptSettlements()
    with closing(SQLiteJournal(tmp_path / "j.db", Region.VEST, instant)) as journal:
        fill(journal, logs_of(a_year(1)), "9999")
        views = open_sqlite(tmp_path / "views.db")
        projector = Projector(journal, views)
        projector.prepare()
        projector.catch_up()
        with reading(views) as connection:
            before = again(of, connection, AFTER)
        with views.begin() as connection:
            connection.execute(delete(tables.payment))
            connection.execute(update(tables.projected).values(**taken_back))
        with reading(views) as connection:
            assert again(of, connection, AFTER) == anew(connection, AFTER) != before
        views.dispose()
