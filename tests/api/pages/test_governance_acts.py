"""What is said of bodies and seats on pages: read once more, recorded, or refused in words."""

import httpx
import pytest

from api.auth import Role
from tests.support.door_bodies import fill, governed
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden, words


@pytest.fixture
def bodies(door: Door) -> Door:
    """Open the door of a node with a network whose steering group nobody sits in."""
    governed(door)
    return door


def record(visitor: Visitor, path: str, **typed: str) -> httpx.Response:
    """Send a form, and what it was read as."""
    form = hidden(visitor.look(path))
    asked = visitor.press(path, **form, **typed)
    assert asked.status_code == 200, words(asked)
    if "Nothing is recorded" in words(asked):
        return asked
    return visitor.press(path, **hidden(asked))


def recorded(visitor: Visitor, path: str, **typed: str) -> str:
    """Send a form that is taken; return the words of the page that shows it."""
    answer = record(visitor, path, **typed)
    assert answer.status_code == 303, words(answer)
    return visitor.read(answer.headers["location"])


@pytest.mark.rule("S4-48")
def test_a_person_is_nominated_chosen_and_elected_by_three_people_of_two_trusts(
    bodies: Door,
) -> None:
    bergen = Visitor(bodies, BERGEN, Role.SECRETARY)
    stavanger = Visitor(bodies, STAVANGER, Role.SECRETARY)
    shown = recorded(
        stavanger,
        "/networks/ms/governance/nominate",
        seat="steering/third|stavanger",
        person="Odd Vik",
    )
    assert "One nominated, not appointed" in shown
    form = bergen.look("/bodies/steering/fill")
    assert "Odd Vik" not in form.text
    (choice,) = [
        part.partition('"')[0]
        for part in form.text.split('<option value="')
        if part.startswith("steering/third|stavanger|")
    ]
    recorded(bergen, "/bodies/steering/fill", seat=choice, from_on="01.01.2026")
    recorded(
        bergen,
        "/bodies/steering/fill",
        seat="steering/bergen|bergen",
        person="Anne Berg",
        from_on="01.01.2026",
    )
    decider = Visitor(bodies, BERGEN, Role.DECIDER)
    shown = recorded(
        decider,
        "/networks/ms/governance/elect",
        seat="steering/bergen",
        elected_on="05.01.2026",
    )
    assert "Chair bergen until 4 January 2028" in shown
    assert "Odd Vik" in stavanger.read("/bodies/steering/seats/third")


@pytest.mark.rule("S4-81", "S4-95")
def test_who_is_excluded_is_refused_the_chair_and_the_form_says_so(
    bodies: Door,
) -> None:
    fill(bodies, "stavanger", "Odd Vik", STAVANGER)
    decider = Visitor(bodies, BERGEN, Role.DECIDER)
    answer = record(
        decider,
        "/bodies/steering/elect",
        seat="steering/stavanger",
        elected_on="05.01.2026",
    )
    assert answer.status_code == 200
    assert "Nothing is recorded" in words(answer)
    assert 'value="05.01.2026"' in answer.text


def test_a_form_without_a_seat_says_that_there_is_nothing_to_choose(
    bodies: Door,
) -> None:
    decider = Visitor(bodies, BERGEN, Role.DECIDER)
    shown = decider.read("/bodies/steering/elect")
    assert "There is nothing to choose here Nobody has a seat in the body yet." in shown
    secretary = Visitor(bodies, STAVANGER, Role.SECRETARY)
    acts = secretary.look("/bodies/steering").text
    assert "/bodies/steering/fill" in acts
    assert "/bodies/steering/vacate" not in acts


def test_a_gathering_is_recorded_with_who_attended(bodies: Door) -> None:
    secretary = Visitor(bodies, BERGEN, Role.SECRETARY)
    typed = {
        "body": "steering",
        "gathering": "g1",
        "kind": "meeting",
        "held_on": "04.01.2026",
        "host": "bergen",
        "attended:steering": "yes",
    }
    asked = secretary.press("/networks/ms/governance/gathering", **typed)
    assert "Who attended steering" in words(asked)
    shown = recorded(secretary, "/networks/ms/governance/gathering", **typed)
    assert "Meeting, steering , host bergen. Attended: steering" in shown


def test_minutes_are_kept_as_a_document(bodies: Door) -> None:
    secretary = Visitor(bodies, BERGEN, Role.SECRETARY)
    typed = {
        "body": "steering",
        "gathering": "g1",
        "kind": "meeting",
        "held_on": "04.01.2026",
        "minutes": "Vi ble enige.",
    }
    recorded(secretary, "/bodies/steering/gathering", **typed)
    page = secretary.look("/bodies/steering").text
    _, _, rest = page.partition('href="/grants/documents/')
    text = secretary.look(f"/grants/documents/{rest.partition(chr(34))[0]}")
    assert text.content.decode() == "Vi ble enige."
    refused = secretary.give(
        "/bodies/steering/gathering", "a.exe", b"MZ", field="minutes.file", **typed
    )
    assert 'id="minutes-e"' in refused.text


def test_what_was_typed_comes_back_where_it_cannot_be_read(bodies: Door) -> None:
    secretary = Visitor(bodies, BERGEN, Role.SECRETARY)
    answer = secretary.press(
        "/bodies/steering/gathering", body="steering", gathering="g1", held_on="soon"
    )
    assert 'value="soon"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.rule("S4-11")
