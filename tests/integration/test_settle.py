"""``fagnett settle`` on real servers and processes, also while they are killed."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.ehf.exact import faults
from tests.support import servers
from tests.support.commands import (
    SAMPLE,
    fagnett,
    kill,
    none_left,
    started,
    state,
    wait_for,
)
from tests.support.compare import without_more
from tests.support.official_rules import broken

pytestmark = pytest.mark.servers

EXPECTED: dict[str, Any] = json.loads((SAMPLE / "2026.expected.json").read_text())
QUESTION = ("--year", "2026", "--as-of", "2026-12-31", "--json")
VICTIMS = (
    "node-vest",
    "nats-sorost",
    "node-nord",
    "nats-hub",
    "node-sorost",
    "nats-vest",
)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Give a home in which the year was played while everything was killed once."""
    with servers.folder() as folder:
        play_and_kill(folder)
        yield folder


def recorded(home: Path) -> int:
    """Return how many entries the node of vest holds."""
    path = home / "nodes" / "vest" / "journal.sqlite"
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            found = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
        connection.close()
    except sqlite3.OperationalError:
        return 0
    return int(found)


def play_and_kill(home: Path) -> None:
    """Play the year; every so many entries, kill another process with -9."""
    with started("settle", SAMPLE / "2026", *QUESTION, "--home", home) as process:
        killed = {}
        for number, victim in enumerate(VICTIMS):
            wait_for(lambda: recorded(home) >= 60 + 35 * number, "entries")  # noqa: B023 - waited for here
            killed[victim] = state(home)["pids"][victim]
            kill(killed[victim])
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert without_more(json.loads(output), EXPECTED) == EXPECTED
    now = state(home)["pids"]
    assert all(now[f"node-{r}"] != killed.get(f"node-{r}") for r in ("vest", "nord"))
    none_left(now)


def test_killing_nodes_and_servers_changes_nothing(home: Path) -> None:
    """The work is done by the fixture; here the year is asked for again."""
    again = fagnett("settle", SAMPLE / "2026", *QUESTION, "--home", home)
    assert again.returncode == 0, again.stderr
    assert without_more(json.loads(again.stdout), EXPECTED) == EXPECTED
    early = fagnett(
        "settle", SAMPLE / "2026", "--as-of", "2026-06-30", "--json", "--home", home
    )
    found = json.loads(early.stdout)
    assert (found["year"], found["invoices"]) == (2026, [])
    assert sum(each["accrued"] for each in found["posts"]) > 0


def test_a_home_is_of_one_year(home: Path, tmp_path: Path) -> None:
    for name in ("organisations.csv", "networks.csv"):
        (tmp_path / name).write_bytes((SAMPLE / "2026" / name).read_bytes())
    shutil.copytree(SAMPLE / "2026", tmp_path / "changed")
    posts = tmp_path / "changed" / "posts.csv"
    posts.write_text(posts.read_text().replace("318500.00", "318500.01", 1))
    for year in (tmp_path, tmp_path / "changed"):
        other = fagnett("settle", year, "--home", home)
        assert other.returncode == 2
        assert "another year" in other.stderr


def test_a_command_is_followed_through_every_regions_log(home: Path) -> None:
    """The id of one request stands in the log of its own node and of all others."""
    log = (home / "logs" / "node-vest.log").read_text()
    sent = [json.loads(line) for line in log.splitlines() if '"page_sent"' in line]
    followed = sent[3]["correlation_ids"][0]
    for region in ("vest", "nord", "midt", "sorost"):
        lines = (home / "logs" / f"node-{region}.log").read_text().splitlines()
        found = [json.loads(line)["event"] for line in lines if followed in line]
        assert ("page_sent" if region == "vest" else "page_received") in found
        assert region != "vest" or "request" in found


@pytest.mark.law(8)
def test_no_log_holds_a_holder_or_a_token(home: Path) -> None:
    for path in (home / "logs").iterdir():
        text = path.read_text(errors="replace")
        assert "holder-" not in text
        assert "Bearer" not in text
        assert "eyJ" not in text


