"""Saying that the work goes on, where a thread does it that nobody sees.

What watches is :mod:`federation.tasks`; what a command line does nobody watches.
"""

from contextvars import ContextVar
from typing import Final


class Pulse:
    """Whether something has gone on since somebody looked last."""

    def __init__(self) -> None:
        self.moved = True
        self._still = 0

    def still(self) -> int:
        """Look; return for how many looks it has not gone on."""
        self._still = 0 if self.moved else self._still + 1
        self.moved = False
        return self._still


MOVES: Final = ContextVar[Pulse | None]("MOVES", default=None)
"""What is watched of the part that is at work here."""


def moved() -> None:
    """Say that the work goes on: in a thread nobody sees it."""
    moves = MOVES.get()
    if moves is not None:
        moves.moved = True
