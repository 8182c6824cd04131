"""Grants: what one may apply for, a draft that loses nothing, and an application."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.auth import Role
from api.pages.grants import grant_list
from tests.support.applications import NORD, present
from tests.support.doors import Door
from tests.support.examples import BERGEN, TROMSO
from tests.support.granting import CLOSED, OPENED, Person, granting, on_day, record
from tests.support.visitors import Visitor, hidden, words

CALL = "/grants/calls/s0-2025"
TYPED = {
    "title": "Fagnettverk KOLS",
    "applicant": "Kari Nes",
    "workplace": "UNN Tromsø",
    "amount_ore": "120 000,00",
    "network": "kols",
    "sections.purpose": "Lik oppfølging av pasienter med KOLS.\r\n\r\nI alle foretak.",
    "sections.programme": "To samlinger.",
    "lines.0.line": "To samlinger, lokale og lunsj",
    "lines.0.category": "venue_and_catering",
    "lines.0.amount_ore": "80 000,00",
    "lines.1.line": "Tre foredragsholdere",
    "lines.1.category": "speakers",
    "lines.1.amount_ore": "40 000,00",
}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Open a node whose authority has a call open."""
    with granting(tmp_path) as found:
        yield found


@pytest.fixture
def kari(door: Door) -> Person:
    """Give a secretary of a trust."""
    return Person(door, TROMSO, Role.SECRETARY, "Per Li")


def begun(kari: Person) -> str:
    """Begin a draft; return its address."""
    answer = kari.press(f"{CALL}/apply")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def saved(kari: Person, at: str, **changes: str) -> str:
    """Save what is whole, with changes; return the page's words."""
    version = hidden(kari.look(at))["version"]
    answer = kari.press(at, **{**TYPED, "version": version, **changes})
    return kari.read(at) if answer.status_code == 303 else words(answer)


def presented(kari: Person) -> str:
    """Present a whole draft; return the application's address."""
    at = begun(kari)
    saved(kari, at)
    version = hidden(kari.look(at))["version"]
    asked = kari.press(at, **TYPED, version=version, present="1")
    assert "This is what you present" in words(asked), words(asked)
    sent = kari.press(at, **hidden(asked))
    assert sent.status_code == 303, words(sent)
    return str(sent.headers["location"]).partition("?")[0]


def done(person: Visitor, address: str, **typed: str) -> str:
    """Do an act: its form, what is confirmed, sent; return what its page then says."""
    asked = person.press(address, **typed)
    assert 'name="step" value="sign"' in asked.text, words(asked)
    sent = person.press(address, **hidden(asked))
    assert sent.status_code == 303, words(sent)
    again = person.press(address, **hidden(asked))
    assert again.status_code == 303, words(again)
    return person.read(sent.headers["location"].partition("?")[0])


def submitted(door: Door, kari: Person) -> str:
    """Present, endorse and submit; return the application's address."""
    at = presented(kari)
    leader = Person(door, TROMSO, Role.LEADER, "Anne Bø")
    done(leader, f"{at}/endorse", role="clinic_director", endorsed_by="Anne Bø", endorsed_on="10.01.2025")  # fmt: skip
    done(kari, f"{at}/submit")
    return at


def test_open_calls_have_their_deadline_in_days_and_by_clock(kari: Person) -> None:
    shown = kari.read("/grants")
    assert "Midler til regionale fagnettverk" in shown
    assert "1 February 2025 at 23:59, 22 days left" in shown
    assert "No applications yet" in shown
    for language, said in (("nb", "22 dager igjen"), ("nn", "22 dagar att")):
        assert said in kari.read("/grants", language=language)


def test_a_draft_says_what_it_lacks_and_by_which_rule(kari: Person) -> None:
    at = begun(kari)
    empty = kari.read(at)
    assert "Name of the application is missing" in empty
    assert "Program for aktiviteter det søkes støtte til is missing S0-16" in empty
    assert "Budget is missing" in empty
    shown = saved(kari, at, **{"lines.1.category": "alcohol", "amount_ore": "90000"})
    assert "2 things to fix before you can submit" in shown
    assert "The budget is 30,000.00 above the amount applied for" in shown
    assert "The call does not cover the category of budget line" in shown
    assert "Not covered as it stands" in shown
    whole = saved(kari, at)
    assert "to fix" not in whole
    assert "Ask for endorsement" in whole
    assert "Draft: Fagnettverk KOLS" in kari.read("/grants")


