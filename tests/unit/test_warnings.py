"""What is warned of, with a receipt and when it is asked for; nobody is refused for it."""

from datetime import date
from typing import Any, Final

import pytest

from domain.agreements.warned import AgreementWarning
from domain.catalogue import COMMANDS
from domain.fact import Command
from domain.governance.warned import warnings_of_network
from domain.history import Asked
from domain.posts.staffing import StaffingWarning, warnings_of_agreement
from domain.refusal import Refusal
from domain.values import NetworkKind, NetworkModel, Region
from domain.warning import RuleWarning, WarningCode
from tests.support.examples import (
    AGREED,
    BERGEN,
    ORGANISATIONS,
    TROMSO,
    TRONDHEIM,
    WAIVED,
    accept,
    fill,
    network,
    post,
    terminate,
    vacate,
    version,
)
from tests.support.negotiation import adopt, counter, grow, withdraw
from tests.support.scenario import FIRST, Scenario

SECTIONS: Final = dict.fromkeys(("tasks", "obligations", "aims", "economy"), "Text")
AT: Final = {"agreement": "ms-ous", "version": 1}


def established(**changes: object) -> Scenario:
    """Return a scenario with four trusts and a network."""
    return Scenario().given(*ORGANISATIONS, network(**changes))


def warned(scenario: Scenario, command: Command) -> list[RuleWarning]:
    """Return what is warned of a command that was just decided, and not refused."""
    assert not isinstance(scenario.outcome, Refusal), scenario.outcome
    warns = COMMANDS[type(command)].warns
    assert warns is not None
    asked = Asked(Region.VEST, BERGEN, FIRST, "controller")
    return [*warns(command, asked, scenario, scenario.outcome)]


def after(scenario: Scenario, command: Command) -> list[RuleWarning]:
    """Return what is warned of when a command is sent."""
    return warned(scenario.when(command), command)


def rules(found: list[RuleWarning]) -> list[str]:
    return [each.rule for each in found]


def only(found: list[RuleWarning], code: WarningCode) -> list[Any]:
    """Return what the words of one kind of warning are filled with."""
    return [each.values for each in found if each.code is code]


@pytest.mark.rule("S1-05")
@pytest.mark.rule("S1-20")
def test_a_waived_endorsement_is_told_with_its_reason() -> None:
    code = AgreementWarning.ENDORSEMENT_WAIVED
    found = after(established(), version())
    assert only(found, code) == [{**AT, "reason": WAIVED}]
    assert code.rule == "S1-05"
    asked = version(endorsement_required=True)
    assert only(after(established(), asked), code) == []
    other = established(kind=NetworkKind.REGIONAL)
    assert rules(after(other, version())) == [], "there no reason is needed"


@pytest.mark.rule("S1-27")
def test_waived_sections_are_told_with_the_reason() -> None:
    code = AgreementWarning.COOPERATION_WAIVED
    found = after(established(), version(cooperation_waived="Of 2024"))
    assert only(found, code) == [{**AT, "reason": "Of 2024"}]
    assert only(after(established(), version(cooperation=SECTIONS)), code) == []


def test_what_is_known_already_is_told_again() -> None:
    scenario = established()
    first = after(scenario, version())
    again = after(scenario, version())
    assert (scenario.outcome, again) == ((), first)


def test_counter_proposals_adoptions_and_growth_are_warned_of_as_proposals() -> None:
    scenario = established().given(version())
    second = [{**AT, "version": 2, "reason": WAIVED}]
    for command in (counter(), adopt()):
        found = after(scenario, command)
        assert only(found, AgreementWarning.ENDORSEMENT_WAIVED) == second
    third = after(scenario, grow(3))
    assert only(third, AgreementWarning.COOPERATION_WAIVED) == [
        {**AT, "version": 3, "reason": WAIVED}
    ]


@pytest.mark.rule("S4-15")
@pytest.mark.rule("S4-16")
def test_in_a_local_network_each_bears_its_own_cost() -> None:
    found = after(established(kind=NetworkKind.LOCAL), version())
    assert [(each.code, each.rule, each.values) for each in found] == [
        (AgreementWarning.OWN_COST, "S4-15", {**AT, "network": "ms"})
    ]


@pytest.mark.rule("S1-33")
def test_a_region_without_a_post_is_named() -> None:
    code = AgreementWarning.REGION_WITHOUT_POST
    scenario = established(coordination_budget_ore=0)
    found = after(scenario, version())
    lacking = [each["region"] for each in only(found, code)]
    assert lacking == ["midt", "nord"], "the coordinating trust's own may lack one"
    for name, trust in (("north", TROMSO), ("middle", TRONDHEIM)):
        found = after(
            scenario, version(agreement=name, payee=trust, posts=(post(name),))
        )
    assert only(found, code) == []
    scenario.given(withdraw(agreement="north"))
    assert warnings_of_network("ms", FIRST, scenario) == [], "it may still be accepted"


