"""Publishing a call on a page: from a preset, from nothing, and as a new version."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import httpx
import pytest

from api.auth import Role
from api.pages.grants.grant_call_draft import call_draft
from api.presets import PRESETS, preset_rules
from domain.grants.call import CALL
from domain.grants.rules import CallRules
from tests.support.applications import NETWORKS, NORD, SAFETY
from tests.support.doors import Door
from tests.support.examples import TROMSO
from tests.support.granting import Person, granting
from tests.support.visitors import hidden, words

NEW = "/grants/calls/new"
DAYS = {
    "valid_from": "01.01.2025",
    "opens_on": "10.01.2025",
    "deadline": "01.03.2025",
    "announce_by": "01.04.2025",
}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Open a node whose authority has a call open."""
    with granting(tmp_path) as found:
        yield found


@pytest.fixture
def rolf(door: Door) -> Person:
    """Give somebody who decides for the authority."""
    return Person(door, NORD, Role.DECIDER, "Rolf Tho")


def typed(page: httpx.Response) -> dict[str, str]:
    """What stands in the fields of a form."""
    text = page.text.partition("<main")[2]
    found = dict(re.findall(r'<input class="ds-input" id="([^"]+)" name="[^"]+" type="text" value="([^"]*)"', text))  # fmt: skip
    found |= dict(re.findall(r'type="checkbox" name="([^"]+)" id="[^"]+" value="([^"]*)" checked', text))  # fmt: skip
    for name, inside in re.findall(r'<select class="ds-input" id="([^"]+)".*?>(.*?)</select>', text):  # fmt: skip
        chosen = re.search(r'value="([^"]*)" selected', inside)
        first = re.search(r'value="([^"]*)"', inside)
        found[name] = (chosen or first).group(1)  # type: ignore[union-attr]
    return {name: unescape(value) for name, value in found.items()}


def published(door: Door, call: str) -> CallRules:
    """Return the rules of a call's last version."""
    with door.node.executor.history() as history:
        latest = history.state(CALL, call).latest
    assert latest is not None
    return latest.rules


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_published_as_it_comes_with_other_days(
    door: Door, rolf: Person, preset: str
) -> None:
    page = rolf.look(NEW, preset=preset)
    form = {**typed(page), **DAYS, "call": "hn-2025"}
    asked = rolf.press(NEW, **form)
    assert "This is what you publish" in words(asked), words(asked)[:900]
    sent = rolf.press(NEW, **{k: unescape(v) for k, v in hidden(asked).items()})
    assert sent.status_code == 303, words(sent)[:900]
    content = preset_rules(preset)
    assert content is not None
    days = {
        "valid_from": date(2025, 1, 1),
        "opens_on": date(2025, 1, 10),
        "deadline": date(2025, 3, 1),
        "announce_by": date(2025, 4, 1),
        "funder": NORD,
    }
    want = CallRules.model_validate_json(content).model_copy(update=days)
    assert published(door, "hn-2025") == want
    for language in ("nb", "nn", "en"):
        assert want.title in rolf.read("/grants/calls/hn-2025", language=language)
        version = rolf.read("/grants/calls/hn-2025/new-version", language=language)
        assert want.title in version


def test_a_call_from_nothing_keeps_what_was_typed(door: Door, rolf: Person) -> None:
    page = rolf.look(NEW)
    assert "From" in words(page) or "Begin from" in words(page)
    form = {**typed(page), **DAYS, "title": "Nye midler", "scheme": "Midler 2025"}
    more = rolf.press(NEW, **{**form, "more": "categories"})
    assert "What the money may be for 1" in words(more)
    form = {**form, **typed(more), "categories.0.key": "venue"}
    form |= {"categories.0.words": "Lokale", "categories.0.rule": "S0"}
    refused = rolf.press(NEW, **{**form, "call": "nye", "deadline": "snart"})
    said = words(refused)
    assert "Nothing is recorded" in said
    assert 'value="snart"' in refused.text
    refused = rolf.press(NEW, **{**form, "call": "nye"})
    assert 'id="scheme" name="scheme" type="text" value="Midler 2025"' in refused.text
    assert refused.text.count('aria-invalid="true"') >= 2
    form |= {"scheme": "nye", "categories.0.rule": "S0-23", "rules.deadline": "S0-02"}
    asked = rolf.press(NEW, **{**form, "call": "nye"})
    assert "This is what you publish" in words(asked), words(asked)[:900]
    again = rolf.press(NEW, **{**hidden(asked), "step": "edit"})
    assert 'value="Nye midler"' in again.text
    assert rolf.press(NEW, **hidden(asked)).status_code == 303
    assert published(door, "nye").rules["deadline"] == ("S0-02",)


def test_a_new_version_has_a_reason_and_a_later_deadline(
    door: Door, rolf: Person
) -> None:
    at = f"/grants/calls/{NETWORKS}/new-version"
    form = {**typed(rolf.look(at)), "deadline": "15.02.2025"}
    assert "Must be filled in" in words(rolf.press(at, **form))
    gone = {**form, "reason": "Mer tid", "deadline": "01.01.2025"}
    assert "Write a deadline that is today or later." in words(rolf.press(at, **gone))
    asked = rolf.press(at, **{**form, "reason": "Mer tid"})
    assert rolf.press(at, **{k: unescape(v) for k, v in hidden(asked).items()}).status_code == 303  # fmt: skip
    shown = rolf.read(f"/grants/calls/{NETWORKS}")
    assert "15 February 2025 at 23:59" in shown
    assert "Mer tid" in shown
    before, after = published(door, NETWORKS), call_draft(published(door, NETWORKS))
    assert before.deadline == date(2025, 2, 15)
    assert after["sections.0.key"] == "purpose"


def test_others_publish_nothing(door: Door, rolf: Person) -> None:
    nina = Person(door, NORD, Role.SECRETARY, "Nina Os")
    for path in (NEW, f"/grants/calls/{NETWORKS}/new-version"):
        assert nina.look(path).status_code == 403
        assert nina.press(path).status_code == 403
    other = Person(door, TROMSO, Role.DECIDER, "Siri Foss")
    assert other.look(f"/grants/calls/{NETWORKS}/new-version").status_code == 403
    assert rolf.look(NEW, preset="none").status_code == 404
    assert rolf.look(f"/grants/calls/{SAFETY}/new-version").status_code == 404
