"""What a verification says it proved."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

from api.words import Language
from deploy.cli.verdict import Demands, shortcomings, verdict_line
from domain.values import Region, instant_text
from federation.checks.verification import verify
from federation.checks.verified import Verified
from federation.journal.sqlite import SQLiteJournal
from federation.node.heartbeat import Heartbeat, Listener
from federation.transport.memory import MemoryNetwork, MemoryTransport
from tests.support.federation import KEYS, instant


def test_where_nothing_is_recorded_there_is_nothing_to_prove() -> None:
    logs = [Verified(region.value, 0, 0, {}) for region in Region]
    said = verdict_line(logs, Demands(), Language.EN)
    assert said.startswith("No region has recorded anything yet")
    assert "at least 0" not in said.lower()


def test_an_empty_log_needs_no_witness_and_is_not_said_to_have_some() -> None:
    instant = "2026-12-31T23:00:00.000000Z"
    logs = [
        Verified("vest", 5, 1, {5: b"r"}, {"nord": 5, "midt": 5, "sorost": 5}),
        *(Verified(each, 0, 0, {}) for each in ("nord", "midt", "sorost")),
    ]
    logs = [replace(log, complete_to=instant) for log in logs]
    asked = Demands(witnesses=3, complete_to=date(2026, 12, 31))
    assert not list(shortcomings(logs, asked, Language.EN))
    said = verdict_line(logs, asked, Language.EN)
    assert "At least 3 other regions have cosigned each log that has entries" in said


def test_a_log_that_its_region_signs_as_empty_is_complete(tmp_path: Path) -> None:
    """Of one that only is not here, nothing is known."""
    transport = MemoryTransport(MemoryNetwork(), "nord")
    key = KEYS[Region.VEST]
    with (
        closing(SQLiteJournal(tmp_path / "v.sqlite", Region.VEST, instant)) as vest,
        closing(SQLiteJournal(tmp_path / "n.sqlite", Region.NORD, instant)) as nord,
    ):
        note = Heartbeat(vest, transport, key, instant).note()
        assert note is not None
        listener = Listener(nord, transport, key.verifier, lambda: 0.0, "vest")
        listener.take(note)
        keys = {region: KEYS[region].verifier for region in Region}
        logs = {log.origin: log for log in verify(nord, keys, by_others=True)}
    assert logs["vest"].complete_to == instant_text(instant())
    assert logs["midt"].complete_to == ""
