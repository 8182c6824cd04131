"""What faults are played on, and the small things that they do there."""

from random import Random
from typing import Final, Protocol

from deploy.simulation.due import Act, Due
from deploy.simulation.invariants import Invariants
from deploy.simulation.network import LATE_SECONDS_MAX, Network
from deploy.simulation.node import KnownKeys, SimulatedNode
from deploy.simulation.trace import Trace
from domain.values import Region
from federation.signed.keyring import extended
from federation.signed.page import Message

SHORT_SECONDS: Final = (1.0, 10.0)
LONG_SECONDS: Final = (LATE_SECONDS_MAX + 5.0, 2 * LATE_SECONDS_MAX)
"""A database is not back before everything that was on its way has arrived."""


class Stage(Protocol):
    """What faults are played on."""

    @property
    def random(self) -> Random: ...  # noqa: D102 - the names say it
    @property
    def due(self) -> Due: ...  # noqa: D102
    @property
    def network(self) -> Network: ...  # noqa: D102
    @property
    def trace(self) -> Trace: ...  # noqa: D102
    @property
    def nodes(self) -> dict[Region, SimulatedNode]: ...  # noqa: D102
    @property
    def rings(self) -> dict[Region, KnownKeys]: ...  # noqa: D102
    @property
    def invariants(self) -> Invariants: ...  # noqa: D102


def some(stage: Stage) -> SimulatedNode:
    """Draw a node."""
    return stage.random.choice(list(stage.nodes.values()))


def last(stream: list[Message] | None) -> int:
    """Return the last position that a stream holds."""
    return max((message.last for message in stream or ()), default=0)


def accept(known: KnownKeys, line: str) -> None:
    """Take a region's next key."""
    known.ring = extended({known.name: known.ring}, line)


def accepting(known: KnownKeys, line: str) -> Act:
    """Return what takes a region's next key."""

    async def act() -> None:
        accept(known, line)

    return act
