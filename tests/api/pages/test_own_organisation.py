"""The own organisation: details are confirmed before they count, and sessions ended."""

import re

import pytest

from api.auth import Role
from tests.support.doors import Door
from tests.support.examples import BERGEN
from tests.support.visiting import PageVisitor

BILLING = "/organisation/billing-details"
TYPED = {
    "account": "8601 11 17947",
    "kid_check": "mod10",
    "kid_length": "12",
    "buyer_reference": "KST 4410",
    "street": "Haukelandsveien 22",
    "postcode": "5021",
    "city": "Bergen",
}


@pytest.fixture
def controller(door: Door) -> PageVisitor:
    """Give a controller of a trust that is registered."""
    door.register(BERGEN)
    return PageVisitor(door)


def _hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return dict(found)


def test_details_count_when_they_are_confirmed(controller: PageVisitor) -> None:
    assert "No details are recorded" in controller.text("/organisation")
    assert "Account number" in controller.text(BILLING)
    asked = controller.post(BILLING, **TYPED)
    assert asked.status_code == 200
    assert "Record new details for Trust 983974724?" in asked.text
    assert "8601 11 17947" in asked.text
    assert "No details are recorded" in controller.text("/organisation")
    sent = controller.post(BILLING, **_hidden(asked.text))
    assert sent.status_code == 303, sent.text
    again = controller.post(BILLING, **_hidden(asked.text))
    assert again.status_code == 303
    text = controller.text(sent.headers["location"])
    assert "Haukelandsveien 22" in text
    assert "Modulus 10" in text
    assert 'value="86011117947"' in controller.get(BILLING).text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("account", "8601 11 17948", "account"),
        ("kid_length", "tolv", "Whole number"),
        ("kid_length", "99", "25"),
        ("kid_check", "", "KID"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    controller: PageVisitor, field: str, typed: str, said: str
) -> None:
    answer = controller.post(BILLING, **{**TYPED, field: typed})
    assert answer.status_code == 200
    assert "Nothing was recorded" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Haukelandsveien 22" in answer.text
    assert typed in answer.text
    assert said.casefold() in answer.text.casefold()


def test_what_a_role_may_not_is_left_out_and_refused(controller: PageVisitor) -> None:
    reader = PageVisitor(controller.door, role=Role.READER)
    assert BILLING not in reader.get("/organisation").text
    assert reader.get(BILLING).status_code == 403
    assert reader.post(BILLING, **TYPED).status_code == 403


def test_a_form_of_another_session_is_refused(controller: PageVisitor) -> None:
    other = PageVisitor(controller.door, person="person-2")
    for path in (BILLING, "/organisation/sessions/end", "/organisation/language"):
        assert other.post(path, form="x", language="nn").status_code == 403


def test_somebody_ends_another_session_of_their_own(controller: PageVisitor) -> None:
    other = PageVisitor(controller.door)
    stranger = PageVisitor(controller.door, person="person-2")
    assert "This session" in controller.text("/organisation")
    for session in (other.session.name, stranger.session.name):
        ended = controller.post("/organisation/sessions/end", session=session)
        assert ended.headers["location"] == "/organisation"
    assert other.get("/organisation").headers["location"].startswith("/sign-in")
    assert stranger.get("/organisation").status_code == 200
    left = controller.post("/organisation/sessions/end", session="")
    assert left.headers["location"] == "/sign-in"
    assert controller.get("/organisation").status_code == 303


def test_the_language_is_kept_with_the_session(controller: PageVisitor) -> None:
    chosen = controller.post("/organisation/language", language="nn")
    assert chosen.status_code == 303
    assert "Verksemda" in controller.get("/organisation").text
    assert controller.post("/organisation/language", language="xx").status_code == 404
