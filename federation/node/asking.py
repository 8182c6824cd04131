"""What others ask of the region's stream: counted by its server, told by its node."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from federation.checks.incidents import Observation, Observed, observe
from federation.journal.store import Journal
from federation.transport.ports import TransportError

log = structlog.get_logger()

COUNT_SECONDS: Final = 10.0
FLOOD_PER_SECOND: Final = 2000.0
"""Requests of one reader that are told: one that keeps the rules makes two a second, and
one for each page while it catches up, which it checks and stores."""


@dataclass(slots=True)
class AskingState:
    """What an operator asks of the readers."""

    per_second: dict[str, float] = field(default_factory=dict)
    """Requests of each reader, as far as is known."""


class Asking:
    """Counts what the others ask. The one that leads keeps a flood as an incident."""

    def __init__(
        self,
        journal: Journal,
        asked: Callable[[], Awaitable[Mapping[str, int]]],
        state: AskingState,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        self._journal = journal
        self._asked = asked
        self._leads = leads
        self._floods: set[str] = set()
        self.state = state

    async def run(self) -> None:
        """Count until cancelled."""
        before: Mapping[str, int] = {}
        clock = asyncio.get_running_loop().time
        counted_at = clock()
        while True:
            try:
                counts = await self._asked()
            except TransportError:
                before = {}
                self.state.per_second.clear()
            else:
                seconds, counted_at = clock() - counted_at, clock()
                if before:
                    await self.compare(before, counts, seconds)
                before = counts
            await asyncio.sleep(COUNT_SECONDS)

    async def compare(
        self, before: Mapping[str, int], now: Mapping[str, int], seconds: float
    ) -> None:
        """Tell of whoever has asked too much, once until it asks less."""
        for reader, count in now.items():
            # A server that was started again counts from nothing.
            rate = max(0, count - before.get(reader, 0)) / seconds
            self.state.per_second[reader] = rate
            if rate <= FLOOD_PER_SECOND:
                self._floods.discard(reader)
            elif reader not in self._floods:
                self._floods.add(reader)
                log.warning("stream_flooded", reader=reader, per_second=round(rate))
                if self._leads():
                    await self._tell(reader, rate)

    async def _tell(self, reader: str, rate: float) -> None:
        text = f"{reader} asks the stream {rate:.0f} times a second"
        seen = Observation(Observed.FLOOD, "stream", text)
        try:
            await asyncio.to_thread(observe, self._journal, reader, seen)
        except PersistenceError as error:
            log.warning("flood_not_kept", reason=type(error).__name__)
