"""Which rules are kept where, as a page."""

import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.door_bodies import governed
from tests.support.doors import Door
from tests.support.visitors import Visitor, hidden


@pytest.fixture
def bodies(door: Door) -> Door:
    """Open the door of a node with a network that nobody has authorised."""
    governed(door)
    return door


def test_each_rule_stands_where_it_applies_with_its_sentence(bodies: Door) -> None:
    shown = Visitor(bodies).read("/compliance")
    assert "S4-06" in shown
    assert "Broken is lacking in the network" in shown
    assert "Kept is met in the network" in shown
    assert "Adopt the plan, 2027: 329 days left" in shown
    page = Visitor(bodies).look("/compliance", how="broken", of="ms", rule="S4-06")
    assert page.text.count('<th scope="row">') == 1
    assert "No rule fits" in Visitor(bodies).read("/compliance", rule="S9-99")


def test_a_waiver_stands_with_its_reason(bodies: Door) -> None:
    authority = REGIONAL_AUTHORITY[Region.VEST]
    decider = Visitor(bodies, authority, Role.DECIDER)
    owed = "body/steering/plan/2027"
    asked = decider.look("/obligations/waive", obligation=owed)
    decider.press("/obligations/waive", **hidden(asked), reason="Merged")
    shown = Visitor(bodies).read("/compliance", how="waived")
    assert "Waived, Merged" in shown


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_language_has_all_words(bodies: Door, language: str) -> None:
    assert Visitor(bodies, language=language).look("/compliance").status_code == 200
