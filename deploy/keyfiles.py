"""Key files: made with mode 0600, read only when nobody else may read them."""

import os
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from domain.values import Region
from federation.durable import put
from federation.log.persons import KEY_BYTES
from federation.private import FILE_MODE, OTHERS, make_folder
from federation.regular import read_regular
from federation.signed.keyring import KeyRing, read_key_rings
from federation.signed.keys import (
    BrokenKeyError,
    SigningKey,
    VerifierKey,
    key_name,
    read_signing_key,
    signing_key,
)

FILE_BYTES_MAX: Final = 1024 * 1024


class KeyFileError(Exception):
    """A key file is missing, readable by others, or holds something else.

    ``key`` is of the words that say so, if there are any; ``values`` are theirs.
    """

    def __init__(self, message: str, key: str = "", **values: str) -> None:
        super().__init__(message)
        self.key, self.values = key, values


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only its owner may read."""
    make_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")


def read_secret(path: Path) -> str:
    """Read a file that only its owner may read; else raise :class:`KeyFileError`."""
    try:
        mode = path.stat().st_mode
        text = read_regular(path, FILE_BYTES_MAX).decode().strip()
    except OSError as error:
        message = f"the key file {path} cannot be read: {error.strerror}"
        why = str(error.strerror)
        raise KeyFileError(message, "unreadable", file=str(path), why=why) from None
    except UnicodeDecodeError:
        message = f"the key file {path} does not hold text"
        raise KeyFileError(message, "no_text", file=str(path)) from None
    if mode & OTHERS:
        message = f"others may read the key file {path}; its mode must be 0600"
        raise KeyFileError(message, "others", file=str(path))
    return text


def make_signing_key(path: Path, region: Region) -> VerifierKey:
    """Make a region's signing key, and return its public half."""
    key = signing_key(key_name(region.value), secrets.token_bytes(32))
    write_secret(path, key.secret_text())
    return key.verifier


def load_signing_key(path: Path) -> SigningKey:
    """Read a region's signing key."""
    return read_signing_key(read_secret(path))


def load_earlier_keys(path: Path) -> list[SigningKey]:
    """Read the keys that stood in the same file before, as :func:`keep_key` kept them."""
    kept = sorted(path.parent.glob(f"{path.name}.{'[0-9a-f]' * 8}"))
    return [load_signing_key(each) for each in kept]


def load_peers(path: Path) -> dict[Region, KeyRing]:
    """Read the public keys of all regions, as :mod:`federation.signed.keyring` says.

    A region without a line is yet to join: it has no key, and nothing is its own.
    """
    try:
        content = read_regular(path, FILE_BYTES_MAX)
        rings = read_key_rings(content.decode().splitlines())
    except OSError as error:
        message = f"the key file {path} cannot be read: {error.strerror}"
        why = str(error.strerror)
        raise KeyFileError(message, "unreadable", file=str(path), why=why) from None
    except (BrokenKeyError, UnicodeDecodeError) as error:
        message = f"{path}: {error}"
        raise KeyFileError(message) from None
    names = {region: key_name(region.value) for region in Region}
    return {region: rings.get(name, KeyRing(name)) for region, name in names.items()}


def check_known(rings: Mapping[Region, KeyRing], origins: Collection[Region]) -> None:
    """Raise :class:`KeyFileError` where a region that is known here has no key."""
    missing = [region.value for region in origins if not rings[region].terms]
    if missing:
        message = f"the file of all regions' keys has none of {', '.join(missing)}"
        raise KeyFileError(message)


def check_signs(key: SigningKey, ring: KeyRing) -> None:
    """Raise :class:`KeyFileError` unless a key is the one that its region signs with."""
    current = ring.current
    if current is None or current.public != key.verifier.public:
        message = (
            f"the signing key is not the one that {ring.name} signs with now, "
            "as the file of all regions' keys says"
        )
        raise KeyFileError(message)


def keep_key(path: Path) -> Path:
    """Keep a signing key under another name too, and return that; again is the same."""
    old = load_signing_key(path)
    kept = path.with_name(f"{path.name}.{old.verifier.hash.hex()}")
    try:
        kept.hardlink_to(path)
    except FileExistsError:
        # By who was interrupted before the key was replaced.
        if load_signing_key(kept).verifier.public != old.verifier.public:
            message = f"{kept} holds another key than its name says"
            raise KeyFileError(message) from None
    return kept


def replace_key(path: Path, key: SigningKey) -> None:
    """Write a new signing key in the place of another, which :func:`keep_key` kept."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    write_secret(new, key.secret_text())
    put(new, path)


def append_line(path: Path, line: str) -> None:
    """Add a line to a file, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    text = path.read_text()
    new.write_text(f"{text.rstrip()}\n{line}\n")
    put(new, path)


def make_persons_key(path: Path) -> None:
    """Make the key that a region's names are sealed with."""
    write_secret(path, secrets.token_hex(KEY_BYTES))


def load_persons_key(path: Path) -> bytes:
    """Read the key that a region's names are sealed with."""
    return _read_hexadecimal(path)


def load_documents_key(path: Path) -> bytes:
    """Read the key that the hashes of documents are salted with; make it where there is none.

    What was given before keeps its salt, whatever becomes of the key: then only the
    same text again is another document.
    """
    with suppress(FileExistsError):
        # Of processes that start together one makes it.
        if not path.exists():
            write_secret(path, secrets.token_hex(KEY_BYTES))
    key = _read_hexadecimal(path)
    if len(key) != KEY_BYTES:
        message = f"{path}: {len(key)} bytes"
        raise KeyFileError(message)
    return key


def _read_hexadecimal(path: Path) -> bytes:
    try:
        return bytes.fromhex(read_secret(path))
    except ValueError:
        message = f"the key file {path} does not hold hexadecimal digits"
        raise KeyFileError(message) from None
