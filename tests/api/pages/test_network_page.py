"""Networks as pages: their years, their frame, posts and reports."""

from typing import Any

import pytest

from api.auth import Role
from tests.support.doors import NETWORK, VERSION, WAIVED, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden, words

NATIONAL = {
    **NETWORK,
    "kind": "national",
    "name_nb": "Nasjonalt nettverk for MS",
    "name_en": "Norwegian National Network for MS",
    "starts_on": "2023-01-01",
    "coordination_budget_ore": 1_000_000_00,
}
TYPED = {
    "network": "ms",
    "name_nb": "Nasjonalt nettverk for MS",
    "name_en": "Norwegian National Network for MS",
    "kind": "national",
    "model": "with_part_time_posts",
    "starts_on": "1.1.2026",
    "coordination_budget_ore": "1 000 000,00",
}


def national(door: Door) -> None:
    """Agree on a post in a national network that was there before Fagnett."""
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NATIONAL)
    body = {**VERSION, **WAIVED, "vat_treatment": "exempt"}
    answer = door.post("/v1/agreements/a/versions", body)
    assert answer.status_code == 201, answer.text
    path = "/v1/agreements/a/versions/1/answer"
    door.sign(path, {"answer": "accepted"}, organisation=STAVANGER)


@pytest.mark.rule("S1-34")
def test_the_frame_is_shown_by_year_and_what_nobody_recorded_is_no_zero(
    door: Door,
) -> None:
    national(door)
    shown = Visitor(door).read("/networks/ms")
    assert "Norwegian National Network for MS" in shown
    assert "2024 1,000,000.00 not recorded unknown Before Fagnett" in shown
    assert "2026 1,000,000.00 365,000.00 635,000.00 68.3 per cent used" in shown
    assert "Committed in 2026 1,365,000.00 68.3 per cent of the frame" in shown


def test_a_counter_proposal_shows_what_it_would_take(door: Door) -> None:
    national(door)
    door.post("/v1/agreements/a/versions", {**_body(), "version": 2})
    counter = {**_body(), "version": 3}
    counter["posts"] = [{**counter["posts"][0], "annual_cost_ore": 900_000_00}]
    path = "/v1/agreements/a/versions/2/counter-proposal"
    answer = door.sign(path, counter, organisation=STAVANGER)
    assert answer.status_code == 201, answer.text
    shown = Visitor(door).read("/networks/ms")
    assert "2026 with a version 3" in shown
    assert "100,000.00 kroner are left in 2026" in shown


def _body() -> dict[str, Any]:
    return {**VERSION, **WAIVED, "vat_treatment": "exempt"}


def test_other_networks_have_no_frame(door: Door) -> None:
    door.agree()
    shown = Visitor(door, STAVANGER, Role.READER).read("/networks/ms")
    assert "National networks alone have a frame." in shown
    assert "Propose an agreement" not in shown
    assert "Teaching nurse Trust 983974678" in shown


def test_networks_are_listed_and_where_there_are_none_the_page_teaches(
    door: Door,
) -> None:
    door.register(BERGEN)
    assert "No network is established yet" in Visitor(door).read("/networks")
    door.post("/v1/networks", NETWORK)
    shown = Visitor(door).read("/networks")
    assert "Network for MS ms Local Trust 983974724" in shown


def test_a_network_is_established_after_it_was_read_once_more(door: Door) -> None:
    door.register(BERGEN)
    visitor = Visitor(door)
    asked = visitor.press("/networks/new", **TYPED)
    assert "Frame a year 2,000,000.00" in words(asked)
    assert visitor.look("/networks/ms").status_code == 404
    answer = visitor.press("/networks/new", **hidden(asked))
    assert answer.status_code == 303, words(answer)
    assert "five years run from 1 January 2026" in visitor.read("/networks/ms")


@pytest.mark.rule("S1-42")
def test_a_name_that_is_refused_comes_back_with_what_was_typed(door: Door) -> None:
    door.register(BERGEN)
    visitor = Visitor(door)
    asked = visitor.press("/networks/new", **{**TYPED, "name_en": "MS club"})
    answer = visitor.press("/networks/new", **hidden(asked))
    assert "Name not allowed" in words(answer)
    assert 'value="MS club"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_leader_establishes_no_network(door: Door) -> None:
    door.register(BERGEN)
    leader = Visitor(door, BERGEN, Role.LEADER)
    assert "Establish" not in leader.read("/networks")
    assert leader.look("/networks/new").status_code == 403


@pytest.mark.rule("S1-41")
def test_a_report_is_submitted_returned_and_approved(door: Door) -> None:
    door.agree()
    host = Visitor(door, STAVANGER, Role.COORDINATOR)
    form = host.look("/reports/new?network=ms&from=2026-01-01&to=2026-06-30")
    assert 'value="ms-t-2026-01-01"' in form.text
    assert 'value="30.06.2026"' in form.text
    typed = {
        **hidden(form),
        "network": "ms",
        "report": "r",
        "period_start": "01.01.2026",
        "period_end": "30.06.2026",
    }
    assert host.press("/reports/new", **typed).status_code == 303
    ours = Visitor(door, BERGEN, Role.COORDINATOR)
    assert "Return" not in host.read("/reports/r")
    assert "Approve" in ours.read("/reports/r")
    asked = ours.look("/reports/r/return")
    assert ours.press("/reports/r/return", **hidden(asked)).status_code == 303
    assert "Submit again" in host.read("/reports/r")
    again = {**typed, **hidden(host.look("/reports/new"))}
    assert host.press("/reports/new", **again).status_code == 303
    late = ours.press("/reports/r/approve", key="k", submission="1")
    assert late.status_code == 412
    asked = ours.look("/reports/r/approve")
    assert ours.press("/reports/r/approve", **hidden(asked)).status_code == 303
    assert "The period can be invoiced." in host.read("/reports/r")
    assert "r ms Trust 983974678 January–June 2026" in ours.read("/reports")


def test_a_report_without_a_network_is_not_sent(door: Door) -> None:
    door.agree()
    host = Visitor(door, STAVANGER)
    answer = host.press("/reports/new", network="", report="r", period_start="x")
    assert words(answer).count("Must be filled in.") == 2
    assert "Write the day like this" in words(answer)


def test_the_host_says_who_fills_a_post_and_the_name_stays(door: Door) -> None:
    door.agree()
    host = Visitor(door, STAVANGER, Role.COORDINATOR)
    assert "Record a change" in host.read("/agreements/a")
    assert "Record a change" not in Visitor(door).read("/agreements/a")
    path = "/posts/nurse/staffing"
    typed = {"change": "filled", "effective_on": "01.02.2026", "holder": "Liv Moe"}
    asked = host.press(path, **typed, agreement="a")
    assert "Who Liv Moe" in words(asked)
    answer = host.press(path, **hidden(asked))
    assert answer.status_code == 303, words(answer)
    shown = Visitor(door).look("/agreements/a", as_of="2026-12-31").text
    assert "nurse is filled: 01/02/2026–31/12/2026" in shown
    assert "Liv" not in shown
    held = door.get("/v1/posts/nurse?as_of=2026-12-31", organisation=STAVANGER)
    assert held.json()["holder_name"] == "Liv Moe"


def test_a_post_is_filled_by_somebody(door: Door) -> None:
    door.agree()
    host = Visitor(door, STAVANGER)
    typed = {"change": "filled", "effective_on": "01.02.2026", "holder": ""}
    answer = host.press("/posts/nurse/staffing", **typed)
    assert "Must be filled in." in words(answer)
    assert 'value="01.02.2026"' in answer.text