def test_a_seat_that_is_vacated_says_what_is_next(bodies: Door) -> None:
    fill(bodies, "bergen", "Anne Berg", BERGEN)
    secretary = Visitor(bodies, BERGEN, Role.SECRETARY)
    shown = recorded(
        secretary,
        "/bodies/steering/vacate",
        seat="steering/bergen|bergen",
        left_on="04.01.2026",
    )
    assert "Vacant since 04/01/2026" in shown
    assert "A new person is to be appointed by 5 March 2026" in shown


@pytest.mark.rule("S4-23", "S4-25")
def test_a_plan_rests_on_a_focus_area_that_the_committee_adopted(bodies: Door) -> None:
    secretary = Visitor(bodies, BERGEN, Role.SECRETARY)
    decider = Visitor(bodies, BERGEN, Role.DECIDER)
    recorded(
        decider,
        "/bodies/ssu/area",
        body="ssu",
        area="home",
        text="At home",
        valid_from="01.01.2026",
    )
    shown = recorded(
        secretary,
        "/bodies/steering/plan",
        body="steering",
        year="2026",
        **{"measures.0.text": "Teach", "measures.0.area": "home"},
    )
    assert "2026 Teach m1, home" in shown
    recorded(
        decider,
        "/bodies/ssu/assignment",
        body="ssu",
        assignment="a1",
        network="ms",
        text="Map the needs",
        due_on="01.12.2026",
    )
    assert "Map the needs" in secretary.read("/bodies/ssu")


def test_deadlines_that_are_met_stand_behind_those_that_are_open(bodies: Door) -> None:
    secretary = Visitor(bodies, BERGEN, Role.SECRETARY)
    decider = Visitor(bodies, BERGEN, Role.DECIDER)
    at = "/networks/ms/governance"
    assert "Done or waived" not in secretary.read(at)
    recorded(
        decider,
        "/bodies/ssu/area",
        body="ssu",
        area="home",
        text="At home",
        valid_from="01.01.2026",
    )
    recorded(
        secretary,
        "/bodies/steering/plan",
        body="steering",
        year="2027",
        strategy="As the region's",
        **{"measures.0.text": "Teach", "measures.0.area": "home"},
    )
    assert "Done or waived in 2026: 1" in secretary.read(at)


@pytest.mark.rule("S4-24", "S4-25")
def test_a_plan_without_a_valid_area_is_refused_at_its_measures(bodies: Door) -> None:
    secretary = Visitor(bodies, BERGEN, Role.SECRETARY)
    assert "No focus area is adopted" in secretary.read("/bodies/steering/plan")
    typed = {"body": "steering", "year": "2026", "measures.0.text": "Teach"}
    at = "/networks/ms/governance/plan"
    assert "More measures" in secretary.read(at)
    answer = secretary.press(at, **typed, **{"measures.0.area": "none"})
    assert 'id="measures-e"' in answer.text
    assert 'value="Teach"' in answer.text
    assert (
        'name="measures.3.text"' in secretary.press(at, **typed, more="measures").text
    )


def test_nobody_sees_a_form_that_their_role_does_not_send(bodies: Door) -> None:
    reader = Visitor(bodies, BERGEN, Role.READER)
    assert reader.look("/bodies/steering/elect").status_code == 403
    assert reader.look("/bodies/steering/nothing").status_code == 404
    assert Visitor(bodies).look("/bodies/nowhere/gathering").status_code == 403
    assert "Record a gathering" not in reader.read("/bodies/steering")


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_form_has_all_words(bodies: Door, language: str) -> None:
    fill(bodies, "bergen", "Anne Berg", BERGEN)
    for role, acts in (
        (Role.SECRETARY, "gathering nominate fill vacate plan report"),
        (Role.DECIDER, "elect area assignment"),
    ):
        visitor = Visitor(bodies, BERGEN, role, language)
        for act in acts.split():
            assert visitor.look(f"/bodies/steering/{act}").status_code == 200, act


@pytest.mark.rule("S4-06")
def test_a_committee_authorises_a_network_and_a_trust_takes_part_and_leaves(
    bodies: Door,
) -> None:
    decider = Visitor(bodies, BERGEN, Role.DECIDER)
    before = decider.read("/networks/ms/governance")
    assert "Proposed" in before
    at = "/networks/ms/governance"
    shown = recorded(decider, f"{at}/authorise", committee="ssu")
    assert "Establishing" in shown
    stavanger = Visitor(bodies, STAVANGER, Role.SECRETARY)
    shown = recorded(
        stavanger, f"{at}/participate", participant="clinic", unit="Clinic"
    )
    assert "clinic Trust 983974678, Clinic" in shown
    recorded(stavanger, f"{at}/leave", participant="clinic", ends_on="31.12.2026")
    early = record(decider, f"{at}/renew")
    assert "Nothing is recorded" in words(early)
    recorded(decider, f"{at}/close", closes_on="01.01.2027", reason="Merged")
    assert decider.look("/bodies/steering/close").status_code == 404


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_form_of_a_network_has_all_words(bodies: Door, language: str) -> None:
    for role, acts in (
        (Role.SECRETARY, "participate leave"),
        (Role.DECIDER, "authorise evaluate renew close logo"),
    ):
        visitor = Visitor(bodies, BERGEN, role, language)
        assert visitor.look("/networks/ms/governance").status_code == 200
        for act in acts.split():
            path = f"/networks/ms/governance/{act}"
            assert visitor.look(path).status_code == 200, act
