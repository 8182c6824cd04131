"""Inviting an organisation to a network: it waits for it until it declares or declines."""

import pytest

from api.auth import Role
from tests.support.door_bodies import charter, governed
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden

FONNA = "983974694"
AT = "/networks/ms/governance"
WAITS = "Answer the invitation to network ms"


@pytest.fixture
def bodies(door: Door) -> Door:
    """Open the door of a node with a network in which one trust does not take part."""
    governed(door)
    door.register(FONNA)
    return door


@pytest.mark.rule("S4-47")
def test_who_is_invited_finds_it_on_its_day_until_it_declares_participation(
    bodies: Door,
) -> None:
    bergen = Visitor(bodies, BERGEN, Role.SECRETARY)
    fonna = Visitor(bodies, FONNA, Role.SECRETARY)
    assert f"{AT}/invite" in bergen.look(AT).text
    assert f"{AT}/invite" not in fonna.look(AT).text
    assert WAITS not in fonna.read("/my-day")
    done = bergen.press(f"{AT}/invite", organisation=FONNA)
    assert "Not answered" in bergen.read(done.headers["location"])
    day = fonna.look("/my-day")
    assert WAITS in day.text
    assert f"{AT}/invitation" in day.text
    assert f"{AT}/participate" in fonna.look(f"{AT}/invitation").text
    assert "An answer to the invitation" in bergen.read("/my-day")
    typed = {"participant": "fonna"}
    asked = fonna.press(f"{AT}/participate", **typed)
    assert fonna.press(f"{AT}/participate", **hidden(asked)).status_code == 303
    assert WAITS not in fonna.read("/my-day")
    assert "Takes part" in fonna.read(f"{AT}/invitation")
    assert "Takes part" in bergen.read(f"{AT}/invite")


def test_an_invitation_is_taken_back_or_declined(bodies: Door) -> None:
    bergen = Visitor(bodies, BERGEN, Role.SECRETARY)
    fonna = Visitor(bodies, FONNA, Role.SECRETARY)
    taken_back = (bergen, f"{AT}/invite", {"take_back": FONNA})
    declined = (fonna, f"{AT}/invitation", dict[str, str]())
    for who, path, fields in (taken_back, declined):
        bergen.press(f"{AT}/invite", organisation=FONNA)
        assert WAITS in fonna.read("/my-day")
        assert who.press(path, **fields).status_code == 303
        assert WAITS not in fonna.read("/my-day")
        assert fonna.look(f"{AT}/invitation").status_code == 404


def test_only_the_coordinating_unit_invites_where_there_is_one(bodies: Door) -> None:
    bergen = Visitor(bodies, BERGEN, Role.SECRETARY)
    unit = {"body": "fousam", "version": 1, "kind": "coordinating_unit"}
    charter(bodies, {**unit, "network": "ms", "organisation": BERGEN, "term_years": 2})
    assert bergen.look(f"{AT}/invite").status_code == 200
    other = Visitor(bodies, STAVANGER, Role.SECRETARY)
    assert other.look(f"{AT}/invite").status_code == 403
    assert other.press(f"{AT}/invite", organisation=FONNA).status_code == 403
    assert Visitor(bodies).look(f"{AT}/invite").status_code == 403
    assert bergen.look("/networks/nowhere/governance/invite").status_code == 404
    nobody = bergen.press(f"{AT}/invite", organisation="")
    assert 'id="organisation-e"' in nobody.text


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_language_has_all_words(bodies: Door, language: str) -> None:
    bergen = Visitor(bodies, BERGEN, Role.SECRETARY, language)
    bergen.press(f"{AT}/invite", organisation=FONNA)
    assert bergen.look(f"{AT}/invite").status_code == 200
    fonna = Visitor(bodies, FONNA, Role.SECRETARY, language)
    assert fonna.look(f"{AT}/invitation").status_code == 200
    assert fonna.look("/my-day").status_code == 200
