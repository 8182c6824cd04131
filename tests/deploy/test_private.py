"""Databases, their logs, read models and keys are nobody else's on the machine."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from deploy.cli.alone import only_one
from deploy.databases import open_journal, private_paths
from deploy.doctor import files
from deploy.doctor.finding import Level
from deploy.local.home import Home
from deploy.views import open_views
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.private import loose, replace_private
from projections.engine import Projector
from tests.support.federation import instant
from tests.support.replication import record

VEST = Region.VEST


@pytest.fixture(params=[0o000, 0o022, 0o077], ids="{:03o}".format)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Give a mask that an operator's shell may have."""
    before = os.umask(request.param)
    yield int(request.param)
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Return the modes of all that is in a folder, and its own."""
    every = (folder, *folder.rglob("*"))
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in every}


def at_work(home: Path) -> tuple[Journal, str]:
    """Open a node's databases, and record and fold something."""
    database = f"sqlite:///{home}/vest/journal.sqlite"
    lock = only_one(database)
    assert lock is not None
    journal = open_journal(database, VEST)
    record(journal, 3)
    views = open_views(database, None)
    projector = Projector(journal, views)
    projector.prepare()
    projector.rebuild()
    with views.connect() as connection:
        connection.execute(text("SELECT 1"))
        found = modes(home / "vest")
        wanted = {
            f"{name}.sqlite{end}" for name in ("journal", "views") for end in _ENDS
        }
        assert found.pop("vest") == 0o700
        assert found.keys() == {"journal.lock", *wanted}
        assert set(found.values()) == {0o600}
    views.dispose()
    lock.close()
    return journal, database


_ENDS = ("", "-wal", "-shm")


@pytest.mark.usefixtures("umask")
def test_databases_are_private_whatever_the_umask_is(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o755)
    journal, database = at_work(tmp_path / "home")
    assert not list(loose(private_paths(database, None)))
    journal.close()


def test_a_database_of_an_earlier_release_is_tightened(tmp_path: Path) -> None:
    journal, database = at_work(tmp_path)
    for each in (tmp_path / "vest").iterdir():
        each.chmod(0o664)
    found = {each.path.name for each in loose(private_paths(database, None))}
    assert found == {
        "journal.sqlite",
        "journal.sqlite-wal",
        "journal.sqlite-shm",
        "views.sqlite",
    }
    open_journal(database, VEST).close()
    open_views(database, None).dispose()
    assert not list(loose(private_paths(database, None)))
    journal.close()


def test_who_only_looks_changes_no_mode(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    SQLiteJournal(path, VEST, instant).close()
    path.chmod(0o644)
    SQLiteJournal(path, VEST, instant, read_only=True).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_folder_that_was_there_is_told_and_left(tmp_path: Path) -> None:
    """It may be one that others need: nobody changes it but its operator."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    database = f"sqlite:///{folder}/journal.sqlite"
    open_journal(database, VEST).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    (found,) = files.private(private_paths(database, None))
    assert found.level is Level.WARNS
    assert found.values == {"file": str(folder), "mode": "0755", "wanted": "0700"}
    folder.chmod(0o700)
    (found,) = files.private(private_paths(database, None))
    assert found.level is Level.OK


@pytest.mark.usefixtures("umask")
def test_the_keys_of_a_home_are_private(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make_keys()
    home.tighten()
    for name, mode in modes(home.path).items():
        assert mode in {0o600, 0o700}, name


def test_a_home_of_an_earlier_release_is_tightened(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make_keys()
    journal = open_journal(f"sqlite:///{home.journal(VEST)}", VEST)
    home.state.write_text("{}")
    home.played.write_text("{}")
    for each in (home.path, *home.path.rglob("*")):
        each.chmod(0o777)
    (home.path / "logs").symlink_to(tmp_path)
    tmp_path.chmod(0o755)
    home.tighten()
    for name, mode in modes(home.path).items():
        assert mode & 0o77 == 0 or name == "logs", name
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755, (
        "what a link names is not ours"
    )
    journal.close()


@pytest.mark.usefixtures("umask")
def test_what_a_home_tells_of_itself_is_private(tmp_path: Path) -> None:
    file = tmp_path / "played.json"
    file.write_text("of an earlier release")
    file.chmod(0o644)
    file.with_suffix(".new").write_text("of who was interrupted")
    replace_private(file, "new")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [file]
