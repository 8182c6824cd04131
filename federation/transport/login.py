"""Who connects to a region's NATS server, as files of keys say; nothing connects here."""

import ssl
from dataclasses import dataclass
from typing import Final

from federation.signed.nkeys import NKey

COURIER: Final = "courier"
"""User that fills the region's stream. Its key is derived of the node's: there is one
secret to keep."""
WATCH: Final = "watch"
"""User that is told how much each region asks, and nothing else; its key is derived too."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects: the key that says so, and what certificates are trusted."""

    key: NKey
    tls: ssl.SSLContext

    @property
    def courier(self) -> "Login":
        """What a node fills its stream with, where nobody else may write."""
        return Login(self.key.derived(COURIER), self.tls)

    @property
    def watch(self) -> "Login":
        """Login with which a node sees what others ask of its server."""
        return Login(self.key.derived(WATCH), self.tls)
