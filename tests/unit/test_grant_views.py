"""What is seen of a grant, and that its money is always told whole."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decisions import decide
from domain.fact import Command
from domain.grants.application import APPLICATION, ApplicationWithdrawn
from domain.grants.award import AwardsAnnounced
from domain.grants.awarding import AnnounceAwards
from domain.grants.codes import GrantCode
from domain.grants.grant import GRANT
from domain.grants.money import (
    GrantView,
    awarded_by_trust,
    grant_on,
    grants_on,
    uncovered_costs,
)
from domain.grants.spending import RecordGrantCost, RepayGrant
from domain.grants.standing import ApplicationStatus
from domain.grants.use import GRANT_USE
from domain.history import Append, Asked
from domain.refusal import Refusal
from domain.values import Region
from tests.support.awards import (
    DECIDED,
    FUNDER,
    LAPSE,
    LAPSES,
    NEXT,
    applied,
    assessed,
    awarded,
    cost,
    decided,
    disburse,
    everybody,
    presented,
    published,
    ranked,
    repay,
    returned,
    seat,
    submitted,
)
from tests.support.examples import BERGEN, HOME, TROMSO, TRONDHEIM
from tests.support.scenario import Scenario


def test_a_grant_is_seen_as_what_became_of_it() -> None:
    scenario = applied(("a", "b"))
    scenario.receive(ranked("b", "a"))
    scenario.given(decided(60_00), today=DECIDED)
    scenario.given(disburse(50_00), cost(20_00), LAPSE, repay(5_00), today=NEXT)
    assert grant_on("a", scenario) == GrantView(
        application="a",
        call="c-25",
        trust=TRONDHEIM,
        status=ApplicationStatus.PARTLY_GRANTED,
        rank=2,
        applied=100_00,
        awarded=60_00,
        disbursed=50_00,
        used=20_00,
        lapsed=40_00,
        left=0,
        to_repay=25_00,
        repaid=5_00,
    )
    assert grants_on(("b", "none"), scenario).keys() == {"b"}
    other = grant_on("b", scenario)
    assert (other.status, other.rank) == (ApplicationStatus.SUBMITTED, 1)
    money = (other.awarded, other.used, other.lapsed, other.left, other.to_repay)
    assert money == (0, 0, 0, 0, 0)
    with pytest.raises(Refusal):
        grant_on("none", scenario)


def test_the_status_of_an_application_is_the_first_that_holds() -> None:
    scenario = everybody()
    scenario.receive(published(), presented())

    def is_now(status: ApplicationStatus) -> None:
        assert grant_on("a", scenario).status is status

    is_now(ApplicationStatus.PRESENTED)
    scenario = applied()
    is_now(ApplicationStatus.SUBMITTED)
    scenario.given(returned())
    is_now(ApplicationStatus.RETURNED)
    scenario.receive(presented(revision=2, amount_ore=70_00))
    is_now(ApplicationStatus.RETURNED)
    assert grant_on("a", scenario).applied == 70_00
    scenario = applied().given(returned())
    scenario.receive(*submitted(revision=2))
    is_now(ApplicationStatus.SUBMITTED)
    withdrawal = ApplicationWithdrawn(application="a", reason="")
    crossing = scenario.copy().given(decided(0), today=DECIDED)
    scenario.receive(Append(APPLICATION.stream(Region.MIDT, "a"), withdrawal))
    is_now(ApplicationStatus.WITHDRAWN)
    scenario = crossing
    is_now(ApplicationStatus.REJECTED)


def test_a_cost_that_crosses_the_lapse_is_not_covered() -> None:
    scenario = awarded(trust=TROMSO).given(cost(30_00), today=NEXT)
    elsewhere = scenario.copy().given(cost(25_00, "c2"), today=NEXT)
    scenario.given(LAPSE, today=NEXT)
    assert uncovered_costs(*money(scenario)) == ()
    scenario.receive(*elsewhere.appended)
    view = grant_on("a", scenario)
    assert (view.used, view.lapsed, view.left) == (55_00, 70_00, -25_00)
    (uncovered,) = uncovered_costs(*money(scenario))
    assert uncovered.cost == "c2"
    assert uncovered_costs(*money(elsewhere)) == ()


def money(scenario: Scenario) -> tuple[Any, Any]:
    """Return what funder and trust said of the grant."""
    return scenario.state(GRANT, "a"), scenario.state(GRANT_USE, "a")


def crossed() -> Scenario:
    """Return a history in which a name with money turns out to be another trust's."""
    base = everybody()
    at_once = LAPSES.model_copy(update={"after_decision": False})
    base.receive(published(pot_ore=150_00, panel=(seat("team"),), use=at_once))
    ours, theirs = base.copy(), base.copy()
    ours.receive(*submitted(trust=BERGEN))
    ours.given(assessed(seat="team"), decided(), today=DECIDED)
    ours.given(disburse(payee=BERGEN), cost(), LAPSE, repay(), today=NEXT)
    theirs.receive(*submitted(trust=TROMSO))
    before = len(base.held)
    base.receive(*theirs.held[before:], *ours.held[before:])
    return base


