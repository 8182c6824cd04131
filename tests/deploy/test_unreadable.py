"""What cannot be read is told from what is damaged; and reading asks for no right to write."""

import gzip
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.databases import open_journal
from deploy.keyfiles import load_peers
from deploy.local.postgres import on_server
from deploy.views import open_views
from domain.values import Region
from federation.backup.load import load
from federation.journal.sqlite import SQLiteJournal
from projections.engine import Projector
from tests.support.federation import instant
from tests.support.packs import lines_of, pack_of, put
from tests.support.replication import record
from tests.support.servers import new_database

YEAR = Path(__file__).parents[1] / "data" / "journals" / "v1" / "year.ndjson"
KEYS = YEAR.with_suffix(".pub")
NOBODY = 65534


def verify(database: str, *options: str, **settings: str) -> Result:
    env = {
        "FAGNETT_REGION": "vest",
        "FAGNETT_DATABASE": database,
        "FAGNETT_PEERS_FILE": str(KEYS),
        "FAGNETT_LANGUAGE": "en",
        **settings,
    }
    return CliRunner().invoke(app, ["verify", *options], env=env)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that any user can reach."""
    path = Path(tempfile.mkdtemp(prefix="fagnett-test-"))
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


@pytest.fixture
def path(folder: Path) -> Path:
    """Give the journal of vest's node after a year, and its read models."""
    path = folder / "journal.sqlite"
    with closing(SQLiteJournal(path, Region.VEST, instant)) as journal:
        with YEAR.open("rb") as lines:
            load(journal, lines, load_peers(KEYS))
        views = open_views(f"sqlite:///{path}", None)
        projector = Projector(journal, views)
        projector.prepare()
        projector.rebuild()
        views.dispose()
    return path


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Let nobody write to a folder, whoever runs the test."""
    shown = {each: each.stat().st_mode for each in (folder, *folder.iterdir())}
    folder.chmod(0o555)
    for each in folder.iterdir():
        each.chmod(0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for each, mode in shown.items():
            each.chmod(mode)


def nowhere(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_text(path: Path) -> None:
    path.write_text("journal\n" * 1000, encoding="utf-16")


def another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (a)")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("make", [nowhere, empty, a_text, another_database, a_folder])
def test_where_there_is_no_journal_nothing_is_said_of_damage(
    path: Path, make: Callable[[Path], None]
) -> None:
    make(path)
    checked = verify(f"sqlite:///{path}")
    assert checked.exit_code == 2, checked.output
    assert "Damage" not in checked.stderr
    assert checked.stderr.count("\n") == 1
    assert checked.stdout == ""


def test_an_earlier_release_made_it(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE announced")
    checked = verify(f"sqlite:///{path}")
    assert (checked.exit_code, "announced" in checked.stderr) == (2, True)


def test_bytes_that_are_wrong_are_damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = content.index(b'"amount_ore"')
    content[at + 1] ^= 1
    path.write_bytes(content)
    checked = verify(f"sqlite:///{path}")
    assert (checked.exit_code, "Damage" in checked.stderr) == (1, True)
    content[4096:8192] = bytes(4096)
    path.write_bytes(content)
    assert verify(f"sqlite:///{path}").exit_code == 1
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert verify(f"sqlite:///{path}").exit_code == 1


def test_who_has_no_right_is_told_so(path: Path) -> None:
    with without_rights(path.parent):
        checked = verify(f"sqlite:///{path}")
    assert checked.exit_code == 0, checked.output
    path.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        checked = verify(f"sqlite:///{path}")
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
    assert checked.exit_code == 2, checked.output
    assert "Damage" not in checked.stderr


@pytest.mark.parametrize("shared", [True, False])
def test_what_is_in_the_log_beside_the_file_is_read_too(
    path: Path, folder: Path, *, shared: bool
) -> None:
    """As from a copy of a node that runs, on media that nobody writes to."""
    with closing(SQLiteJournal(path, Region.VEST, instant)) as journal:
        record(journal, 3)
        copy = folder / "copy"
        copy.mkdir()
        for each in path.parent.glob("journal.sqlite*"):
            if shared or not each.name.endswith("-shm"):
                shutil.copy(each, copy)
    assert (copy / "journal.sqlite-wal").stat().st_size
    before = {each.name: each.read_bytes() for each in copy.iterdir()}
    with without_rights(copy):
        checked = verify(f"sqlite:///{copy / 'journal.sqlite'}")
    assert checked.exit_code == 0, checked.output
    assert "342 entries" in checked.stdout
    assert {each.name: each.read_bytes() for each in copy.iterdir()} == before


def test_a_folder_that_nobody_writes_to_is_left_as_it_is(path: Path) -> None:
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    with without_rights(path.parent):
        checked = verify(f"sqlite:///{path}", "--decisions")
    assert checked.exit_code == 0, checked.output
    assert "the read models settle 2026 as the journal does" in checked.stdout
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


# PostgreSQL


@pytest.fixture
def dsn(postgres_dsn: str) -> str:
    """Give a database with vest's journal after a year, and its read models."""
    database = new_database(postgres_dsn)
    with closing(open_journal(database, Region.VEST)) as journal:
        with YEAR.open("rb") as lines:
            load(journal, lines, load_peers(KEYS))
        views = open_views(database, None)
        projector = Projector(journal, views)
        projector.prepare()
        projector.rebuild()
        views.dispose()
    return database


