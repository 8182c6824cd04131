"""Opening a SQLite file to look at it alone: also on media that nobody may write to.

What a node has not moved from its write-ahead log into the file yet is read, too: a
file without it would look as if its end had been cut off.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote


class Look(NamedTuple):
    """How a file is opened, and what is to be cleared away afterwards."""

    uri: str
    scratch: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Clear away what was made to look."""
        if self.scratch is not None:
            self.scratch.cleanup()


MAGIC: Final = b"SQLite format 3\0"


def is_sqlite(path: Path) -> bool:
    """Whether a file begins as SQLite's do, whatever is wrong behind that."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        # What the driver met says more.
        return True


def look_at(path: Path) -> Look:
    """How a file that exists is opened for reading."""
    wal, shared = (path.with_name(f"{path.name}-{file}") for file in ("wal", "shm"))
    if os.access(path.parent, os.W_OK, effective_ids=True):
        return Look(_uri(path, "mode=ro"))
    if not wal.exists() or not wal.stat().st_size:
        # Nobody has it open who could write: SQLite asks for no other file then.
        return Look(_uri(path, "immutable=1"))
    if shared.exists():
        return Look(_uri(path, "mode=ro"))
    # The log cannot be read without a file beside it, and there may be none here.
    scratch = tempfile.TemporaryDirectory(prefix="fagnett-look-")
    for file in (path, wal):
        shutil.copy(file, scratch.name)
    return Look(_uri(Path(scratch.name) / path.name, "mode=ro"), scratch)


def _uri(path: Path, how: str) -> str:
    return f"file:{quote(str(path.resolve()))}?{how}"
