"""``fagnett incidents`` shows what waits, and keeps what an operator decides."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.app import app
from domain.values import Region
from federation.checks.incidents import KEY_ACCEPTED, Observation, Observed, observe
from federation.journal.sqlite import SQLiteJournal
from federation.journal.witnessing import (
    OPEN_MAX,
    Incident,
    count_undecided,
    decide_one,
    incidents,
    keep_incident,
)
from tests.support.federation import KEYS, instant

WHEN = "2026-01-01T12:00:00.000000Z"


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SQLiteJournal:
    """Give a journal that the environment names."""
    path = tmp_path / "journal.sqlite"
    peers = tmp_path / "regions.pub"
    peers.write_text("\n".join(str(key.verifier) for key in KEYS.values()))
    monkeypatch.setenv("FAGNETT_REGION", "nord")
    monkeypatch.setenv("FAGNETT_DATABASE", f"sqlite:///{path}")
    monkeypatch.setenv("FAGNETT_PEERS_FILE", str(peers))
    monkeypatch.setenv("FAGNETT_LANGUAGE", "en")
    return SQLiteJournal(path, Region.NORD, instant)


def test_an_incident_is_shown_decided_on_and_kept(journal: SQLiteJournal) -> None:
    cli = CliRunner()
    none = cli.invoke(app, ["incidents"])
    assert (none.exit_code, none.stdout) == (0, "Helse Nord: no incidents.\n")
    keep_incident(journal, Incident("abc", "vest", "two-histories", "{}", WHEN))
    shown = cli.invoke(app, ["incidents"])
    assert shown.exit_code == 1
    assert "abc of" in shown.stdout
    assert "two-histories" in shown.stdout
    assert cli.invoke(app, ["incidents", "--decide", "vest"]).exit_code == 2
    decided = ["incidents", "--decide", "vest", "--reason", "a copy was running"]
    assert cli.invoke(app, decided).exit_code == 0
    (kept,) = incidents(journal)
    assert kept.reason == "a copy was running"
    assert not count_undecided(journal, "vest")
    journal.close()


@pytest.mark.parametrize("command", [["incidents"], ["rebuild"]])
def test_of_a_journal_that_is_not_there_nothing_is_said(
    journal: SQLiteJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:
    journal.close()
    elsewhere = tmp_path / "elsewhere" / "journal.sqlite"
    monkeypatch.setenv("FAGNETT_DATABASE", f"sqlite:///{elsewhere}")
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2
    assert "there is no journal" in result.output
    assert not elsewhere.parent.exists(), "and none is made"


def test_what_was_only_seen_is_shown_stops_nothing_and_is_decided_too(
    journal: SQLiteJournal,
) -> None:
    seen = Observation(
        Observed.NOT_SIGNED, "log", "a page is not signed\x1b[2J", b"page"
    )
    assert observe(journal, "vest", seen)
    assert not observe(journal, "vest", seen), "once, while nothing has come since"
    assert observe(journal, "vest", seen._replace(where="ranges"))
    cli = CliRunner()
    shown = cli.invoke(app, ["incidents"])
    assert shown.exit_code == 1
    assert "observed:not-signed, seen" in shown.stdout
    assert "a page is not signed?[2J; waits" in shown.stdout
    assert count_undecided(journal, "vest") == 0
    assert count_undecided(journal, "vest", observed=True) == 2
    assert [each.origin for each in incidents(journal) if each.observed] == ["vest"] * 2
    decided = ["incidents", "--decide", "vest", "--reason", "a cable"]
    assert cli.invoke(app, decided).exit_code == 0
    assert count_undecided(journal, "vest", observed=True) == 0
    journal.close()


def test_what_a_key_that_came_late_explains_is_said_in_words(
    journal: SQLiteJournal,
) -> None:
    assert observe(journal, "vest", Observation(Observed.NOT_SIGNED, "log", "a page"))
    (waits,) = incidents(journal)
    decide_one(journal, waits.incident_id, KEY_ACCEPTED)
    shown = CliRunner().invoke(app, ["incidents"])
    assert shown.exit_code == 0
    assert "a key that was accepted afterwards" in shown.stdout
    assert KEY_ACCEPTED not in shown.stdout
    journal.close()


def test_noise_takes_no_place_from_what_is_proved(journal: SQLiteJournal) -> None:
    for kind in (Observed.NOT_SIGNED, Observed.WITHHELD):
        new = [
            observe(journal, "vest", Observation(kind, str(n), "noise"))
            for n in range(2 * OPEN_MAX)
        ]
        assert sum(new) == OPEN_MAX, "of each kind"
    assert keep_incident(journal, Incident("x", "vest", "shrunk", "{}", WHEN))
    assert count_undecided(journal, "vest") == 1
    journal.close()


def test_a_region_cannot_fill_the_database_with_incidents(
    journal: SQLiteJournal,
) -> None:
    new = [
        keep_incident(journal, Incident(str(n), "vest", "shrunk", "{}", WHEN))
        for n in [0, *range(2 * OPEN_MAX)]
    ]
    assert sum(new) == OPEN_MAX == count_undecided(journal, "vest")
    assert keep_incident(journal, Incident("x", "midt", "shrunk", "{}", WHEN))
    journal.close()