def test_what_was_said_of_another_trusts_application_counts_for_nothing() -> None:
    scenario = crossed()
    view = grant_on("a", scenario)
    assert (view.trust, view.status) == (TROMSO, ApplicationStatus.SUBMITTED)
    assert (view.awarded, view.disbursed, view.used) == (0, 0, 0)
    assert (view.lapsed, view.left, view.to_repay) == (0, 0, 0)
    scenario.when(decided(50_00), today=NEXT).refused(GrantCode.PANEL_INCOMPLETE)
    scenario.given(assessed(seat="team"), today=NEXT)
    announce = AnnounceAwards(call="c-25")
    scenario.when(announce, today=NEXT).refused(GrantCode.NOT_ALL_DECIDED)


def test_what_another_trust_was_awarded_is_of_the_pot() -> None:
    scenario = crossed().given(assessed(seat="team"), today=NEXT)
    scenario.when(decided(50_01), today=NEXT).refused(GrantCode.POT_EXCEEDED)
    scenario.given(decided(50_00), today=NEXT)
    assert awarded_by_trust("c-25", scenario) == {TROMSO: 50_00}
    scenario.given(disburse(50_00, payee=TROMSO, paid_on=NEXT), cost(50_00), today=NEXT)
    view = grant_on("a", scenario)
    assert (view.disbursed, view.used, view.left) == (50_00, 50_00, 0)
    announced = scenario.when(AnnounceAwards(call="c-25"), today=NEXT)
    fact = announced.recorded(AwardsAnnounced)
    assert isinstance(fact, AwardsAnnounced)
    assert fact.applications == ("a",)


STEPS: Final = st.lists(
    st.one_of(
        st.builds(
            cost,
            st.sampled_from([0, 1, 20_00, 33_33, 60_00]),
            st.sampled_from(["c1", "c2", "c3", "c4"]),
        ),
        st.builds(disburse, st.sampled_from([1, 50_00, 80_00]), payee=st.just(TROMSO)),
        st.builds(repay, st.sampled_from([1, 20_00])),
        st.just(LAPSE),
        st.none(),
    ),
    max_size=14,
)


@pytest.mark.rule("S0-38")
@given(steps=STEPS, award_ore=st.sampled_from([1, 80_00, 100_00]))
def test_used_lapsed_and_left_are_what_was_awarded(
    steps: list[Command | None], award_ore: int
) -> None:
    """Trust and funder are of two regions, and hear of each other where nothing is said."""
    base = awarded(award_ore, trust=TROMSO)
    trust, funder = base.copy(), base.copy()
    said: list[Any] = []
    for step in steps:
        if step is None:
            trust, funder = base.copy(), base.copy()
            for each in (trust, funder):
                each.receive(*said)
            continue
        is_trusts = isinstance(step, RecordGrantCost | RepayGrant)
        number = TROMSO if is_trusts else FUNDER
        region = HOME.get(number, Region.MIDT)
        own = trust if is_trusts else funder
        outcome = decide(step, Asked(region, number, NEXT, "controller"), own)
        if not isinstance(outcome, Refusal):
            own.receive(*outcome)
            said += outcome
    for scenario in (trust, funder, merged(base, said)):
        view = grant_on("a", scenario)
        assert view.awarded == award_ore == view.used + view.lapsed + view.left
        uncovered = uncovered_costs(*money(scenario))
        assert view.left == -sum(each.amount_ore for each in uncovered) or (
            view.left >= 0 and not view.lapsed
        )
        assert max(view.used, view.disbursed) <= award_ore
        assert view.to_repay >= 0


def merged(base: Scenario, said: list[Any]) -> Scenario:
    """Return what everybody knows in the end."""
    scenario = base.copy()
    scenario.receive(*said)
    return scenario
