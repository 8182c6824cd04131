"""``fagnett up`` and ``fagnett demo``: a federation on this machine that stays."""

import asyncio
import signal
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

import typer

from api.auth import Role
from api.words import Language, sentence
from deploy.cli.explained import settings_explained
from deploy.cli.folders import read_plan
from deploy.cli.forward import refuse_days_back
from deploy.cli.next_steps import next_steps
from deploy.cli.progress import told
from deploy.cli.settle import (
    kept_home,
    play_folder,
    remembered,
    show_settlement,
    telling,
)
from deploy.keyfiles import write_secret
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home, read_state
from deploy.settings import CliSettings
from deploy.year.plan import Plan
from deploy.year.settle import Played, question, settle_year
from domain.values import REGIONAL_AUTHORITY

NAME_WIDTH: Final = 18


class Folder(NamedTuple):
    """A folder that is to be played."""

    planned: Plan
    fingerprint: str


def demo(
    *,
    database: Database,
    home: Path | None,
    words: Language,
) -> None:
    """Run four regions, play the bundled year, settle it, and stay up until Ctrl-C."""
    bundled = resources.files("deploy").joinpath("sample", "2026")
    with resources.as_file(bundled) as path:
        folder = Folder(*read_plan(path, words))
    with kept_home(home, words) as kept:
        _stay_up(kept, database, folder, words)


def up(
    *,
    home: Path,
    folder: Path | None,
    database: Database | None,
    words: Language,
) -> None:
    """Run a federation of one's own until Ctrl-C; it starts again where it was."""
    read = None if folder is None else Folder(*read_plan(folder, words))
    with kept_home(home, words) as kept:
        _stay_up(kept, _database_of(kept, database, words), read, words)


def _database_of(home: Home, asked: Database | None, words: Language) -> Database:
    """What a home's journals are in, which nobody can change afterwards."""
    with settings_explained(words):
        state = read_state(home)
    if state is None:
        return asked or Database.SQLITE
    database = Database(state["database"])
    if asked not in (None, database):
        values = {"home": str(home.path), "database": database.value}
        told(sentence(words, "settle", "other_database", values))
        raise typer.Exit(2)
    return database


def _stay_up(
    home: Home, database: Database, folder: Folder | None, words: Language
) -> None:
    dsn = CliSettings().postgres_dsn
    with telling(home, words) as progress:
        played = None if folder is None else Played(home, folder.fingerprint)
        outcome = None if played is None else remembered(played, words)
        if folder is not None and outcome is None:
            refuse_days_back(home, folder.planned, words)
        with LocalFederation(home, database, dsn, progress.phase) as federation:
            year = datetime.now(UTC).year
            if folder is not None:
                asked = question(folder.planned, None, None)
                year = asked.year
                if outcome is None:
                    outcome = play_folder(federation, *folder, words, progress)
                else:
                    told(sentence(words, "settle", "played_before"))
                progress.phase("settle")
                settled = asyncio.run(settle_year(federation, asked))
                progress.done()
                show_settlement(settled, outcome, words, as_json=False)
            progress.done()
            try:
                _say(federation, year, words)
                # Not an event: what interrupts a wait for one twice tears its lock.
                while True:
                    signal.pause()
            except KeyboardInterrupt:
                told("")


def _say(federation: LocalFederation, year: int, words: Language) -> None:
    """Say where the nodes are, and what each of their users does next."""
    token = federation.home.token
    token.unlink(missing_ok=True)
    first = next(iter(REGIONAL_AUTHORITY.values()))
    write_secret(token, federation.token(first, Role.READER))
    told("")
    told(sentence(words, "next", "addresses"))
    for region, url in federation.urls.items():
        told(f"  {sentence(words, 'value', region.value):{NAME_WIDTH}} {url}")
    for line in next_steps(federation.home, federation.urls, year, words):
        told(line)
    told("")
    told(sentence(words, "next", "stop"))
