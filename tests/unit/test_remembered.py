"""A history that remembers answers as the one that it asks, in fewer statements."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TypeVar

from typing_extensions import override

from domain.history import Category, RecordedFact
from domain.parties.day import DAYS, ConfirmDay
from domain.values import Region
from federation.log.remembered import RememberingHistory
from tests.support.scenario import Scenario

S = TypeVar("S")


class Counted(Scenario):
    """A history that counts how often it is asked for entries."""

    asked = 0

    @override
    def entries(
        self, category: Category[S], keys: Collection[str]
    ) -> Mapping[str, Sequence[RecordedFact]]:
        """Count, and answer."""
        self.asked += 1
        return super().entries(category, keys)


def test_what_is_read_ahead_is_not_asked_for_again() -> None:
    told = Counted()
    day = ConfirmDay(region=Region.VEST, day=date(2026, 1, 1))
    told.given(day, today=date(2026, 1, 2))
    before = told.asked
    history = RememberingHistory(told)
    keys = [region.value for region in Region]
    history.read_ahead(DAYS, keys)
    assert told.asked == before + 1
    for key in keys:
        assert history.state(DAYS, key) == told.state(DAYS, key)
    assert history.states(DAYS, keys) == told.states(DAYS, keys)
    assert told.asked == before + 1
    stream = DAYS.stream(Region.VEST, "vest")
    assert history.version(stream) == told.version(stream)
    assert history.fact(stream, 1) == told.fact(stream, 1)
    assert history.recorded_until(Region.VEST) == told.recorded_until(Region.VEST)
