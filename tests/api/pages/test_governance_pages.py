"""How networks are governed, as pages: standing, bodies, seats, and names that are logged."""

import pytest

from api.auth import Role
from tests.support.door_bodies import fill, governed
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor


@pytest.fixture
def bodies(door: Door) -> Door:
    """Open the door of a node with a network whose steering group has one vacant seat."""
    governed(door)
    fill(door, "bergen", "Anne Berg", BERGEN)
    fill(door, "stavanger", "Odd Vik", STAVANGER)
    return door


@pytest.mark.rule("S4-06", "S4-17")
def test_a_network_says_what_it_lacks_with_the_sentences_of_the_rules(
    bodies: Door,
) -> None:
    shown = Visitor(bodies).read("/networks/ms/governance")
    assert "Proposed" in shown
    assert "What is lacking" in shown
    assert "No committee has authorised the network." in shown
    assert "S4-06" in shown
    assert "2 of 3" in shown
    assert "May not chair steering" in shown
    assert "steering Steering group ssu 2 of 3" in shown
    assert "Nobody is elected" in shown


def test_networks_and_committees_are_listed(bodies: Door) -> None:
    page = Visitor(bodies).look("/governance")
    assert 'href="/networks/ms/governance"' in page.text
    assert 'href="/bodies/ssu"' in page.text
    assert "/networks/ms/governance" in Visitor(bodies).look("/networks/ms").text


def test_a_body_shows_its_seats_terms_and_who_cannot_chair(bodies: Door) -> None:
    visitor = Visitor(bodies)
    shown = visitor.read("/bodies/steering")
    assert "Steering group of Trust 983974724. A term is 2 years." in shown
    assert "Trust 983974678 31/12/2027 May not be elected to the chair" in shown
    assert "Not filled yet" in shown
    assert "0 per cent of the term has gone" in visitor.look("/bodies/steering").text
    assert "Odd Vik" not in shown
    assert visitor.look("/bodies/nowhere").status_code == 404
    assert visitor.look("/bodies/steering/seats/nowhere").status_code == 404
    assert visitor.look("/networks/nowhere/governance").status_code == 404


def test_a_name_is_shown_to_those_whose_it_is_and_the_look_is_noted(
    bodies: Door,
) -> None:
    path = "/bodies/steering/seats/stavanger"
    before = len([*bodies.node.reading_log.lines()])
    assert "Odd Vik" in Visitor(bodies, STAVANGER, Role.SECRETARY).read(path)
    assert "Odd Vik" in Visitor(bodies, BERGEN, Role.SECRETARY).read(path)
    assert len([*bodies.node.reading_log.lines()]) == before + 2
    at_bergen = Visitor(bodies, STAVANGER).read("/bodies/steering/seats/bergen")
    assert "Anne" not in at_bergen
    assert "shown only to the participant" in at_bergen


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("role", [Role.SECRETARY, Role.DECIDER])
def test_each_language_has_all_words(bodies: Door, language: str, role: Role) -> None:
    visitor = Visitor(bodies, BERGEN, role, language)
    for path in (
        *("/governance", "/networks/ms/governance", "/bodies/ssu"),
        *("/bodies/steering", "/bodies/steering/seats/third"),
    ):
        assert visitor.look(path).status_code == 200, path