def role(dsn: str, *grants: str) -> str:
    """Make a role that may do some things alone, and return how it connects."""
    name = f"auditor_{conninfo_to_dict(dsn)['dbname']}"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'".encode())
        for grant in grants:
            connection.execute(f"{grant} TO {name}".encode())
    return make_conninfo(dsn, user=name, password=name)


ALL = (
    "GRANT SELECT ON ALL TABLES IN SCHEMA public",
    "GRANT USAGE ON SCHEMA views",
    "GRANT SELECT ON ALL TABLES IN SCHEMA views",
)


@pytest.mark.servers
def test_a_role_that_only_reads_is_enough(dsn: str) -> None:
    checked = verify(role(dsn, *ALL), "--decisions")
    assert checked.exit_code == 0, checked.output
    assert "the read models settle 2026 as the journal does" in checked.stdout


@pytest.mark.servers
def test_a_role_that_reads_the_journal_alone_is_told_that_nothing_is_beside_it(
    dsn: str,
) -> None:
    checked = verify(role(dsn, ALL[0]))
    assert checked.exit_code == 0, checked.output
    assert "was not held against any" in checked.stdout + checked.stderr


@pytest.mark.servers
def test_who_may_not_read_is_told_so(dsn: str) -> None:
    checked = verify(role(dsn))
    assert (checked.exit_code, "permission denied" in checked.stderr) == (2, True)
    assert "Damage" not in checked.stderr
    partly = "GRANT SELECT ON journal, checkpoint"
    with psycopg.connect(dsn, autocommit=True) as connection:
        name = f"auditor_{conninfo_to_dict(dsn)['dbname']}"
        connection.execute(f"{partly} TO {name}".encode())
    checked = verify(make_conninfo(dsn, user=name, password=name))
    assert (checked.exit_code, "permission denied" in checked.stderr) == (2, True)


@pytest.mark.servers
def test_a_database_that_is_not_there_cannot_be_read(
    postgres_dsn: str, dsn: str
) -> None:
    for database in (
        on_server(postgres_dsn, "no_such_database"),
        make_conninfo(dsn, port="1", connect_timeout="2"),
        new_database(postgres_dsn),
    ):
        checked = verify(database)
        assert checked.exit_code == 2, checked.output
        assert "Damage" not in checked.stderr


@pytest.mark.servers
def test_the_settings_of_the_machine_change_no_text(dsn: str) -> None:
    checked = verify(dsn, PGCLIENTENCODING="LATIN1")
    assert checked.exit_code == 0, checked.output


@pytest.mark.servers
@pytest.mark.parametrize(("encoding", "code"), [("LATIN1", 2), ("SQL_ASCII", 0)])
def test_another_encoding_is_no_damage(
    postgres_dsn: str, encoding: str, code: int
) -> None:
    name = f"other_{encoding.lower()}_{os.getpid()}"
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        made = f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        connection.execute(made.encode())
    database = on_server(postgres_dsn, name)
    with closing(open_journal(database, Region.VEST)) as journal:
        if not code:
            with YEAR.open("rb") as lines:
                load(journal, lines, load_peers(KEYS))
    checked = verify(database)
    assert checked.exit_code == code, checked.output
    assert ("encoding" in checked.stderr) is bool(code)


# Packs


def missing(history: Path) -> None:
    history.unlink()


def another_encoding(history: Path) -> None:
    history.write_bytes(history.read_text().encode("utf-16"))


def with_a_mark(history: Path) -> None:
    history.write_bytes(history.read_text().encode("utf-8-sig"))


def zipped(history: Path) -> None:
    history.write_bytes(gzip.compress(history.read_bytes()))


def another_form(history: Path) -> None:
    first, *rest = lines_of(history)
    put(history, [first.replace(b'"format":1', b'"format":2'), *rest])


def without_keys(history: Path) -> None:
    history.with_name("regions.pub").unlink()


@pytest.mark.parametrize(
    "make",
    [missing, another_encoding, with_a_mark, zipped, another_form, without_keys],
)
def test_a_pack_that_cannot_be_read_is_not_called_damaged(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    history = pack_of(YEAR, tmp_path / "pack")
    make(history)
    arguments = ["verify", "--pack", str(history.parent), "--language", "en"]
    checked = CliRunner().invoke(app, arguments)
    assert (checked.exit_code, checked.stdout) == (2, ""), checked.output
    assert "Damage" not in checked.stderr
