"""The key that a node says by who it is, to its provider."""

import json
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from api.provider.profile import ClientKey
from deploy.keyfiles import KeyFileError, read_secret


def load_client_key(path: Path | None) -> ClientKey:
    """Read a private JWK; else raise :class:`deploy.keyfiles.KeyFileError`."""
    if path is None:
        message = "FAGNETT_PROVIDER_KEY_FILE names no key of the client"
        raise KeyFileError(message)
    message = f"the key file {path} does not hold the private JWK of a client"
    try:
        (key,) = KeySet.import_key_set({"keys": [json.loads(read_secret(path))]}).keys
    except (ValueError, TypeError, KeyError, JoseError):
        raise KeyFileError(message) from None
    if not isinstance(key, ECKey | OKPKey | RSAKey) or not key.is_private:
        raise KeyFileError(message)
    return key