@pytest.mark.rule("S1-33")
@pytest.mark.parametrize(
    ("last_day", "today", "lacking"),
    [
        (None, date(2027, 12, 31), []),
        (None, date(2028, 1, 1), ["sorost"]),
        (date(2026, 6, 30), date(2026, 6, 30), []),
        (date(2026, 6, 30), date(2026, 7, 1), ["sorost"]),
    ],
)
def test_a_post_that_has_ended_is_none(
    last_day: date | None, today: date, lacking: list[str]
) -> None:
    scenario = Scenario().given(*AGREED)
    if last_day is not None:
        scenario.given(terminate(last_day))
    found = warnings_of_network("ms", today, scenario) or []
    regions = only([*found], AgreementWarning.REGION_WITHOUT_POST)
    assert [each["region"] for each in regions] == ["midt", "nord", *lacking]


@pytest.mark.rule("S1-33")
def test_a_version_without_posts_leaves_its_region_without() -> None:
    scenario = Scenario().given(*AGREED, version(2, posts=()), accept(2))
    found = only(
        [*(warnings_of_network("ms", FIRST, scenario) or ())],
        AgreementWarning.REGION_WITHOUT_POST,
    )
    assert [each["region"] for each in found] == ["midt", "nord", "sorost"]


@pytest.mark.rule("S1-33")
@pytest.mark.parametrize(
    "changes",
    [
        {
            "model": NetworkModel.COORDINATION_ONLY,
            "coordination_budget_ore": 500_000_00,
        },
        {"kind": NetworkKind.REGIONAL},
    ],
)
def test_where_no_posts_are_paid_for_no_region_lacks_one(
    changes: dict[str, Any],
) -> None:
    found = after(established(**changes), version())
    assert only(found, AgreementWarning.REGION_WITHOUT_POST) == []


@pytest.mark.rule("S1-34")
def test_nine_tenths_of_a_frame_are_told_by_year() -> None:
    code = AgreementWarning.FRAME_NEARLY_USED
    below = version(posts=(post(annual_cost_ore=799_999_99),))
    assert only(after(established(), below), code) == []
    at = version(posts=(post(annual_cost_ore=800_000_00),))
    scenario = established()
    told = {"network": "ms", "cost_ore": 1_800_000_00, "frame_ore": 2_000_000_00}
    by_year = [{**told, "year": year} for year in (2026, 2027)]
    assert only(after(scenario, at), code) == by_year
    found = warnings_of_network("ms", date(2027, 1, 1), scenario) or ()
    assert only([*found], code) == by_year[1:], "years that are gone are not told"


@pytest.mark.rule("S1-08")
def test_a_post_that_is_filled_before_its_version_is_accepted_is_told() -> None:
    scenario = established().given(version())
    found = after(scenario, fill())
    told = {"agreement": "ms-ous", "post": "nurse"}
    assert [(each.code, each.rule, each.values) for each in found] == [
        (StaffingWarning.POST_NOT_AGREED, "S1-08", told)
    ]
    assert after(scenario, fill()) == found, "also where it is known already"
    scenario.given(accept())
    assert after(scenario, fill()) == []


@pytest.mark.rule("S1-08")
def test_a_post_that_nobody_has_been_in_is_not_told() -> None:
    two = version(posts=(post(), post("doctor")))
    scenario = established().given(two, fill(name="doctor"))
    assert after(scenario, vacate(date(2026, 1, 1))) == []
    found = warnings_of_agreement("ms-ous", FIRST, scenario) or ()
    posts = only([*found], StaffingWarning.POST_NOT_AGREED)
    assert [each["post"] for each in posts] == ["doctor"]


def test_an_agreement_is_warned_of_by_what_may_count() -> None:
    scenario = established().given(version(), version(2), counter(3), withdraw(2))
    found = rules([*(warnings_of_agreement("ms-ous", FIRST, scenario) or ())])
    assert found == [], "one is answered, the other taken back"
    scenario.given(version(4))
    found = rules([*(warnings_of_agreement("ms-ous", FIRST, scenario) or ())])
    assert found == ["S1-05", "S1-27"]


def test_what_is_not_there_has_no_warnings() -> None:
    assert warnings_of_agreement("ms-ous", FIRST, established()) is None
    assert warnings_of_network("other", FIRST, established()) is None
