"""Who lets a network be, evaluates it, renews it and closes it."""

from datetime import date

import pytest

from domain.governance.body import BodyKind
from domain.governance.codes import GovernanceCode
from domain.governance.standing import NetworkStanding, standing
from domain.history import Append, Asked
from domain.parties.authority import (
    AUTHORITY,
    EvaluationOutcome,
    LogoGranted,
    NetworkAuthorised,
    NetworkClosed,
    NetworkEvaluated,
    NetworkRenewed,
)
from domain.parties.network import NETWORK, last_day, periods
from domain.redeciding import OTHER_FACTS, decision_fault
from domain.refusal import Code
from domain.values import REGIONAL_AUTHORITY, NetworkKind, Period, Region
from tests.support.authorities import (
    AUTHORISED,
    EAST,
    EVERYBODY,
    KARMOY,
    LOCAL,
    STORD,
    WEST,
    active,
    authorise,
    bodies,
    body,
    charter,
    close,
    document,
    evaluate,
    governed,
    grant_logo,
    renew,
)
from tests.support.examples import BERGEN, STAVANGER, UNKNOWN, accept, network, version
from tests.support.scenario import Scenario

EARLY, LATE, OVER = date(2028, 12, 30), date(2028, 12, 31), date(2030, 3, 1)
"""Before and in the last year of the first five, and after it."""
SAYINGS = [authorise, grant_logo, evaluate, renew, close]
CLOSE = EvaluationOutcome.CLOSE


def last(scenario: Scenario, name: str = "ms") -> date | None:
    """Return the last day of a network."""
    established = scenario.state(NETWORK, name).established
    assert established is not None
    return last_day(established, scenario)


# Whose word it is


@pytest.mark.parametrize("say", SAYINGS)
def test_an_authority_is_registered_and_the_network_known(say: type) -> None:
    scenario = Scenario().given(*EVERYBODY, network())
    for number in (UNKNOWN, "123", "983658726"):
        scenario.when(say(number)).refused(Code.UNKNOWN_ORGANISATION, "authority")
    scenario.when(say(network="other")).refused(Code.UNKNOWN_NETWORK, "network")
    scenario.when(say(), organisation=EAST).refused(Code.NOT_ENTITLED)
    scenario.when(say(), organisation=WEST, region=Region.SOROST).refused(
        Code.WRONG_REGION
    )


@pytest.mark.rule("S1-02")
@pytest.mark.parametrize("kind", [NetworkKind.NATIONAL, NetworkKind.REGIONAL])
def test_a_network_is_authorised_by_its_own_health_authority(kind: NetworkKind) -> None:
    scenario = Scenario().given(*EVERYBODY, network(kind=kind))
    scenario.when(authorise(case_reference="2026/1")).then(
        NetworkAuthorised(network="ms", authority=WEST, case_reference="2026/1")
    )
    scenario.when(authorise(case_reference="2026/1")).unchanged()
    scenario.when(authorise(case_reference="2026/2")).recorded(NetworkAuthorised)


@pytest.mark.rule("S1-02")
@pytest.mark.parametrize("number", [EAST, BERGEN, KARMOY])
def test_nobody_else_authorises_renews_or_closes_it(number: str) -> None:
    scenario = Scenario().given(*EVERYBODY, network())
    for say in (authorise, renew, close):
        scenario.when(say(number)).refused(Code.NOT_ENTITLED)


@pytest.mark.rule("S4-06")
def test_a_local_network_is_authorised_by_a_committees_organisation() -> None:
    scenario = governed().when(AUTHORISED)
    scenario.then(NetworkAuthorised(network=LOCAL, authority=KARMOY, body="committee"))
    scenario.when(AUTHORISED).unchanged()


@pytest.mark.rule("S4-06")
def test_no_other_body_and_nobody_else_authorises_a_local_network() -> None:
    scenario = governed()
    for number in (STORD, STAVANGER, WEST):
        other = authorise(number, network=LOCAL, body="committee")
        scenario.when(other).refused(Code.NOT_ENTITLED)
    unit = authorise(KARMOY, network=LOCAL, body="unit")
    scenario.when(unit).refused(Code.NOT_ENTITLED)
    for name in ("nowhere", None):
        nobody = authorise(KARMOY, network=LOCAL, body=name)
        scenario.when(nobody).refused(GovernanceCode.UNKNOWN_BODY, "body")


@pytest.mark.rule("S4-98")
def test_a_committees_organisation_closes_a_local_network() -> None:
    scenario = governed().when(close(KARMOY, network=LOCAL))
    scenario.recorded(NetworkClosed)
    scenario.when(close(KARMOY, network=LOCAL)).unchanged()


