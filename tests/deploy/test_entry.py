"""``fagnett entry``: an entry with its proofs, from the journal of any region."""

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.keyfiles import load_peers
from domain.values import Region
from federation.backup.load import load
from federation.journal.sqlite import SQLiteJournal
from tests.support.federation import KEYS, instant

YEAR = Path(__file__).parents[1] / "data" / "journals" / "v1" / "year.ndjson"
KEYS_FILE = YEAR.with_suffix(".pub")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the journal of vest's node after a year, as the environment names it."""
    path = tmp_path / "journal.sqlite"
    journal = SQLiteJournal(path, Region.VEST, instant)
    with YEAR.open("rb") as lines:
        load(journal, lines, load_peers(KEYS_FILE))
    journal.close()
    monkeypatch.setenv("FAGNETT_REGION", "vest")
    monkeypatch.setenv("FAGNETT_DATABASE", f"sqlite:///{path}")
    monkeypatch.setenv("FAGNETT_PEERS_FILE", str(KEYS_FILE))
    monkeypatch.setenv("FAGNETT_LANGUAGE", "en")
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["entry", *arguments])


def change(path: Path, table: str, statement: str) -> None:
    """Change what is never changed, past its triggers."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TRIGGER {table}_update")
        connection.execute(statement)
        connection.commit()


def test_an_entry_is_shown_from_a_pack_alone(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = str(tmp_path / "pack")
    made = CliRunner().invoke(app, ["exit-pack", "--to", pack])
    assert made.exit_code == 0, made.output
    path.unlink()
    for name in ("REGION", "DATABASE", "PEERS_FILE"):
        monkeypatch.delenv(f"FAGNETT_{name}")
    shown = run("nord/1/7", "--pack", pack)
    assert shown.exit_code == 0, shown.output
    assert "Signed by Helse Nord" in shown.stdout


@pytest.mark.parametrize("command", [["entry", "nord/1/7"], ["doctor"], ["verify"]])
def test_where_no_node_is_named_an_option_is_named_first(command: list[str]) -> None:
    told = CliRunner().invoke(app, ["--language", "en", *command])
    assert told.exit_code > 0
    assert told.stderr.startswith("Give --home FOLDER for a local federation")


@pytest.mark.usefixtures("path")
def test_an_entry_of_any_region_is_shown_and_proved() -> None:
    shown = run("nord/1/7")
    assert shown.exit_code == 0, shown.output
    said = shown.stdout.splitlines()
    assert said[0] == "Entry nord/1/7, index 6 in the log of Helse Nord"
    assert "Signed by Helse Nord" in shown.stdout
    for witness in ("Helse Vest", "Helse Midt-Norge", "Helse Sør-Øst"):
        assert f"Cosigned by {witness}" in shown.stdout
    found = orjson.loads(run("nord/1/7", "--json").stdout)
    assert f"Leaf hash (SHA-256): {found['leaf']}" in said
    assert found["entry"] in said
    assert [each["witness"] for each in found["cosignatures"]] == [
        *("midt", "sorost", "vest"),
    ]


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("place", ["nord/1/999", "nord/2/7", "nord-7", "nord/1/0"])
def test_what_is_no_entry_is_not_there(place: str) -> None:
    shown = run(place)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert f"{place}: there is no such entry here" in shown.stderr


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("journal", "UPDATE journal SET body = replace(body, '20', '21')"),
        ("journal", "UPDATE journal SET leaf = x'00' WHERE position = 7"),
        ("checkpoint", "UPDATE checkpoint SET note = replace(note, '7', '8')"),
        ("cosignature", "UPDATE cosignature SET note = replace(note, 'A', 'B')"),
        ("cosignature", "UPDATE cosignature SET size = size + 1"),
    ],
)
def test_what_does_not_hold_is_not_shown(
    path: Path, table: str, statement: str
) -> None:
    change(path, table, statement)
    shown = run("nord/1/7")
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "Damage" in shown.stderr


def test_a_proof_is_for_the_keys_that_are_known(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pub"
    other.write_text("".join(f"{key.verifier}\n" for key in KEYS.values()))
    monkeypatch.setenv("FAGNETT_PEERS_FILE", str(other))
    assert path.exists()
    assert run("nord/1/7").exit_code == 1
