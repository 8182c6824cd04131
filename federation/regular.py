"""Reading files that somebody else may have put there: only regular ones, bounded."""

import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegularError(OSError):
    """A pipe, a device, a socket, a folder, or a link where none is followed."""

    def __init__(self, path: Path) -> None:
        super().__init__(None, "not a regular file", str(path))


class TooLargeError(OSError):
    """A file has more bytes than are read of it."""

    def __init__(self, path: Path, bytes_max: int) -> None:
        super().__init__(None, f"more than {bytes_max} bytes", str(path))
        self.bytes_max = bytes_max


def open_regular(
    path: Path, bytes_max: int | None = None, *, follow: bool = True
) -> BinaryIO:
    """Open a file to read; raise :class:`OSError` for what is none, or too large.

    A pipe that nobody writes to is not waited for. ``follow`` says whether a link
    by this name is followed.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    # Looked at first: opening a device may do something by itself.
    if not stat.S_ISREG(path.stat(follow_symlinks=follow).st_mode):
        raise NotRegularError(path)
    file = os.fdopen(os.open(path, flags if follow else flags | os.O_NOFOLLOW), "rb")
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise NotRegularError(path)
    if bytes_max is not None and status.st_size > bytes_max:
        file.close()
        raise TooLargeError(path, bytes_max)
    return file


def read_regular(path: Path, bytes_max: int, *, follow: bool = True) -> bytes:
    """Read all of a file; raise as :func:`open_regular` does, also if it grows."""
    with open_regular(path, bytes_max, follow=follow) as file:
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise TooLargeError(path, bytes_max)
    return content
