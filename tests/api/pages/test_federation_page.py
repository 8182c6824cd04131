"""The federation: who is complete to when, in words that say what to do."""

import re

import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import Door
from tests.support.examples import BERGEN
from tests.support.visiting import PageVisitor

VEST = REGIONAL_AUTHORITY[Region.VEST]


def _hear(door: Door, *regions: Region, ago: int = 2) -> None:
    for region in regions:
        listener = door.node.listeners[region]
        listener.heard_at = door.node.unix_seconds() - ago


def test_a_region_that_is_out_of_reach_is_named_with_what_to_do(door: Door) -> None:
    door.register(BERGEN)
    _hear(door, Region.MIDT, Region.SOROST)
    _hear(door, Region.NORD, ago=11 * 3600 + 240)
    text = PageVisitor(door).text("/federation")
    assert "Nothing is lost, and everybody can go on recording." in text
    assert "Not heard for 11 hours." in text
    assert "Call those who run the system in Helse Nord." in text
    assert "This node does not hear Helse Nord." in text


def test_a_node_that_hears_nobody_looks_at_its_own_network_first(door: Door) -> None:
    assert "Look at the network here first" in PageVisitor(door).text("/federation")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (60, r"\d+ seconds ago"),
        (150, "2 minutes"),
        (7300, "2 hours"),
        (176400, "2 days"),
    ],
)
def test_the_age_of_what_was_heard_is_said_in_one_unit(
    door: Door, seconds: int, said: str
) -> None:
    _hear(door, Region.NORD, ago=seconds)
    assert re.search(said, PageVisitor(door).text("/federation"))


def test_a_node_that_may_not_record_says_so(door: Door) -> None:
    door.node.restore.reason = "the log is being restored"
    text = PageVisitor(door).text("/federation")
    assert "This node does not record now." in text


@pytest.mark.parametrize("role", [Role.READER, Role.OPERATOR, Role.AUDITOR])
def test_everybody_reads_it_and_figures_lead_to_the_log(door: Door, role: Role) -> None:
    door.register(BERGEN)
    page = PageVisitor(door, VEST, role).get("/federation")
    assert page.status_code == 200
    assert 'href="/history?region=vest"' in page.text
    assert "No deviations in the history" in page.text