def test_an_intact_home_is_verified(home: Path) -> None:
    done = fagnett("verify", "--home", home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("are whole") == 4
    assert done.stdout.count("the read models settle 2026") == 4
    assert done.stdout.count("rows of the read models are what the journal says") == 4


def test_read_models_that_are_not_what_the_journal_says_are_found_out(
    home: Path, tmp_path: Path
) -> None:
    folder = copied(home, tmp_path)
    views = folder / "nodes" / "nord" / "views.sqlite"
    done = fagnett("verify", "--home", folder)
    assert done.returncode == 0
    assert "read models" not in done.stdout + done.stderr
    assert not views.exists()
    assert fagnett("rebuild", "--home", folder).returncode == 0
    with closing(sqlite3.connect(views)) as connection, connection:
        connection.execute("UPDATE payment SET amount_ore = amount_ore + 1")
    done = fagnett("verify", "--home", folder)
    assert done.returncode == 1, done.stdout
    assert "Helse Nord: the read models do not settle 2026" in done.stderr
    assert "Helse Nord: the read models are not what the journal says" in done.stderr
    assert "in the table payment the row " in done.stderr
    assert "has another value in amount_ore" in done.stderr
    assert done.stdout.count("the read models settle 2026") == 3
    assert fagnett("rebuild", "--home", folder).returncode == 0
    assert fagnett("verify", "--home", folder).returncode == 0
    with closing(sqlite3.connect(views)) as connection, connection:
        connection.execute("UPDATE network SET name_en = 'Elsewhere'")
    done = fagnett("verify", "--home", folder)
    assert done.returncode == 1, "what settles nothing is held against it, too"
    assert done.stdout.count("the read models settle 2026") == 4
    assert "has another value in name_en" in done.stderr
    with closing(sqlite3.connect(views)) as connection, connection:
        connection.execute("DROP TABLE billing_details")
    done = fagnett("verify", "--home", folder)
    assert done.returncode == 1, done.stderr
    assert "the table billing_details is missing" in done.stderr


def copied(home: Path, folder: Path) -> Path:
    """Return a copy of a home's journals and public keys."""
    for path in (home / "nodes").glob("*/journal.sqlite"):
        target = folder / path.relative_to(home)
        target.parent.mkdir(parents=True)
        with sqlite3.connect(path) as source, sqlite3.connect(target) as copy:
            source.backup(copy)
        source.close()
        copy.close()
    (folder / "keys").mkdir()
    for name in ("keys/regions.pub", "federation.json"):
        (folder / name).write_bytes((home / name).read_bytes())
    return folder


def changed(statement: str, *values: Any) -> Callable[[Path], None]:
    """Change a journal behind the node's back, as somebody with the file could."""

    def act(folder: Path) -> None:
        path = folder / "nodes" / "nord" / "journal.sqlite"
        with sqlite3.connect(path) as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall()
            for (name,) in names:
                connection.execute(f"DROP TRIGGER {name}")
            assert connection.execute(statement, values).rowcount
        connection.close()

    return act


def flipped(folder: Path) -> None:
    """Flip one bit of an entry in the file itself."""
    path = folder / "nodes" / "nord" / "journal.sqlite"
    content = bytearray(path.read_bytes())
    place = content.index(b'"annual_cost_ore":') + len(b'"annual_cost_ore":')
    content[place] ^= 1
    path.write_bytes(content)


ENTRY = "WHERE origin = 'vest' AND position = 7"
DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a bit of the file": (flipped, "nord: entry "),
    "an amount": (
        changed(f"UPDATE journal SET body = replace(body, '2025', '2024') {ENTRY}"),
        "nord: entry vest/1/7",
    ),
    "a column": (
        changed(f"UPDATE journal SET recorded_at = '2020' {ENTRY}"),
        "nord: entry vest/1/7",
    ),
    "a leaf": (
        changed(f"UPDATE journal SET leaf = zeroblob(32) {ENTRY}"),
        "nord: entry vest/1/7",
    ),
    "an entry gone": (changed(f"DELETE FROM journal {ENTRY}"), "nord: entry vest/1/7"),
    "the last entries gone": (
        changed("DELETE FROM journal WHERE origin = 'vest' AND position > 50"),
        "nord: the log of vest ends at 50",
    ),
    "a signature": (
        changed(
            "UPDATE checkpoint SET note = replace(note, 'complete', 'Complete') WHERE origin = 'midt'"
        ),
        "nord: the checkpoint at midt/1/",
    ),
    "a stored tree": (
        changed(
            "UPDATE checkpoint SET frontier = zeroblob(length(frontier)) WHERE origin = 'midt'"
        ),
        "nord: the stored tree at midt/1/",
    ),
    "a stored tree cut off": (
        changed("UPDATE checkpoint SET frontier = x'00' WHERE origin = 'midt'"),
        "nord: a checkpoint after midt/1/0",
    ),
    "a remembered command": (
        changed("UPDATE command SET digest = 'x' WHERE position = 3"),
        "nord: the memory of command",
    ),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_damage_is_found_and_its_place_named(
    home: Path, tmp_path: Path, what: str
) -> None:
    act, place = DAMAGES[what]
    folder = copied(home, tmp_path)
    act(folder)
    done = fagnett("verify", "--home", folder)
    assert done.returncode == 1, done.stdout
    assert f"Damage: {place}" in done.stderr


def test_a_file_that_is_no_database_is_said_so(home: Path, tmp_path: Path) -> None:
    folder = copied(home, tmp_path)
    path = folder / "nodes" / "nord" / "journal.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    done = fagnett("verify", "--home", folder)
    assert done.returncode == 1
    assert "Damage: nord: " in done.stderr


def test_a_rebuild_gives_the_same_rows(home: Path) -> None:
    def dump(region: str) -> list[str]:
        path = home / "nodes" / region / "views.sqlite"
        with sqlite3.connect(path) as connection:
            rows = sorted(line for line in connection.iterdump() if "INSERT" in line)
        connection.close()
        return rows

    before = {region: dump(region) for region in ("vest", "nord")}
    assert before["vest"] == before["nord"]
    done = fagnett("rebuild", "--home", home)
    assert done.returncode == 0, done.stderr
    assert "339 entries folded" in done.stdout
    assert {region: dump(region) for region in ("vest", "nord")} == before


def test_every_document_is_exported_as_ehf_that_passes(
    home: Path, tmp_path: Path
) -> None:
    arguments = ("export", "invoices", "--home", home, "--format", "ehf", "--to")
    for name in ("one", "two"):
        done = fagnett(*arguments, tmp_path / name)
        assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "one").iterdir())
    assert len(files) == len(EXPECTED["invoices"])
    for file in files:
        content = file.read_bytes()
        assert content == (tmp_path / "two" / file.name).read_bytes()
        assert broken(content) == []
        assert faults(content) == []


