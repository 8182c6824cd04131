"""The yearly report as a form: its sections typed or given, what is missing named."""

from itertools import chain

import pytest

from api.auth import Role
from api.section_titles import WHOLE_REPORT, WORDED, section_title
from api.words import Language
from domain.governance.reporting import OF_BODIES, OF_NATIONAL, OF_RESOURCE_PERSON
from tests.support.door_bodies import charter, governed, send
from tests.support.doors import NETWORK, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden, words

AT = "/bodies/steering/report"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
TYPED = {"of": "steering", "year": "2025", "sections.bottlenecks": "Ventetid"}


@pytest.fixture
def bodies(door: Door) -> Door:
    """Open the door of a node with a steering group that has not reported."""
    governed(door)
    return door


@pytest.fixture
def secretary(bodies: Door) -> Visitor:
    """Sign in whoever reports for Bergen's bodies."""
    return Visitor(bodies, BERGEN, Role.SECRETARY)


@pytest.mark.rule("S4-20", "S4-28")
def test_a_report_is_typed_and_given_and_says_what_is_missing(
    secretary: Visitor,
) -> None:
    assert "Bottlenecks" in secretary.read(AT, of="steering", year="2025")
    asked = secretary.give(AT, "a.pdf", PDF, field="sections.pathways.file", **TYPED)
    told = words(asked)
    assert "Ventetid" in told
    assert "This is missing Development, pathways and the cooperation" in told
    edited = secretary.press(AT, **{**hidden(asked), "step": "edit"})
    assert ">Ventetid</textarea>" in edited.text
    done = secretary.press(AT, **hidden(asked))
    assert done.status_code == 303, words(done)
    shown = secretary.read("/bodies/steering")
    assert "Proposed improvements: missing S4-21" in shown
    page = secretary.look("/bodies/steering").text
    assert page.count('href="/grants/documents/') == 2


def test_a_year_that_is_not_over_is_refused_at_its_field_with_the_text(
    secretary: Visitor,
) -> None:
    answer = secretary.press(AT, **{**TYPED, "year": "2026"})
    assert 'id="year-e"' in answer.text
    assert ">Ventetid</textarea>" in answer.text
    unread = secretary.press(AT, **{**TYPED, "year": "soon"})
    assert 'value="soon"' in unread.text
    assert ">Ventetid</textarea>" in unread.text


def test_what_reports_is_chosen_first_where_there_are_several(
    bodies: Door, secretary: Visitor
) -> None:
    at = "/networks/ms/governance/report"
    shown = secretary.look(at)
    assert '<option value="ms"' in shown.text
    assert 'value="2025"' in shown.text
    named = {
        "network": "ny",
        "kind": "national",
        "name_nb": "Nasjonalt nettverk for MS",
    }
    national = {**NETWORK, **named, "name_en": "Norwegian National Network for MS"}
    send(bodies, "/v1/networks", national, (Role.CONTROLLER,))
    asked = secretary.read(at.replace("ms", "ny"), of="ny", year="2025")
    assert "Knowledge from research and registries in use: Helse Vest" in asked
    nobody = Visitor(bodies, STAVANGER, Role.SECRETARY)
    assert "There is nothing to choose here" in nobody.read(AT)
    assert Visitor(bodies).look(AT).status_code == 403


@pytest.mark.rule("S4-29")
def test_who_has_not_reported_upwards_is_named_in_the_form(
    bodies: Door, secretary: Visitor
) -> None:
    unit = {"kind": "coordinating_unit", "network": "ms", "reports_to": "ssu"}
    fousam = {"body": "fousam", "version": 1, "organisation": BERGEN, "term_years": 2}
    charter(bodies, {**fousam, **unit})
    shown = secretary.read("/bodies/ssu/report", of="ssu", year="2025")
    assert "fousam missing" in shown
    assert "steering" in shown


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_language_has_all_words(bodies: Door, language: str) -> None:
    visitor = Visitor(bodies, BERGEN, Role.SECRETARY, language)
    assert visitor.look("/networks/ms/governance/report").status_code == 200
    assert visitor.look(AT, of="steering", year="2025").status_code == 200
    assert visitor.press(AT, **TYPED).status_code == 200


def test_there_are_words_for_every_section_that_is_asked_for() -> None:
    every = [*OF_NATIONAL, *OF_RESOURCE_PERSON, *chain(*OF_BODIES.values())]
    assert {each.key for each in every} == WORDED - {WHOLE_REPORT}
    assert section_title("own_words", Language.EN) == "own_words"
