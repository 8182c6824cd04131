"""Committees adopt focus areas and order assignments; plans rest on the areas."""

from datetime import date
from typing import Any

import pytest

from domain.governance.assignment import OrderAssignment
from domain.governance.body import BODY, AssignmentOrdered, BodyKind
from domain.governance.codes import GovernanceCode
from domain.governance.plan import (
    FOCUS_AREA,
    PLAN,
    FocusAreaAdopted,
    Measure,
    PlanAdopted,
)
from domain.refusal import Code
from domain.values import Region
from tests.support.examples import BERGEN, OSLO
from tests.support.governed import area, body, governed, plan


def assignment(**changes: Any) -> OrderAssignment:
    """Order something of the network."""
    content = {"body": "ssu", "assignment": "a1", "network": "kreft", "text": "Do"}
    return OrderAssignment(**{**content, **changes})


@pytest.mark.rule("S4-24")
def test_a_committee_adopts_a_focus_area_once() -> None:
    scenario = governed(area())
    scenario.then(
        FocusAreaAdopted(
            area="home",
            body="ssu",
            text="At home",
            valid_from=date(2026, 1, 1),
            valid_until=date(2027, 12, 31),
        )
    )
    assert scenario.appended[0].stream == FOCUS_AREA.stream(Region.VEST, "home")
    scenario.when(area()).unchanged()
    scenario.when(area(valid_until=None)).refused(Code.CONFLICTING_ROW, "area")
    first = scenario.state(FOCUS_AREA, "home")
    other = FocusAreaAdopted(**dict(area(body="other")))
    assert FOCUS_AREA.evolve(first, other) == first


@pytest.mark.rule("S4-24")
def test_no_other_body_adopts_a_focus_area() -> None:
    governed().when(area(body="steering")).refused(Code.NOT_ENTITLED, "body")
    governed().when(area(), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    governed().when(area(body="other")).refused(GovernanceCode.UNKNOWN_BODY, "body")
    governed(area()).when(area(body="steering")).refused(Code.NOT_ENTITLED)


@pytest.mark.rule("S4-23", "S4-25")
def test_a_plan_has_measures_in_focus_areas_that_are_valid() -> None:
    scenario = governed(area(), plan())
    scenario.then(
        PlanAdopted(
            body="steering",
            year=2026,
            strategy="",
            measures=(Measure(measure="m0", area="home", text="Teach"),),
        )
    )
    assert scenario.appended[0].stream == PLAN.stream(Region.VEST, "steering")
    scenario.given(plan(2027))
    assert [*scenario.state(PLAN, "steering").adopted] == [2026, 2027]


@pytest.mark.rule("S4-25")
@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 12, 31), None),
        (date(2020, 1, 1), date(2026, 1, 1)),
        (date(2026, 5, 1), date(2026, 5, 1)),
    ],
)
def test_one_day_of_the_year_is_enough(first: date, last: date | None) -> None:
    governed(area(valid_from=first, valid_until=last), plan())


@pytest.mark.rule("S4-25")
@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2027, 1, 1), None),
        (date(2020, 1, 1), date(2025, 12, 31)),
        (date(2026, 5, 2), date(2026, 5, 1)),
    ],
    ids=["later", "earlier", "never"],
)
def test_a_measure_in_an_area_that_is_not_valid_is_in_no_plan(
    first: date, last: date | None
) -> None:
    scenario = governed(area(), area("old", valid_from=first, valid_until=last))
    scenario.when(plan(2026, "home", "old")).refused(
        GovernanceCode.FOCUS_AREA_NOT_VALID, "measures"
    )


@pytest.mark.rule("S4-25")
def test_a_measure_in_an_area_that_nobody_adopted_is_in_no_plan() -> None:
    governed(area()).when(plan(2026, "home", "other")).refused(
        GovernanceCode.FOCUS_AREA_NOT_VALID, "measures"
    )


def test_any_committees_area_is_good() -> None:
    other = body("vestland", BodyKind.COMMITTEE, network=None, organisation=OSLO)
    governed(other, area(body="vestland"), plan())


def test_a_body_has_one_plan_a_year() -> None:
    scenario = governed(area(), area("other"), plan())
    scenario.when(plan()).unchanged()
    scenario.when(plan(2026, "other")).refused(Code.CONFLICTING_ROW, "year")
    scenario.when(plan(measures=())).refused(Code.CONFLICTING_ROW, "year")
    first = scenario.state(PLAN, "steering")
    bent = first.adopted[2026].model_copy(update={"strategy": "Other"})
    assert PLAN.evolve(first, bent) == first


def test_a_plan_without_measures_is_none() -> None:
    governed().when(plan(measures=())).refused(Code.INCOMPLETE, "measures")


def test_a_plan_is_the_bodys() -> None:
    governed().when(plan(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    governed().when(plan(body="other")).refused(GovernanceCode.UNKNOWN_BODY, "body")


def test_measures_are_sorted_and_each_stands_once() -> None:
    one, two = plan(2026, "home", "other").measures
    assert plan(measures=(two, one)) == plan(measures=(one, two))
    with pytest.raises(ValueError, match="twice"):
        plan(measures=(one, one))


@pytest.mark.rule("S4-26")
def test_a_committee_orders_an_assignment_once() -> None:
    scenario = governed(assignment())
    scenario.then(AssignmentOrdered(**dict(assignment())))
    assert scenario.appended[0].stream == BODY.stream(Region.VEST, "ssu")
    scenario.when(assignment()).unchanged()
    scenario.when(assignment(text="Do not")).refused(Code.CONFLICTING_ROW, "assignment")
    scenario.given(assignment(assignment="a2"))
    assert len(scenario.state(BODY, "ssu").assignments) == 2


@pytest.mark.rule("S4-26")
def test_no_other_body_orders_an_assignment() -> None:
    governed().when(assignment(body="steering")).refused(Code.NOT_ENTITLED, "body")
    governed().when(assignment(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    governed().when(assignment(body="other", network="other")).refused(
        GovernanceCode.UNKNOWN_BODY, "body"
    )
    governed().when(assignment(network="other"), organisation=OSLO).refused(
        Code.UNKNOWN_NETWORK, "network"
    )
