"""Files that are on the disk, and whole, when they have their name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, suffix: str = ".new") -> Iterator[BinaryIO]:
    """Give a file to write, which only its owner reads; it is ``path`` when this ends.

    Where it ends by an error, what stood there still does. Until then it is named
    with ``suffix``: who may write together needs one of its own.
    """
    new = path.with_name(f"{path.name}{suffix}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        put(new, path)
    finally:
        new.unlink(missing_ok=True)


def put(new: Path, path: Path) -> None:
    """Give a file the name of another; it is synced before and after."""
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Have on the disk which files a folder has."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
