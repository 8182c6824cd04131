"""The log of readings on its page: who sees which lines, filtered, and as a file."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from api.auth import Role
from api.reading_chain import NotedRead, SealedRead, first_broken, read_chain
from domain.values import REGIONAL_AUTHORITY, Region, business_day
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER, UNKNOWN
from tests.support.visiting import PageVisitor

AT = "/organisation/readings"
VEST, NORD = REGIONAL_AUTHORITY[Region.VEST], REGIONAL_AUTHORITY[Region.NORD]
NOTED = {
    "own_name": (BERGEN, "controller", "p-ola"),
    "of_bergen": (VEST, "reader", f"/v1/invoices/{BERGEN}/2026/1"),
    "of_agreement": (NORD, "auditor", "/agreements/a"),
    "of_stavanger": (VEST, "reader", f"/v1/invoices/{STAVANGER}/2026/1"),
    "list": (VEST, "reader", "/v1/disputes"),
    "list_of_nord": (NORD, "reader", "/v1/disputes"),
    "of_auditor": (NORD, "auditor/reader", "/v1/ledger/balances"),
    "open_page": (VEST, "registrar", "/networks"),
    "of_unknown": (NORD, "auditor", f"/statements/{UNKNOWN}/{NORD}/2026-06-30"),
}
OF_REGION = {*NOTED} - {"own_name", "list_of_nord", "of_unknown"}
SEEN = {
    (BERGEN, Role.ADMINISTRATOR): OF_REGION - {"of_stavanger", "open_page"}
    | {"own_name"},
    (STAVANGER, Role.OPERATOR): OF_REGION - {"of_bergen", "open_page"},
    (VEST, Role.ADMINISTRATOR): OF_REGION,
    (STAVANGER, Role.AUDITOR): {*NOTED},
}


@pytest.fixture
def noted(door: Door) -> Door:
    """Open a door of a node at which some things were read."""
    door.agree()
    for name, (organisation, role, what) in NOTED.items():
        log, now = door.node.reading_log, door.node.unix_seconds()
        log.note(f"of-{name}", organisation, role, what, now)
    return door


def _file(visitor: PageVisitor, asked: str = "") -> list[NotedRead | SealedRead]:
    answer = visitor.get(f"{AT}/file?format=csv{asked}")
    assert answer.status_code == 200, answer.text
    text = answer.content.decode("utf-8-sig")
    return [*read_chain(io.StringIO(text, newline=""))]


def _shown(lines: list[NotedRead | SealedRead]) -> set[str]:
    return {
        line.person.removeprefix("of-")
        for line in lines
        if isinstance(line, NotedRead) and line.person.startswith("of-")
    }


@pytest.mark.parametrize(("organisation", "role"), SEEN)
def test_each_sees_what_concerns_them_and_the_rest_is_sealed(
    noted: Door, organisation: str, role: Role
) -> None:
    visitor = PageVisitor(noted, organisation, role)
    page = visitor.text(AT)
    seen = SEEN[organisation, role]
    assert {name for name in NOTED if f"of-{name} " in page} == seen
    lines = _file(visitor)
    assert _shown(lines) == seen
    assert first_broken(lines) is None
    assert [line.number for line in lines[:9]] == [*range(1, 10)]
    kept = [*noted.node.reading_log.lines()]
    assert [line.digest for line in lines[:9]] == [line.digest for line in kept[:9]]
    for at in range(1, 8):
        assert first_broken([*lines[:at], *lines[at + 1 :]]) is not None


def test_who_does_not_answer_for_the_people_sees_none_of_it(noted: Door) -> None:
    for role in {*Role} - {Role.ADMINISTRATOR, Role.OPERATOR, Role.AUDITOR}:
        visitor = PageVisitor(noted, role=role)
        assert visitor.get(AT).status_code == 403
        assert visitor.get(f"{AT}/file").status_code == 403
        assert AT not in visitor.get("/organisation").text
    operator = PageVisitor(noted, role=Role.OPERATOR)
    assert AT in operator.get("/organisation").text
    assert "The log of readings" in operator.text("/access")


def test_lines_are_filtered_and_the_file_begins_where_they_do(noted: Door) -> None:
    visitor = PageVisitor(noted, BERGEN, Role.OPERATOR)
    assert _shown(_file(visitor, "&whose=own")) == {"own_name"}
    assert "own_name" not in _shown(_file(visitor, "&whose=others"))
    assert _shown(_file(visitor, "&text=LEDGER")) == {"of_auditor"}
    now = noted.node.unix_seconds()
    noted.node.reading_log.note("later", BERGEN, "x", "y", now + 3 * 86_400)
    later = business_day(datetime.fromtimestamp(now + 3 * 86_400, UTC))
    lines = _file(visitor, f"&first={later:%d.%m.%Y}&last={later:%d.%m.%Y}")
    assert [(line.number, type(line)) for line in lines] == [
        (9, SealedRead),
        (10, NotedRead),
    ]
    assert first_broken(lines) is None
    assert "No readings" in visitor.text(f"{AT}?first=01.12.2025&last=02.12.2025")
    assert _file(visitor, "&first=01.12.2025&last=02.12.2025") == []
    assert 'id="last-e"' in visitor.get(f"{AT}?last=tomorrow").text
    assert visitor.get(f"{AT}/file?last=tomorrow").status_code == 422


def test_many_are_shown_in_pages_and_taken_out_to_excel(
    noted: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.pages.organisation.readings.SHOWN_MAX", 2)
    visitor = PageVisitor(noted, BERGEN, Role.OPERATOR, language="en")
    page = visitor.get(AT)
    assert "of-of_auditor" in page.text
    assert "own_name" not in page.text
    assert "before=5" in page.text
    assert "of-of_agreement" in visitor.get(f"{AT}?before=5").text
    workbook = visitor.get(f"{AT}/file?format=xlsx")
    parts = zipfile.ZipFile(io.BytesIO(workbook.content))
    texts = parts.read("xl/sharedStrings.xml").decode()
    for line in noted.node.reading_log.lines():
        assert line.digest in texts
    monkeypatch.setattr("api.readings.LINES_MAX", 3)
    assert visitor.get(f"{AT}/file").status_code == 422
