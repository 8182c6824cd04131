"""Networks, bodies and who holds a seat report on a year that is over."""

from datetime import date
from typing import Any

import pytest

from domain.document import Document, Section
from domain.governance.activity import ACTIVITY, ActivityReported, ReportActivity
from domain.governance.body import BodyKind
from domain.governance.chartering import ProposedSeat
from domain.governance.codes import GovernanceCode
from domain.refusal import Code
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.examples import BERGEN, OSLO
from tests.support.governed import (
    KARMOY,
    STORD,
    body,
    fill,
    governed,
    nominate,
    peopled,
    vacate,
)
from tests.support.scenario import Scenario

OVER = date(2027, 1, 1)


def section(name: str) -> Section:
    """Return a section of a report."""
    document = Document(sha256="a" * 64, media_type="text/plain", size=3)
    return Section(section=name, document=document)


def reported(scenario: Scenario, of: str, by: str, **changes: Any) -> Scenario:
    """Report on 2026 when it is over."""
    content = {"of": of, "year": 2026, **changes}
    region = Region.SOROST if by == OSLO else Region.VEST
    command = ReportActivity(**content)
    return scenario.when(command, today=OVER, organisation=by, region=region)


@pytest.mark.rule("S1-40")
def test_a_network_reports_to_its_regions_authority() -> None:
    scenario = reported(governed(), "kreft", BERGEN, reference="eRapport 7")
    scenario.then(
        ActivityReported(
            of="kreft",
            year=2026,
            to=(REGIONAL_AUTHORITY[Region.VEST],),
            reference="eRapport 7",
        )
    )
    assert scenario.appended[0].stream == ACTIVITY.stream(Region.VEST, "kreft")
    reported(scenario, "kreft", OSLO).refused(Code.NOT_ENTITLED)


@pytest.mark.rule("S4-28", "S4-67", "S4-87")
def test_a_body_reports_to_the_body_above_it() -> None:
    scenario = reported(
        governed(), "operating", BERGEN, sections=(section("b"), section("a"))
    )
    scenario.then(
        ActivityReported(
            of="operating",
            year=2026,
            to=("steering",),
            sections=(section("a"), section("b")),
        )
    )
    reported(scenario, "operating", OSLO).refused(Code.NOT_ENTITLED)


@pytest.mark.rule("S4-28")
def test_a_body_that_reports_to_none_has_nothing_to_report() -> None:
    reported(governed(), "ssu", KARMOY).refused(GovernanceCode.NOTHING_TO_REPORT, "of")


@pytest.mark.rule("S4-68")
def test_who_holds_a_seat_reports_to_the_body_and_the_own_leader() -> None:
    scenario = reported(peopled(), "hills/oslo", OSLO)
    scenario.then(ActivityReported(of="hills/oslo", year=2026, to=("hills", "oslo")))
    assert scenario.appended[0].stream == ACTIVITY.stream(Region.SOROST, "hills:oslo")
    reported(scenario, "hills/oslo", BERGEN).refused(Code.NOT_ENTITLED)


def test_a_seat_for_several_is_reported_on_by_the_holder_or_else_the_first() -> None:
    seat = "steering/municipal"
    scenario = governed(nominate(seat, "kari", "karmoy"), fill(seat, "kari", "karmoy"))
    vacant = scenario.copy().given(vacate(seat, date(2026, 12, 1), "karmoy"))
    reported(scenario, seat, STORD).refused(Code.NOT_ENTITLED)
    reported(scenario, seat, KARMOY)
    assert scenario.appended
    reported(vacant, seat, STORD)
    assert vacant.appended


@pytest.mark.parametrize("of", ["nobody", "hills/nobody", "nobody/oslo", "ssu/", "/"])
def test_what_reports_is_known(of: str) -> None:
    reported(peopled(), of, BERGEN).refused(GovernanceCode.UNKNOWN_BODY, "of")


def test_nobody_reports_on_a_seat_that_is_for_nobody() -> None:
    empty = ProposedSeat(seat="empty", participants=())
    unit = body("unit", BodyKind.COORDINATING_UNIT, empty)
    reported(governed(unit), "unit/empty", BERGEN).refused(GovernanceCode.UNKNOWN_BODY)


def test_of_one_name_it_is_the_network_that_reports() -> None:
    namesake = body("kreft", BodyKind.WORKING_GROUP, organisation=KARMOY)
    reported(governed(namesake), "kreft", KARMOY).refused(Code.NOT_ENTITLED)
    reported(governed(namesake), "kreft", BERGEN)


@pytest.mark.rule("S4-29")
def test_a_year_is_reported_on_when_it_is_over() -> None:
    last = ReportActivity(of="operating", year=2026)
    scenario = governed().when(last, today=date(2026, 12, 31))
    scenario.refused(Code.PERIOD_NOT_ENDED, "year")
    early = ReportActivity(of="ssu", year=2026)
    governed().when(early, today=date(2026, 12, 31)).refused(Code.PERIOD_NOT_ENDED)
    scenario.given(last, today=OVER)


def test_a_year_is_reported_on_once() -> None:
    scenario = reported(governed(), "operating", BERGEN)
    reported(scenario, "operating", BERGEN).unchanged()
    reported(scenario, "operating", BERGEN, reference="x").refused(
        Code.CONFLICTING_ROW, "year"
    )
    reported(scenario, "operating", BERGEN, year=2025)
    state = scenario.state(ACTIVITY, "operating")
    assert [*state.reported] == [2026, 2025]
    bent = state.reported[2026].model_copy(update={"reference": "x"})
    assert ACTIVITY.evolve(state, bent) == state


def test_a_section_stands_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        ReportActivity(of="hills", year=2026, sections=(section("a"), section("a")))
