"""Somebody who signs in acts on a mandate, as long as it counts."""

import pytest

from api.auth import Role
from api.desk.sessions import Session
from tests.support.doors import DAY, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.provider import FakeProvider, SignInDoor, with_provider

SESSION = "__Host-fagnett-vest"
SUBJECT = "subject-of-liv"


@pytest.fixture
def at(door: Door, provider: FakeProvider) -> SignInDoor:
    door.register(BERGEN, STAVANGER)
    door.node.projector.catch_up()
    return with_provider(door, provider)


def _person(at: SignInDoor) -> str:
    assert at.door.node.provider is not None
    return at.door.node.provider.person(SUBJECT)


def _give(at: SignInDoor, organisation: str, role: Role, **more: str) -> None:
    by = {"organisation": organisation, "roles": (Role.ADMINISTRATOR,)}
    path = f"/v1/organisations/{organisation}/mandates"
    if not at.door.get(path, **by).json()["items"]:
        first = {"person": "tester", "role": "administrator", "starts_on": DAY}
        assert at.door.post(path, first, **by).status_code == 201
    given = {"person": _person(at), "role": role.value, "starts_on": DAY, **more}
    answer = at.door.post(path, given, **by)
    assert answer.status_code == 201, answer.text


def _session(at: SignInDoor) -> Session:
    found = at.door.node.sessions.find(at.cookies[SESSION], at.provider.now)
    assert found is not None
    return found


def test_who_has_one_mandate_goes_where_they_wanted(at: SignInDoor) -> None:
    _give(at, BERGEN, Role.CONTROLLER)
    assert at.finish(at.begin()).headers["location"] == "/my-day"
    session = _session(at)
    assert (session.organisation, session.role) == (BERGEN, Role.CONTROLLER)
    assert session.mandate == 2
    assert session.caller is not None
    assert session.caller.mandate == 2
    assert at.go("/my-day").status_code == 200


def test_who_has_several_chooses_one(at: SignInDoor) -> None:
    _give(at, BERGEN, Role.CONTROLLER)
    _give(at, STAVANGER, Role.APPROVER)
    _give(at, STAVANGER, Role.READER, starts_on="2026-12-01")
    assert at.finish(at.begin()).headers["location"] == "/role?next=%2Fmy-day"
    page = at.go("/role").text
    shown, _, later = page.partition("Mandates that do not count today")
    assert f'value="{BERGEN}.2"' in shown
    assert f'value="{STAVANGER}.2"' in shown
    assert f'value="{STAVANGER}.3"' not in page
    assert "Reader" in later
    before = at.cookies[SESSION]
    for key in (f"{STAVANGER}.3", f"{BERGEN}.1", "x"):
        form = {"form": _session(at).form_token, "person": key}
        assert at.go("/role", "POST", data=form).status_code == 403
    form = {"form": _session(at).form_token, "person": f"{STAVANGER}.2"}
    assert at.go("/role", "POST", data=form).headers["location"] == "/my-day"
    assert at.cookies[SESSION] != before
    assert _session(at).organisation == STAVANGER


def test_a_mandate_that_is_ended_ends_what_rests_on_it_at_once(at: SignInDoor) -> None:
    _give(at, BERGEN, Role.CONTROLLER)
    at.finish(at.begin())
    assert at.go("/my-day").status_code == 200
    path = f"/v1/organisations/{BERGEN}/mandates/2/end"
    ended = at.door.post(path, {"ended_on": DAY}, roles=(Role.ADMINISTRATOR,))
    assert ended.status_code == 201, ended.text
    assert at.go("/my-day").headers["location"] == "/role?next=%2Fmy-day"
    assert "You have no valid mandate" in at.go("/role").text
