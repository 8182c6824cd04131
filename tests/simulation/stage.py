"""What faults are played on, and the small things that they do there."""

from random import Random
from typing import Final, Protocol

from domain.values import Region
from federation.signed.keyring import extended
from federation.signed.page import Message
from tests.simulation.due import Act, Due
from tests.simulation.invariants import Invariants
from tests.simulation.network import LATE_SECONDS_MAX, Network
from tests.simulation.node import KnownKeys, SimulatedNode
from tests.simulation.trace import Trace

SHORT_SECONDS: Final = (1.0, 10.0)
LONG_SECONDS: Final = (LATE_SECONDS_MAX + 5.0, 2 * LATE_SECONDS_MAX)
"""A database is not back before everything that was on its way has arrived."""


class Stage(Protocol):
    """What faults are played on."""

    @property
    def random(self) -> Random: ...
    @property
    def due(self) -> Due: ...
    @property
    def network(self) -> Network: ...
    @property
    def trace(self) -> Trace: ...
    @property
    def nodes(self) -> dict[Region, SimulatedNode]: ...
    @property
    def rings(self) -> dict[Region, KnownKeys]: ...
    @property
    def invariants(self) -> Invariants: ...


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
