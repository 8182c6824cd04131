"""Files of the key that bearer tokens are issued and verified with."""

import json
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from deploy.keyfiles import KeyFileError, read_secret, write_secret


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
