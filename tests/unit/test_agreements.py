"""Proposals, their frame, answers, and staffing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from domain.agreements.agreement import (
    PartTimePost,
    PostPlanned,
    VersionProposed,
    agreement_named,
)
from domain.agreements.answer import Answer, VersionAccepted, VersionDeclined
from domain.agreements.counted import ProposalCounted
from domain.parties.pair import AgreementListed
from domain.posts.staffing import PostFilled, PostVacated
from domain.refusal import Code, Refusal
from domain.values import NetworkKind, NetworkModel, Region
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    OSLO,
    TROMSO,
    TRONDHEIM,
    UNKNOWN,
    accept,
    fill,
    network,
    post,
    vacate,
    version,
)
from tests.support.negotiation import counter
from tests.support.scenario import Scenario


def established(**changes: object) -> Scenario:
    """Return a scenario with four trusts and a network."""
    return Scenario().given(*ORGANISATIONS, network(**changes))


@pytest.mark.rule("S1-06")
def test_a_proposal_is_recorded_in_its_streams() -> None:
    scenario = established().when(version())
    assert isinstance(scenario.outcome, tuple)
    proposed, counted, planned, listed = scenario.outcome
    assert isinstance(proposed, VersionProposed)
    assert proposed.fingerprint == proposed.terms.fingerprint
    assert [each.post for each in proposed.terms.posts] == ["nurse"]
    assert isinstance(counted, ProposalCounted)
    assert isinstance(planned, PostPlanned)
    assert isinstance(listed, AgreementListed)
    scenario.when(version()).unchanged()
    scenario.when(version(), organisation=OSLO).refused(Code.NOT_ENTITLED)
    scenario.when(version(2), organisation=OSLO).refused(Code.NOT_ENTITLED)


def test_the_same_version_says_one_thing() -> None:
    scenario = established().given(version()).when(version()).unchanged()
    scenario.when(version(vat_reason="other")).refused(Code.CONFLICTING_ROW, "version")
    scenario.when(version(posts=(post(annual_cost_ore=1),))).refused(
        Code.CONFLICTING_ROW
    )


def test_the_order_of_posts_says_nothing() -> None:
    nurse, doctor = post("nurse", annual_cost_ore=1), post("doctor", annual_cost_ore=1)
    established().given(version(posts=(nurse, doctor))).when(
        version(posts=(doctor, nurse))
    ).unchanged()


@pytest.mark.rule("S1-09")
@pytest.mark.parametrize("kind", list(NetworkKind))
def test_the_parties_are_two(kind: NetworkKind) -> None:
    established(kind=kind).when(version(payee=BERGEN)).refused(Code.SAME_PARTY)


@pytest.mark.parametrize("member", ["payer", "payee"])
@pytest.mark.parametrize(
    ("number", "code"),
    [("1", Code.INVALID_ORGANISATION_NUMBER), (UNKNOWN, Code.UNKNOWN_ORGANISATION)],
)
def test_the_parties_are_registered(member: str, number: str, code: Code) -> None:
    established().when(version(**dict[str, Any]({member: number}))).refused(
        code, member
    )


def test_the_network_is_known() -> None:
    established().when(version(network="other")).refused(Code.UNKNOWN_NETWORK)


@pytest.mark.rule("S1-07")
def test_in_a_national_network_the_coordinating_trust_pays() -> None:
    changes: dict[str, Any] = {"payer": OSLO, "payee": BERGEN}
    established().when(version(**changes)).refused(Code.PAYER_NOT_COORDINATOR, "payer")
    scenario = established(kind=NetworkKind.REGIONAL).when(version(**changes))
    scenario.recorded(VersionProposed)


@pytest.mark.rule("S1-09")
@pytest.mark.parametrize("kind", [NetworkKind.REGIONAL, NetworkKind.LOCAL])
def test_the_coordinating_trust_binds_itself_and_nobody_else(kind: NetworkKind) -> None:
    scenario = established(kind=kind)
    scenario.when(version(payer=OSLO, payee=TROMSO)).refused(Code.NOT_A_PARTY, "payer")
    scenario.when(version(payer=OSLO, payee=BERGEN)).recorded(VersionProposed)
    scenario.when(accept(), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    scenario.when(accept(), organisation=OSLO, region=Region.SOROST)
    scenario.recorded(VersionAccepted)


ALS = network(network="als", kind=NetworkKind.LOCAL, coordinating_trust=TROMSO)


@pytest.mark.rule("S1-09")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payee": TROMSO}, Code.PARTIES_FIXED),
        ({"network": "other"}, Code.PARTIES_FIXED),
        ({"payer": OSLO, "payee": BERGEN}, Code.PARTIES_FIXED),
        ({"payer": OSLO, "payee": TROMSO}, Code.NOT_A_PARTY),
        ({"network": "als"}, Code.NOT_ENTITLED),
        ({"network": "als", "payer": TROMSO}, Code.NOT_ENTITLED),
    ],
)
def test_an_agreement_keeps_the_parties_of_its_first_version(
    changes: dict[str, Any], code: Code
) -> None:
    other = network(network="other", kind=NetworkKind.REGIONAL)
    scenario = established(kind=NetworkKind.REGIONAL).given(other, ALS, version())
    proposal = version(2, posts=(post(percent="100"),), **changes)
    scenario.when(proposal, organisation=BERGEN, region=Region.VEST).refused(code)


@pytest.mark.rule("S1-09")
@pytest.mark.parametrize("number", [1, 2])
def test_who_coordinates_another_network_is_told_that_the_name_is_taken(
    number: int,
) -> None:
    scenario = established().given(ALS, version())
    theirs = version(number, network="als", payer=TROMSO)
    scenario.when(theirs, organisation=TROMSO, region=Region.NORD)
    scenario.refused(Code.PARTIES_FIXED, "network")
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values == {
        "agreement": "ms-ous",
        "network": "ms",
        "payer": BERGEN,
        "payee": OSLO,
    }
    again = version(number)
    scenario.when(again, organisation=TROMSO, region=Region.NORD)
    scenario.refused(Code.NOT_ENTITLED)


@pytest.mark.rule("S1-33")
@pytest.mark.parametrize(
    ("percent", "allowed"),
    [
        ("9.99", False),
        ("10.00", True),
        ("20.00", True),
        ("20.01", False),
        ("150", False),
    ],
)
def test_a_post_is_10_to_20_percent(percent: str, *, allowed: bool) -> None:
    scenario = established().when(version(posts=(post(percent=percent),)))
    if allowed:
        scenario.recorded(VersionProposed)
    else:
        scenario.refused(Code.PERCENT_OUT_OF_RANGE)
    other = established(kind=NetworkKind.LOCAL).when(
        version(posts=(post(percent=percent),))
    )
    other.recorded(VersionProposed)


def proposed_posts(scenario: Scenario) -> Sequence[PartTimePost]:
    """Return the posts of what was just proposed."""
    proposed = scenario.recorded(VersionProposed)
    assert isinstance(proposed, VersionProposed)
    return proposed.terms.posts


@pytest.mark.rule("S1-10")
def test_a_version_says_what_each_of_its_posts_does() -> None:
    posts = (post(content="Register"), post("doctor", content="Teaching"))
    found = proposed_posts(established().when(version(posts=posts)))
    assert {each.post: each.content for each in found} == {
        "nurse": "Register",
        "doctor": "Teaching",
    }


@pytest.mark.rule("S1-11")
def test_a_version_says_how_long_each_of_its_posts_lasts_and_how_large_it_is() -> None:
    short = {"starts_on": date(2026, 3, 1), "ends_on": date(2026, 8, 31)}
    posts = (post(percent="20"), post("doctor", percent="12.5", **short))
    found = proposed_posts(established().when(version(posts=posts)))
    assert [(e.post, e.percent, e.starts_on, e.ends_on) for e in found] == [
        ("doctor", "12.50", date(2026, 3, 1), date(2026, 8, 31)),
        ("nurse", "20.00", date(2026, 1, 1), date(2027, 12, 31)),
    ]


@pytest.mark.rule("S1-12")
def test_a_version_says_what_each_of_its_posts_costs() -> None:
    posts = (post(annual_cost_ore=100_000_01), post("doctor", annual_cost_ore=2))
    found = proposed_posts(established().when(version(posts=posts)))
    assert {each.post: each.annual_cost_ore for each in found} == {
        "nurse": 100_000_01,
        "doctor": 2,
    }


@pytest.mark.parametrize(
    ("member", "empty", "everywhere"),
    [
        pytest.param("content", "", False, marks=pytest.mark.rule("S1-10")),
        pytest.param("percent", None, False, marks=pytest.mark.rule("S1-11")),
        pytest.param("starts_on", None, True, marks=pytest.mark.rule("S1-11")),
        pytest.param("ends_on", None, True, marks=pytest.mark.rule("S1-11")),
        pytest.param("annual_cost_ore", None, True, marks=pytest.mark.rule("S1-12")),
    ],
)
def test_a_post_has_its_minimum_content(
    member: str, empty: object, *, everywhere: bool
) -> None:
    lacking = version(posts=(post(), post("doctor", **{member: empty})))
    established().when(lacking).refused(Code.MISSING_CONTENT, "posts")
    scenario = established(kind=NetworkKind.LOCAL).when(lacking)
    if everywhere:
        scenario.refused(Code.MISSING_CONTENT)
    else:
        scenario.recorded(VersionProposed)


@pytest.mark.rule("S1-35")
@pytest.mark.parametrize("changes", [{}, {"annual_cost_ore": 1}], ids=["same", "other"])
def test_a_post_stands_in_a_version_once(changes: dict[str, Any]) -> None:
    """Nobody could tell which of two costs is agreed."""
    twice = version(posts=(post(), post("physician"), post(**changes)))
    given = Scenario().given(*ORGANISATIONS, network())
    given.when(twice).refused(Code.CONFLICTING_ROW, "posts")
    given.given(version()).when(counter(posts=twice.posts))
    given.refused(Code.CONFLICTING_ROW)


def test_an_agreement_does_not_outlast_its_network() -> None:
    scenario = established()
    scenario.when(version(ends_on=date(2030, 1, 1))).refused(Code.OUTLASTS_NETWORK)
    scenario.when(version(ends_on=date(2029, 12, 31))).recorded(VersionProposed)
    established(kind=NetworkKind.LOCAL).when(
        version(ends_on=date(2099, 12, 31))
    ).recorded(VersionProposed)


def test_a_post_belongs_to_one_agreement() -> None:
    scenario = established().given(version()).when(version(agreement="ms-unn"))
    scenario.refused(Code.CONFLICTING_ROW, "posts")


def test_an_agreement_may_have_no_posts_left() -> None:
    established().given(version()).when(version(2, posts=())).recorded(VersionProposed)


@pytest.mark.rule("S1-34")
def test_the_frame_holds_two_million_a_year_to_the_ore() -> None:
    scenario = established()
    fits = version(posts=(post(annual_cost_ore=1_000_000_00),))
    over = version(posts=(post(annual_cost_ore=1_000_000_01),))
    scenario.when(over).refused(Code.FRAME_EXCEEDED, "posts")
    scenario.when(fits).recorded(VersionProposed)
    scenario.when(
        version(agreement="b", payee=TROMSO, posts=(post("b", annual_cost_ore=1),))
    )
    assert isinstance(scenario.outcome, Refusal)
    assert scenario.outcome.values == {
        "year": 2026,
        "frame_ore": 2_000_000_00,
        "cost_ore": 2_000_000_01,
    }


@pytest.mark.rule("S1-30")
def test_without_part_time_posts_the_frame_is_a_million() -> None:
    scenario = established(
        model=NetworkModel.COORDINATION_ONLY, coordination_budget_ore=999_999_99
    )
    scenario.when(version(posts=(post(annual_cost_ore=2),))).refused(
        Code.FRAME_EXCEEDED
    )
    scenario.when(version(posts=(post(annual_cost_ore=1),))).recorded(VersionProposed)


def test_a_version_that_awaits_its_answer_counts_and_a_declined_one_does_not() -> None:
    dear = version(posts=(post(annual_cost_ore=900_000_00),))
    other = version(
        agreement="b", payee=TROMSO, posts=(post("b", annual_cost_ore=200_000_00),)
    )
    scenario = established().given(dear)
    scenario.when(other).refused(Code.FRAME_EXCEEDED)
    scenario.given(accept(answer=Answer.DECLINED)).when(other).recorded(VersionProposed)


def test_of_an_agreement_the_dearer_reading_counts() -> None:
    scenario = established().given(
        version(posts=(post(annual_cost_ore=900_000_00),)),
        accept(),
        version(2, posts=(post(annual_cost_ore=100_000_00),)),
    )
    other = version(
        agreement="b", payee=TROMSO, posts=(post("b", annual_cost_ore=200_000_00),)
    )
    scenario.when(other).refused(Code.FRAME_EXCEEDED)
    scenario.given(accept(2)).when(other).recorded(VersionProposed)


@pytest.mark.rule("S1-34")
def test_what_was_declined_of_an_agreement_counts_in_no_later_version_of_it() -> None:
    scenario = established().given(
        version(posts=(post(annual_cost_ore=1_000_000_00),)),
        accept(answer=Answer.DECLINED),
        version(
            agreement="b", payee=TROMSO, posts=(post("b", annual_cost_ore=900_000_00),)
        ),
    )
    cheap = (post(annual_cost_ore=100_000_00),)
    later = version(2, effective_from=date(2026, 7, 1), posts=cheap)
    scenario.when(later).recorded(VersionProposed)


def test_years_outside_the_network_are_not_in_its_frame() -> None:
    scenario = established(starts_on=date(2027, 1, 1))
    early = version(
        ends_on=date(2026, 12, 31), posts=(post(annual_cost_ore=9_000_000_00),)
    )
    scenario.when(early).recorded(VersionProposed)


@pytest.mark.rule("S1-08")
@pytest.mark.rule("S1-09")
def test_the_host_accepts_the_very_terms_that_were_proposed() -> None:
    scenario = established().given(version())
    proposed = agreement_named("ms-ous", scenario).versions[1]
    scenario.when(accept(), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    scenario.when(accept(), organisation=OSLO, region=Region.VEST).refused(
        Code.WRONG_REGION
    )
    scenario.when(accept(fingerprint="0" * 64)).refused(Code.OUTDATED, "fingerprint")
    accepted = scenario.when(accept(fingerprint=proposed.fingerprint)).recorded(
        VersionAccepted
    )
    assert isinstance(accepted, VersionAccepted)
    assert accepted.fingerprint == proposed.fingerprint


def test_an_answer_is_given_once() -> None:
    scenario = established().given(version()).when(accept(answer=Answer.DECLINED))
    scenario.recorded(VersionDeclined)
    scenario.when(accept(answer=Answer.DECLINED)).unchanged()
    scenario.when(accept()).refused(Code.CONFLICTING_ROW, "answer")


def test_what_was_not_proposed_is_not_answered() -> None:
    scenario = established().given(version())
    scenario.when(accept(2)).refused(Code.UNKNOWN_AGREEMENT)
    scenario.when(accept(agreement="other")).refused(Code.UNKNOWN_AGREEMENT)


def test_where_the_coordinator_is_paid_the_payer_answers() -> None:
    scenario = established(kind=NetworkKind.REGIONAL).given(
        version(payer=TRONDHEIM, payee=BERGEN)
    )
    scenario.when(accept(), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    scenario.when(accept(), organisation=TRONDHEIM, region=Region.MIDT).recorded(
        VersionAccepted
    )


def test_the_host_says_who_fills_a_post() -> None:
    scenario = Scenario().given(*AGREED)
    scenario.when(fill(), organisation=BERGEN).refused(Code.NOT_ENTITLED)
    filled = scenario.when(fill()).recorded(PostFilled)
    assert isinstance(filled, PostFilled)
    assert (filled.agreement, filled.holder) == ("ms-ous", "p-1")
    scenario.when(fill()).unchanged()
    scenario.when(vacate(date(2026, 3, 1))).recorded(PostVacated)
    scenario.when(vacate(date(2026, 1, 1))).recorded(PostVacated)
    scenario.when(fill()).recorded(PostFilled)


def test_a_post_may_be_filled_before_its_version_is_accepted() -> None:
    established().given(version()).when(fill()).recorded(PostFilled)


def test_an_unknown_post_is_not_filled() -> None:
    Scenario().given(*AGREED).when(fill(name="other")).refused(
        Code.UNKNOWN_POST, "post"
    )
