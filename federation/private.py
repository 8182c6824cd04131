"""What nobody else on the machine may read: files 0600, in folders 0700.

Whatever the umask is. SQLite gives its write-ahead log the mode of the database, so a
database is made here before SQLite opens it.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""Suffixes of what SQLite keeps beside a database."""


class Loose(NamedTuple):
    """A file or a folder that others may use."""

    path: Path
    mode: int
    wanted: int


def make_folder(path: Path) -> None:
    """Make a folder that nobody else may enter, and those above it as others are.

    One that is there is left as it is: there may be more in it than ours.
    """
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(FOLDER_MODE, exist_ok=True)
        tighten(path)


def make_database(path: Path) -> None:
    """Make a database's file where there is none, and tighten what is there."""
    make_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
    for each in database_files(path):
        tighten(each)


def replace_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, in the place of another, or not at all."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(
        os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE),
        "w",
    ) as file:
        file.write(text)
    tighten(new)
    new.replace(path)


def database_files(path: Path) -> Iterator[Path]:
    """Give a database's file, and those beside it, as far as they are there."""
    files = (path, *(path.with_name(path.name + end) for end in _BESIDE))
    return (each for each in files if each.exists())


def tighten(path: Path) -> None:
    """Take from others what they may do with a file or a folder of ours.

    What is another user's, or on a disk that keeps no modes, stays: see :func:`loose`.
    """
    with suppress(OSError):
        found = path.stat()
        mode = stat.S_IMODE(found.st_mode)
        wanted = mode & ~OTHERS | _own(found)
        if found.st_uid == os.geteuid() and mode != wanted:
            path.chmod(wanted)


def _own(found: os.stat_result) -> int:
    """Mode of the owner, of which an odd umask takes away."""
    return FOLDER_MODE if stat.S_ISDIR(found.st_mode) else FILE_MODE


def loose(paths: Iterable[Path]) -> Iterator[Loose]:
    """Give those that others may use."""
    for path in paths:
        found = path.stat()
        if found.st_mode & OTHERS:
            yield Loose(path, stat.S_IMODE(found.st_mode), _own(found))
