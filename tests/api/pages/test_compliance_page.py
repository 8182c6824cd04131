"""Which rules are kept where, as a page."""

import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.api.pages.test_network_page import national
from tests.support.door_bodies import governed
from tests.support.doors import Door
from tests.support.visitors import Visitor, hidden, words


@pytest.fixture
def bodies(door: Door) -> Door:
    """Open the door of a node with a network that nobody has authorised."""
    governed(door)
    return door


def test_each_rule_stands_where_it_applies_with_its_sentence_and_source(
    bodies: Door,
) -> None:
    shown = Visitor(bodies).read("/compliance")
    assert "Network ms" in shown
    assert "S4-06" in shown
    assert "FOUSAM: professional networks of the health community" in shown
    assert "Broken is lacking in the network" in shown
    assert "Kept is met in the network" in shown
    assert "Adopt the plan, 2027: 329 days left" in shown
    page = Visitor(bodies).look("/compliance", how="broken", of="ms", rule="s4-06")
    assert page.text.count('<th scope="row">') == 1
    norwegian = Visitor(bodies, language="nb").look("/compliance", rule="S4-06")
    assert '<span class="fg-sub" lang="no">' in page.text
    assert 'lang="no"' not in norwegian.text
    assert "No rule fits" in Visitor(bodies).read("/compliance", rule="S9-99")


@pytest.mark.rule("S4-73")
def test_what_is_warned_of_stands_with_the_body_that_it_is_of(bodies: Door) -> None:
    page = Visitor(bodies).look("/compliance", how="warned", to="body")
    assert "Body steering" in words(page)
    assert "Network ms" not in words(page)
    one = Visitor(bodies).read("/compliance", of="steering", to="body")
    assert "Go to the body steering" in one


@pytest.mark.rule("S1-20", "S1-27")
def test_terms_that_waive_stand_with_their_agreement_and_the_reason(
    door: Door,
) -> None:
    national(door)
    shown = Visitor(door).read("/compliance", how="waived")
    assert "Agreement a" in shown
    assert "Reason: " in shown


def test_a_waiver_stands_with_who_waived_and_why(bodies: Door) -> None:
    authority = REGIONAL_AUTHORITY[Region.VEST]
    decider = Visitor(bodies, authority, Role.DECIDER)
    owed = "body/steering/plan/2027"
    asked = decider.look("/obligations/waive", obligation=owed)
    decider.press("/obligations/waive", **hidden(asked), reason="Merged")
    shown = Visitor(bodies).read("/compliance", how="waived")
    assert "Waived by Helse Vest: Merged" in shown


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_language_has_all_words(bodies: Door, language: str) -> None:
    assert Visitor(bodies, language=language).look("/compliance").status_code == 200
