"""What verifying a log has found, and what it can go on from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.parties.epoch import EpochBegun
from domain.parties.membership import RegionJoined, RegionLeft
from federation.journal.store import FIRST_EPOCH
from federation.signed.merkle import Frontier
from federation.signed.seen import DecidedOn


class SeenBy(NamedTuple):
    """A position of another log, and the first entry that had seen it."""

    position: int
    by: str
    """The entry's id."""
    recorded_at: str


@dataclass(frozen=True, slots=True)
class VerifiedTo:
    """A log up to its last checkpoint as it was verified, for who goes on from there."""

    note: str
    """The checkpoint, signed."""
    frontier: Frontier
    checkpoints: int
    recorded_at: str
    """When the last of the entries was recorded."""
    decided: DecidedOn | None = None
    """What the last decision rested on."""
    left: bool = False
    seen: Mapping[tuple[str, int], SeenBy] = field(default_factory=dict)
    epochs: Sequence[EpochBegun] = ()
    memberships: Sequence[RegionJoined | RegionLeft] = ()
    witnesses: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verified:
    """One region's log at one node, found to be whole."""

    origin: str
    entries: int
    checkpoints: int
    roots: Mapping[int, bytes]
    """The signed root at each signed size, to hold against other nodes'; of a large log
    at the last one, and :attr:`reached` is held against them."""
    witnesses: Mapping[str, int] = field(default_factory=dict)
    """How much of the log each other region has cosigned."""
    epochs: Sequence[EpochBegun] = ()
    """What the region declared with the first entry of each epoch after the first."""
    memberships: Sequence[RegionJoined | RegionLeft] = ()
    """What the region said of its membership, in order."""
    seen: Mapping[tuple[str, int], SeenBy] = field(default_factory=dict)
    """Of each region and epoch that its entries had seen, the last position."""
    complete_to: str = ""
    """The instant to which the region said that this is all: see
    :class:`federation.log.completeness.Completeness`. Empty where it said nothing."""
    reached: Mapping[int, bytes] = field(default_factory=dict)
    """The root, signed or not, at sizes that were asked for."""
    read_after: int = 0
    """Entries that were not read again, for they were verified before."""
    commanded: int = 0
    """Of the home log, entries that were read and whose command is remembered."""
    to: VerifiedTo | None = None
    """What verifying can go on from; None where nothing is signed."""

    @property
    def epoch(self) -> int:
        """The last epoch of the log."""
        return self.epochs[-1].epoch if self.epochs else FIRST_EPOCH