@pytest.mark.rule("S4-98")
@pytest.mark.parametrize("number", [STORD, STAVANGER, WEST])
@pytest.mark.parametrize("say", [evaluate, renew, close])
@pytest.mark.parametrize("authorised", [False, True])
def test_who_has_no_committee_decides_on_no_local_network(
    number: str, say: type, *, authorised: bool
) -> None:
    scenario = governed(*[AUTHORISED] * authorised)
    scenario.when(say(number, network=LOCAL)).refused(Code.NOT_ENTITLED)


def test_a_network_without_a_last_day_has_no_period_to_evaluate_or_renew() -> None:
    scenario = governed(AUTHORISED)
    scenario.when(evaluate(KARMOY, network=LOCAL), today=OVER).refused(
        Code.PERIOD_NOT_ENDED, "network"
    )
    scenario.when(renew(KARMOY, network=LOCAL), today=OVER).refused(
        GovernanceCode.NOT_EVALUATED, "network"
    )
    regional = Scenario().given(*EVERYBODY, network(kind=NetworkKind.REGIONAL))
    regional.when(evaluate(EAST)).refused(Code.PERIOD_NOT_ENDED)
    regional.when(renew()).refused(GovernanceCode.NOT_EVALUATED)
    regional.when(close()).recorded(NetworkClosed)


# The logo


@pytest.mark.rule("S1-21")
@pytest.mark.parametrize("number", REGIONAL_AUTHORITY.values())
@pytest.mark.parametrize("today", [date(2026, 1, 1), LATE])
def test_any_health_authority_grants_an_active_network_the_logo(
    number: str, today: date
) -> None:
    scenario = active().when(grant_logo(number, logo=document("svg")), today=today)
    granted = LogoGranted(network="ms", authority=number, logo=document("svg"))
    scenario.then(granted)
    scenario.when(grant_logo(number, logo=document("svg")), today=today).unchanged()


@pytest.mark.rule("S1-21")
def test_nobody_else_grants_the_logo_and_none_before_it_is_active() -> None:
    active().when(grant_logo(BERGEN)).refused(Code.NOT_ENTITLED)
    proposed = Scenario().given(*EVERYBODY, network())
    proposed.when(grant_logo()).refused(GovernanceCode.NETWORK_NOT_ACTIVE, "network")
    proposed.given(authorise()).when(grant_logo()).refused(
        GovernanceCode.NETWORK_NOT_ACTIVE
    )
    closed = active().given(evaluate(), close(), today=LATE)
    closed.when(grant_logo(), today=LATE).recorded(LogoGranted)
    closed.when(grant_logo(EAST), today=OVER).refused(GovernanceCode.NETWORK_NOT_ACTIVE)


@pytest.mark.rule("S1-21")
def test_a_logo_that_is_granted_anew_asks_for_a_network_that_is_still_active() -> None:
    first, second = date(2026, 1, 1), date(2026, 2, 1)
    scenario = active().given(grant_logo(effective_on=first), charter(2, clinic=""))
    scenario.when(grant_logo(effective_on=first)).unchanged()
    scenario.when(grant_logo(effective_on=second)).refused(
        GovernanceCode.NETWORK_NOT_ACTIVE
    )


@pytest.mark.rule("S1-21")
def test_a_health_authority_grants_a_local_network_the_logo_as_well() -> None:
    governed().when(grant_logo(KARMOY, network=LOCAL)).refused(Code.NOT_ENTITLED)
    governed().when(grant_logo(network=LOCAL)).refused(
        GovernanceCode.NETWORK_NOT_ACTIVE
    )


# Evaluation


@pytest.mark.rule("S1-37")
@pytest.mark.parametrize("number", REGIONAL_AUTHORITY.values())
def test_each_health_authority_evaluates_in_the_last_year(number: str) -> None:
    scenario = active().when(evaluate(number), today=LATE)
    scenario.then(
        NetworkEvaluated(
            network="ms",
            authority=number,
            period=1,
            outcome=EvaluationOutcome.RENEW,
        )
    )
    scenario.when(evaluate(number), today=OVER).unchanged()


@pytest.mark.rule("S1-37")
def test_nobody_evaluates_earlier_and_nobody_else_does() -> None:
    scenario = active()
    scenario.when(evaluate(), today=EARLY).refused(Code.PERIOD_NOT_ENDED, "network")
    scenario.when(evaluate(BERGEN), today=LATE).refused(Code.NOT_ENTITLED)


