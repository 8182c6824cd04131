"""The journals that settings name, opened.

It loads nothing of the API, of NATS or of read models, and PostgreSQL's client where a
journal is there: the command line asks a journal in a moment.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.private import database_files

_SQLITE: Final = "sqlite:///"


def system_clock() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


def open_journal(database: str, region: Region, *, read_only: bool = False) -> Journal:
    """Open the journal that a setting names; ``read_only`` makes and changes nothing."""
    if database.startswith(_SQLITE):
        path = Path(database.removeprefix(_SQLITE))
        return SQLiteJournal(path, region, system_clock, read_only=read_only)
    from deploy.on_postgres import open_on_postgres  # noqa: PLC0415 - files need none

    return open_on_postgres(database, region, system_clock, read_only=read_only)


def exists(database: str) -> bool:
    """Whether there is a file; a database of a server is made by its operator."""
    path = Path(database.removeprefix(_SQLITE))
    return not database.startswith(_SQLITE) or path.exists()


def views_path(database: str, views: Path | None) -> Path:
    """File of the read models beside a journal's, unless a setting names another."""
    return views or Path(database.removeprefix(_SQLITE)).with_name("views.sqlite")


def desk_path(database: str, desk: Path | None) -> Path:
    """File of what a node keeps for its people, beside the journal's."""
    return desk or Path(database.removeprefix(_SQLITE)).with_name("desk.sqlite")


def documents_path(database: str, documents: Path | None) -> Path:
    """Folder of a node's texts and files, beside a journal's file."""
    return documents or Path(database.removeprefix(_SQLITE)).with_name("documents")


def views_exist(database: str, views: Path | None) -> bool:
    """Whether there is a file of read models; a server's are looked for there."""
    return not database.startswith(_SQLITE) or views_path(database, views).exists()


def private_paths(
    database: str,
    views: Path | None,
    desk: Path | None = None,
    documents: Path | None = None,
) -> Sequence[Path]:
    """What nobody else may read of the databases and documents that settings name."""
    folder = documents_path(database, documents)
    given = [folder] if folder.exists() else []
    if not database.startswith(_SQLITE):
        return given
    paths = (
        Path(database.removeprefix(_SQLITE)),
        views_path(database, views),
        desk_path(database, desk),
    )
    folders = {path.parent for path in paths if path.parent.exists()}
    return [
        *sorted(folders),
        *given,
        *(file for path in paths for file in database_files(path)),
    ]


def last_recorded(journal: Journal) -> str:
    """Instant that the home log has recorded or announced last, or nothing."""
    with journal.reading() as cursor:
        return journal.home_end_in(cursor).recorded_at


def last_known(journal: Journal) -> str:
    """Instant of the last entry of any region, or nothing."""
    with journal.reading() as cursor:
        return max(end.recorded_at for end in journal.ends_in(cursor).values())
