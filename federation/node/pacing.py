"""Pacing: who sends a command does not wait for what comes from other regions.

A node that is far behind stores and folds as fast as it can, and commands wait for
the processor and for the one writer of the database. While commands come, the work
that nobody waits for rests after each piece, in proportion to what the piece took.
"""

from collections.abc import Callable
from typing import Final

from federation.journal.store import Journal

RECENT_SECONDS: Final = 1.0
"""So long after a command the next one is expected."""
REST_PER_WORK: Final = 2.0
"""Of its time, the work in the background takes a third while commands come."""
REST_SECONDS_MAX: Final = 0.5


class Pace:
    """Says how long to rest. Safe to share between threads."""

    def __init__(self, journal: Journal, clock: Callable[[], float]) -> None:
        """Prepare; ``clock`` gives seconds that never go back."""
        self._home = journal.region.value
        self._clock = clock
        self._recorded_at: float | None = None
        journal.listeners.append(self._heard)

    def _heard(self, origin: str) -> None:
        if origin == self._home:
            self._recorded_at = self._clock()

    def rest_seconds(self, worked_seconds: float) -> float:
        """Return how long to rest after a piece of work; nothing where no command is near."""
        if self._recorded_at is None:
            return 0.0
        if self._clock() - self._recorded_at > RECENT_SECONDS:
            return 0.0
        return min(worked_seconds * REST_PER_WORK, REST_SECONDS_MAX)


def unpaced(_worked_seconds: float) -> float:
    """Return that there is no rest: where nobody waits."""
    return 0.0
