"""Setting up a body and changing it, as a form with rows of seats."""

import pytest

from api.auth import Role
from tests.support.door_bodies import fill, governed
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden, words

GROUP = {
    "network": "ms",
    "body": "hardanger",
    "kind": "network_group",
    "term_years": "2",
    "reports_to": "steering",
    "report_due": "31.1.",
    "turn.stavanger": "1",
    "turn.bergen": "2",
    "seats.1.seat": "odda",
    "seats.1.first": "bergen",
    "seats.1.unit": "Odda",
    "seats.1.mandatory": "yes",
}


@pytest.fixture
def bodies(door: Door) -> Door:
    """Open the door of a node with a network whose steering group nobody sits in."""
    governed(door)
    return door


@pytest.fixture
def secretary(bodies: Door) -> Visitor:
    """Sign in whoever sets up Bergen's bodies."""
    return Visitor(bodies, BERGEN, Role.SECRETARY)


@pytest.mark.rule("S4-63", "S4-71")
def test_a_group_is_set_up_with_seats_and_whose_turn_it_is(secretary: Visitor) -> None:
    assert "/bodies/new?network=ms" in secretary.look("/networks/ms/governance").text
    assert "More seats" in secretary.read("/bodies/new", network="ms")
    asked = secretary.press("/bodies/new", **GROUP)
    told = words(asked)
    assert "Arrange in turn Trust 983974678; Trust 983974724" in told
    assert "Seat odda Trust 983974724, Odda" in told
    done = secretary.press("/bodies/new", **hidden(asked))
    shown = secretary.read(done.headers["location"])
    assert "Network group of Trust 983974724. A term is 2 years." in shown
    assert "Report due 31.01." in shown
    assert "odda Odda Trust 983974724" in shown


def test_rows_are_added_and_taken_away_and_nothing_typed_is_lost(
    secretary: Visitor,
) -> None:
    more = secretary.press("/bodies/new", **GROUP, more="seats")
    assert 'name="seats.3.seat"' in more.text
    assert 'value="Odda"' in more.text
    fewer = secretary.press("/bodies/new", **GROUP, remove="seats.1")
    assert 'value="Odda"' not in fewer.text
    assert 'value="hardanger"' in fewer.text
    wrong = {**GROUP, "report_due": "never", "turn.bergen": "1", "seats.1.first": ""}
    answer = secretary.press("/bodies/new", **wrong)
    told = words(answer)
    assert "Nothing is recorded" in told
    assert "Write the day like this: 31.12." in told
    assert "Two participants cannot have the same turn." in told
    assert 'value="never"' in answer.text
    assert 'value="odda"' in answer.text


@pytest.mark.rule("S4-54")
def test_what_would_be_refused_stands_at_its_field_before_it_is_confirmed(
    secretary: Visitor,
) -> None:
    several = {**GROUP, "field": "nursing", "seats.1.also.stavanger": "yes"}
    answer = secretary.press("/bodies/new", **several)
    assert 'id="seats-e"' in answer.text
    assert "checked" in answer.text
    again = secretary.press("/bodies/new", **{**GROUP, "kind": "steering_group"})
    assert 'id="kind-e"' in again.text


def test_a_next_version_is_filled_with_the_last_and_names_the_seats_that_go(
    bodies: Door, secretary: Visitor
) -> None:
    fill(bodies, "bergen", "Anne Berg", BERGEN)
    form = secretary.look("/bodies/steering/charter")
    assert 'value="30.11."' in form.text
    assert 'value="Clinic"' in form.text
    typed = {
        "term_years": "4",
        "reports_to": "ssu",
        "seats.0.seat": "bergen",
        "seats.0.first": "bergen",
    }
    asked = secretary.press("/bodies/steering/charter", **typed)
    assert "Seats that are removed stavanger, third" in words(asked)
    edited = secretary.press(
        "/bodies/steering/charter", **{**hidden(asked), "step": "edit"}
    )
    assert 'value="4"' in edited.text
    done = secretary.press("/bodies/steering/charter", **hidden(asked))
    shown = secretary.read(done.headers["location"])
    assert "A term is 4 years" in shown
    assert "Version 2" in shown


def test_a_committee_is_of_no_network_and_others_change_no_body(
    bodies: Door, secretary: Visitor
) -> None:
    assert "/bodies/new" in secretary.look("/governance").text
    typed = {"body": "fag", "kind": "committee", "term_years": "2"}
    asked = secretary.press("/bodies/new", **typed)
    done = secretary.press("/bodies/new", **hidden(asked))
    assert "Committee" in secretary.read(done.headers["location"])
    other = Visitor(bodies, STAVANGER, Role.SECRETARY)
    answer = other.press("/bodies/fag/charter", term_years="3")
    assert "Nothing is recorded" in words(answer)
    assert Visitor(bodies).look("/bodies/new").status_code == 403
    assert secretary.look("/bodies/nowhere/charter").status_code == 404
    assert secretary.look("/bodies/new", network="nowhere").status_code == 404


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_language_has_all_words(bodies: Door, language: str) -> None:
    visitor = Visitor(bodies, BERGEN, Role.SECRETARY, language)
    assert visitor.look("/bodies/new").status_code == 200
    assert visitor.press("/bodies/new", **GROUP).status_code == 200
    assert visitor.look("/bodies/steering/charter").status_code == 200
