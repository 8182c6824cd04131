"""An answer says which regions it lacks, or is refused where it must lack nothing."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from api.auth import Role
from domain.values import Region, day_end, instant_text, parse_instant
from federation.log.completeness import announce, completeness, hear
from federation.signed.checkpoint import Checkpoint
from federation.signed.facts import QuarantineReason, UnreadableFactError
from projections.completeness import complete_to
from tests.support.doors import AUTHORITY, Door
from tests.support.examples import BERGEN, STAVANGER

PAST = date(2026, 1, 31)
END = day_end(PAST)
READER: dict[str, Any] = {**AUTHORITY, "roles": (Role.READER,)}
OTHERS = ("midt", "nord", "sorost")


def silent(door: Door, region: str, until: datetime) -> None:
    """Let a region in which nothing happened be heard."""
    said = Checkpoint(region, 1, 0, bytes(32), instant_text(until))
    assert hear(door.node.journal, said, "note")


def announced(door: Door, until: datetime) -> None:
    """Let the node announce its own log."""
    journal = door.node.journal
    end = journal.positions()["vest"]
    assert announce(journal, end, until, lambda _: "note") is not None


def test_an_answer_names_the_regions_that_it_lacks_and_since_when(door: Door) -> None:
    path = f"/v1/organisations?as_of={PAST}"
    answer = door.get(path, **READER)
    assert answer.status_code == 200
    assert answer.headers["fagnett-incomplete"] == "midt, nord, sorost, vest"
    announced(door, END)
    silent(door, "midt", END)
    silent(door, "nord", END - timedelta(microseconds=1))
    almost = instant_text(END - timedelta(microseconds=1))
    answer = door.get(path, **READER)
    expected = f'nord;complete-to="{almost}", sorost'
    assert answer.headers["fagnett-incomplete"] == expected
    silent(door, "nord", END)
    silent(door, "sorost", END + timedelta(days=1))
    answer = door.get(path, **READER)
    assert "fagnett-incomplete" not in answer.headers


def test_an_answer_that_must_be_complete_is_refused_until_it_is(door: Door) -> None:
    path = f"/v1/settlement?year=2026&as_of={PAST}&complete=true"
    announced(door, END)
    for region in OTHERS:
        silent(door, region, END - timedelta(hours=1))
    answer = door.get(path, **READER)
    told = answer.json()
    assert (answer.status_code, told["code"]) == (503, "not_complete_yet")
    assert told["region"] == "midt"
    assert told["complete_to"] == instant_text(END - timedelta(hours=1))
    assert "complete to 2026-01-31 21:59:59 UTC" in told["detail"]
    assert int(answer.headers["retry-after"]) >= 5
    for region in OTHERS:
        silent(door, region, END)
    assert door.get(path, **READER).status_code == 200
    day_after = path.replace(str(PAST), "2026-02-01")
    assert door.get(day_after, **READER).status_code == 503


def test_also_a_file_says_what_it_lacks(door: Door) -> None:
    answer = door.get(
        f"/v1/exports/settlement?year=2026&format=csv&as_of={PAST}", **READER
    )
    assert answer.headers["fagnett-incomplete"] == "midt, nord, sorost, vest"
    for day in ("0001-01-01", "9999-12-31"):
        assert door.get(f"/v1/networks?as_of={day}", **READER).status_code == 200


def test_what_the_read_models_lack_is_not_complete(door: Door) -> None:
    """An entry that stops a region, and all after it, are not in the answers."""
    journal, projector = door.node.journal, door.node.projector
    door.register(BERGEN)
    projector.catch_up()
    door.register(STAVANGER)
    first, second = journal.entries("vest", 0, 2)
    assert completeness(journal)["vest"].complete_to == second.recorded_at
    before = parse_instant(second.recorded_at) - timedelta(microseconds=1)
    assert complete_to(journal, projector)["vest"] == instant_text(before)
    assert instant_text(before) >= first.recorded_at
    projector.catch_up()
    assert complete_to(journal, projector)["vest"] == second.recorded_at


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Complete to 2026-01-31 22:59:59 UTC.", "Heard 7 seconds ago.", "does not know x.y.v2", "not believed: a lie."]),
        ("nb", ["Fullstendig til 2026-01-31 22:59:59 UTC.", "Hørt for 7 sekunder siden.", "kjenner ikke x.y.v2", "ikke trodd: a lie."]),
        ("nn", ["Fullstendig til 2026-01-31 22:59:59 UTC.", "Høyrt for 7 sekund sidan.", "kjenner ikkje x.y.v2", "ikkje trudd: a lie."]),
    ],
)  # fmt: skip
def test_the_federation_is_shown_in_figures_and_words(
    door: Door, language: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    door.register(BERGEN)
    (row,) = door.node.journal.entries("vest", 0, 1)
    silent(door, "nord", END)
    listener = door.node.listeners[Region.NORD]
    monkeypatch.setattr("api.status.heartbeat_age_seconds", lambda *_: 7.5)
    listener.refused = "a lie"
    stop = UnreadableFactError(row, QuarantineReason.UNKNOWN, "x.y.v2")
    door.node.projector.state.stopped_at["nord"] = stop
    answer = door.call("GET", "/v1/federation", **READER, Accept_Language=language)
    regions = answer.json()["regions"]
    assert regions["nord"]["complete_to"] == instant_text(END)
    assert regions["nord"]["heartbeat_age_seconds"] == 7.5
    for each in words:
        assert each in regions["nord"]["words"]
    assert (regions["midt"]["complete_to"], regions["midt"]["lag_seconds"]) == (
        None,
        None,
    )
    ready = door.client.request("GET", "/readyz").json()
    assert ready["complete_to"]["nord"] == instant_text(END)
    assert ready["checks"]["announcements"] is False
    figures = door.client.request("GET", "/metrics").text
    assert 'fagnett_lag_seconds{origin="midt"} +Inf' in figures
    assert 'fagnett_lag_seconds{origin="nord"} ' in figures
    assert 'fagnett_heartbeat_age_seconds{origin="nord"} ' in figures
    assert 'fagnett_heartbeat_age_seconds{origin="midt"} +Inf' in figures
    assert 'fagnett_announcement_refused{origin="nord"} 1.0' in figures
