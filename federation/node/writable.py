"""Whether the database takes what is written, asked again and again.

A database that is read-only or full answers questions as before. Whoever sends
commands elsewhere meanwhile must hear of it, and an operator once.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from federation.journal.store import Journal

log = structlog.get_logger()

ASK_SECONDS: Final = 2.0
SILENT_SECONDS: Final = 10.0
"""So long may an answer take; a transaction that stands still is ended by then."""
SILENT: Final = "no answer"


@dataclass(slots=True)
class WritableState:
    """What an operator asks of a database."""

    refused: str | None = None
    """Why nothing can be written, as far as is known."""


class WriteProbe:
    """Writes what is there already. Each process of a region does, on sessions of its own."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.state = WritableState()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.ask()
            await asyncio.sleep(ASK_SECONDS)

    async def ask(self) -> None:
        """Ask once, and tell of what has changed."""
        loop = asyncio.get_running_loop()
        late = loop.call_later(SILENT_SECONDS, self._tell, SILENT)
        try:
            refused = await asyncio.to_thread(self._refused)
        finally:
            late.cancel()
        self._tell(refused)

    def _refused(self) -> str | None:
        """Try twice: the session may be of a time that is over, and ends with the first."""
        for last in (False, True):
            try:
                self._journal.try_to_write()
            except PersistenceError as error:
                if last:
                    # The type alone: a driver's message may hold what stood in a row.
                    return type(error.__cause__ or error).__name__
            else:
                return None
        return None

    def _tell(self, refused: str | None) -> None:
        if refused is not None and self.state.refused is None:
            log.error("database_refuses", reason=refused)
        elif refused is None and self.state.refused is not None:
            log.info("database_writes")
        self.state.refused = refused