PARTIES = {
    number for each in EXPECTED["posts"] for number in (each["payer"], each["payee"])
}


@pytest.mark.parametrize(
    ("what", "kind", "files"),
    [
        ("invoices", "pdf", len(EXPECTED["invoices"])),
        ("settlement", "pdf", 1 + len(PARTIES)),
        ("invoices", "csv", 1),
        ("posts", "csv", 1),
        ("settlement", "csv", 3),
        ("settlement", "xlsx", 1),
        ("ledger", "csv", 3),
    ],
)
def test_files_are_exported_the_same_each_time(
    home: Path, tmp_path: Path, what: str, kind: str, files: int
) -> None:
    for name in ("one", "two"):
        options = ("--home", home, "--to", tmp_path / name, "--format", kind)
        done = fagnett("export", what, *options)
        assert done.returncode == 0, done.stderr
    written = list((tmp_path / "one").glob(f"*.{kind}"))
    assert len(written) == files
    for file in written:
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def test_what_is_not_exported_is_said_so(home: Path, tmp_path: Path) -> None:
    options = ("--home", home, "--to", tmp_path, "--format", "ehf")
    assert fagnett("export", "posts", *options).returncode == 2
    (tmp_path / "file").write_text("")
    options = ("--home", home, "--to", tmp_path / "file", "--format", "csv")
    assert fagnett("export", "posts", *options).returncode == 1


@pytest.mark.parametrize("command", ["verify", "rebuild", "status"])
def test_a_folder_without_a_federation_is_said_so(command: str, tmp_path: Path) -> None:
    done = fagnett(command, "--home", tmp_path)
    assert done.returncode == 2
    assert "no local federation" in done.stderr


def test_the_year_is_settled_on_postgresql(postgres_dsn: str) -> None:
    with servers.folder() as folder:
        arguments = ("--database", "postgres", "--home", folder)
        done = fagnett(
            "settle",
            SAMPLE / "2026",
            *QUESTION,
            *arguments,
            FAGNETT_POSTGRES_DSN=postgres_dsn,
        )
        assert done.returncode == 0, done.stderr
        assert without_more(json.loads(done.stdout), EXPECTED) == EXPECTED
        whole = fagnett("verify", "--home", folder, FAGNETT_POSTGRES_DSN=postgres_dsn)
        assert whole.returncode == 0, whole.stderr


def test_postgresql_is_started_where_there_is_none() -> None:
    with servers.folder() as folder:
        done = fagnett(
            "settle",
            SAMPLE / "2026",
            *QUESTION,
            "--database",
            "postgres",
            "--home",
            folder,
        )
        assert done.returncode == 0, done.stderr
        assert without_more(json.loads(done.stdout), EXPECTED) == EXPECTED
        none_left(state(folder)["pids"])
        assert fagnett("verify", "--home", folder).returncode == 0
        assert fagnett("rebuild", "--home", folder).returncode == 0
