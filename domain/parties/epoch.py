"""A region says that its log goes on without entries that nobody holds any more.

A node whose disk and backups lost what it had signed for, and that no other
region received, cannot go on as if nothing had been. It names what is given up
and begins a new epoch: the continuation of the history that is meant from then
on. Positions go on, so that a log has no holes over all its epochs (law 3).
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field, StringConstraints, TypeAdapter

from domain.fact import Fact
from domain.history import Category, ShownTo
from domain.values import Day, FreeText, Region, Sha256, Text


class EpochBegun(Fact, name="epoch.begun.v1"):
    """The first entry of an epoch: what it goes on from, and what it gives up."""

    epoch: Annotated[int, Field(ge=2)]
    kept: Annotated[int, Field(ge=0)]
    """How many entries of the epochs before stay."""
    kept_root: Sha256
    """The Merkle root of those."""
    promised: Annotated[int, Field(ge=1)]
    """How many entries the region had signed for: those after ``kept`` are lost."""
    promised_root: Sha256
    begun_on: Day
    reason: Text
    without: tuple[Region, ...]
    """The regions that could not be asked whether they hold what is lost."""
    announced_until: Day | None = None
    """The day until which the region had announced that nothing more would be recorded,
    by a clock that ran ahead: that is given up, too."""


@dataclass(frozen=True, slots=True)
class Epochs:
    """The epochs that a region has begun."""

    last: EpochBegun | None = None


def evolve(state: Epochs, fact: Fact) -> Epochs:
    """Fold one fact."""
    match fact:
        case EpochBegun():
            return Epochs(fact)
        case _:
            return state


LOG: Final = Category(
    "log", Epochs(), evolve, holds=(EpochBegun,), shown_to=ShownTo.MEMBERS
)
KEY: Final = "epoch"
"""Key of a region's only stream of epochs; its version is the epoch before."""

_REASON: Final[TypeAdapter[str]] = TypeAdapter(
    Annotated[FreeText, StringConstraints(min_length=1)]
)


def written_reason(text: str) -> str:
    """Reason as it is recorded.

    Raises ``ValueError`` where it is empty, too long, not on one line, or holds a
    national identity number (law 8).
    """
    return _REASON.validate_python(text.strip())