@pytest.mark.rule("S1-38")
def test_an_evaluation_may_be_made_anew_and_the_last_one_counts() -> None:
    scenario = active().given(evaluate(), evaluate(outcome=CLOSE), today=LATE)
    scenario.when(evaluate(outcome=CLOSE), today=LATE).unchanged()
    scenario.when(renew(), today=LATE).refused(GovernanceCode.NOT_EVALUATED, "network")
    scenario.given(evaluate(), today=LATE).when(renew(), today=LATE)
    scenario.recorded(NetworkRenewed)


def test_a_later_period_is_evaluated_when_it_has_come_to_its_last_year() -> None:
    scenario = active().given(evaluate(), renew(), today=LATE)
    scenario.when(evaluate(EAST), today=date(2030, 1, 1))
    assert scenario.state(AUTHORITY, "ms").evaluation(EAST, 1) is not None
    scenario.when(evaluate(), today=date(2033, 12, 31))
    (second,) = [scenario.recorded(NetworkEvaluated)]
    assert dict(second)["period"] == 2


# Renewal and closing


@pytest.mark.rule("S1-35")
@pytest.mark.rule("S1-37")
@pytest.mark.rule("S1-38")
def test_a_renewal_is_of_the_five_years_after_the_last_day() -> None:
    scenario = active().given(evaluate(), today=LATE).when(renew(), today=LATE)
    scenario.then(
        NetworkRenewed(
            network="ms",
            authority=WEST,
            starts_on=date(2030, 1, 1),
            ends_on=date(2034, 12, 31),
        )
    )
    scenario.when(renew(), today=LATE).unchanged()
    assert last(scenario) == date(2034, 12, 31)
    later = date(2034, 2, 1)
    scenario.given(evaluate(), renew(), today=later)
    assert last(scenario) == date(2039, 12, 31)
    established = scenario.state(NETWORK, "ms").established
    assert established is not None
    assert list(periods(established, scenario)) == [
        Period(date(first, 1, 1), date(first + 4, 12, 31))
        for first in (2025, 2030, 2035)
    ]


@pytest.mark.rule("S1-38")
def test_a_renewal_that_is_said_anew_follows_an_evaluation_of_its_own() -> None:
    first, second = date(2030, 1, 1), date(2035, 1, 1)
    scenario = active().given(evaluate(), renew(effective_on=first), today=LATE)
    scenario.when(renew(effective_on=first), today=LATE).unchanged()
    scenario.when(renew(effective_on=second), today=LATE).refused(
        GovernanceCode.NOT_EVALUATED, "network"
    )


@pytest.mark.rule("S1-37")
@pytest.mark.rule("S1-38")
def test_nothing_is_renewed_or_closed_without_the_authoritys_own_evaluation() -> None:
    scenario = active().given(evaluate(EAST), today=LATE)
    for say in (renew, close):
        scenario.when(say(), today=OVER).refused(
            GovernanceCode.NOT_EVALUATED, "network"
        )
    scenario.given(evaluate(outcome=CLOSE), today=OVER)
    scenario.when(renew(), today=OVER).refused(GovernanceCode.NOT_EVALUATED)
    scenario.when(close(), today=OVER).recorded(NetworkClosed)


@pytest.mark.rule("S1-38")
@pytest.mark.parametrize("outcome", EvaluationOutcome)
def test_a_closing_follows_an_evaluation_of_either_outcome(
    outcome: EvaluationOutcome,
) -> None:
    scenario = active().given(evaluate(outcome=outcome), today=LATE)
    closed = close(successor="other", reason="Another trust goes on")
    scenario.when(closed, today=LATE)
    scenario.then(NetworkClosed(**dict(closed)))
    scenario.when(closed, today=LATE).unchanged()
    sooner = closed.model_copy(update={"closes_on": date(2029, 6, 1)})
    scenario.given(sooner, today=LATE)
    assert scenario.state(AUTHORITY, "ms").closes_on == date(2029, 6, 1)


def test_a_renewed_network_is_closed_after_an_evaluation_of_its_new_period() -> None:
    scenario = active().given(evaluate(), renew(), today=LATE)
    scenario.when(close(), today=LATE).refused(GovernanceCode.NOT_EVALUATED)
    later = date(2034, 6, 1)
    scenario.given(evaluate(), close(), today=later)


# What outlasts a network


@pytest.mark.rule("S1-35")
def test_an_agreement_outlasts_the_five_years_once_they_are_renewed() -> None:
    longer = version(2, ends_on=date(2031, 12, 31))
    scenario = active().when(longer, today=LATE)
    scenario.refused(Code.OUTLASTS_NETWORK, "ends_on")
    renewed = scenario.given(evaluate(), renew(), today=LATE)
    renewed.given(longer, today=LATE)
    longest = version(3, ends_on=date(2035, 1, 1))
    renewed.when(longest, today=LATE).refused(Code.OUTLASTS_NETWORK)


