"""What an inbox does with a page: a pure table over positions (law 3).

The next entries are taken; what is already there is a duplicate, once it is
seen to be the same; a hole is a gap to repair; another history is a fork.
"""

from dataclasses import dataclass
from enum import StrEnum


class Arrival(StrEnum):
    """How a page stands to what the inbox holds."""

    NEXT = "next"
    DUPLICATE = "duplicate"
    GAP = "gap"
    FORK = "fork"


@dataclass(frozen=True, slots=True)
class Held:
    """What the inbox holds of one region: ``position`` entries of an epoch."""

    epoch: int
    position: int


@dataclass(frozen=True, slots=True)
class Offered:
    """What a page offers; ``agrees`` says whether its known entries are the same."""

    epoch: int
    first: int
    last: int
    agrees: bool = True
    begins: bool = False
    """It begins the next epoch, after exactly what is held."""


def arrival(held: Held, offered: Offered) -> Arrival:
    """Classify a page.

    >>> held = Held(epoch=1, position=10)
    >>> [arrival(held, Offered(1, *page)).value for page in ((11, 12), (9, 12))]
    ['next', 'next']
    >>> [arrival(held, Offered(1, *page)).value for page in ((1, 10), (12, 14))]
    ['duplicate', 'gap']
    >>> arrival(held, Offered(1, 9, 12, agrees=False)).value
    'fork'

    A new epoch begins after what is held and nowhere else; one that is over has
    nothing new to say.

    >>> arrival(held, Offered(2, 11, 12, begins=True)).value
    'next'
    >>> [arrival(held, Offered(*page)).value for page in ((2, 11, 12), (2, 14, 15))]
    ['fork', 'gap']
    >>> arrival(Held(2, 10), Offered(1, 14, 15)).value
    'fork'
    """
    if offered.first > held.position + 1:
        return Arrival.GAP if offered.epoch >= held.epoch else Arrival.FORK
    if not offered.agrees:
        return Arrival.FORK
    if offered.last <= held.position:
        return Arrival.DUPLICATE
    if offered.epoch != held.epoch and not offered.begins:
        return Arrival.FORK
    return Arrival.NEXT
