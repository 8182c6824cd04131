"""What is said about the pages: every command and each kind of reading has its words."""

import pytest

from api.auth import Role
from api.pages.about import command_key
from api.words import catalogue
from domain.catalogue import COMMANDS
from domain.history import ShownTo
from domain.kind import Asks
from tests.support.doors import Door
from tests.support.examples import BERGEN
from tests.support.visiting import BROWSER, PageVisitor


def test_every_command_and_whoever_sends_it_has_words() -> None:
    words = catalogue().sentences["page_access"].keys()
    assert words >= {command_key(each) for each in COMMANDS}
    assert words >= {f"asks_{each.name.lower()}" for each in Asks}
    assert words >= {f"reads_{each}" for each in ShownTo}


@pytest.mark.parametrize("role", Role)
def test_each_role_reads_what_it_may_do(door: Door, role: Role) -> None:
    door.register(BERGEN)
    page = PageVisitor(door, role=role).get("/access")
    assert page.status_code == 200
    sends = sum(role in kind.authority.by for kind in COMMANDS.values())
    assert page.text.count('<span class="fg-state" data-kind="ok">') >= sends


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_accessibility_statement_is_for_everybody(
    door: Door, language: str
) -> None:
    answer = door.client.request(
        "GET", f"/accessibility?language={language}", headers=BROWSER
    )
    assert answer.status_code == 200
    assert "uutilsynet" in answer.text
