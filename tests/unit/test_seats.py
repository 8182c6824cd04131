"""Who is nominated for a seat, fills it and leaves it, by whose word."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fact import Command
from domain.governance.body import BodyKind, ChosenFrom
from domain.governance.codes import GovernanceCode
from domain.governance.holding import body_on, holder, terms, vacant
from domain.governance.seat import SEAT, SeatFilled, SeatNominated, SeatVacated
from domain.governance.seating import FillSeat, VacateSeat
from domain.refusal import Code, Refusal, RefusalCode
from domain.values import Region
from tests.support.examples import BERGEN, OSLO
from tests.support.governed import (
    HILLS,
    KARMOY,
    START,
    STORD,
    TODAY,
    body,
    fill,
    governed,
    nominate,
    peopled,
    seat,
    vacate,
)

ONE_DAY = timedelta(days=1)
LAST = date(2027, 12, 31)


@pytest.mark.rule("S4-56", "S4-79")
def test_a_participant_fills_its_seat_for_the_bodys_term() -> None:
    scenario = governed(fill("hills/oslo", "odd"))
    scenario.then(
        SeatFilled(
            body="hills",
            seat="oslo",
            participant="oslo",
            person="odd",
            from_on=START,
            until_on=LAST,
        )
    )
    assert [each.stream for each in scenario.appended] == [
        SEAT.stream(Region.SOROST, "hills:oslo")
    ]
    assert vacant("hills", scenario, LAST) == ("bergen",)
    assert vacant("hills", scenario, LAST + ONE_DAY) == ("bergen", "oslo")


@pytest.mark.rule("S4-56")
@pytest.mark.parametrize("who", ["stord", "nobody"])
def test_a_seat_is_filled_by_one_of_its_participants_alone(who: str) -> None:
    scenario = governed()
    for command in (
        fill("hills/oslo", "odd", who),
        nominate("hills/oslo", "odd", who),
        vacate("hills/oslo", START, who),
    ):
        scenario.when(command).refused(GovernanceCode.NOT_PARTICIPANT, "participant")


def test_nobody_speaks_for_another_participant() -> None:
    scenario = peopled()
    for command in (
        fill("hills/oslo", "odd"),
        nominate("hills/oslo", "odd"),
        vacate("hills/oslo", START),
        fill("hills/oslo", "stein", "stord"),
    ):
        scenario.when(command, organisation=BERGEN).refused(Code.NOT_ENTITLED)


@pytest.mark.parametrize(
    ("place", "code", "member"),
    [
        ("other/oslo", GovernanceCode.UNKNOWN_BODY, "body"),
        ("hills/other", GovernanceCode.UNKNOWN_SEAT, "seat"),
    ],
)
def test_body_and_seat_are_known(place: str, code: RefusalCode, member: str) -> None:
    for command in (
        fill(place, "", "oslo"),
        nominate(place, "", "oslo"),
        vacate(place, START, "oslo"),
    ):
        governed().when(command, organisation=BERGEN).refused(code, member)


def test_somebody_is_nominated_and_fills_a_seat() -> None:
    scenario = governed()
    for command in (fill("hills/oslo", "", "stord"), nominate("hills/oslo", "", "kf")):
        scenario.when(command).refused(Code.INVALID_ROW, "person")


def test_the_same_row_changes_nothing_ever() -> None:
    first = fill("hills/oslo", "odd")
    gone = vacate("hills/oslo", date(2026, 3, 1))
    scenario = governed(first).when(first).unchanged()
    scenario.given(gone).when(gone).unchanged().when(first).unchanged()
    named = nominate("hills/oslo", "odd")
    scenario.given(named).when(named).unchanged()


def test_a_seat_that_is_held_is_not_filled() -> None:
    scenario = governed(fill("hills/oslo", "odd"))
    for day in (START, LAST):
        scenario.when(fill("hills/oslo", "eva", from_on=day)).refused(
            GovernanceCode.SEAT_TAKEN, "from_on"
        )
    scenario.given(fill("hills/oslo", "eva", from_on=LAST + ONE_DAY))
    scenario.given(fill("hills/oslo", "kim", from_on=START - ONE_DAY))
    assert len(scenario.state(SEAT, "hills:oslo").facts) == 3


@pytest.mark.rule("S4-11", "S4-79")
def test_a_successor_serves_a_full_term() -> None:
    left = date(2026, 3, 1)
    scenario = governed(fill("hills/oslo", "odd"), vacate("hills/oslo", left))
    scenario.then(
        SeatVacated(body="hills", seat="oslo", participant="oslo", left_on=left)
    )
    assert "oslo" in vacant("hills", scenario, left)
    assert "oslo" not in vacant("hills", scenario, left - ONE_DAY)
    scenario.given(fill("hills/oslo", "eva", from_on=date(2026, 6, 1)))
    term = scenario.recorded(SeatFilled)
    assert isinstance(term, SeatFilled)
    assert term.until_on == date(2028, 5, 31)


def test_nobody_leaves_a_seat_that_nobody_holds() -> None:
    scenario = governed()
    leaves = vacate("hills/oslo", START)
    scenario.when(leaves).refused(GovernanceCode.SEAT_VACANT, "left_on")
    scenario.given(fill("hills/oslo", "odd"))
    early = vacate("hills/oslo", START - ONE_DAY)
    scenario.when(early).refused(GovernanceCode.SEAT_VACANT)
    scenario.given(leaves)
    assert "oslo" in vacant("hills", scenario, START)
    scenario.given(fill("hills/oslo", "eva"))


@pytest.mark.rule("S4-91")
def test_the_term_is_that_of_the_version_on_the_day_of_recording() -> None:
    longer = HILLS.model_copy(update={"version": 2, "term_years": 4})
    scenario = governed(fill("hills/bergen", "anne"), longer)
    assert "bergen" in vacant("hills", scenario, LAST + ONE_DAY)
    scenario.given(fill("hills/oslo", "odd"))
    assert "oslo" not in vacant("hills", scenario, date(2029, 12, 31))
    assert "oslo" in vacant("hills", scenario, date(2030, 1, 1))


def test_a_seat_that_the_last_version_leaves_out_is_gone() -> None:
    without = HILLS.model_copy(update={"version": 2, "seats": (seat("bergen"),)})
    scenario = governed(fill("hills/oslo", "odd"), without)
    assert body_on("hills", scenario, TODAY).vacant == ("bergen",)
    scenario.when(vacate("hills/oslo", TODAY)).refused(GovernanceCode.UNKNOWN_SEAT)
    back = HILLS.model_copy(update={"version": 3})
    assert vacant("hills", scenario.given(back), TODAY) == ("bergen",)


@pytest.mark.rule("S4-48", "S4-92")
def test_a_body_fills_a_seat_among_those_nominated() -> None:
    scenario = governed(nominate("steering/municipal", "helge", "stord"))
    scenario.then(
        SeatNominated(
            body="steering", seat="municipal", participant="stord", person="helge"
        )
    )
    choice = fill("steering/municipal", "helge", "stord")
    scenario.when(choice, organisation=STORD).refused(Code.NOT_ENTITLED)
    scenario.given(choice)
    assert {asked.stream.region for asked in scenario.appended} == {Region.VEST}
    assert body_on("steering", scenario, TODAY).vacant == ("bergen", "kf")


@pytest.mark.rule("S4-48")
@pytest.mark.parametrize(
    "nominated",
    [
        nominate("steering/municipal", "other", "stord"),
        nominate("steering/municipal", "helge", "karmoy"),
        nominate("steering/bergen", "helge", "bergen"),
    ],
    ids=["another", "by another", "for another seat"],
)
def test_a_body_fills_no_seat_with_who_was_not_nominated(nominated: Command) -> None:
    scenario = governed(nominated)
    scenario.when(fill("steering/municipal", "helge", "stord")).refused(
        GovernanceCode.NOT_NOMINATED, "person"
    )


def test_who_leaves_an_appointed_seat_says_so_itself() -> None:
    scenario = governed(
        nominate("steering/municipal", "helge", "stord"),
        fill("steering/municipal", "helge", "stord"),
    )
    leaves = vacate("steering/municipal", TODAY, "stord")
    scenario.when(leaves, organisation=KARMOY).refused(Code.NOT_ENTITLED)
    scenario.given(leaves)


@pytest.mark.rule("S4-78")
def test_a_seat_for_resource_persons_is_filled_with_one() -> None:
    scenario = peopled()
    assert body_on("operating", scenario, TODAY).vacant == ("stord",)
    scenario.given(fill("operating/stord", "stein"))


@pytest.mark.rule("S4-78")
@pytest.mark.parametrize(
    "command",
    [
        fill("operating/stord", "other"),
        fill("operating/stord", "odd"),
        fill("operating/stord", "stein", from_on=LAST + ONE_DAY),
        fill("operating/stord", "stein", from_on=START - ONE_DAY),
    ],
    ids=["another", "another's", "later", "earlier"],
)
def test_a_seat_for_resource_persons_is_filled_with_nobody_else(
    command: Command,
) -> None:
    peopled().when(command).refused(GovernanceCode.NOT_RESOURCE_PERSON, "person")


@pytest.mark.rule("S4-78")
def test_a_resource_person_sits_in_a_network_group_for_the_same_participant() -> None:
    unit = body("unit", BodyKind.COORDINATING_UNIT, seat("karmoy"))
    two = body(
        "two",
        BodyKind.WORKING_GROUP,
        seat("karmoy", chosen_from=ChosenFrom.RESOURCE_PERSONS),
        seat("both", "bergen", "stord", chosen_from=ChosenFrom.RESOURCE_PERSONS),
    )
    scenario = peopled(unit, two, fill("unit/karmoy", "kari"))
    for command in (fill("two/karmoy", "kari"), fill("two/both", "anne", "stord")):
        scenario.when(command).refused(GovernanceCode.NOT_RESOURCE_PERSON)
    scenario.given(fill("two/both", "anne", "bergen"))


def test_the_checks_come_in_their_order() -> None:
    """One row that breaks them all, mended one by one."""
    scenario = governed(
        nominate("steering/municipal", "first", "karmoy"),
        fill("steering/municipal", "first", "karmoy"),
    )
    scenario.when(fill("steering/municipal", "", "kf")).refused(Code.INVALID_ROW)
    scenario.when(fill("steering/municipal", "x", "kf")).refused(
        GovernanceCode.NOT_PARTICIPANT
    )
    scenario.when(fill("steering/municipal", "x", "stord")).refused(
        GovernanceCode.SEAT_TAKEN
    )
    later = fill("steering/municipal", "x", "stord", from_on=LAST + ONE_DAY)
    scenario.when(later).refused(GovernanceCode.NOT_NOMINATED)
    scenario.given(nominate("steering/municipal", "x", "stord"), later)


def test_a_term_may_end_beyond_the_days_of_the_business() -> None:
    scenario = governed(fill("hills/oslo", "odd", from_on=date(2199, 1, 1)))
    assert vacant("hills", scenario, date(2199, 12, 31)) == ("bergen",)


def test_whoever_is_a_participant_speaks_at_its_own_node() -> None:
    governed().when(
        fill("hills/oslo", "odd"), organisation=OSLO, region=Region.VEST
    ).refused(Code.WRONG_REGION)


MONTHS = [date(2026 + month // 12, month % 12 + 1, 1) for month in range(48)]
SHORT = HILLS.model_copy(update={"version": 2, "term_years": 1})
BEFORE = governed(SHORT)
ROWS = st.lists(
    st.one_of(
        st.builds(
            lambda who, day: fill("hills/oslo", who, from_on=day),
            st.sampled_from(["odd", "eva"]),
            st.sampled_from(MONTHS),
        ),
        st.builds(lambda day: vacate("hills/oslo", day), st.sampled_from(MONTHS)),
    ),
    max_size=8,
)


@given(ROWS)
def test_no_seat_is_held_twice_whatever_is_asked(
    rows: list[FillSeat | VacateSeat],
) -> None:
    """Who fills a seat has it from that day; whoever had it that day is refused."""
    scenario = BEFORE.copy()
    for row in rows:
        before = scenario.state(SEAT, "hills:oslo")
        scenario.when(row, today=TODAY)
        after = scenario.state(SEAT, "hills:oslo")
        if isinstance(row, FillSeat) and scenario.appended:
            assert holder(before, row.from_on) is None
            term = holder(after, row.from_on)
            assert term is not None
            assert term.person == row.person
        elif isinstance(row, FillSeat) and isinstance(scenario.outcome, Refusal):
            assert holder(before, row.from_on) is not None
        elif isinstance(row, VacateSeat):
            held = holder(before, row.left_on) is not None
            assert bool(scenario.appended) <= held
    said = scenario.state(SEAT, "hills:oslo")
    for day in MONTHS:
        holding = [term for term in terms(said) if term.holds(day)]
        assert holder(said, day) == (holding[-1] if holding else None)
