"""Waiting until a journal holds what somebody needs."""

import threading
import time
from collections.abc import Mapping
from typing import Final

from federation.journal.store import Journal

POLL_SECONDS: Final = 0.5
"""What another process appended wakes nobody here, so look anyway."""


class Arrivals:
    """Wakes those who wait for positions whenever something is committed."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._changed = threading.Condition()
        journal.listeners.append(self._wake)

    def _wake(self, _origin: str) -> None:
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, positions: Mapping[str, int], until: float) -> dict[str, int]:
        """Wait for positions until an instant of ``time.monotonic``.

        Returns all positions that are held then, enough or not.
        """
        with self._changed:
            while True:
                held = {
                    origin: each.position
                    for origin, each in self._journal.positions().items()
                }
                left = until - time.monotonic()
                enough = all(
                    held.get(origin, 0) >= position
                    for origin, position in positions.items()
                )
                if enough or left <= 0:
                    return held
                self._changed.wait(min(left, POLL_SECONDS))
