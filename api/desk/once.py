"""What is good once: a sign-in that was begun, and tokens that are not taken again."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, delete, insert
from sqlalchemy.exc import IntegrityError

from api.desk.tables import sign_in_begun as begun_table
from api.desk.tables import used_once as used_table

BEGUN_SECONDS: Final = 10 * 60
"""So long may somebody take at the provider."""
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class BegunSignIn:
    """A sign-in on its way through the provider.

    The browser holds its secret; what goes to the provider is derived from it, so that
    the table holds nothing that anybody could use.
    """

    secret: str
    back_to: str

    @property
    def state(self) -> str:
        """What the provider's answer brings back (CSRF)."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """What the id token names."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """What the code is exchanged with (PKCE)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier beforehand (S256)."""
        return _in_base64(hashlib.sha256(self.verifier.encode()).digest())

    def _derived(self, name: str) -> str:
        content = name.encode()
        return _in_base64(hmac.digest(self.secret.encode(), content, "sha256"))


def _in_base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


class OnceOnly:
    """Keeps what is good once until it is good no more; for all processes of a region."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, back_to: str, now: int) -> BegunSignIn:
        """Remember that somebody sets out for the provider."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        row = {
            "digest": _digest_of(secret),
            "back_to": back_to,
            "ends_at": now + BEGUN_SECONDS,
        }
        with self._engine.begin() as connection:
            connection.execute(delete(begun_table).where(begun_table.c.ends_at <= now))
            connection.execute(insert(begun_table).values(row))
        return BegunSignIn(secret, back_to)

    def take(self, secret: str, now: int) -> BegunSignIn | None:
        """Give back what was begun, once; None where it is over."""
        own = begun_table.c.digest == _digest_of(secret)
        with self._engine.begin() as connection:
            taken = delete(begun_table).where(own).returning(begun_table)
            row = connection.execute(taken).one_or_none()
        if row is None or now >= row.ends_at:
            return None
        return BegunSignIn(secret, row.back_to)

    def use(self, what: str, now: int, until: int) -> bool:
        """Use something up; False where it was used before. It is good ``until``."""
        row = {"digest": _digest_of(what), "ends_at": until}
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    delete(used_table).where(used_table.c.ends_at <= now)
                )
                connection.execute(insert(used_table).values(row))
        except IntegrityError:
            return False
        return True


def _digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
