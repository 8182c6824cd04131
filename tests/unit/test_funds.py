"""The money of a call year by year, of a story whose figures are summed by hand."""

import pytest

from domain.grants.funds import Funds, funds_by_year, standing_at_year_ends, sum_of
from domain.grants.money import grant_on
from domain.grants.portfolio import Awarded, portfolio
from domain.refusal import Refusal
from tests.support.applications import NETWORKS
from tests.support.examples import TROMSO
from tests.support.scenario import Scenario
from tests.unit.test_grant_stories import PLAYED, applied


@pytest.fixture
def told() -> Scenario:
    """Give a history of what was awarded in 2025, and lapsed and was repaid in 2026."""
    scenario = applied()
    for day, command, code in PLAYED:
        outcome = scenario.when(command, today=day).outcome
        assert isinstance(outcome, Refusal) is (code is not None)
    return scenario


@pytest.mark.rule("S0-38")
def test_what_was_used_is_of_the_year_of_the_cost_and_a_lapse_of_that_of_its_record(
    told: Scenario,
) -> None:
    """Of 145 000 kroner 60 000.50, 25 000 and 25 000 are used in 2025."""
    found = funds_by_year([NETWORKS, "none"], told)
    first = Funds(awarded=14500000, disbursed=12000000, used=11000050)
    second = Funds(lapsed=3499950, to_repay=3499950, repaid=3000000)
    assert found == {NETWORKS: {2025: first, 2026: second}}
    ends = standing_at_year_ends(found[NETWORKS])
    assert [(year, e.left, e.owed) for year, e in ends.items()] == [
        (2025, 3499950, 0),
        (2026, 0, 499950),
    ]
    assert first.left == 3499950, "sums to the ends change nothing"


def test_years_of_a_call_come_to_the_sums_of_its_grants(told: Scenario) -> None:
    whole = sum_of([*funds_by_year([NETWORKS], told)[NETWORKS].values()])
    views = [grant_on(name, told) for name in ("brann-25", "kols-25", "late-25")]
    for name in ("awarded", "disbursed", "used", "lapsed", "left", "repaid"):
        assert getattr(whole, name) == sum(getattr(each, name) for each in views)
    assert whole.owed == sum(each.to_repay for each in views)
    assert whole.used + whole.lapsed + whole.left == whole.awarded
    assert not funds_by_year([NETWORKS], applied())


@pytest.mark.rule("S2-27", "S3-21")
def test_awards_are_of_the_region_of_the_trust(told: Scenario) -> None:
    found = portfolio(NETWORKS, told)
    assert found.by_region == {"nord": Awarded(2, 14500000)}
    assert found.by_trust == {TROMSO: Awarded(2, 14500000)}
    assert [each.last.application for each in found.submitted] == [
        "brann-25",
        "kols-25",
    ]
    assert found.regions == {TROMSO: "nord"}
    assert found.granted == ("brann-25", "kols-25")
    assert not portfolio(NETWORKS, applied()).by_region
