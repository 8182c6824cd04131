"""Auditing: a node decides again what the other regions recorded, as it comes.

A region with a key of its own may sign for whatever it likes, also for what its
rules refuse. No signature shows that; deciding again does, at every other node.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from domain.values import Region
from federation.exchange.pacing import unpaced
from federation.journal.shapes import DamagedEntryError, Position
from federation.journal.store import Journal
from federation.log.redeciding import Redecided, Unfounded, redecide
from federation.signed.entry import entry_id
from federation.trust.incidents import Observed, Seen, observe

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0
COMMANDS_AT_ONCE: Final = 100
"""Of a log, between two pauses: some thousandths of a second for each."""
WAITING_MAX: Final = 1000
"""So many commands of a log may rest on what is not here yet."""
NEVER_CAME: Final = "never_came"
"""The reason where so many others have waited since that nobody waits any more."""


@dataclass(slots=True)
class AuditorState:
    """What an operator asks of an auditor."""

    audited: dict[str, int] = field(default_factory=dict)
    """The positions up to which the logs were decided again since the node started.

    A command that rested on what is not here yet is not; those after it may be.
    """


class Auditor:
    """Decides the other regions' logs again, from their beginning. One runs in a node."""

    def __init__(
        self, journal: Journal, rest: Callable[[float], float] = unpaced
    ) -> None:
        """Prepare; ``rest`` says how many seconds to rest after so many of work."""
        self._journal = journal
        self._rest = rest
        self._looked: dict[str, int] = {}
        self._waiting: dict[str, dict[int, Mapping[str, Position]]] = {}
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
        except DamagedEntryError as error:
            self._journal.damage.found(origin, error)
        except PersistenceError as error:
            log.warning("not_audited", origin=origin, reason=type(error).__name__)

    def look(self, origin: str) -> None:
        """Decide the next commands of a log again, and keep what was no decision."""
        waiting = self._waiting.setdefault(origin, {})
        held = self._journal.positions()
        for position, needed in list(waiting.items()):
            if all(held[each] >= place for each, place in needed.items()):
                again = self._decide(origin, position - 1, 1)
                if again.reached >= position and position not in again.waiting:
                    del waiting[position]
        after = self._looked.get(origin, 0)
        looked = self._decide(origin, after, COMMANDS_AT_ONCE).reached
        self._looked[origin] = looked
        while len(waiting) > WAITING_MAX:
            position = min(waiting)
            self._give_up(origin, position)
            del waiting[position]
        self.state.audited[origin] = min(waiting) - 1 if waiting else looked

    def _decide(self, origin: str, after: int, commands: int) -> Redecided:
        """Decide some commands again, and keep what came of it."""
        found = redecide(self._journal, origin, after, commands)
        for each in found.unfounded:
            self._keep(origin, each)
        self._waiting[origin] |= found.waiting
        return found

    def _give_up(self, origin: str, position: int) -> None:
        """Keep that what a command rested on has not come for so long."""
        for row in self._journal.entries(origin, position - 1, 1):
            place = entry_id(origin, row.epoch, position)
            self._keep(origin, Unfounded(place, row.type, NEVER_CAME))

    def _keep(self, origin: str, found: Unfounded) -> None:
        text = f"{found.type} is no decision on what {origin} had seen: {found.reason}"
        seen = Seen(Observed.UNFOUNDED, origin, text, entry=found.place)
        observe(self._journal, origin, seen)