def test_what_cannot_be_read_is_kept_as_it_was_typed(kari: Person) -> None:
    at = begun(kari)
    shown = saved(kari, at, **{"amount_ore": "tolv", "lines.0.amount_ore": "8 til"})
    assert "Something cannot be read as it is written" in shown
    page = kari.look(at).text
    assert 'value="tolv"' in page
    assert 'value="8 til"' in page
    assert "Lik oppfølging" in page
    assert 'value="Kari Nes"' in page
    version = hidden(kari.look(at))["version"]
    again = kari.press(
        at, **{**TYPED, "applicant": "", "present": "1"}, version=version
    )
    assert "Must be filled in." in words(again)


def test_lines_are_added_and_removed_and_nothing_else_is_lost(kari: Person) -> None:
    at = begun(kari)
    more = saved(kari, at, more="1")
    assert "Budget line 3" in more
    left = saved(kari, at, remove="0")
    assert "Budget line 2" not in left
    assert "Tre foredragsholdere" in kari.look(at).text


def test_colleagues_write_along_when_it_is_shared_and_both_are_kept(
    door: Door, kari: Person
) -> None:
    at = begun(kari)
    liv = Person(door, TROMSO, Role.SECRETARY, "Liv Moe")
    assert liv.look(at).status_code == 403
    version = hidden(kari.look(at))["version"]
    kari.press(at, **TYPED, version=version, sharing="share")
    first = hidden(liv.look(at))["version"]
    liv.press(at, **{**TYPED, "workplace": "UNN Harstad"}, version=first)
    answer = kari.press(
        at, **{**TYPED, "workplace": "UNN Narvik", "title": "KOLS"}, version=first
    )
    said = words(answer)
    assert "A colleague has written in the same fields" in said
    assert "Workplace UNN Harstad" in said
    assert 'value="UNN Narvik"' in answer.text
    assert 'value="KOLS"' in liv.look(at).text


def test_an_application_is_presented_endorsed_and_submitted(
    door: Door, kari: Person
) -> None:
    at = presented(kari)
    shown = kari.read(at)
    assert "Application: Fagnettverk KOLS" in shown
    assert "Kari Nes" in shown
    assert "I alle foretak." in shown
    assert "Presented, not submitted" in shown
    early = words(kari.press(f"{at}/submit"))
    assert "Nothing is recorded" in early
    assert "Ask those who are missing to endorse" in early
    own = words(
        kari.press(
            f"{at}/endorse",
            role="clinic_director",
            endorsed_by="Kari Nes",
            endorsed_on="10.01.2025",
        )
    )
    assert "Another person must do this." in own
    leader = Person(door, TROMSO, Role.LEADER, "Anne Bø")
    assert "Anne Bø" in leader.look(f"{at}/endorse").text
    told = done(
        leader,
        f"{at}/endorse",
        role="clinic_director",
        endorsed_by="Anne Bø",
        endorsed_on="10.01.2025",
    )
    assert "clinic director: Anne Bø" in told
    assert all(f"{at}/draft" in kari.look(each).text for each in ("/grants", CALL))
    assert "Submitted" in done(kari, f"{at}/submit")
    assert "120,000.00" in kari.read("/grants")
    assert not any(f"{at}/draft" in kari.look(e).text for e in ("/grants", CALL))
    assert Visitor(door, BERGEN, Role.READER).look(at).status_code == 403


def test_what_is_submitted_is_returned_and_completed(door: Door, kari: Person) -> None:
    at = submitted(door, kari)
    nina = Person(door, NORD, Role.SECRETARY, "Nina Os")
    assert "Kari Nes" in nina.read(at)
    assert "Must be filled in" in words(nina.press(f"{at}/return"))
    told = done(nina, f"{at}/return", missing="Programmet", complete_by="10.02.2025")
    assert "Programmet" in told
    shown = kari.read(at)
    assert "Returned, to be completed" in shown
    assert "10 February 2025" in shown
    assert f"{at}/draft" in kari.look(CALL).text
    on_day(door, CLOSED)
    draft = f"{at}/draft"
    saved(kari, draft, **{"sections.programme": "Tre samlinger."})
    version = hidden(kari.look(draft))["version"]
    typed = {**TYPED, "sections.programme": "Tre samlinger."}
    asked = kari.press(draft, **typed, version=version, present="1")
    assert kari.press(draft, **hidden(asked)).status_code == 303
    leader = Person(door, TROMSO, Role.LEADER, "Anne Bø")
    done(leader, f"{at}/endorse", role="clinic_director", endorsed_by="Anne Bø", endorsed_on="02.02.2025")  # fmt: skip
    assert "Submitted" in done(kari, f"{at}/submit")
    assert "Found complete" in done(nina, f"{at}/complete")