@pytest.mark.rule("S1-35")
@pytest.mark.parametrize(
    ("starts_on", "ends"),
    [
        (date(2020, 2, 29), [date(2025, 2, 27), date(2030, 2, 27)]),
        (date(2019, 3, 1), [date(2024, 2, 29), date(2029, 2, 28)]),
        (date(2020, 3, 1), [date(2025, 2, 28), date(2030, 2, 28)]),
    ],
)
def test_five_years_follow_each_other_about_a_leap_day(
    starts_on: date, ends: list[date]
) -> None:
    scenario = Scenario().given(*EVERYBODY, network(starts_on=starts_on))
    assert last(scenario) == ends[0]
    scenario.given(evaluate(), renew(), today=ends[0])
    assert last(scenario) == ends[1]


def test_each_says_it_in_its_own_region() -> None:
    scenario = active().given(evaluate(EAST), today=LATE)
    assert scenario.held[-1].stream == AUTHORITY.stream(Region.SOROST, "ms")


def test_a_committee_is_known_by_its_list() -> None:
    other = body("another", BodyKind.COMMITTEE, STORD)
    scenario = governed(recorded=[*bodies(), *other])
    scenario.when(close(STORD, network=LOCAL)).recorded(NetworkClosed)


# The story of the rule book


@pytest.mark.rule("S1-21")
@pytest.mark.rule("S1-37")
@pytest.mark.rule("S1-38")
def test_five_years_of_a_network_as_the_rule_book_tells_them() -> None:
    scenario = Scenario().given(*EVERYBODY, network(starts_on=date(2021, 3, 1)))
    scenario.given(charter(exit_plan=None), today=date(2021, 1, 15))
    scenario.when(authorise(EAST)).refused(Code.NOT_ENTITLED)
    scenario.given(authorise(), today=date(2021, 1, 21))
    scenario.when(grant_logo()).refused(GovernanceCode.NETWORK_NOT_ACTIVE)
    agreed = version(starts_on=date(2021, 3, 1), ends_on=date(2026, 2, 28), posts=())
    scenario.given(agreed, accept(), charter(2), today=date(2021, 2, 15))
    scenario.given(grant_logo(), today=date(2021, 2, 20))
    reason = document("It has spread well")
    scenario.when(evaluate(reason=reason), today=date(2024, 10, 1))
    scenario.refused(Code.PERIOD_NOT_ENDED)
    scenario.when(renew(), today=date(2026, 1, 10))
    scenario.refused(GovernanceCode.NOT_EVALUATED)
    scenario.given(evaluate(reason=reason), today=date(2026, 1, 20))
    scenario.given(renew(), today=date(2026, 1, 25))
    scenario.when(evaluate(EAST), today=date(2026, 3, 20))
    assert dict(scenario.recorded(NetworkEvaluated))["period"] == 1
    assert standing("ms", scenario, date(2026, 3, 31)) == (NetworkStanding.ACTIVE, ())
    assert last(scenario) == date(2031, 2, 28)


# Decided again


def recorded_last(scenario: Scenario, **changes: object) -> str | None:
    """Return what every other node says of the last entry, with a fact that is bent."""
    (entry,) = scenario.appended
    before = scenario.copy()
    before.held.pop()
    before.streams[entry.stream].pop()
    bent = Append(entry.stream, entry.fact.model_copy(update=changes))
    said = dict(entry.fact)["authority"]
    region = next(each for each, number in REGIONAL_AUTHORITY.items() if number == said)
    asked = Asked(region, said, entry.recorded_on, "controller")
    return decision_fault([bent], [asked], before)


def test_what_an_authority_had_to_refuse_is_named_by_every_other_node() -> None:
    renewed = active().given(evaluate(), renew(), today=LATE)
    assert recorded_last(renewed) is None
    longer = recorded_last(renewed, ends_on=date(2044, 12, 31))
    assert longer == OTHER_FACTS
    unfounded = renewed.without(NetworkEvaluated)
    unfounded.appended = renewed.appended
    assert recorded_last(unfounded) == GovernanceCode.NOT_EVALUATED
    evaluated = active().given(evaluate(), today=LATE)
    assert recorded_last(evaluated, period=2) == OTHER_FACTS
    granted = active().given(grant_logo(), today=LATE)
    unready = granted.without(NetworkAuthorised)
    unready.appended = granted.appended
    assert recorded_last(unready) == GovernanceCode.NETWORK_NOT_ACTIVE
