"""Days go forward only: a folder is not played behind what a home has recorded."""

from contextlib import closing
from datetime import date

import typer
from eventsourcing.persistence import PersistenceError

from api.words import Language, day, sentence
from deploy.cli.progress import told
from deploy.databases import exists, last_known, open_journal
from deploy.local.home import Home, read_state
from deploy.local.stored import stored_databases
from deploy.settings import CliSettings
from deploy.year.plan import Plan
from domain.values import business_day, parse_instant
from federation.journal.unreadable import UnreadableJournalError


def refuse_days_back(home: Home, planned: Plan, words: Language) -> None:
    """End with exit code 2 where a folder begins before the last day of a home."""
    last, first = _last_day(home), planned.first_day
    if last is None or not first or date.fromisoformat(first) >= last:
        return
    values = {
        "first": day(date.fromisoformat(first), words),
        "last": day(last, words),
        "home": str(home.path),
    }
    told(sentence(words, "settle", "days_back", values))
    raise typer.Exit(2)


def _last_day(home: Home) -> date | None:
    """Last day on which any region of a home has recorded something."""
    if read_state(home) is None:
        return None
    latest = ""
    with stored_databases(home, CliSettings().postgres_dsn) as databases:
        for region, database in databases.items():
            if not exists(database):
                continue
            try:
                with closing(open_journal(database, region, read_only=True)) as journal:
                    latest = max(latest, last_known(journal))
            except (UnreadableJournalError, PersistenceError):
                # Whoever starts the federation is told why.
                continue
    return business_day(parse_instant(latest)) if latest else None
