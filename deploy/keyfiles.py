"""Key files: made with mode 0600, read only when nobody else may read them."""

import json
import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from domain.values import Region
from federation.durable import put
from federation.journal.store import Journal
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

log = structlog.get_logger()
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


class PeersFile:
    """The public keys of all regions as the file has them now.

    A key that is accepted while a node runs counts from then on. What cannot be
    read changes nothing.
    """

    def __init__(self, path: Path) -> None:
        """Read the file; raise :class:`KeyFileError`."""
        self._path = path
        self._rings = load_peers(path)
        self._read = path.stat().st_mtime_ns

    def of(self, region: Region) -> "FollowedKeys":
        """A region's keys, which follow the file."""
        return FollowedKeys(self, region)

    def check_known(self, journal: Journal) -> None:
        """Raise :class:`KeyFileError` where entries are here of who has no key."""
        ends = journal.positions()
        origins = [region for region in Region if ends[region.value].position]
        check_known(self._rings, origins)

    def ring(self, region: Region) -> KeyRing:
        """A region's keys as they are now."""
        try:
            changed = self._path.stat().st_mtime_ns
            if changed != self._read:
                self._read = changed
                rings = load_peers(self._path)
                check_known(rings, [r for r in Region if self._rings[r].terms])
                self._rings = rings
                log.info("keys_read_again")
        except (OSError, KeyFileError) as error:
            log.error("keys_unreadable", reason=str(error))  # noqa: TRY400 - says it all
        return self._rings[region]


@dataclass(frozen=True, slots=True)
class FollowedKeys:
    """One region's keys: a :class:`~federation.signed.keys.Verifier`."""

    file: PeersFile
    region: Region

    @property
    def name(self) -> str:
        """The name under which the region signs."""
        return key_name(self.region.value)

    def ever(self) -> Sequence[VerifierKey]:
        """All keys that the region has had."""
        return self.file.ring(self.region).ever()

    def at(self, epoch: int, size: int) -> Sequence[VerifierKey]:
        """Keys that may sign a log of a size."""
        return self.file.ring(self.region).at(epoch, size)


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
    try:
        return bytes.fromhex(read_secret(path))
    except ValueError:
        message = f"the key file {path} does not hold hexadecimal digits"
        raise KeyFileError(message) from None


def make_token_key(secret: Path, public: Path) -> None:
    """Make the key that bearer tokens are issued with, and its public half."""
    key = OKPKey.generate_key("Ed25519")
    write_secret(secret, json.dumps(key.as_dict(private=True)))
    public.write_text(json.dumps(key.as_dict(private=False)) + "\n")


def load_token_secret(path: Path) -> OKPKey:
    """Read the key that tokens are issued with; else raise :class:`KeyFileError`."""
    try:
        key = OKPKey.import_key(json.loads(read_secret(path)))
    except (ValueError, TypeError, JoseError):
        message = f"the key file {path} does not hold a JWK of Ed25519"
        raise KeyFileError(message) from None
    if not key.is_private:
        message = (
            f"{path} holds the public half of the token key; tokens need the other"
        )
        raise KeyFileError(message)
    return key


def load_token_key(path: Path) -> OKPKey:
    """Read the public half; a file with the secret half is refused."""
    key = OKPKey.import_key(json.loads(path.read_text()))
    if key.is_private:
        message = f"{path} holds the secret half of the token key"
        raise KeyFileError(message)
    return key
