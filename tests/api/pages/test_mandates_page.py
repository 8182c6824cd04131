"""Mandates on pages: an administrator gives and ends them, everybody sees whose they are."""

import re

import httpx
import pytest

from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import Door
from tests.support.examples import BERGEN
from tests.support.visiting import PageVisitor, plain

AT = "/organisation/mandates"
NEW = f"{AT}/new"
OLA = {"person": "ola", "role": "controller", "starts_on": "", "ends_on": "31.12.2026"}


@pytest.fixture
def administrator(door: Door) -> PageVisitor:
    """Give an administrator of a trust, whose own mandate is its first."""
    door.register(BERGEN)
    kari = PageVisitor(door, role=Role.ADMINISTRATOR, person="kari")
    done = _confirmed(kari, NEW, person="kari", role="administrator")
    assert done.status_code == 303, done.text
    return kari


def _hidden(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return dict(found)


def _confirmed(visitor: PageVisitor, path: str, **typed: str) -> httpx.Response:
    asked = visitor.post(path, **typed)
    assert asked.status_code == 200
    assert "This is recorded" in asked.text, plain(asked.text)
    return visitor.post(path, **_hidden(asked.text))


def test_a_mandate_is_given_shown_and_ended(administrator: PageVisitor) -> None:
    kari = administrator
    given = _confirmed(kari, NEW, **OLA)
    assert given.status_code == 303, given.text
    text = kari.text(given.headers["location"])
    assert "ola Controller 05/01/2026–31/12/2026 kari" in text
    ending = f"{AT}/2/end"
    assert "ola is controller." in kari.text(ending)
    ended = _confirmed(kari, ending, ended_on="20.01.2026")
    assert ended.status_code == 303
    text = kari.text(ended.headers["location"])
    assert "05/01/2026–19/01/2026 kari Ended by kari from 20/01/2026" in text


def test_an_auditor_has_an_engagement_that_each_page_shows(door: Door) -> None:
    authority = REGIONAL_AUTHORITY[Region.VEST]
    door.register(authority)
    kari = PageVisitor(door, authority, Role.ADMINISTRATOR, person="kari")
    _confirmed(kari, NEW, person="kari", role="administrator")
    eva = {"person": "eva", "role": "auditor", "ends_on": "31.12.2026"}
    assert 'id="purpose-e"' in kari.post(NEW, **eva).text
    given = _confirmed(kari, NEW, **eva, purpose="Audit of 2026")
    assert given.status_code == 303, given.text
    assert "Auditor Audit of 2026" in kari.text(given.headers["location"])
    assert "reads as an auditor" not in kari.text("/my-day")
    auditor = PageVisitor(door, authority, Role.AUDITOR, person="eva", mandate=2)
    for page in ("/my-day", "/invoices", "/organisation/readings"):
        said = auditor.text(page)
        assert "eva reads as an auditor until 31 December 2026." in said
        assert "Purpose: Audit of 2026" in said
    unnamed = PageVisitor(door, authority, Role.AUDITOR, person="eva")
    assert "Purpose: Audit of 2026" in unnamed.text("/my-day")


def test_where_days_are_played_an_auditor_needs_no_engagement_until_any_mandate_is_given(
    door: Door,
) -> None:
    authority = REGIONAL_AUTHORITY[Region.VEST]
    door.register(authority)
    ready = PageVisitor(door, authority, Role.AUDITOR)
    assert "No engagement is recorded" in ready.text("/my-day")
    kari = PageVisitor(door, authority, Role.ADMINISTRATOR, person="kari")
    _confirmed(kari, NEW, person="kari", role="administrator")
    sent_away = ready.get("/my-day")
    assert sent_away.headers["location"] == "/role?next=%2Fmy-day"
    assert "person-1" in ready.text("/role")


def test_only_an_authority_engages_auditors(administrator: PageVisitor) -> None:
    eva = {"person": "eva", "role": "auditor", "ends_on": "31.12.2026"}
    refused = administrator.post(NEW, **eva, purpose="Audit of 2026")
    assert "Only a regional health authority gives that role" in refused.text


def test_the_first_mandate_is_an_administrators(door: Door) -> None:
    door.register(BERGEN)
    kari = PageVisitor(door, role=Role.ADMINISTRATOR, person="kari")
    assert "No mandates are given" in kari.text(AT)
    refused = kari.post(NEW, **OLA)
    assert 'value="ola"' in refused.text
    assert "First an administrator" in refused.text
    assert "Nothing is recorded" in refused.text


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("person", ""),
        ("person", "Ola Nordmann"),
        ("person", "01017000027"),
        ("starts_on", "i morgen"),
        ("ends_on", "31.02.2026"),
    ],
)
def test_what_is_refused_is_told_at_its_field(
    administrator: PageVisitor, field: str, typed: str
) -> None:
    answer = administrator.post(NEW, **{**OLA, "role": "approver", field: typed})
    assert answer.status_code == 200
    assert f'aria-describedby="{field}-d {field}-e"' in answer.text
    assert '<option value="approver" selected>' in answer.text
    for name, value in {**OLA, field: typed}.items():
        assert name == "role" or f'value="{value}"' in answer.text


