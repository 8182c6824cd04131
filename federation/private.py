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
    for file in database_files(path):
        tighten(file)


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
    return (file for file in files if file.exists())


def tighten(path: Path) -> None:
    """Take from others what they may do with a file or a folder of ours.

    What is another user's, or on a disk that keeps no modes, stays: see :func:`loose`.
    """
    with suppress(OSError):
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        tight = mode & ~OTHERS | _own(status)
        if status.st_uid == os.geteuid() and mode != tight:
            path.chmod(tight)


def _own(status: os.stat_result) -> int:
    """Mode of the owner, of which an odd umask takes away."""
    return FOLDER_MODE if stat.S_ISDIR(status.st_mode) else FILE_MODE


def loose(paths: Iterable[Path]) -> Iterator[Loose]:
    """Give those that others may use."""
    for path in paths:
        status = path.stat()
        if status.st_mode & OTHERS:
            yield Loose(path, stat.S_IMODE(status.st_mode), _own(status))
