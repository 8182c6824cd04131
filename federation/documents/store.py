"""The document store: bytes by their hash, in files of the node's own."""

import errno
import re
import secrets
import shutil
from pathlib import Path
from typing import Final, Protocol

from federation.documents.salted import DOCUMENT_BYTES_MAX, SALT_BYTES, hash_of
from federation.durable import replacing, sync_folder
from federation.private import make_folder
from federation.regular import open_regular, read_regular

KEPT_BYTES_MAX: Final = SALT_BYTES + DOCUMENT_BYTES_MAX
FREE_BYTES_MIN: Final = 256 * 1024 * 1024
"""What documents leave of a disk to all else."""
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class DamagedDocumentError(Exception):
    """What is kept under a hash has another one."""


class DocumentStore(Protocol):
    """Keeps bytes under their hash, as :func:`federation.documents.salted.salted` has them.

    Raises ``OSError`` where it cannot do what it is asked.
    """

    def put(self, kept: bytes) -> str:
        """Keep bytes; they are safe when this returns their hash."""
        ...

    def get(self, sha256: str) -> bytes | None:
        """Give what is kept under a hash, checked; None where there is nothing.

        Raises :class:`DamagedDocumentError` where it is not what it was.
        """
        ...

    def part(self, sha256: str, start: int, size: int) -> bytes | None:
        """Give some of what is kept, unchecked: whoever has all parts checks them."""
        ...

    def remove(self, sha256: str) -> bool:
        """Let go of what is kept; say whether there was anything."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def require_hash(sha256: str) -> str:
    """Pass on a hash; raise ``ValueError`` for what is none, such as a path."""
    if _HASH.fullmatch(sha256) is None:
        message = "this is not a hash of a document"
        raise ValueError(message)
    return sha256


def as_it_was(sha256: str, kept: bytes) -> bytes:
    """Pass on what was kept; raise :class:`DamagedDocumentError` where it has changed."""
    if hash_of(kept) != sha256:
        raise DamagedDocumentError(sha256)
    return kept


class DocumentFolder:
    """A :class:`DocumentStore` of files, in folders by the beginning of their names."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, kept: bytes) -> str:
        """Keep bytes in a file that has its name when it is whole and on the disk."""
        sha256 = hash_of(kept)
        file = self._file(sha256)
        if not self._holds(sha256):
            if not file.parent.is_dir():
                make_folder(self._path)
                make_folder(file.parent)
                sync_folder(self._path)
            if shutil.disk_usage(file.parent).free < FREE_BYTES_MIN + len(kept):
                # The journal may lie on the same disk.
                raise OSError(errno.ENOSPC, "too little room for documents")
            # Who keeps the same at the same time has a file of its own meanwhile.
            with replacing(file, f".{secrets.token_hex(4)}.new") as new:
                new.write(kept)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """Read a file and check it."""
        try:
            kept = read_regular(self._file(sha256), KEPT_BYTES_MAX, follow=False)
        except FileNotFoundError:
            return None
        return as_it_was(sha256, kept)

    def part(self, sha256: str, start: int, size: int) -> bytes | None:
        """Read some of a file."""
        try:
            file = open_regular(self._file(sha256), KEPT_BYTES_MAX, follow=False)
        except FileNotFoundError:
            return None
        with file:
            file.seek(start)
            return file.read(size)

    def remove(self, sha256: str) -> bool:
        """Take a file away; it does not come back when the machine stops now."""
        file = self._file(sha256)
        try:
            file.unlink()
        except FileNotFoundError:
            return False
        sync_folder(file.parent)
        return True

    def close(self) -> None:
        """Do nothing: files are closed when they are read."""

    def _holds(self, sha256: str) -> bool:
        try:
            return self.get(sha256) is not None
        except DamagedDocumentError:
            # It is put right.
            return False

    def _file(self, sha256: str) -> Path:
        return self._path / require_hash(sha256)[:2] / sha256
