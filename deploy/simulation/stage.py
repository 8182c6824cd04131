"""What faults are played on, and the small things that they do there."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from deploy.simulation.invariants import Invariants
from deploy.simulation.loop import VirtualLoop
from deploy.simulation.network import Network
from deploy.simulation.node import KnownKeys, SimulatedNode
from deploy.simulation.trace import Trace
from domain.values import Region
from federation.keyring import extended
from federation.page import Message

Act = Callable[[], Awaitable[None]]


class Stage(Protocol):
    """What faults are played on."""

    @property
    def loop(self) -> VirtualLoop: ...  # noqa: D102 - the names say it
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
