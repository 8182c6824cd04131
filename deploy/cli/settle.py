"""``fagnett settle``: a year through a federation on this machine."""

import asyncio
import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from api.words import Language, sentence
from deploy.cli.bar import Progress
from deploy.cli.folders import read_plan
from deploy.cli.forward import refuse_days_back
from deploy.cli.progress import told
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home, HomeInUseError
from deploy.local.postgres import NoPostgresError
from deploy.local.process import NotReadyError
from deploy.settings import CliSettings
from deploy.year.plan import Plan
from deploy.year.player import NodeAwayError
from deploy.year.settle import (
    DisagreementError,
    OtherYearError,
    Played,
    Told,
    play,
    question,
    settle_year,
)
from deploy.year.table import print_settlement
from federation.private import make_folder


def settle_folder(  # noqa: PLR0913 - the options of the command
    folder: Path,
    *,
    year: int | None,
    as_of: datetime | None,
    as_json: bool,
    database: Database,
    home: Path | None,
    words: Language,
) -> None:
    """Play a folder through a federation on this machine, and print the settlement."""
    settings = CliSettings()
    planned, fingerprint = read_plan(folder, words)
    asked = question(planned, year, None if as_of is None else as_of.date())
    with kept_home(home, words) as kept, telling(kept, words) as progress:
        outcome = remembered(Played(kept, fingerprint), words)
        if outcome is None:
            refuse_days_back(kept, planned, words)
        dsn = settings.postgres_dsn
        with LocalFederation(kept, database, dsn, progress.phase) as federation:
            if outcome is None:
                outcome = play_folder(federation, planned, fingerprint, words, progress)
            progress.phase("settle")
            settled = asyncio.run(settle_year(federation, asked))
        progress.done()
        show_settlement(settled, outcome, words, as_json=as_json)


@contextmanager
def telling(home: Home, language: Language) -> Iterator[Progress]:
    """Show progress; turn what can go wrong into words and an exit code."""
    progress = Progress(language)
    values = {"home": str(home.path)}
    try:
        with _interruptible():
            yield progress
    except (KeyboardInterrupt, asyncio.CancelledError):
        progress.done()
        raise typer.Exit(130) from None
    except NodeAwayError as error:
        progress.done()
        told(sentence(language, "settle", "away", {**values, "reason": str(error)}))
        raise typer.Exit(1) from None
    except (NotReadyError, NoPostgresError) as error:
        progress.done()
        told(sentence(language, "settle", "not_ready", {"reason": str(error)}))
        raise typer.Exit(1) from None
    except HomeInUseError:
        progress.done()
        told(sentence(language, "settle", "in_use", values))
        raise typer.Exit(1) from None
    except DisagreementError:
        progress.done()
        told(sentence(language, "settle", "disagree", values))
        raise typer.Exit(1) from None
    finally:
        progress.done()


@contextmanager
def kept_home(path: Path | None, language: Language) -> Iterator[Home]:
    """Give a home: the folder that is named, or one that is gone afterwards."""
    if path is not None:
        try:
            make_folder(path)
        except OSError as error:
            values = {"home": str(path), "reason": str(error.strerror)}
            told(sentence(language, "settle", "unusable_home", values))
            raise typer.Exit(2) from None
        yield Home(path)
        return
    temporary = Path(tempfile.mkdtemp(prefix="fagnett-"))
    try:
        yield Home(temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM end as Ctrl-C does: with everything stopped."""

    def interrupt(_number: int, _frame: object) -> None:
        # As a signal, since asyncio cancels on it what an exception would tear.
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts what it puts into the background so.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def remembered(played: Played, language: Language) -> Told | None:
    """What was said of a year that was played here; None where it was not."""
    try:
        return played.told()
    except OtherYearError:
        told(sentence(language, "settle", "other_year"))
        raise typer.Exit(2) from None


def play_folder(
    federation: LocalFederation,
    planned: Plan,
    fingerprint: str,
    language: Language,
    progress: Progress,
) -> Told:
    """Play a year that was not played here, and return what was said of its rows."""
    played = Played(federation.home, fingerprint)
    played.begin()
    progress.play(planned.calls)
    outcome = asyncio.run(play(federation, planned, language, progress.played))
    played.end(outcome)
    return outcome


def show_settlement(
    settled: dict[str, Any],
    outcome: Told,
    language: Language,
    *,
    as_json: bool,
) -> None:
    """Print a settlement, as JSON or as tables."""
    settled = {
        **settled,
        "refused": [asdict(row) for row in outcome.refused],
        "noticed": [asdict(row) for row in outcome.noticed],
    }
    if as_json:
        del settled["organisations"]
        typer.echo(json.dumps(settled, ensure_ascii=False, indent=1))
    else:
        # Without markup: names of people's own may hold what looks like it.
        console = Console(markup=False)
        if not console.is_terminal:
            console = Console(markup=False, width=120)
        print_settlement(console, settled, language)
