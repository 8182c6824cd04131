"""A region confirms its days, and what is known to which entry."""

from datetime import date

from domain.history import Append, Asked
from domain.parties.day import DAYS, ConfirmDay, DayConfirmed, require_complete
from domain.parties.pair import PAIR, AgreementListed, pair_of
from domain.posts.report import REPORT, REPORT_DECISIONS
from domain.refusal import Code, Refusal
from domain.values import Region
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    OSLO,
    REPORTED,
    report,
    version,
)
from tests.support.refusals import answer
from tests.support.scenario import Scenario

JUNE = date(2026, 6, 30)
JULY = date(2026, 7, 1)


def confirm(day: date = JUNE) -> ConfirmDay:
    """Confirm a day of Helse Nord."""
    return ConfirmDay(region=Region.NORD, day=day)


def test_a_day_that_is_over_is_confirmed_by_the_regions_authority() -> None:
    scenario = Scenario().when(confirm(), today=JULY)
    scenario.then(DayConfirmed(region=Region.NORD, day=JUNE))
    assert scenario.state(DAYS, "nord").last == JUNE
    scenario.when(confirm(), today=JULY).unchanged()
    scenario.when(confirm(date(2026, 5, 1)), today=JULY).unchanged()
    late = Append(
        DAYS.stream(Region.NORD, "nord"),
        DayConfirmed(region=Region.NORD, day=date(2026, 5, 1)),
    )
    scenario.receive(late)
    assert scenario.state(DAYS, "nord").last == JUNE, "no later word takes it back"


def test_a_day_that_is_not_over_is_not_confirmed() -> None:
    Scenario().when(confirm(), today=JUNE).refused(Code.PERIOD_NOT_ENDED, "day")


def test_nobody_else_confirms_a_regions_day() -> None:
    scenario = Scenario().when(
        confirm(), today=JULY, organisation=BERGEN, region=Region.NORD
    )
    scenario.refused(Code.NOT_ENTITLED)


def test_a_region_whose_log_may_lack_facts_is_named() -> None:
    asked = Asked(Region.VEST, BERGEN, JULY, "controller")
    scenario = Scenario()
    for region in (Region.MIDT, Region.NORD, Region.SOROST):
        found = answer(require_complete, JUNE, asked, scenario)
        values = {"region": region.value, "day": "2026-06-30"}
        expected = Refusal(Code.REGION_INCOMPLETE, "period_end", values, region)
        assert found == expected, "in the order of their names"
        scenario.given(ConfirmDay(region=region, day=JUNE), today=JULY)
    assert answer(require_complete, JUNE, asked, scenario) is None
    assert answer(require_complete, JULY, asked, scenario) is not None


def test_an_agreement_is_listed_under_its_parties_once() -> None:
    scenario = Scenario().given(*AGREED)
    pair = pair_of(OSLO, BERGEN)
    assert pair == pair_of(BERGEN, OSLO)
    assert scenario.state(PAIR, pair.key).names == {"ms-ous"}
    scenario.when(version(2))
    assert not isinstance(scenario.outcome, Refusal)
    assert not any(isinstance(fact, AgreementListed) for fact in scenario.outcome)


def test_an_entry_knows_what_its_node_had_seen() -> None:
    scenario = Scenario().given(*REPORTED)
    (submitted,) = scenario.entries(REPORT, ["ms-ous-2026"])["ms-ous-2026"]
    (decided,) = scenario.entries(REPORT_DECISIONS, ["ms-ous-2026"])["ms-ous-2026"]
    assert submitted.known_to(decided)
    assert not decided.known_to(submitted)
    assert submitted.known_to(submitted)
    assert str(submitted.place).startswith("sorost/1/")
    assert scenario.entries(REPORT, ["none"]) == {"none": []}


def test_what_its_own_region_recorded_before_is_known_to_an_entry() -> None:
    scenario = Scenario().given(*ORGANISATIONS, *AGREED[4:])
    scenario.given(report(), report(report="other"))
    found = scenario.entries(REPORT, ["ms-ous-2026", "other"])
    (first,), (second,) = found["ms-ous-2026"], found["other"]
    assert first.known_to(second)
    assert not second.known_to(first)
