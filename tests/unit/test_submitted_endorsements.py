"""Who has endorsed an application before it is submitted."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grants.application import (
    ApplicationSubmitted,
)
from domain.grants.rules import EndorsementRule, GrantEndorser
from domain.grants.submission import each_by_another
from domain.refusal import Code
from tests.support.applications import (
    AALESUND,
    COLLABORATION,
    DIRECTOR,
    ENDORSERS,
    LEADER,
    NETWORKS,
    PUBLISHED,
    SAFETY,
    endorse,
    present,
    published,
    ready,
    submit,
)
from tests.support.scenario import Scenario

TODAY = PUBLISHED[NETWORKS]


def endorsed_by(
    preset: str, *roles: GrantEndorser, rules: dict[str, Any] | None = None
) -> Scenario:
    """Submit what these have endorsed, each role by the same person."""
    scenario = published(preset, **(rules or {}))
    day = PUBLISHED[preset]
    scenario.given(present(preset), *map(endorse, roles), today=day)
    return scenario.when(submit(), today=day)


@pytest.mark.parametrize(
    "preset",
    [
        pytest.param(NETWORKS, marks=pytest.mark.rule("S0-18")),
        pytest.param(SAFETY, marks=pytest.mark.rule("S2-11")),
        pytest.param(COLLABORATION, marks=pytest.mark.rule("S3-35")),
    ],
)
def test_every_function_that_the_call_names_has_endorsed(preset: str) -> None:
    """One person may have two of them: functions are asked for (S2-11)."""
    roles = ENDORSERS[preset]
    endorsed_by(preset, *roles).recorded(ApplicationSubmitted)
    for role in roles:
        others = [each for each in roles if each is not role]
        endorsed_by(preset, *others).refused(Code.NOT_ENDORSED, "application")


@pytest.mark.rule("S0-18")
@pytest.mark.rule("S0-19")
@pytest.mark.parametrize(
    "role",
    [
        GrantEndorser.TRUST_DIRECTOR,
        GrantEndorser.DEPUTY_TRUST_DIRECTOR,
        GrantEndorser.CLINIC_DIRECTOR,
    ],
)
def test_one_of_those_that_helse_nord_names_is_enough(role: GrantEndorser) -> None:
    endorsed_by(NETWORKS, role).recorded(ApplicationSubmitted)


@pytest.mark.rule("S0-18")
def test_an_endorsement_is_of_the_revision_that_is_submitted() -> None:
    scenario = ready().given(present(revision=2, title="Better"), today=TODAY)
    scenario.when(submit(), today=TODAY).refused(Code.NOT_ENDORSED)
    scenario.given(endorse(revision=2), today=TODAY)
    scenario.when(submit(), today=TODAY).recorded(ApplicationSubmitted)


@pytest.mark.rule("S3-05")
def test_a_health_community_endorses_where_a_municipality_takes_part() -> None:
    director = GrantEndorser.CLINIC_DIRECTOR
    alone = endorsed_by(COLLABORATION, director)
    alone.refused(Code.NOT_ENDORSED)
    endorsed_by(COLLABORATION, director, GrantEndorser.HEALTH_COMMUNITY).recorded(
        ApplicationSubmitted
    )
    scenario = published(COLLABORATION)
    day = PUBLISHED[COLLABORATION]
    trusts = present(COLLABORATION, partners=(AALESUND,))
    scenario.given(trusts, endorse(director), today=day)
    scenario.when(submit(), today=day).recorded(ApplicationSubmitted)


ONE = EndorsementRule(one_of=(GrantEndorser.CLINIC_DIRECTOR,), rule="S2-11")
EITHER = EndorsementRule(
    one_of=(GrantEndorser.CLINIC_DIRECTOR, GrantEndorser.LINE_MANAGER), rule="S2-11"
)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ((("clinic_director", DIRECTOR), ("line_manager", DIRECTOR)), False),
        ((("clinic_director", DIRECTOR), ("line_manager", LEADER)), True),
        ((("clinic_director", DIRECTOR), ("clinic_director", LEADER)), True),
        ((("line_manager", DIRECTOR), ("line_manager", LEADER)), False),
    ],
)
def test_a_call_may_ask_for_another_person_for_each(
    given: Sequence[tuple[str, str]], taken: bool
) -> None:
    rules: dict[str, Any] = {
        "endorsements": (EITHER, ONE),
        "distinct_endorsers": True,
    }
    scenario = published(SAFETY, **rules)
    day = PUBLISHED[SAFETY]
    acts = [endorse(GrantEndorser(role), endorsed_by=person) for role, person in given]
    scenario.given(present(SAFETY), *acts, today=day)
    scenario.when(submit(), today=day)
    if taken:
        scenario.recorded(ApplicationSubmitted)
    else:
        scenario.refused(Code.NOT_ENDORSED)


@pytest.mark.parametrize(
    ("choices", "possible"),
    [
        ([], True),
        ([set()], False),
        ([{"a"}, {"a"}], False),
        ([{"a", "b"}, {"a"}], True),
        ([{"a", "b"}, {"a", "b"}, {"a", "b"}], False),
        ([{"a", "b"}, {"b", "c"}, {"a"}], True),
        ([{"a", "b"}, {"a", "c"}, {"a"}, {"b"}], False),
        ([{f"{n:03}", f"{n + 1:03}"} for n in range(100)] + [{"000"}], True),
        ([{f"{n:03}", f"{n + 1:03}"} for n in range(99)] + [{"000"}, {"099"}], False),
    ],
)
def test_each_is_given_another_choice_if_there_is_a_way(
    choices: Sequence[set[str]], possible: bool
) -> None:
    assert each_by_another(choices) is possible


@given(st.lists(st.sets(st.sampled_from("abcd")), max_size=5))
def test_a_way_is_found_where_trying_all_finds_one(choices: list[set[str]]) -> None:
    ways = (len({*way}) == len(way) for way in product(*choices))
    assert each_by_another(choices) is any(ways)
