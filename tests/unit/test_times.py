"""A clock that is not the federation's is found out, and no region does that alone."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from domain.values import instant_text
from federation.log.times import APART_MAX, Apart, ApartReason, Times

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
YEAR = 364 * DAY


class Clocks:
    """Times that are told by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.times = Times(lambda: self.seconds)

    def hear(self, **said: timedelta) -> None:
        """Hear regions whose clocks are so far ahead."""
        for origin, ahead in said.items():
            self.times.hear(origin, 1, NOW + timedelta(seconds=self.seconds) + ahead)

    def why(
        self, ahead: timedelta, last: timedelta | None = None
    ) -> ApartReason | None:
        """Say why a clock is not believed that is so far ahead, after a last instant."""
        true = NOW + timedelta(seconds=self.seconds)
        before = None if last is None else true + last
        found = self.times.apart(true + ahead, before)
        return None if found is None else found.why


CASES: list[tuple[list[int], dict[int, ApartReason | None]]] = [
    ([], {364: None, -364: None}),
    ([0], {0: None, 364: None, -364: None}),
    ([0, 0], {0: None, 364: ApartReason.AHEAD, -364: ApartReason.BEHIND}),
    ([0, 364], {0: None, 364: None, -364: ApartReason.BEHIND}),
    ([0, 0, 0], {0: None, 364: ApartReason.AHEAD, -364: ApartReason.BEHIND}),
    ([0, 0, 364], {0: None, 364: ApartReason.AHEAD, -364: ApartReason.BEHIND}),
    ([0, 0, -364], {0: None, 364: ApartReason.AHEAD, -364: ApartReason.BEHIND}),
    ([0, 364, -364], {0: None}),
]


@pytest.mark.parametrize(("said", "expected"), CASES)
def test_two_regions_and_more_than_half_must_say_that_a_clock_is_wrong(
    said: list[int], expected: dict[int, ApartReason | None]
) -> None:
    for order in permutations(said):
        clocks = Clocks()
        clocks.hear(**{f"r{i}": each * DAY for i, each in enumerate(order)})
        assert {each: clocks.why(each * DAY) for each in expected} == expected


def test_one_hostile_region_neither_stops_a_clock_that_is_right_nor_saves_a_wrong_one() -> (
    None
):
    for lie in (-YEAR, -HOUR, HOUR, DAY, YEAR):
        clocks = Clocks()
        clocks.hear(nord=timedelta(), midt=MINUTE, sorost=lie)
        for ahead in (timedelta(), 5 * MINUTE, -5 * MINUTE):
            assert clocks.why(ahead) is None
        assert clocks.why(YEAR + MINUTE) is ApartReason.AHEAD
        assert clocks.why(-YEAR - MINUTE) is ApartReason.BEHIND


def test_the_bound_is_the_bound() -> None:
    clocks = Clocks()
    clocks.hear(nord=timedelta(), midt=timedelta())
    second = timedelta(seconds=1)
    assert clocks.why(APART_MAX) is clocks.why(-APART_MAX) is None
    assert clocks.why(APART_MAX + second) is ApartReason.AHEAD
    assert clocks.why(-APART_MAX - second) is ApartReason.BEHIND
    assert clocks.times.apart(NOW + timedelta(seconds=1000) + HOUR, None) == Apart(
        ApartReason.AHEAD, 3600
    )


def test_what_was_heard_goes_on_with_time_counts_for_a_day_and_is_no_echo() -> None:
    clocks = Clocks()
    clocks.hear(nord=timedelta(), midt=timedelta())
    clocks.seconds += 23 * 3600
    assert clocks.why(timedelta()) is None
    assert clocks.why(HOUR) is ApartReason.AHEAD
    # Who sends the same again, hours later, does not make them say that it is late.
    for origin in ("nord", "midt"):
        clocks.times.hear(origin, 1, NOW + timedelta(seconds=1000))
    assert clocks.why(timedelta()) is None
    clocks.seconds += 2 * 3600
    assert clocks.why(HOUR) is None, "nobody was heard for a day"


def test_a_new_epoch_takes_back_what_was_said_of_a_time_that_has_not_come() -> None:
    clocks = Clocks()
    clocks.hear(nord=YEAR, midt=YEAR)
    assert clocks.why(timedelta()) is ApartReason.BEHIND
    clocks.hear(nord=timedelta(), midt=timedelta())
    assert clocks.why(timedelta()) is ApartReason.BEHIND
    for origin in ("nord", "midt"):
        clocks.times.hear(origin, 2, NOW + timedelta(seconds=1000))
    assert clocks.why(timedelta()) is None


def test_a_log_that_goes_further_than_the_clock_is_gone_on_from_by_no_more() -> None:
    clocks = Clocks()
    assert clocks.why(timedelta(), APART_MAX) is None
    assert clocks.why(timedelta(), HOUR) is ApartReason.BEFORE_THE_LOG
    clocks.hear(nord=timedelta(), midt=timedelta(), sorost=timedelta())
    assert clocks.why(timedelta(), YEAR) is ApartReason.BEFORE_THE_LOG
    assert clocks.why(-HOUR, timedelta()) is ApartReason.BEHIND


def test_a_clock_alone_is_believed_for_a_day_or_while_it_goes_on() -> None:
    clocks = Clocks()
    assert clocks.why(YEAR) is None, "nothing at all is known here"
    known = Times(lambda: 0.0, last_entry=lambda: instant_text(NOW))
    assert known.apart(NOW + DAY, None) is None
    found = Times(lambda: 0.0, last_entry=lambda: instant_text(NOW)).apart(
        NOW + YEAR, None
    )
    assert found == Apart(ApartReason.UNHEARD, 364 * 24 * 3600), "others have recorded"
    clocks = Clocks()
    assert clocks.why(YEAR, timedelta()) is ApartReason.UNHEARD
    assert clocks.why(23 * HOUR, timedelta()) is None
    clocks = Clocks()
    assert clocks.why(timedelta(), -3 * DAY) is ApartReason.UNHEARD
    clocks.hear(nord=timedelta())
    assert clocks.why(timedelta(), -3 * DAY) is None, "one who agrees is enough"
    clocks.seconds += 7 * 24 * 3600
    assert clocks.why(timedelta(), -10 * DAY) is None, "it has gone on since"
    clocks.seconds += 3600
    assert clocks.why(DAY, -10 * DAY) is ApartReason.UNHEARD, "it has not: it leapt"


def test_what_is_filled_again_does_not_go_on_with_a_clock_that_nothing_held() -> None:
    """A lost disk and a clock that leapt: there was nothing, and now there is a log."""
    here = [""]
    times = Times(lambda: 1000.0, last_entry=lambda: here[0])
    assert times.apart(NOW + YEAR, None) is None
    here[0] = instant_text(NOW)
    found = times.apart(NOW + YEAR, None)
    assert found is not None
    assert found.why is ApartReason.UNHEARD
    assert times.apart(NOW + HOUR, None) is None
