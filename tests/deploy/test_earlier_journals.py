"""What earlier releases wrote is restored, verified, and settles to the same figures."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from api.settlement import settlement_document
from deploy.cli.app import app
from deploy.keyfiles import load_peers
from domain.values import Region
from federation.backup.load import load
from federation.checks.verification import verify
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.redeciding import redecide
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.replay import settlements
from projections.settlement import settlement
from tests.support.federation import instant
from tests.support.replication import record
from tests.support.servers import new_database, postgres_journal

JOURNALS = Path(__file__).parents[1] / "data" / "journals"
UNFOUNDED = {
    ("credits", Region.SOROST): [
        ("sorost/1/15", "agreement.version_proposed.v2", "not_a_party")
    ]
}
"""What was allowed once and no longer is: deploy/README says that it stops there."""
VEST, LAST = Region.VEST, date(2026, 12, 31)


def document(settled: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(settlement_document(settled).to_json())
    return found


def check(journal: Journal, keys: Path, folder: Path) -> None:
    """Verify a journal, settle it in both ways, and go on with it."""
    rings = load_peers(keys)
    held = {log.origin: log.entries for log in verify(journal, rings)}
    assert all(held.values())
    for region in Region:
        decided = redecide(journal, region.value)
        assert not decided.unknown, "all of it is decided again"
        assert [*map(tuple, decided.unfounded)] == UNFOUNDED.get(
            (keys.stem, region), []
        )
    expected = json.loads(keys.with_suffix(".json").read_text())
    (settled,) = settlements(journal, (2026,), LAST)
    assert document(settled) == expected
    views = open_sqlite(folder / "views.sqlite")
    projector = Projector(journal, views)
    projector.prepare()
    projector.rebuild()
    with reading(views) as connection:
        assert document(settlement(connection, 2026, LAST)) == expected
    views.dispose()
    record(journal, 3)
    again = {log.origin: log.entries for log in verify(journal, rings)}
    assert again == {**held, "vest": held["vest"] + 3}


@pytest.mark.parametrize(
    "file", sorted(JOURNALS.rglob("*.ndjson")), ids=lambda each: each.name
)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgres", marks=pytest.mark.servers)]
)
def test_a_backup_is_restored(
    request: pytest.FixtureRequest, tmp_path: Path, file: Path, database: str
) -> None:
    journal: Journal
    if database == "sqlite":
        journal = SQLiteJournal(tmp_path / "journal.sqlite", VEST, instant)
    else:
        dsn = new_database(request.getfixturevalue("postgres_dsn"))
        journal = postgres_journal(dsn)
    keys = file.with_suffix(".pub")
    with closing(journal), file.open("rb") as lines:
        load(journal, lines, load_peers(keys))
        check(journal, keys, tmp_path)


@pytest.mark.parametrize(
    "file", sorted(JOURNALS.rglob("*.sql")), ids=lambda each: each.name
)
def test_a_database_is_opened(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(file.read_text())
    with closing(SQLiteJournal(path, VEST, instant)) as journal:
        check(journal, file.with_suffix(".pub"), tmp_path)


def test_there_is_something_of_every_release() -> None:
    for folder in (each for each in JOURNALS.iterdir() if each.is_dir()):
        kinds = {each.suffix for each in folder.iterdir()}
        assert kinds == {".ndjson", ".sql", ".pub", ".json"}


@pytest.mark.servers
def test_a_backup_goes_from_sqlite_to_postgresql_by_commands(
    postgres_dsn: str, tmp_path: Path
) -> None:
    file = JOURNALS / "v1" / "year.ndjson"
    environment = {
        "FAGNETT_REGION": "vest",
        "FAGNETT_DATABASE": new_database(postgres_dsn),
        "FAGNETT_PEERS_FILE": str(file.with_suffix(".pub")),
        "FAGNETT_LANGUAGE": "en",
    }

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, env=environment)
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "339 entries" in run("restore", "--from", str(file))
    assert "settle 2026 as the journal does" in run("verify")
    run("backup", "--to", str(tmp_path / "again"))
    before, after = (
        sorted(each.read_bytes().splitlines()[1:-1])
        for each in (file, tmp_path / "again")
    )
    assert after == before
