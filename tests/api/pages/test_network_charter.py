"""A network's charter as a form: texts typed or given, what it rests on, milestones."""

import pytest

from api.auth import Role
from tests.support.door_bodies import governed
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden, words

AT = "/networks/ms/governance/charter"
TYPED = {
    "background": "Etablert 2003.\r\nMange kommuner.",
    "user_benefit": "Trygghet",
    "founded_on.0.title": "Mandat",
    "founded_on.0.kind": "mandat",
    "founded_on.0.valid_until": "31.12.2025",
    "milestones.0.milestone": "register",
    "milestones.0.due_on": "01.06.2026",
    "milestones.0.text": "Registeret er i drift",
}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def bodies(door: Door) -> Door:
    """Open the door of a node with a local network that has no charter."""
    governed(door)
    return door


@pytest.fixture
def secretary(bodies: Door) -> Visitor:
    """Sign in whoever writes for the coordinating trust."""
    return Visitor(bodies, BERGEN, Role.SECRETARY)


def recorded(visitor: Visitor, **typed: str) -> str:
    """Write a charter that is taken; give the words of the page that shows it."""
    asked = visitor.press(AT, **typed)
    answer = visitor.press(AT, **hidden(asked))
    assert answer.status_code == 303, words(answer)
    return visitor.read(answer.headers["location"])


@pytest.mark.rule("S4-31", "S4-35", "S4-40", "S4-42")
def test_a_charter_is_written_and_what_it_has_is_lacking_no_more(
    secretary: Visitor,
) -> None:
    before = secretary.read("/networks/ms/governance")
    assert "Nobody has written the charter yet." in before
    assert "S4-35" in before
    shown = recorded(secretary, **TYPED)
    assert "S4-35" not in shown
    assert "Mandat, mandat was valid until 31/12/2025" in shown
    assert "Registeret er i drift register Due 01/06/2026" in shown
    page = secretary.look("/networks/ms/governance").text
    _, _, rest = page.partition('href="/grants/documents/')
    text = secretary.look(f"/grants/documents/{rest.partition(chr(34))[0]}")
    assert text.content.decode() == "Etablert 2003.\nMange kommuner."


@pytest.mark.rule("S4-30")
def test_a_text_is_given_as_a_file_and_stays_until_it_is_left_out(
    secretary: Visitor,
) -> None:
    asked = secretary.give(AT, "org.pdf", PDF, field="organisation.file", **TYPED)
    assert "Organisation A file is attached." in words(asked)
    done = secretary.press(AT, **hidden(asked))
    assert done.status_code == 303, words(done)
    form = secretary.look(AT)
    assert "Etablert 2003.\nMange kommuner.</textarea>" in form.text
    assert 'name="organisation.kept"' in form.text
    assert 'value="register"' in form.text
    kept = hidden(form)["organisation.kept"]
    both = {**TYPED, "organisation": "Grupper", "organisation.kept": kept}
    answer = secretary.press(AT, **both)
    assert "Type the text or choose a file, not both." in words(answer)
    assert ">Grupper</textarea>" in answer.text
    asked = secretary.press(AT, **both, **{"organisation.drop": "yes"})
    assert "Organisation Grupper" in words(asked)
    gone = secretary.press(AT, clinic="Nevro")
    assert "What stands there no more Background, Benefit" in words(gone)


def test_what_is_no_document_is_refused_at_its_field_with_all_that_was_typed(
    secretary: Visitor,
) -> None:
    answer = secretary.give(AT, "a.exe", b"MZ\x00", field="arenas.file", **TYPED)
    assert 'id="arenas-e"' in answer.text
    assert 'value="Registeret er i drift"' in answer.text
    invented = secretary.press(AT, **TYPED, **{"arenas.kept": "no such document"})
    assert 'id="arenas-e"' in invented.text
    twice = {f"milestones.1.{n}": TYPED[f"milestones.0.{n}"] for n in ("milestone", "due_on", "text")}  # fmt: skip
    answer = secretary.press(AT, **TYPED, **twice)
    assert 'id="milestones-e"' in answer.text
    more = secretary.press(AT, **TYPED, more="milestones")
    assert 'name="milestones.2.text"' in more.text
    unread = secretary.press(AT, **{**TYPED, "milestones.0.due_on": "soon"})
    assert 'value="soon"' in unread.text


@pytest.mark.rule("S1-39")
def test_a_milestone_is_reached_on_a_day_and_no_longer_to_choose(
    secretary: Visitor,
) -> None:
    at = "/networks/ms/governance/milestone"
    assert "There is nothing to choose here" in secretary.read(at)
    recorded(secretary, **TYPED)
    assert at in secretary.look("/networks/ms/governance").text
    typed = {"milestone": "register", "reached_on": "04.01.2026"}
    asked = secretary.press(at, **typed)
    done = secretary.press(at, **hidden(asked))
    shown = secretary.read(done.headers["location"])
    assert "register Reached 04/01/2026" in shown
    assert at not in secretary.look("/networks/ms/governance").text


def test_only_the_coordinating_trust_writes_the_charter(bodies: Door) -> None:
    other = Visitor(bodies, STAVANGER, Role.SECRETARY)
    assert AT not in other.look("/networks/ms/governance").text
    assert "Nothing is recorded" in words(other.press(AT, **TYPED))
    assert Visitor(bodies).look(AT).status_code == 403


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_language_has_all_words(bodies: Door, language: str) -> None:
    visitor = Visitor(bodies, BERGEN, Role.SECRETARY, language)
    assert visitor.look(AT).status_code == 200
    assert visitor.press(AT, **TYPED, clinic="N").status_code == 200
