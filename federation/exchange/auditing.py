"""Auditing: a node decides again what the other regions recorded, as it comes.

A region with a key of its own may sign for whatever it likes, also for what its
rules refuse. No signature shows that; deciding again does, at every other node.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from domain.values import Region
from federation.exchange.pacing import unpaced
from federation.journal.store import Journal
from federation.log.redeciding import Unfounded, redecide
from federation.trust.incidents import Observed, Seen, observe

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0
COMMANDS_AT_ONCE: Final = 100
"""Of a log, between two pauses: some thousandths of a second for each."""


@dataclass(slots=True)
class AuditorState:
    """What an operator asks of an auditor."""

    audited: dict[str, int] = field(default_factory=dict)
    """The positions up to which the logs were decided again since the node started."""


class Auditor:
    """Decides the other regions' logs again, from their beginning. One runs in a node."""

    def __init__(
        self, journal: Journal, rest: Callable[[float], float] = unpaced
    ) -> None:
        """Prepare; ``rest`` says how many seconds to rest after so many of work."""
        self._journal = journal
        self._rest = rest
        self.state = AuditorState()

    async def run(self) -> None:
        """Audit until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            for region in Region:
                if region is not self._journal.region:
                    await self._look(region.value)
            await asyncio.sleep(PAUSE_SECONDS + self._rest(clock() - began))

    async def _look(self, origin: str) -> None:
        try:
            await asyncio.to_thread(self.look, origin)
        except PersistenceError as error:
            log.warning("not_audited", origin=origin, reason=type(error).__name__)

    def look(self, origin: str) -> None:
        """Decide the next commands of a log again, and keep what was no decision."""
        after = self.state.audited.get(origin, 0)
        found = redecide(self._journal, origin, after, COMMANDS_AT_ONCE)
        for each in found.unfounded:
            self._keep(origin, each)
        self.state.audited[origin] = found.reached

    def _keep(self, origin: str, found: Unfounded) -> None:
        text = f"{found.type} is no decision on what {origin} had seen: {found.reason}"
        seen = Seen(Observed.UNFOUNDED, origin, text, entry=found.place)
        observe(self._journal, origin, seen)
