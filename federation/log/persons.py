"""The names behind pseudonyms: sealed, and never outside their own region.

A fact names a person by a keyed pseudonym, the same for the same name under
the same organisation. The name itself is sealed with a key that is kept
outside the database; without either, a pseudonym says nothing (law 8).
"""

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.person import person

if TYPE_CHECKING:
    # Keys are made and read where no journal is.
    from federation.journal.store import Journal

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class Persons:
    """Gives pseudonyms, and the names back to their own region."""

    def __init__(self, journal: "Journal", key: bytes) -> None:
        if len(key) != KEY_BYTES:
            message = f"the key of persons has {len(key)} bytes, not {KEY_BYTES}"
            raise ValueError(message)
        self._journal = journal
        self._naming = hmac.digest(key, b"pseudonym", "sha256")
        self._acting = hmac.digest(key, b"acting", "sha256")
        self._sealing = AESGCM(hmac.digest(key, b"sealing", "sha256"))

    def pseudonym(self, organisation: str, name: str) -> str:
        """Pseudonym of a person in an organisation; of no name, none.

        Spellings of one name have one pseudonym.
        """
        known_by = person(name)
        if not known_by:
            return ""
        content = f"{organisation}\n{known_by}".encode()
        return "p-" + hmac.new(self._naming, content, hashlib.sha256).hexdigest()[:32]

    def who_acts(self, issuer: str, subject: str) -> str:
        """Pseudonym of who is signed in by a provider, which calls them ``subject``."""
        content = f"{issuer}\n{subject}".encode()
        return "p-" + hmac.new(self._acting, content, hashlib.sha256).hexdigest()[:32]

    def remember(self, pseudonym: str, name: str) -> None:
        """Keep the name behind a pseudonym, sealed."""
        if not pseudonym:
            return
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._sealing.encrypt(nonce, name.encode(), pseudonym.encode())
        with self._journal.writing() as cursor:
            cursor.execute(
                "INSERT INTO person VALUES (?, ?) ON CONFLICT DO NOTHING",
                (pseudonym, sealed),
            )

    def name(self, pseudonym: str) -> str | None:
        """Name behind a pseudonym, or None where it is not known here."""
        with self._journal.reading() as cursor:
            cursor.execute(
                "SELECT sealed FROM person WHERE pseudonym = ?", (pseudonym,)
            )
            row = cursor.fetchone()
        if row is None:
            return None
        sealed = bytes(row["sealed"])
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self._sealing.decrypt(nonce, rest, pseudonym.encode()).decode()
