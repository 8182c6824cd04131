"""``fagnett backup`` and ``restore``: a region's journal as one file, and back."""

import secrets
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import typer

from api.words import Language, sentence
from deploy.cli.alone import AlreadyRunningError, only_one
from deploy.cli.progress import told
from deploy.cli.upkeep import explained, one_of, stored
from deploy.databases import exists, open_journal, system_clock
from deploy.keyfiles import load_peers
from deploy.settings import StoreSettings
from deploy.views import open_views
from domain.values import Region, instant_text
from federation.backup.dump import Dumped, dump
from federation.backup.load import BrokenDumpError, Header, NotEmptyError, load
from federation.checks.damage import DamageError
from federation.durable import replacing
from federation.journal.shapes import DamagedEntryError
from federation.journal.unreadable import Cause, UnreadableJournalError
from federation.log.times import AHEAD_MAX
from federation.regular import open_regular
from projections.engine import Projector


def write_backup(
    to: Path,
    home: Path | None,
    region: Region | None,
    words: Language,
    *,
    overwrite: bool,
) -> None:
    """Copy a region's journal to a file; the node may run meanwhile.

    A file that is there, which may be the only backup, stays unless it is asked for.

    The file takes its name when it is whole and on the disk. It is the same from
    SQLite and PostgreSQL, and holds neither keys nor promises.
    """
    with explained(words), stored(home, words) as stores:
        store = one_of(stores, region, words)
        if to.exists() and not overwrite:
            told(sentence(words, "backup", "is_there", {"file": str(to)}))
            raise typer.Exit(2)
        try:
            written = write_dump(store, to)
        except OSError as error:
            values = {"file": str(to), "reason": str(error.strerror)}
            told(sentence(words, "backup", "unwritable", values))
            raise typer.Exit(1) from None
    values = {"region": store.region.value, "file": str(to), "sha256": written.sha256}
    counts = {"entries": written.entries, "bytes": written.bytes}
    typer.echo(sentence(words, "backup", "written", {**values, **counts}))


def write_dump(store: StoreSettings, to: Path, *, for_others: bool = False) -> Dumped:
    """Write a journal to a file that only its owner may read, whole or not at all."""
    if not exists(store.database):
        message = f"{store.region.value}: there is no journal"
        raise DamageError(message)
    release, now = version("fagnett"), datetime.now(UTC)
    try:
        with (
            closing(open_journal(store.database, store.region)) as journal,
            # Two may be made at once, also from two containers.
            replacing(to, f".{secrets.token_hex(4)}.new") as file,
        ):
            return dump(journal, file, release, now, for_others=for_others)
    except DamagedEntryError as error:
        raise DamageError(str(error)) from None


def restore_backup(
    source: Path,
    home: Path | None,
    region: Region | None,
    *,
    ahead: bool,
    words: Language,
) -> None:
    """Fill an empty database from a file of ``fagnett backup``, all of it or nothing.

    Every entry and signature is checked. What was recorded after the backup, the
    node fetches from the other regions by itself when it is started.
    """
    with explained(words), stored(home, words) as stores:
        store = one_of(stores, region, words)
        values = {"region": store.region.value, "file": str(source)}
        try:
            with open_regular(source) as file:
                latest = instant_text(system_clock() + AHEAD_MAX) if ahead else None
                header, left_out = fill(store, file, latest)
        except OSError as error:
            what = f"{source}: {error.strerror}"
            raise UnreadableJournalError(Cause.FILE, what) from None
        except AlreadyRunningError:
            told(sentence(words, "keys", "running", {}))
            raise typer.Exit(2) from None
        except NotEmptyError:
            told(sentence(words, "backup", "not_empty", values))
            raise typer.Exit(2) from None
        except BrokenDumpError as error:
            reason = {**values, "reason": str(error)}
            told(sentence(words, "backup", "broken", reason))
            raise typer.Exit(1) from None
    entries = sum(position for _, position in header.positions.values()) - left_out
    more: dict[str, str | int] = {"entries": entries, **values}
    more |= {"made_at": header.made_at, "release": header.release}
    typer.echo(sentence(words, "backup", "restored", more))
    if ahead:
        told(sentence(words, "backup", "left_out", {"count": left_out}))


def fill(
    store: StoreSettings, file: BinaryIO, latest: str | None = None
) -> tuple[Header, int]:
    """Fill a journal from a file, and fold its read models.

    Returns also how many entries of a time after ``latest`` were left out.
    """
    keys = load_peers(store.peers_file)
    lock = only_one(store.database)
    try:
        with closing(open_journal(store.database, store.region)) as journal:
            header = load(journal, file, keys, latest)
            position = journal.positions()[store.region.value].position
            # Read models that are there already are those of the journal that is lost.
            views = open_views(store.database, store.views)
            projector = Projector(journal, views)
            projector.prepare()
            projector.rebuild()
            views.dispose()
    finally:
        if lock is not None:
            lock.close()
    return header, header.positions[store.region.value][1] - position
