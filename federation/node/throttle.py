"""The throttle: who sends a command does not wait for what comes from other regions.

A node that is far behind stores and folds as fast as it can, and commands wait for
the processor and for the one writer of the database. While commands come, the work
that nobody waits for pauses after each piece, in proportion to what the piece took.
"""

from collections.abc import Callable
from typing import Final

from federation.journal.store import Journal

RECENT_SECONDS: Final = 1.0
"""Time after a command in which the next one is expected."""
PAUSE_PER_WORK: Final = 2.0
"""Seconds of pause for a second of work: the background gets a third of its time."""
PAUSE_SECONDS_MAX: Final = 0.5


class Throttle:
    """Safe to share between threads."""

    def __init__(self, journal: Journal, clock: Callable[[], float]) -> None:
        """Prepare; ``clock`` gives seconds that never go back."""
        self._home = journal.region.value
        self._clock = clock
        self._recorded_at: float | None = None
        journal.listeners.append(self._heard)

    def _heard(self, origin: str) -> None:
        if origin == self._home:
            self._recorded_at = self._clock()

    def pause_seconds(self, worked_seconds: float) -> float:
        """Nothing where no command is near."""
        if self._recorded_at is None:
            return 0.0
        if self._clock() - self._recorded_at > RECENT_SECONDS:
            return 0.0
        return min(worked_seconds * PAUSE_PER_WORK, PAUSE_SECONDS_MAX)


def unthrottled(_worked_seconds: float) -> float:
    """Never pause: nobody waits."""
    return 0.0
