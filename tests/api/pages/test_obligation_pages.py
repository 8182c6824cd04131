"""What is owed as pages: the year's wheel and table, one deadline, and the calendar."""

import re
from functools import partial
from urllib.parse import quote

import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import NETWORK, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden, words

NATIONAL = {
    **NETWORK,
    "kind": "national",
    "name_nb": "Nasjonalt nettverk for MS",
    "name_en": "Norwegian National Network for MS",
}
AUTHORITY = REGIONAL_AUTHORITY[Region.VEST]
REPORT = "network/ms/report/2026"
EXIT_PLAN = "network/ms/exit-plan/2026"


@pytest.fixture
def owing(door: Door) -> Door:
    """Open the door of a node where Bergen owes what a national network asks for."""
    door.register(BERGEN, STAVANGER)
    assert door.post("/v1/networks", NATIONAL).status_code == 201
    return door


def test_a_year_is_shown_as_a_wheel_and_the_same_as_a_table(owing: Door) -> None:
    page = Visitor(owing).look("/obligations")
    assert page.text.count('class="fg-wheel fg-year"') == 1
    shown = words(page)
    assert "Deadlines in 2026" in shown
    assert "Review the exit plan, 2026 , S1-36 ms 31/12/2026" in shown
    assert "Make an agreement in the region, Helse Nord , S1-18 ms" in shown
    assert f'href="/obligations/{quote(EXIT_PLAN, safe="")}"' in page.text
    assert 'href="/networks/ms/governance"' in page.text


def test_what_others_owe_is_shown_where_it_is_asked_for(owing: Door) -> None:
    visitor = Visitor(owing, STAVANGER, Role.READER)
    assert "No deadline fits" in visitor.read("/obligations")
    assert "S1-36" in visitor.read("/obligations", by="all")
    assert "S1-36" in visitor.read("/obligations", by=BERGEN, source="network")
    assert "S1-36" not in visitor.read("/obligations", by="all", source="grant")
    assert "S1-36" not in visitor.read("/obligations", by="all", state="done")
    assert "S1-40" in visitor.read("/obligations", by="all", year=2027)


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_each_language_has_all_words(owing: Door, language: str) -> None:
    visitor = Visitor(owing, language=language)
    for path in ("/obligations?year=2027", f"/obligations/{quote(REPORT, safe='')}"):
        assert visitor.look(path).status_code == 200


def test_one_deadline_says_why_and_where_it_is_done(owing: Door) -> None:
    page = Visitor(owing, role=Role.SECRETARY).look(
        f"/obligations/{quote(REPORT, safe='')}"
    )
    shown = words(page)
    assert "is to have done this by 10 February 2027" in shown
    assert "S1-40 :" in shown
    assert "11 January 2027, 3 February 2027" in shown
    assert 'href="/networks/ms/governance/report?of=ms&amp;year=2026"' in page.text
    assert "Waive" not in shown
    assert Visitor(owing).look("/obligations/network/ms/report/1").status_code == 404


def test_the_health_authority_waives_for_a_reason(owing: Door) -> None:
    address = f"/obligations/{quote(EXIT_PLAN, safe='')}"
    decider = Visitor(owing, AUTHORITY, Role.DECIDER)
    assert "Waive" in decider.read(address)
    asked = decider.look("/obligations/waive", obligation=EXIT_PLAN)
    assert "Review the exit plan, 2026" in words(asked)
    without = decider.press("/obligations/waive", **hidden(asked))
    assert without.status_code == 422
    answer = decider.press("/obligations/waive", **hidden(asked), reason="Closed soon")
    assert answer.status_code == 303, words(answer)
    shown = Visitor(owing).read(answer.headers["location"])
    assert "Waived because Closed soon" in shown
    again = decider.look("/obligations/waive", obligation=EXIT_PLAN)
    assert again.status_code == 403


def test_nobody_waives_what_they_owe_themselves(owing: Door) -> None:
    for who in (Visitor(owing, role=Role.DECIDER), Visitor(owing, AUTHORITY)):
        answer = who.look("/obligations/waive", obligation=EXIT_PLAN)
        assert answer.status_code == 403


def made_address(visitor: Visitor) -> str:
    """Make a calendar's address; return it without the host."""
    page = visitor.press("/obligations/calendar")
    (found,) = re.findall(r"(/obligations\.ics\?token=[\w-]+)", page.text)
    return str(found)


def test_a_calendar_program_fetches_by_a_secret_address_without_a_session(
    owing: Door,
) -> None:
    visitor = Visitor(owing)
    address = made_address(visitor)
    assert "You have an address" in visitor.read("/obligations")
    answer = owing.client.request("GET", address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = answer.text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert f"UID:{EXIT_PLAN}@vest.fagnett" in lines
    assert "DTSTART;VALUE=DATE:20261231" in lines
    assert "TRIGGER:-P30D" in lines
    assert "person-" not in answer.text
    assert owing.client.request("GET", address).text.count("UID:") == answer.text.count(
        "BEGIN:VEVENT"
    )


def test_an_address_that_is_made_again_or_revoked_answers_no_more(owing: Door) -> None:
    visitor = Visitor(owing)
    first = made_address(visitor)
    second = made_address(visitor)
    assert owing.client.request("GET", first).status_code == 404
    assert owing.client.request("GET", second).status_code == 200
    assert visitor.press("/obligations/calendar/revoke").status_code == 303
    assert owing.client.request("GET", second).status_code == 404
    assert owing.client.request("GET", "/obligations.ics").status_code == 404


def test_the_secret_stands_nowhere(owing: Door) -> None:
    secret = made_address(Visitor(owing)).partition("=")[2]
    found = owing.node.calendars.find(secret)
    assert found is not None
    assert found.organisation == BERGEN
    assert secret not in repr(found)


def test_calendar_programs_that_ask_without_end_are_told_to_wait(owing: Door) -> None:
    address = made_address(Visitor(owing))
    ask = partial(owing.client.request, "HEAD", address)
    codes = [ask().status_code for _ in range(30)]
    assert codes == [200] * 30
    # As long as it takes: a slow machine is not told to wait as soon as a fast one.
    while (code := ask().status_code) == 200:
        pass
    assert code == 429
