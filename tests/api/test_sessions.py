"""Sessions of people: begun, found, changed and ended, and never taken for another's."""

import re

import httpx
import pytest

from api.auth import Role
from api.desk.sessions import IDLE_SECONDS, LONGEST_SECONDS, BrowserSessions
from tests.support.doors import Door
from tests.support.examples import BERGEN
from tests.support.federation import desk_in_memory

BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def sessions() -> BrowserSessions:
    return BrowserSessions(desk_in_memory())


def test_a_session_lasts_while_somebody_works_and_no_longer_than_a_day(
    sessions: BrowserSessions,
) -> None:
    begun = sessions.begin("person-1", 1000)
    now = 1000
    while now < 1000 + LONGEST_SECONDS:
        assert sessions.find(begun.secret, now) is not None
        now += IDLE_SECONDS
    assert sessions.find(begun.secret, 1000 + LONGEST_SECONDS) is None


def test_a_session_ends_where_nobody_does_anything(sessions: BrowserSessions) -> None:
    begun = sessions.begin("person-1", 1000)
    assert sessions.find(begun.secret, 1000 + IDLE_SECONDS + 61) is None
    assert not sessions.of("person-1", 1000 + IDLE_SECONDS + 61)


def test_another_role_has_another_secret(sessions: BrowserSessions) -> None:
    begun = sessions.begin("person-1", 1000)
    assert begun.caller is None
    changed = sessions.act_as(begun, BERGEN, Role.CONTROLLER, None)
    assert sessions.find(begun.secret, 1000) is None
    found = sessions.find(changed.secret, 1000)
    assert found is not None
    assert found.caller is not None
    assert found.caller.organisation == BERGEN
    assert not found.is_form_token(begun.form_token)
    assert found.is_form_token(changed.form_token)


def test_a_person_ends_one_session_or_all(sessions: BrowserSessions) -> None:
    first = sessions.begin("person-1", 1000)
    second = sessions.begin("person-1", 1001, provider_session="sid-2")
    other = sessions.begin("person-2", 1001)
    assert [each.name for each in sessions.of("person-1", 1002)] == [
        second.name,
        first.name,
    ]
    sessions.end("person-2", first.name)
    assert sessions.find(first.secret, 1002) is not None
    sessions.end_of_provider("sid-2")
    assert sessions.find(second.secret, 1002) is None
    sessions.end_all("person-1")
    assert sessions.find(first.secret, 1002) is None
    assert sessions.find(other.secret, 1002) is not None


def _signed_in(door: Door, cookie: str = "") -> httpx.Response:
    door.register(BERGEN)
    door.node.projector.catch_up()
    return door.client.request(
        "POST",
        "/sign-in",
        data={"person": f"{BERGEN}.controller", "next": "/my-day"},
        headers={**BROWSER, **({"Cookie": cookie} if cookie else {})},
    )


def test_the_ready_people_are_for_this_machine_alone(door: Door) -> None:
    """The name of the host in the tests is not this machine's."""
    assert _signed_in(door).status_code == 403


@pytest.mark.parametrize(
    "address", ["//evil.test", "https://evil.test", "/\\evil.test", "x"]
)
def test_nobody_is_sent_elsewhere(door: Door, address: str) -> None:
    answer = door.client.request(
        "GET", "/sign-in", params={"next": address}, headers=BROWSER
    )
    assert re.findall(r'name="next" value="([^"]*)"', answer.text) in ([], ["/my-day"])
    assert "evil" not in re.sub(r'href="[^"]*language=[^"]*"', "", answer.text)


def test_who_is_not_signed_in_is_led_there_and_back(door: Door) -> None:
    answer = door.client.request("GET", "/my-day?x=1", headers=BROWSER)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fmy-day%3Fx%3D1"


def test_a_session_sends_no_command_of_the_api(door: Door) -> None:
    begun = door.node.sessions.begin("person-1", door.node.unix_seconds())
    acting = door.node.sessions.act_as(begun, BERGEN, Role.CONTROLLER, None)
    cookie = {"Cookie": f"fagnett-vest={acting.secret}"}
    read = door.client.request("GET", "/v1/organisations", headers=cookie)
    assert read.status_code == 200
    sent = door.client.request("POST", "/v1/organisations", headers=cookie, json={})
    assert sent.status_code == 401


def test_a_page_is_shown_to_who_is_signed_in(door: Door) -> None:
    begun = door.node.sessions.begin("person-1", door.node.unix_seconds())
    acting = door.node.sessions.act_as(begun, BERGEN, Role.CONTROLLER, None)
    cookie = {**BROWSER, "Cookie": f"fagnett-vest={acting.secret}"}
    answer = door.client.request("GET", "/my-day", headers=cookie)
    assert answer.status_code == 200
    assert "My day" in answer.text
    assert answer.headers["cache-control"] == "no-store"
