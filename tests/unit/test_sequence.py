"""What an inbox does with a page, as a table."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import values
from federation.signed import sequence
from federation.signed.sequence import Arrival, Held, Offered, arrival


@pytest.mark.law(3)
@pytest.mark.parametrize(
    ("position", "first", "last", "expected"),
    [
        (0, 1, 5, Arrival.NEXT),
        (0, 2, 5, Arrival.GAP),
        (5, 6, 6, Arrival.NEXT),
        (5, 1, 5, Arrival.DUPLICATE),
        (5, 3, 8, Arrival.NEXT),
        (5, 7, 8, Arrival.GAP),
    ],
)
def test_exactly_the_next_entries_are_taken(
    position: int, first: int, last: int, expected: Arrival
) -> None:
    assert arrival(Held(1, position), Offered(1, first, last)) is expected


def test_other_entries_at_a_known_place_are_a_fork() -> None:
    assert arrival(Held(1, 5), Offered(1, 1, 5, agrees=False)) is Arrival.FORK
    assert arrival(Held(1, 5), Offered(1, 4, 9, agrees=False)) is Arrival.FORK
    assert arrival(Held(1, 5), Offered(2, 6, 9)) is Arrival.FORK
    assert arrival(Held(1, 0), Offered(2, 1, 9)) is Arrival.FORK


@given(
    position=st.integers(0, 50),
    first=st.integers(1, 60),
    length=st.integers(0, 60),
    agrees=st.booleans(),
)
def test_what_is_taken_leaves_no_hole(
    position: int, first: int, length: int, *, agrees: bool
) -> None:
    last = first + length
    result = arrival(Held(1, position), Offered(1, first, last, agrees))
    if result is Arrival.NEXT:
        assert first <= position + 1 <= last
        assert agrees
    if result is Arrival.DUPLICATE:
        assert last <= position


def test_the_examples_in_the_documentation_hold() -> None:
    for module in (sequence, values):
        assert doctest.testmod(module).failed == 0
