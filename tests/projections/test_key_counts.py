"""How much there is of something is counted as it was known on a day, each key once."""

from datetime import date
from typing import Final

from sqlalchemy import create_engine, insert

from domain.grants.call import ApplicationListed
from projections.listed import key_counts
from projections.tables import TABLES
from tests.support.examples import BERGEN

DAYS: Final = (date(2025, 3, 1), date(2025, 3, 2))


def test_each_application_of_a_call_counts_once_from_its_day_on() -> None:
    table = TABLES[ApplicationListed]
    listed = [
        ("vest", "grants", "a", DAYS[0]),
        ("nord", "grants", "a", DAYS[0]),
        ("vest", "grants", "b", DAYS[1]),
        ("vest", "other", "c", DAYS[0]),
    ]
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        for position, (origin, call, application, day) in enumerate(listed):
            row = {
                "origin": origin,
                "epoch": 1,
                "position": position,
                "recorded_on": day,
                "recorded_at": "",
                "call": call,
                "application": application,
                "trust": BERGEN,
            }
            connection.execute(insert(table), row)
        asked = ("grants", "nobody's")
        for day, count in zip(DAYS, (1, 2), strict=True):
            found = key_counts(connection, ApplicationListed, day, asked, "call")
            assert found == {"grants": count, "nobody's": 0}
        assert key_counts(connection, ApplicationListed, day, (), "call") == {}
    engine.dispose()