def test_the_last_administrator_stays(administrator: PageVisitor) -> None:
    kari, ending = administrator, f"{AT}/1/end"
    assert "kari is administrator." in kari.text(ending)
    refused = kari.post(ending, ended_on="06.01.2026")
    assert "Last administrator" in refused.text
    assert 'value="06.01.2026"' in refused.text
    early = kari.post(ending, ended_on="04.01.2026")
    assert 'id="ended_on-e"' in early.text
    done = _confirmed(kari, NEW, person="per", role="administrator")
    assert done.status_code == 303
    asked = kari.post(ending, ended_on="06.01.2026")
    assert "your own mandate" in asked.text
    assert kari.get(f"{AT}/9/end").status_code == 404


def test_who_does_not_administer_reads_and_no_more(administrator: PageVisitor) -> None:
    for role in (Role.CONTROLLER, Role.READER, Role.OPERATOR):
        _confirmed(administrator, NEW, person="person-1", role=role.value)
        visitor = PageVisitor(administrator.door, role=role)
        page = visitor.get(AT)
        assert page.status_code == 200
        assert NEW not in page.text
        assert visitor.get(NEW).status_code == 403
        assert visitor.get(f"{AT}/1/end").status_code == 403
        assert visitor.post(NEW, **OLA).status_code == 403
        assert visitor.post(f"{AT}/1/end", ended_on="").status_code == 403


def test_names_are_for_the_own_people_and_each_is_noted(
    administrator: PageVisitor,
) -> None:
    kari, node = administrator, administrator.door.node
    for code, name in (("kari", "Kari Vik"), ("ola", "Ola Lie"), ("liv", "Liv Hav")):
        node.persons.remember(code, name)
    asked = kari.post(NEW, **OLA)
    assert "Ola Lie" not in asked.text, "whose code it is may be nobody of ours"
    kari.post(NEW, **_hidden(asked.text))
    before = len(list(node.reading_log.lines()))
    assert "Ola Lie" in kari.text(AT)
    noted = [line.what for line in list(node.reading_log.lines())[before:]]
    assert noted == ["ola"], "and one's own name is no secret to oneself"
    _confirmed(kari, NEW, person="liv", role="reader")
    before = len(list(node.reading_log.lines()))
    reader = PageVisitor(kari.door, role=Role.READER, person="liv")
    assert "Ola Lie" not in reader.text(AT)
    controller = PageVisitor(kari.door, person="ola")
    assert "Kari Vik" in controller.text(AT)
    seen = {line.what for line in list(node.reading_log.lines())[before:]}
    assert seen == {"liv", "kari"}
