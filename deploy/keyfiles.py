"""Key files: made with mode 0600, read only when nobody else may read them."""

import json
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from joserfc.jwk import OKPKey

from domain.values import Region
from federation.keys import (
    SigningKey,
    VerifierKey,
    key_name,
    read_signing_key,
    read_verifier_key,
    signing_key,
)
from federation.persons import KEY_BYTES

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyFileError(Exception):
    """A key file is missing, readable by others, or holds something else."""


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")


def read_secret(path: Path) -> str:
    """Read a file that only its owner may read; else raise :class:`KeyFileError`."""
    try:
        mode = path.stat().st_mode
        text = path.read_text().strip()
    except OSError as error:
        message = f"the key file {path} cannot be read: {error.strerror}"
        raise KeyFileError(message) from None
    if mode & _OTHERS:
        message = f"others may read the key file {path}; its mode must be 0600"
        raise KeyFileError(message)
    return text


def make_signing_key(path: Path, region: Region) -> VerifierKey:
    """Make a region's signing key, and return its public half."""
    key = signing_key(key_name(region.value), secrets.token_bytes(32))
    write_secret(path, key.secret_text())
    return key.verifier


def load_signing_key(path: Path) -> SigningKey:
    """Read a region's signing key."""
    return read_signing_key(read_secret(path))


def load_peers(path: Path) -> dict[Region, VerifierKey]:
    """Read the public keys of all regions, one on a line."""
    lines = path.read_text().splitlines()
    keys = [read_verifier_key(line) for line in lines if line.strip()]
    by_name = {key.name: key for key in keys}
    missing = [each.value for each in Region if key_name(each.value) not in by_name]
    if missing:
        message = f"{path} has no public key of {', '.join(missing)}"
        raise KeyFileError(message)
    return {region: by_name[key_name(region.value)] for region in Region}


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


def load_token_key(path: Path) -> OKPKey:
    """Read the public half; a file with the secret half is refused."""
    key = OKPKey.import_key(json.loads(path.read_text()))
    if key.is_private:
        message = f"{path} holds the secret half of the token key"
        raise KeyFileError(message)
    return key
