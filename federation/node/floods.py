"""Floods: a region announces so much that most of it is not looked at."""

import asyncio
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from federation.checks.incidents import Observation, Observed, observe
from federation.journal.store import Journal

log = structlog.get_logger()
FLOOD_SECONDS: Final = 10.0


class Flood:
    """Counts what a region announces on a subject, and tells a flood once.

    A flood is ``many`` within :data:`FLOOD_SECONDS`; it is over when there was no more
    than that for as long.
    """

    def __init__(self, journal: Journal, region: str, where: str, many: int) -> None:
        self._journal = journal
        self._region = region
        self._where = where
        self._many = many
        self._since: float | None = None
        self._count = 0
        self._told = False

    async def count(self) -> None:
        """Count one that came."""
        now = asyncio.get_running_loop().time()
        if self._since is None or now - self._since > FLOOD_SECONDS:
            goes_on = self._since is not None and now - self._since <= 2 * FLOOD_SECONDS
            self._told = self._told and goes_on and self._count >= self._many
            self._since, self._count = now, 0
        self._count += 1
        if self._count == self._many and not self._told:
            self._told = True
            await self._tell()

    async def _tell(self) -> None:
        text = (
            f"{self._region} announces more than {self._many} times in "
            f"{FLOOD_SECONDS:.0f} s; most of it is not looked at"
        )
        seen = Observation(Observed.FLOOD, self._where, text)
        try:
            await asyncio.to_thread(observe, self._journal, self._region, seen)
        except PersistenceError as error:
            log.warning("flood_not_kept", reason=type(error).__name__)
