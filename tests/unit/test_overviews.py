"""The awards of a call taken together, and the reports on a year."""

from datetime import date

import pytest

from domain.document import Document, Section
from domain.governance.activity import ReportActivity
from domain.governance.body import BodyKind
from domain.governance.reporting import asked_sections, compiled, reported
from domain.grants.portfolio import Awarded, portfolio
from domain.grants.rules import Choice
from domain.refusal import Refusal
from domain.values import Region
from tests.support.awards import applied, awarded
from tests.support.examples import ORGANISATIONS, TRONDHEIM, network
from tests.support.governed import body, governed
from tests.support.scenario import Scenario

NEXT_YEAR = date(2027, 2, 1)
TEXT = Document(sha256="0" * 64, media_type="text/plain", size=1)


@pytest.mark.rule("S2-27")
@pytest.mark.rule("S2-30")
@pytest.mark.rule("S3-10")
@pytest.mark.rule("S3-21")
def test_awards_are_taken_together_for_whoever_is_told_of_them() -> None:
    meeting = Choice(key="meeting", words="Fagdirektørmøtet", rule="S2-30")
    scenario = awarded(informed=(meeting,), pot_ore=500_000)
    found = portfolio("c-25", scenario)
    assert found.by_trust == {TRONDHEIM: Awarded(1, found.awarded_ore)}
    assert found.granted == ("a",)
    assert found.rules.informed == (meeting,)
    assert found.awarded_ore > 0
    assert not portfolio("c-25", applied()).by_trust
    with pytest.raises(Refusal):
        portfolio("none", scenario)


@pytest.mark.rule("S1-22")
@pytest.mark.rule("S1-24")
@pytest.mark.rule("S1-25")
def test_a_national_networks_report_tells_of_each_region() -> None:
    scenario = Scenario().given(*ORGANISATIONS, network())
    asked = asked_sections("ms", scenario)
    assert asked["equitable_services"] == "S1-22"
    assert asked["advice"] == "S1-25"
    for region in Region:
        assert asked[f"knowledge_used_{region.value}"] == "S1-24"
    told = (Section(section="advice", document=TEXT),)
    report = ReportActivity(of="ms", year=2026, sections=told, reference="e-1")
    scenario.given(report, today=NEXT_YEAR)
    found = reported("ms", 2026, scenario)
    assert found.missing == tuple(key for key in asked if key != "advice")
    assert found.report is not None
    assert found.report.reference == "e-1"


@pytest.mark.rule("S4-29")
@pytest.mark.rule("S4-104")
def test_who_has_not_reported_is_named_where_reports_are_compiled() -> None:
    scenario = governed(
        body("unit", BodyKind.COORDINATING_UNIT, reports_to="ssu"),
        body("second", BodyKind.OPERATING_GROUP, reports_to="steering"),
    )
    scenario.given(ReportActivity(of="operating", year=2026), today=NEXT_YEAR)
    found = compiled("steering", ["kreft"], 2026, scenario)
    assert [(each.of, each.report is not None) for each in found] == [
        ("operating", True),
        ("second", False),
    ]
    assert found[0].missing == ("committed_cooperation",)
    assert compiled("ssu", [], 2026, scenario) == []


@pytest.mark.rule("S4-18", "S4-20", "S4-21", "S4-65", "S4-66")
def test_each_body_of_a_local_network_is_asked_for_the_sections_of_its_own() -> None:
    scenario = governed()
    assert "S4-20" in asked_sections("steering", scenario).values()
    group = asked_sections("hills", scenario)
    assert [*group.values()] == ["S4-65", "S4-66"]
    assert [*asked_sections("hills/bergen", scenario).values()] == [
        *("S4-51", "S4-52", "S4-53")
    ]
    for of in ("kreft", "ssu", "ssu/nobody", "nowhere"):
        assert not asked_sections(of, scenario)
