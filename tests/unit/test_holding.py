"""Who holds a seat on a day: terms as they were filled and vacated."""

from datetime import date, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from domain.governance.holding import holder, terms
from domain.governance.seat import SEAT, SeatFilled, Seating, SeatVacated

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(40)]


def filled(person: str, from_on: date, days: int = 10) -> SeatFilled:
    """Return a term of some days."""
    return SeatFilled(
        body="b",
        seat="s",
        participant="p",
        person=person,
        from_on=from_on,
        until_on=from_on + timedelta(days=days - 1),
    )


def vacated(left_on: date) -> SeatVacated:
    """Return that the holder of a day has left."""
    return SeatVacated(body="b", seat="s", participant="p", left_on=left_on)


def said(*facts: SeatFilled | SeatVacated) -> Seating:
    """Return what some facts come to."""
    return reduce(SEAT.evolve, facts, SEAT.initial)


def holds(seating: Seating, day: date) -> str | None:
    """Return who holds the seat on a day."""
    term = holder(seating, day)
    return None if term is None else term.person


def test_a_term_is_held_from_its_first_day_to_its_last() -> None:
    seating = said(filled("anne", DAYS[5]))
    assert [day for day in DAYS if holds(seating, day)] == DAYS[5:15]
    assert holder(SEAT.initial, FIRST) is None


def test_whoever_leaves_holds_it_until_the_day_before() -> None:
    seating = said(filled("anne", DAYS[0]), vacated(DAYS[3]))
    assert holds(seating, DAYS[2]) == "anne"
    assert holds(seating, DAYS[3]) is None
    (term,) = terms(seating)
    assert (term.until_on, term.filled.until_on) == (DAYS[2], DAYS[9])
    assert said(filled("anne", DAYS[0]), vacated(DAYS[0])).facts
    assert holds(said(filled("anne", DAYS[0]), vacated(DAYS[0])), DAYS[0]) is None


def test_who_leaves_ends_the_term_that_holds_the_day_and_no_other() -> None:
    seating = said(filled("anne", DAYS[0]), filled("bo", DAYS[20]), vacated(DAYS[5]))
    assert [term.vacated is None for term in terms(seating)] == [False, True]
    assert terms(said(vacated(DAYS[5]), filled("anne", DAYS[0])))[0].vacated is None


def test_of_several_terms_the_one_recorded_last_holds_the_day() -> None:
    seating = said(filled("anne", DAYS[5]), filled("bo", DAYS[0]))
    assert holds(seating, DAYS[7]) == "bo"
    assert holds(seating, DAYS[12]) == "anne"


CHANGES = st.lists(
    st.one_of(
        st.builds(
            filled,
            st.sampled_from(["anne", "bo", "cai"]),
            st.sampled_from(DAYS),
            st.integers(1, 20),
        ),
        st.builds(vacated, st.sampled_from(DAYS)),
    ),
    max_size=8,
)


@given(CHANGES)
def test_no_seat_is_held_twice_on_a_day(facts: list[SeatFilled | SeatVacated]) -> None:
    """Whatever was recorded, each day is told of the piles of terms that lie on it."""
    piles: dict[date, list[int]] = {day: [] for day in DAYS}
    for place, fact in enumerate(facts):
        if isinstance(fact, SeatFilled):
            for day in DAYS:
                if fact.from_on <= day <= fact.until_on:
                    piles[day].append(place)
        elif piles[fact.left_on]:
            ended = piles[fact.left_on][-1]
            for day in DAYS:
                if day >= fact.left_on and ended in piles[day]:
                    piles[day].remove(ended)
    seating = said(*facts)
    for day, pile in piles.items():
        term = holder(seating, day)
        assert (term.filled if term else None) == (facts[pile[-1]] if pile else None)
