"""What a funder decides on applications, within the pot, and announces."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import decide
from domain.grants.application import APPLICATION, ApplicationWithdrawn
from domain.grants.assessment import Conflict
from domain.grants.award import (
    AWARDS,
    ApplicationDecided,
    AwardOutcome,
    AwardsAnnounced,
)
from domain.grants.awarding import AnnounceAwards, years_begun
from domain.grants.codes import GrantCode
from domain.grants.money import awarded_by_trust
from domain.grants.rules import RankerRole, SplitRule
from domain.history import Append, Asked, Decision
from domain.redeciding import decision_fault
from domain.refusal import Code, Refusal
from domain.values import Region
from tests.support.awards import (
    DEADLINE,
    DECIDED,
    FUNDER,
    applied,
    assessed,
    decided,
    everybody,
    presented,
    published,
    ranked,
    returned,
    seat,
    submitted,
)
from tests.support.examples import OSLO, TROMSO, TRONDHEIM
from tests.support.scenario import Scenario

NAMES: Final = ("a", "b", "c", "d")
ASKED: Final = Asked(Region.MIDT, FUNDER, DECIDED, "decider")
ANNOUNCE: Final = AnnounceAwards(call="c-25")
ONE_YEAR: Final = SplitRule(
    key="one_year", words="One", rule="S3-10", project_years=(0, 1)
)
SEVERAL: Final = SplitRule(
    key="multi_year",
    words="More",
    rule="S3-10",
    project_years=(1, 3),
    amount_ore=150_00,
)


def decides(scenario: Scenario, amount_ore: int = 100_00, **changes: Any) -> Scenario:
    """Decide on an application, on the day of decision."""
    return scenario.when(decided(amount_ore, **changes), today=DECIDED)


def test_a_decision_is_the_funders_and_stands() -> None:
    scenario = applied()
    decides(scenario).then(
        ApplicationDecided(
            call="c-25",
            application="a",
            revision=1,
            outcome=AwardOutcome.GRANTED,
            amount_ore=100_00,
            reason="Good",
            role="director",
            decided_by="p-director",
            decided_on=DECIDED,
        )
    )
    later = DECIDED + timedelta(days=9)
    scenario.when(decided(), today=later).unchanged()
    scenario.when(decided(revision=1), today=later).unchanged()
    scenario.when(decided(revision=2), today=later).refused(Code.CONFLICTING_ROW)
    scenario.when(decided(50_00), today=later).refused(Code.CONFLICTING_ROW)
    scenario = applied()
    for other, region in ((TRONDHEIM, Region.MIDT), (FUNDER, Region.NORD)):
        scenario.when(decided(), organisation=other, region=region, today=DECIDED)
        assert isinstance(scenario.outcome, Refusal)
        assert scenario.outcome.code in {Code.NOT_ENTITLED, Code.WRONG_REGION}


@pytest.mark.rule("S0-09")
def test_what_is_submitted_is_decided_after_the_deadline() -> None:
    after = DEADLINE + timedelta(days=1)
    applied().when(decided(), today=after).recorded(ApplicationDecided)
    scenario = applied(deadline=None).when(decided(), today=date(2025, 1, 2))
    scenario.recorded(ApplicationDecided)


@pytest.mark.rule("S0-09")
def test_what_is_not_submitted_or_still_open_is_not_decided() -> None:
    applied().when(decided(), today=DEADLINE).refused(GrantCode.CALL_OPEN)
    decides(everybody()).refused(GrantCode.UNKNOWN_APPLICATION, "application")
    scenario = everybody()
    scenario.receive(published(), presented())
    decides(scenario).refused(GrantCode.NOT_SUBMITTED)
    decides(applied().given(returned())).refused(GrantCode.NOT_SUBMITTED)
    scenario = applied()
    decides(scenario, revision=2).refused(Code.OUTDATED, "revision")
    withdrawal = ApplicationWithdrawn(application="a", reason="")
    scenario.receive(Append(APPLICATION.stream(Region.MIDT, "a"), withdrawal))
    decides(scenario).refused(GrantCode.NOT_SUBMITTED)


@pytest.mark.rule("S2-29")
def test_what_is_ranked_is_decided() -> None:
    scenario = applied(rankers=(RankerRole.QUALITY_MANAGER,))
    decides(scenario).refused(GrantCode.NOT_RANKED)
    scenario.receive(ranked("a"))
    decides(scenario).recorded(ApplicationDecided)


@pytest.mark.rule("S3-22", "S3-23")
def test_a_whole_panel_has_assessed_before_a_decision() -> None:
    scenario = applied(panel=(seat("team", assessors_min=2), seat("union")))
    for person, of in (("p-1", "team"), ("p-2", "team"), ("p-3", "union")):
        scenario.given(assessed(assessor=person, seat=of), today=DECIDED)
    decides(scenario).recorded(ApplicationDecided)


@pytest.mark.rule("S3-23")
def test_until_then_nothing_is_decided() -> None:
    panel = (seat("team"), seat("user_committee"), seat("union", assessors_min=0))
    scenario = applied(panel=panel)
    decides(scenario).refused(GrantCode.PANEL_INCOMPLETE)
    scenario.given(assessed(assessor="p-1", seat="team"), today=DECIDED)
    decides(scenario).refused(GrantCode.PANEL_INCOMPLETE)
    conflicted = assessed(
        assessor="p-2", seat="user_committee", conflict=Conflict.ECONOMIC
    )
    decides(scenario.given(conflicted, today=DECIDED)).refused(
        GrantCode.PANEL_INCOMPLETE
    )
    scenario.given(assessed(assessor="p-3", seat="user_committee"), today=DECIDED)
    of_another = scenario.copy().given(returned(), today=DECIDED)
    of_another.receive(*submitted(revision=2))
    decides(of_another).refused(GrantCode.PANEL_INCOMPLETE)
    decides(scenario).recorded(ApplicationDecided)


@pytest.mark.rule("S2-31")
def test_whoever_the_call_names_decides() -> None:
    scenario = applied(decider="rhf_medical_director")
    decides(scenario, role="rhf_medical_director").recorded(ApplicationDecided)
    decides(applied(), role="anybody").recorded(ApplicationDecided)


@pytest.mark.rule("S2-31")
def test_nobody_decides_in_another_role_or_in_their_own_matter() -> None:
    scenario = applied(decider="rhf_medical_director")
    decides(scenario).refused(GrantCode.ROLE_NOT_ALLOWED, "role")
    own = assessed(assessor="p-director", conflict=Conflict.FAMILY)
    scenario = applied().given(own, today=DECIDED)
    decides(scenario).refused(GrantCode.CONFLICT_OF_INTEREST, "decided_by")
    scenario.given(returned(), today=DECIDED).receive(*submitted(revision=2))
    decides(scenario).refused(GrantCode.CONFLICT_OF_INTEREST, "decided_by")
    decides(scenario, decided_by="p-other").recorded(ApplicationDecided)
    scenario = applied(funder=TRONDHEIM)
    decides(scenario).refused(GrantCode.OWN_APPLICATION, "application")


def test_a_decision_has_a_reason_and_the_amount_of_its_outcome() -> None:
    decides(applied(), reason=" ").refused(GrantCode.REASON_MISSING, "reason")
    for outcome, amounts in {
        AwardOutcome.GRANTED: (0, 99_99, 100_01),
        AwardOutcome.PARTLY_GRANTED: (0, 100_00, 100_01),
        AwardOutcome.REJECTED: (1, 100_00),
    }.items():
        for amount_ore in amounts:
            scenario = decides(applied(), amount_ore, outcome=outcome)
            scenario.refused(GrantCode.AMOUNT_NOT_ALLOWED, "amount_ore")
    for amount_ore in (0, 1, 99_99, 100_00):
        decides(applied(), amount_ore).recorded(ApplicationDecided)


@pytest.mark.rule("S3-02")
def test_awards_use_the_pot_to_the_last_oere() -> None:
    scenario = applied(NAMES, pot_ore=250_00)
    for name, amount_ore in (("a", 100_00), ("b", 100_00), ("c", 50_00), ("d", 0)):
        decides(scenario, amount_ore, name=name).recorded(ApplicationDecided)


@pytest.mark.rule("S3-02")
def test_awards_never_exceed_the_pot() -> None:
    scenario = applied(NAMES, pot_ore=250_00)
    for name in ("a", "b"):
        decides(scenario, name=name)
    decides(scenario, 50_01, name="c").refused(GrantCode.POT_EXCEEDED, "amount_ore")
    decides(scenario, 50_00, name="c").recorded(ApplicationDecided)


@pytest.mark.rule("S3-10")
def test_a_share_of_the_pot_is_for_projects_of_its_length() -> None:
    for years, split in ((1, ONE_YEAR), (2, SEVERAL), (3, SEVERAL)):
        decides(lasting(years), split=split.key).recorded(ApplicationDecided)
    decides(lasting(4), 0).recorded(ApplicationDecided)


@pytest.mark.rule("S3-10")
def test_another_share_or_more_than_it_has_is_refused() -> None:
    for years, split in ((1, SEVERAL.key), (2, ONE_YEAR.key), (4, SEVERAL.key)):
        scenario = decides(lasting(years), split=split)
        scenario.refused(GrantCode.SPLIT_NOT_ALLOWED, "split")
    for named in (None, "unknown"):
        scenario = decides(lasting(1), split=named)
        scenario.refused(GrantCode.SPLIT_NOT_ALLOWED, "split")
    day = date(2025, 3, 1)
    undated: tuple[dict[str, Any], ...] = (
        {},
        {"project_starts_on": day},
        {"project_ends_on": day},
    )
    for days in undated:
        scenario = everybody()
        scenario.receive(published(splits=(ONE_YEAR, SEVERAL)))
        scenario.receive(*submitted(**days))
        decides(scenario, split=ONE_YEAR.key).refused(GrantCode.SPLIT_NOT_ALLOWED)
    scenario = lasting(2, NAMES)
    decides(scenario, split=SEVERAL.key)
    decides(scenario, 50_01, name="b", split=SEVERAL.key)
    scenario.refused(GrantCode.POT_EXCEEDED, "amount_ore")
    decides(scenario, 50_00, name="b", split=SEVERAL.key).recorded(ApplicationDecided)


def lasting(years: int, names: Sequence[str] = ("a",)) -> Scenario:
    """Return a history with projects that begin so many years."""
    scenario = everybody()
    scenario.receive(published(splits=(ONE_YEAR, SEVERAL)))
    days: dict[str, Any] = {
        "project_starts_on": date(2025, 3, 1),
        "project_ends_on": date(2025 + years, 2, 28),
    }
    for name in names:
        scenario.receive(*submitted(name, **days))
    return scenario


def test_years_are_begun_as_the_calendar_has_them() -> None:
    leap = date(2024, 2, 29)
    assert years_begun(leap, date(2025, 2, 27)) == 1
    assert years_begun(leap, date(2025, 2, 28)) == 2
    assert years_begun(leap, leap) == 1
    assert years_begun(leap, date(2024, 2, 28)) == 0
    assert years_begun(date(2025, 12, 31), date(2026, 1, 1)) == 1


def test_a_decision_is_by_the_version_that_was_applied_under() -> None:
    scenario = applied(pot_ore=100_00)
    scenario.receive(published(2, pot_ore=10_00, decider="other"))
    decides(scenario).recorded(ApplicationDecided)
    scenario.receive(*submitted("b", call_version=2))
    decides(scenario, 1, name="b").refused(GrantCode.ROLE_NOT_ALLOWED)


@pytest.mark.rule("S3-02")
@given(
    decisions=st.lists(
        st.tuples(
            st.sampled_from(NAMES),
            st.sampled_from([0, 1, 40_00, 50_01, 99_99, 100_00]),
            st.integers(0, 3),
        ),
        max_size=8,
    ),
    pot_ore=st.sampled_from([0, 99_99, 100_00, 150_00, 240_00, 400_00]),
)
def test_an_award_never_exceeds_the_pot_in_any_interleaving(
    decisions: list[tuple[str, int, int]], pot_ore: int
) -> None:
    """Each is decided on what was there some decisions ago, and again where it has grown."""
    scenario = applied(NAMES, pot_ore=pot_ore)
    moments = [scenario.copy()]
    for name, amount_ore, behind in decisions:
        seen = moments[max(0, len(moments) - 1 - behind)]
        command = decided(amount_ore, name=name)
        outcome = decide(command, ASKED, seen)
        if not isinstance(outcome, Refusal) and grew(outcome, seen, scenario):
            outcome = decide(command, ASKED, scenario)
        if not isinstance(outcome, Refusal):
            scenario.receive(*outcome)
            moments.append(scenario.copy())
        awards = scenario.state(AWARDS, "c-25")
        assert awards.awarded_ore <= pot_ore
        assert len(scenario.held) - len(moments[0].held) == len(awards.decided)


def grew(outcome: Decision, seen: Scenario, now: Scenario) -> bool:
    """Whether a journal would refuse to append what was decided on an earlier moment."""
    return any(seen.version(stream) != now.version(stream) for stream, _ in outcome)


@pytest.mark.rule("S3-02")
def test_a_funders_region_that_awards_above_the_pot_is_named() -> None:
    scenario = applied(NAMES, pot_ore=150_00)
    decides(scenario)
    (entry,) = scenario.appended
    assert isinstance(entry.fact, ApplicationDecided)
    for amount_ore, reason in ((50_01, GrantCode.POT_EXCEEDED), (50_00, None)):
        said = {
            "application": "b",
            "amount_ore": amount_ore,
            "outcome": AwardOutcome.PARTLY_GRANTED,
        }
        rogue = Append(entry.stream, entry.fact.model_copy(update=said))
        assert decision_fault([rogue], [ASKED], scenario) == reason
    yesterday = Append(
        entry.stream, entry.fact.model_copy(update={"application": "b", **BACKDATED})
    )
    assert decision_fault([yesterday], [ASKED], scenario) == "other_facts"


BACKDATED: Final = {
    "decided_on": DECIDED - timedelta(days=1),
    "amount_ore": 1,
    "outcome": AwardOutcome.PARTLY_GRANTED,
}


def test_awards_are_announced_once_when_all_are_decided() -> None:
    everybody().when(ANNOUNCE).refused(GrantCode.UNKNOWN_CALL, "call")
    scenario = applied(("b", "a"))
    scenario.when(ANNOUNCE, organisation=TRONDHEIM, region=Region.MIDT)
    scenario.refused(Code.NOT_ENTITLED)
    decides(scenario)
    scenario.when(ANNOUNCE, today=DECIDED).refused(GrantCode.NOT_ALL_DECIDED, "call")
    sent_back = scenario.copy().given(returned("b"), today=DECIDED)
    sent_back.when(ANNOUNCE, today=DECIDED).refused(GrantCode.NOT_ALL_DECIDED, "call")
    scenario.receive(presented("never-submitted"))
    decides(scenario, 0, name="b")
    announced = AwardsAnnounced(
        call="c-25", announced_on=DECIDED, applications=("a", "b")
    )
    scenario.when(ANNOUNCE, today=DECIDED).then(announced)
    scenario.when(ANNOUNCE, today=DECIDED + timedelta(days=1)).unchanged()


def test_what_was_withdrawn_holds_up_no_announcement() -> None:
    scenario = decides(applied(("a", "b")))
    withdrawal = ApplicationWithdrawn(application="b", reason="")
    scenario.receive(Append(APPLICATION.stream(Region.MIDT, "b"), withdrawal))
    announced = scenario.when(ANNOUNCE, today=DECIDED).recorded(AwardsAnnounced)
    assert isinstance(announced, AwardsAnnounced)
    assert announced.applications == ("a",)


@pytest.mark.rule("S2-27")
def test_what_each_trust_was_awarded_is_told() -> None:
    scenario = applied(("a", "b"))
    scenario.receive(*submitted("c", trust=TROMSO), *submitted("d", trust=OSLO))
    for name, amount_ore in (("a", 100_00), ("b", 50_00), ("c", 30_00)):
        decides(scenario, amount_ore, name=name)
    told = {TRONDHEIM: 150_00, TROMSO: 30_00, OSLO: 0}
    assert awarded_by_trust("c-25", scenario) == told
