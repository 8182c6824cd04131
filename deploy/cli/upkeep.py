"""How commands find journals, and explain what goes wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from eventsourcing.persistence import PersistenceError
from pydantic import ValidationError

from api.words import Language, sentence
from deploy.cli.damage_words import damage_in_words
from deploy.cli.explained import settings_explained
from deploy.cli.progress import told
from deploy.databases import exists
from deploy.keyfiles import KeyFileError
from deploy.local.home import Home
from deploy.local.stored import stored_databases
from deploy.settings import CliSettings, KeySettings, StoreSettings
from domain.values import Region
from federation.checks.damage import DamageError
from federation.journal.unreadable import UnreadableJournalError, is_unreadable


@contextmanager
def hinted(words: Language) -> Iterator[None]:
    """Where no variable names a node, say first that an option may name a home."""
    try:
        yield
    except ValidationError:
        told(sentence(words, "upkeep", "name_home"))
        raise


@contextmanager
def stored(home: Path | None, words: Language) -> Iterator[dict[Region, StoreSettings]]:
    """Give the databases of a home or of one node, all of them reachable."""
    if home is None:
        with hinted(words):
            settings = StoreSettings()
        yield {settings.region: settings}
        return
    if not (home / "federation.json").exists():
        told(sentence(words, "upkeep", "no_home", {"home": str(home)}))
        raise typer.Exit(2)
    with stored_databases(Home(home), CliSettings().postgres_dsn) as databases:
        yield {
            region: StoreSettings(
                region=region, database=database, peers_file=Home(home).peers
            )
            for region, database in databases.items()
        }


def one_of(
    stores: dict[Region, StoreSettings], region: Region | None, words: Language
) -> StoreSettings:
    """The one journal that is meant."""
    if region is None and len(stores) == 1:
        (region,) = stores
    if region not in stores:
        told(sentence(words, "backup", "which", {}))
        raise typer.Exit(2)
    return stores[region]


@contextmanager
def signing(
    home: Path | None, region: Region | None, words: Language
) -> Iterator[KeySettings]:
    """Give one region's journal and keys: of a home, or of the variables."""
    if home is None:
        with hinted(words):
            settings = KeySettings()
        yield settings
        return
    with stored(home, words) as stores:
        store = one_of(stores, region, words)
        key = Home(home).signing_key(store.region)
        told = store.model_dump()
        yield KeySettings(**told, signing_key_file=key, promises_file=None)


def check_exists(database: str) -> None:
    """Raise :class:`KeyFileError` where there is no journal.

    Opening makes what is missing, and a new journal says nothing of anybody.
    """
    if not exists(database):
        message = f"{database}: there is no journal"
        raise KeyFileError(message)


@contextmanager
def explained(words: Language) -> Iterator[None]:
    """Turn what can go wrong into words and an exit code."""
    try:
        with settings_explained(words):
            yield
    except DamageError as error:
        raise typer.Exit(_told_of(error, words)) from None
    except UnreadableJournalError as error:
        values = {"what": error.what}
        told(sentence(words, "unreadable", error.cause.value, values))
        raise typer.Exit(2) from None
    except (PersistenceError, sqlite3.DatabaseError) as error:
        raise typer.Exit(_told_of(error, words)) from None
    except typer.Exit:
        raise
    except Exception as error:
        # What works with read models has loaded these already; nothing else raises them.
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

        from domain.closing.ledger import NotConservedError  # noqa: PLC0415

        if isinstance(error, NotConservedError):
            told(sentence(words, "upkeep", "not_conserved", error.first._asdict()))
            raise typer.Exit(1) from None
        if isinstance(error, SQLAlchemyError):
            raise typer.Exit(_told_of(error, words)) from None
        raise


def _told_of(error: Exception, words: Language) -> int:
    """Say that something is damaged, or cannot be read; return the exit code."""
    if is_unreadable(error):
        told(sentence(words, "upkeep", "unreadable", {"reason": str(error)}))
        return 2
    place = damage_in_words(str(error), words)
    told(sentence(words, "upkeep", "damaged", {"place": place}))
    return 1
