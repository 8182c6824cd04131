"""Calls: their rules, who publishes them, and what fits together."""

from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from api.presets import PRESETS, preset_rules
from domain.catalogue import decode
from domain.grants.call import CALL, CallPublished
from domain.grants.codes import GrantCode
from domain.grants.rules import CallRules
from domain.history import Append
from domain.refusal import Code
from domain.values import Region
from tests.support.applications import (
    COLLABORATION,
    DEADLINE,
    MIDT,
    NETWORKS,
    NORD,
    PUBLISHED,
    publish,
    published,
    rules,
)
from tests.support.examples import TROMSO, UNKNOWN

TODAY = PUBLISHED[NETWORKS]


@pytest.mark.parametrize("name", PRESETS)
def test_the_rules_that_come_with_the_program_are_kept_as_they_are(name: str) -> None:
    text = preset_rules(name)
    assert text is not None
    read = CallRules.model_validate_json(text)
    assert CallRules.model_validate_json(read.to_bytes()) == read
    fact = CallPublished(call=name, version=1, rules=read, reason="")
    assert decode(fact.TYPE, fact.to_bytes()) == fact
    kept = orjson.loads(read.to_bytes())
    for member, value in orjson.loads(text).items():
        if value is None:
            assert member not in kept
        elif isinstance(value, str | int):
            assert kept[member] == value
        else:
            assert len(kept[member]) >= len(value)
    ours = {*CallRules.model_fields} - {"rules"}
    assert {*read.rules} <= ours, "every reason is that of a member"


def test_what_a_call_does_not_set_is_as_the_rule_book_has_it() -> None:
    said = rules()
    assert said.points_max == 5
    assert said.remind_days == (30, 7, 1)
    assert said.use.after_decision
    assert not said.distinct_endorsers
    assert {seat.assessors_min for seat in rules(COLLABORATION).panel} == {1}


def test_no_other_rules_come_with_the_program() -> None:
    assert preset_rules("../call_rules/s0-2025") is None
    assert preset_rules("s1-2025") is None


def test_a_funder_publishes_a_call_and_its_next_version() -> None:
    scenario = published()
    later = publish(version=2, deadline=date(2025, 3, 1))
    scenario.when(publish(), today=TODAY).unchanged()
    scenario.when(later, organisation=TROMSO, region=Region.NORD).refused(
        Code.NOT_ENTITLED
    )
    scenario.when(later, organisation=NORD, region=Region.VEST).refused(
        Code.WRONG_REGION
    )
    fact = scenario.when(later, today=TODAY).recorded(CallPublished)
    assert isinstance(fact, CallPublished)
    assert fact.rules.deadline == date(2025, 3, 1)
    scenario.when(publish(), today=TODAY).unchanged()


@pytest.mark.parametrize(
    ("version", "changes", "code"),
    [
        (1, {"title": "Other"}, Code.CONFLICTING_ROW),
        (3, {}, Code.INVALID_ROW),
        (2, {"funder": UNKNOWN}, Code.UNKNOWN_ORGANISATION),
        (3, {"funder": UNKNOWN}, Code.UNKNOWN_ORGANISATION),
        (3, {"deadline": date(2024, 12, 1)}, Code.INVALID_ROW),
        (2, {"deadline": date(2024, 12, 1)}, GrantCode.CALL_CLOSED),
        (2, {"deadline": date(2024, 12, 1), "funder": MIDT}, GrantCode.CALL_CLOSED),
    ],
)
def test_a_version_is_the_next_one_and_open(
    version: int, changes: dict[str, Any], code: Code
) -> None:
    command = publish(version=version, **changes)
    published().when(command, today=TODAY).refused(code)


def test_a_call_stays_with_its_first_funder() -> None:
    scenario = published().when(
        publish(version=2, funder=MIDT),
        today=TODAY,
        organisation=MIDT,
        region=Region.MIDT,
    )
    scenario.refused(Code.NOT_ENTITLED)
    assert scenario.outcome.organisation == NORD  # type: ignore[union-attr]


@pytest.mark.rule("S0-02")
@pytest.mark.rule("S3-31")
def test_the_last_day_to_apply_is_whole_and_moves_to_no_other_day() -> None:
    """The one of s3-2025 is a Sunday (K-15)."""
    last = DEADLINE[COLLABORATION]
    assert last.isoweekday() == 7
    scenario = published(COLLABORATION)
    next_day = last + timedelta(days=1)
    again = publish(COLLABORATION, version=2)
    scenario.copy().when(again, today=next_day).refused(GrantCode.CALL_CLOSED)
    scenario.when(again, today=last).recorded(CallPublished)


@pytest.mark.rule("S2-03")
def test_a_last_day_before_a_call_opens_is_over_or_it_is_not() -> None:
    yesterday, opens_on = TODAY - timedelta(days=1), TODAY + timedelta(days=9)
    over = publish(version=2, opens_on=opens_on, deadline=yesterday)
    published().when(over, today=TODAY).refused(GrantCode.CALL_CLOSED)
    today = publish(version=2, opens_on=opens_on, deadline=TODAY)
    published().when(today, today=TODAY).recorded(CallPublished)