def test_an_application_is_withdrawn_with_a_reason(door: Door, kari: Person) -> None:
    at = submitted(door, kari)
    assert "Must be filled in" in words(kari.press(f"{at}/withdraw"))
    told = done(kari, f"{at}/withdraw", reason="Ikke tid")
    assert "Withdrawn" in told
    assert "Ikke tid" in told


def test_it_is_assessed_and_decided_and_the_applicant_sees_it_when_announced(
    door: Door, kari: Person
) -> None:
    at = submitted(door, kari)
    nina = Person(door, NORD, Role.SECRETARY, "Nina Os")
    rolf = Person(door, NORD, Role.DECIDER, "Rolf Tho")
    granted = {
        "outcome": "partly_granted",
        "amount_ore": "100 000,00",
        "reason": "God plan.\r\nMindre reise.",
        "role": "rhf_director",
        "decided_by": "Rolf Tho",
    }
    assert f"{at}/decide" not in rolf.look(at).text
    early = words(rolf.press(f"{at}/decide", **granted))
    assert "Wait until the day after the deadline." in early
    on_day(door, CLOSED)
    points = {f"scores.{key}.points": "4" for key in ("integrated_care", "quality")}
    few = words(nina.press(f"{at}/assess", assessor="Nina Os", **points))
    assert "Give points, or write why not" in few
    points |= {"scores.competence.points": "5", "scores.development.waived": "Nytt"}
    assert "4 of 5" in done(nina, f"{at}/assess", assessor="Nina Os", **points)
    done(nina, f"{at}/assess", assessor="Tor Ås", conflict="own_unit")
    too_much = {**granted, "amount_ore": "130 000,00"}
    assert "in part is less" in words(rolf.press(f"{at}/decide", **too_much))
    assert "Granted in part" in done(rolf, f"{at}/decide", **granted)
    assert "Not announced" in rolf.read(at)
    hidden_yet = kari.read(at)
    assert "Granted" not in hidden_yet
    assert "4 of 5" not in hidden_yet
    assert "Conflict" not in hidden_yet
    assert "100,000.00" not in kari.read("/grants")


def test_whoever_has_a_conflict_is_told_who_decides_instead(
    door: Door, kari: Person
) -> None:
    at = submitted(door, kari)
    on_day(door, CLOSED)
    nina = Person(door, NORD, Role.SECRETARY, "Nina Os")
    done(nina, f"{at}/assess", assessor="Nina Os", conflict="family")
    shown = nina.read(f"{at}/assess")
    assert "Another must do this" in shown
    assert "Points from 0" not in shown
    rolf = Person(door, NORD, Role.DECIDER, "Nina Os")
    shown = rolf.read(f"{at}/decide")
    assert "You have declared a conflict of interest" in shown
    assert "decides" in shown


def test_roles_that_may_not_are_refused(door: Door, kari: Person) -> None:
    at = presented(kari)
    reader = Visitor(door, TROMSO, Role.READER)
    assert reader.look(f"{at}/submit").status_code == 403
    assert reader.look(f"{at}/draft").status_code == 403
    assert f"{at}/submit" not in reader.look(at).text
    assert reader.look(f"{at}/nothing").status_code == 404
    assert kari.press(f"{at}/nothing").status_code == 404
    assert kari.look("/grants/applications/none").status_code == 404
    assert kari.look("/grants/applications/none/draft").status_code == 404
    assert kari.press("/grants/calls/none/apply").status_code == 404
    funder = Person(door, NORD, Role.SECRETARY, "Nina Os")
    assert funder.look(at).status_code == 403
    assert funder.look(f"{at}/draft").status_code == 403


def test_a_trust_with_many_applications_turns_the_page(
    door: Door, kari: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grant_list, "ROWS", 2)
    names = [f"kols-{number}" for number in range(3)]
    record(door, TROMSO, OPENED, *(present(application=name) for name in names))
    first = kari.look("/grants").text
    assert all(f"/grants/applications/{name}" in first for name in names[:2])
    assert names[2] not in first
    assert 'href="?after=kols-1#own"' in first
    second = kari.look("/grants?after=kols-1").text
    assert f"/grants/applications/{names[2]}" in second
    assert f"/grants/applications/{names[1]}" not in second
    assert 'href="?after=' not in second
