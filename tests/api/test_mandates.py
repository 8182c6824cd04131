"""Mandates through the doors: given, listed as of a day, ended."""

from typing import Any, Final

import orjson
import pytest

from api.auth import Role
from tests.api.test_problems import is_problem
from tests.support.doors import NETWORK, VERSION, Door
from tests.support.examples import BERGEN, STAVANGER

AT: Final = f"/v1/organisations/{BERGEN}/mandates"
ADMINISTRATOR: Final[dict[str, Any]] = {"roles": (Role.ADMINISTRATOR,), "actor": "kari"}
SUMMER: Final = {"Fagnett_Business_Day": "2026-07-10"}


def mandate(person: str, role: Role, **said: str) -> dict[str, str]:
    """Return the body that gives a mandate."""
    return {"person": person, "role": role.value, "starts_on": "2026-01-01", **said}


@pytest.fixture
def administered(door: Door) -> Door:
    """Open a door of a node where Bergen has an administrator, and a controller."""
    door.register(BERGEN, STAVANGER)
    for person, role in (("kari", Role.ADMINISTRATOR), ("ola", Role.CONTROLLER)):
        answer = door.post(AT, mandate(person, role), **ADMINISTRATOR)
        assert answer.status_code == 201, answer.text
    return door


def test_mandates_are_listed_with_who_gave_them_as_of_a_day(administered: Door) -> None:
    door = administered
    said = {"ended_on": "2026-07-11"}
    ended = door.post(f"{AT}/2/end", said, **ADMINISTRATOR, **SUMMER)
    assert ended.status_code == 201, ended.text
    ola = {
        "number": 2,
        "person": "ola",
        "role": "controller",
        "starts_on": "2026-01-01",
        "ends_on": None,
        "purpose": None,
        "granted_by": "kari",
        "ended_on": None,
        "ended_by": None,
        "counts": True,
    }
    early = door.get(f"{AT}?as_of=2026-07-09", **ADMINISTRATOR).json()
    assert early["items"][1] == ola
    late = {**ola, "ended_on": "2026-07-11", "ended_by": "kari"}
    for day, counts in (("2026-07-10", True), ("2026-07-11", False)):
        listed = door.get(f"{AT}?as_of={day}", **ADMINISTRATOR).json()["items"]
        assert listed[1] == {**late, "counts": counts}
        assert listed[0]["counts"] is True
    early = door.get(f"{AT}?as_of=2026-01-04", **ADMINISTRATOR).json()
    assert early["items"] == []
    at = f"/v1/organisations/{STAVANGER}/mandates"
    other = door.get(at, **ADMINISTRATOR).json()
    assert other == {"items": [], "next_cursor": None}


def test_a_list_of_mandates_has_pages(administered: Door) -> None:
    first = administered.get(f"{AT}?limit=1", **ADMINISTRATOR).json()
    assert [each["person"] for each in first["items"]] == ["kari"]
    cursor = first["next_cursor"]
    second = administered.get(f"{AT}?limit=2&cursor={cursor}", **ADMINISTRATOR).json()
    assert [each["person"] for each in second["items"]] == ["ola"]
    assert second["next_cursor"] is None


def test_what_is_refused_has_words(administered: Door) -> None:
    door = administered
    refused = door.post(f"{AT}/1/end", {"ended_on": "2026-02-01"}, **ADMINISTRATOR)
    told = is_problem(refused, 409, "last_administrator")
    assert "for as long" in told["detail"]
    none = door.post(f"{AT}/9/end", {"ended_on": "2026-02-01"}, **ADMINISTRATOR)
    assert "no mandate 9" in is_problem(none, 404, "unknown_mandate")["detail"]
    at = f"/v1/organisations/{STAVANGER}/mandates"
    first = mandate("per", Role.READER)
    others = door.post(at, first, **ADMINISTRATOR)
    is_problem(others, 403, "not_entitled")
    own = door.post(at, first, organisation=STAVANGER, **ADMINISTRATOR)
    is_problem(own, 422, "first_mandate")
    bad = door.post(AT, mandate("13097248022", Role.READER), **ADMINISTRATOR)
    is_problem(bad, 422, "personal_data")


def test_a_command_rests_on_a_mandate_whatever_the_token_says(
    administered: Door,
) -> None:
    door = administered
    stranger = is_problem(door.post("/v1/networks", NETWORK), 403, "no_mandate")
    assert "with the role controller" in stranger["detail"]
    is_problem(door.post("/v1/networks", NETWORK, actor="kari"), 403, "no_mandate")
    recorded = door.post("/v1/networks", NETWORK, actor="ola").json()["recorded"]
    entry = door.get(f"/v1/entries/{recorded[0]['id']}", actor="ola").json()["entry"]
    assert orjson.loads(entry)["mandate"] == 2
    report = {"report": "r", "network": "ms", "trust": STAVANGER}
    report |= {"period_start": "2026-01-01", "period_end": "2026-12-31"}
    assert door.post("/v1/reports", report, organisation=STAVANGER).is_success
    approval = {"outcome": "approved"}
    decided = door.post("/v1/reports/r/decisions", approval, actor="ola")
    assert decided.status_code == 201, "a controller decides on reports as well"
    assert door.post("/v1/agreements/a/versions", VERSION, actor="ola").is_success
    as_leader: dict[str, Any] = {"roles": (Role.LEADER,), "actor": "ola"}
    endorsed = {"role": "leader", "endorsed_by": "Ola", "endorsed_on": "2026-01-02"}
    at = "/v1/agreements/a/versions/1"
    is_problem(door.get(at, **as_leader), 403, "no_mandate")
    read = door.get(at, actor="ola").headers["ETag"]
    refused = door.post(f"{at}/endorsements", endorsed, If_Match=read, **as_leader)
    is_problem(refused, 403, "no_mandate")