def test_a_call_without_a_deadline_is_never_closed() -> None:
    scenario = published(deadline=None)
    scenario.when(publish(version=2, deadline=None), today=date(2030, 1, 1))
    fact = scenario.recorded(CallPublished)
    assert decode(fact.TYPE, fact.to_bytes()) == fact


def test_a_version_is_found_by_its_number() -> None:
    call = published().given(publish(version=2), today=TODAY).state(CALL, NETWORKS)
    found = [call.version(number) for number in range(4)]
    assert found == [None, *call.versions, None]
    assert call.latest == found[2]


def test_a_version_of_another_funder_counts_for_nothing() -> None:
    """Nor does one that comes twice, as a name that two take unaware of each other."""
    scenario = published()
    stream = CALL.stream(Region.MIDT, NETWORKS)
    for number, funder in ((1, NORD), (2, MIDT), (3, NORD)):
        other = publish(version=number, funder=funder)
        scenario.receive(Append(stream, CallPublished(**dict(other))))
    assert [each.version for each in scenario.state(CALL, NETWORKS).versions] == [1]


CHOICE = {"key": "a", "words": "A", "rule": "S0-01"}
CATEGORY = {**CHOICE, "allowed": "yes"}
SPLIT = {**CHOICE, "project_years": [1, 1]}


@pytest.mark.parametrize(
    "changes",
    [
        *({name: [CHOICE, CHOICE]} for name in ("purposes", "priorities", "sections")),
        *({name: [CHOICE, CHOICE]} for name in ("attachments", "criteria", "panel")),
        *({name: [CHOICE, CHOICE]} for name in ("informed", "reports")),
        {"categories": [CATEGORY, {**CATEGORY, "allowed": "no"}]},
        {"splits": [{**SPLIT, "project_years": years} for years in ([0, 1], [1, 2])]},
        {"splits": [SPLIT]},
        {"splits": [{**SPLIT, "project_years": [3, 1]}]},
        {"splits": [{**SPLIT, "project_years": [-1, 1]}]},
        {"splits": [{**SPLIT, "project_years": [0, 10_000]}]},
        {"purposes": [CHOICE], "purposes_min": 2},
        {"purposes_min": 1},
        {"purposes_min": -1},
        {"points_max": -1},
        {"points_max": 1001},
        {"remind_days": [367]},
        {"splits": [{**SPLIT, "project_years": [99, 101]}]},
        {"reports": [{**CHOICE, "due_days_after_project": 36_501}]},
        {"use": {"remainder": "lapses", "first_use_months": 1201}},
        {"use": {"remainder": "lapses", "project_years_max": 101}},
        {"pot_ore": -1},
        {"partners": {"trusts_min": -1, "or_municipalities_min": 1}},
        {"use": {"remainder": "lapses", "project_years_max": 0}},
        {"use": {"remainder": "lapses", "project_years_max": 10_000}},
        {"use": {"remainder": "lapses", "first_use_months": -1}},
        {"use": {"remainder": "lapses", "first_use_months": 10**6}},
        {
            "use": {
                "remainder": "lapses",
                "first_day": "2025-02-01",
                "last_day": "2025-01-31",
            }
        },
        {"reports": [{**CHOICE, "due_days_after_project": -1}]},
        {"remind_days": [7, 7]},
        {"remind_days": [-1]},
        {"endorsements": [{"one_of": [], "rule": "S0-18"}]},
        {"endorsements": [{"one_of": ["line_manager"], "rule": "S0-18"}] * 101},
        {"rules": {"title": ["S5-01"]}},
        {"rules": {"title": ["S0-1"]}},
        {"funder": None},
        {"more": 1},
    ],
)
def test_rules_that_do_not_fit_together_cannot_be_read(changes: dict[str, Any]) -> None:
    kept = orjson.loads(rules().to_bytes())
    assert CallRules.model_validate_json(orjson.dumps(kept)) == rules()
    with pytest.raises(ValidationError):
        CallRules.model_validate_json(orjson.dumps({**kept, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"splits": [{**SPLIT, "project_years": [0, 1]}]},
        {"purposes": [CHOICE], "purposes_min": 1},
        {"points_max": 0},
        {"points_max": 1000},
        {"remind_days": [366, 0]},
        {"splits": [{**SPLIT, "project_years": [99, 100]}]},
        *({"reports": [{**CHOICE, "due_days_after_project": n}]} for n in (0, 36_500)),
        *({"use": {"remainder": "lapses", "first_use_months": n}} for n in (0, 1200)),
        {"use": {"remainder": "lapses", "project_years_max": 100}},
        {"endorsements": [{"one_of": ["line_manager"], "rule": "S0-18"}] * 100},
        {"deadline": "2024-04-05"},
        {"use": {"remainder": "lapses", "project_years_max": 1}},
        {
            "use": {
                "remainder": "lapses",
                "first_day": "2025-02-01",
                "last_day": "2025-02-01",
            }
        },
    ],
)
def test_rules_to_their_bounds_can_be_read(changes: dict[str, Any]) -> None:
    kept = orjson.loads(rules().to_bytes())
    CallRules.model_validate_json(orjson.dumps({**kept, **changes}))
