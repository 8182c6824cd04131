"""What was read of the rows is given again, to whom it was read for, until more is folded."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, update

from projections import tables
from projections.database import open_sqlite
from projections.moments import ANSWERS_MAX, ROWS_MAX, KeptAnswers, once_a_moment
from projections.readable import Readable, reading_as
from tests.support.examples import BERGEN, STAVANGER


@pytest.fixture
def views(tmp_path: Path) -> Iterator[Engine]:
    """Open read models that are folded to a first entry."""
    engine = open_sqlite(tmp_path / "views.sqlite")
    tables.projected.create(engine)
    with engine.begin() as connection:
        row = {"origin": "vest", "epoch": 1, "position": 1}
        connection.execute(tables.projected.insert().values(row))
    yield engine
    engine.dispose()


READ: list[str] = []


@once_a_moment
def names(_connection: Connection, of: list[str], *, more: str = "") -> list[str]:
    """Note that it was read."""
    READ.append(more)
    return [*of, more]


def test_the_same_is_read_once_until_more_is_folded(views: Engine) -> None:
    READ.clear()
    moments, readable = KeptAnswers(), Readable(BERGEN)
    for _ in range(2):
        with reading_as(views, readable, moments) as connection:
            found = names(connection, ["a"], more="b")
            assert found == ["a", "b"]
            found.append("what its asker adds is nobody else's")
    assert len(READ) == 1
    with views.begin() as connection:
        connection.execute(update(tables.projected).values(position=2))
    with reading_as(views, readable, moments) as connection:
        names(connection, ["a"], more="b")
        names(connection, ["a"], more="c")
        names(connection, ["x"], more="c")
    assert READ == ["b", "b", "c", "c"]


def test_what_is_read_for_one_is_given_to_nobody_else(views: Engine) -> None:
    READ.clear()
    moments = KeptAnswers()
    for readable in (Readable(BERGEN), Readable(STAVANGER), Readable(everything=True)):
        with reading_as(views, readable, moments) as connection:
            names(connection, ["a"])
    assert len(READ) == 3
    with reading_as(views, Readable(BERGEN)) as connection:
        names(connection, ["a"])
        names(connection, ["a"])
    assert len(READ) == 5, "nothing is kept where it is not said where"


def test_a_question_that_has_begun_goes_on_where_it_began(views: Engine) -> None:
    READ.clear()
    moments = KeptAnswers()
    with reading_as(views, Readable(BERGEN), moments) as begun:
        names(begun, ["a"])
        with views.begin() as connection:
            connection.execute(update(tables.projected).values(position=2))
        names(begun, ["a"])
        assert len(READ) == 1
    with reading_as(views, Readable(BERGEN), moments) as connection:
        names(connection, ["a"])
    assert len(READ) == 2


def test_so_many_answers_are_kept() -> None:
    moments, read = KeptAnswers(), list[int]()

    def asked(number: int) -> str:
        read.append(number)
        return "found"

    for number in (*range(ANSWERS_MAX + 1), 0, ANSWERS_MAX):
        assert moments.answer(number, partial(asked, number)) == "found"
    assert read == [*range(ANSWERS_MAX + 1), 0]


def test_so_many_rows_are_kept_and_no_more() -> None:
    moments, half = KeptAnswers(), [0] * (ROWS_MAX // 2)
    read: list[str] = []

    def asked(name: str, found: object) -> None:
        def reading() -> object:
            read.append(name)
            return found

        moments.answer(name, reading)

    for name in ("a", "b", "a", "b"):
        asked(name, half)
    assert read == ["a", "b"]
    asked("c", {"d": [0]})
    asked("b", half)
    asked("a", half)
    assert read == ["a", "b", "c", "a"], "what was asked for longest ago went"
    for _ in range(2):
        asked("long", [0] * (ROWS_MAX + 1))
    assert read[4:] == ["long", "long"]
