"""Heartbeats: a region signs that nothing more has happened, and the others hear it.

A page says that a log is complete to its last entry. Where no page follows, a
heartbeat says the same of a later instant: a checkpoint of the same size and
root. It is not stored by the transport; the next one says all that a lost one said.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from domain.values import parse_instant
from federation.checks.accusing import evidence_in_note
from federation.checks.incidents import (
    Observation,
    Observed,
    accuse,
    is_proved,
    observe,
)
from federation.journal.shapes import DamagedEntryError, Position
from federation.journal.store import Journal
from federation.log.completeness import announce, hear
from federation.log.times import ClockApartError
from federation.log.tree import holds
from federation.node.floods import Flood
from federation.signed.checkpoint import BrokenCheckpointError, Checkpoint, read, sign
from federation.signed.keys import SigningKey, Verifier
from federation.signed.merkle import Frontier, root
from federation.transport.ports import Transport, TransportError

log = structlog.get_logger()

HEARTBEAT_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0
HEARD_SECONDS: Final = 0.2
"""Pause between two announcements that are looked at: bounds what a region costs the
others."""
FLOOD_HEARD: Final = 40
"""Announcements within :data:`~federation.node.floods.FLOOD_SECONDS` before a flood is
reported: a region that keeps the rules makes two, and no more than some fifty are
looked at."""


def heartbeat_subject(region: str) -> str:
    """Subject of a region's heartbeats."""
    return f"fagnett.checkpoints.{region}"


class Heartbeat:
    """Announces how far the home log is complete. One runs in a region at a time.

    ``now`` is the instant that the node's clock vouches for, or None. ``keep_head``
    keeps the note of what is announced, outside of any backup.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        key: SigningKey,
        now: Callable[[], datetime | None],
        keep_head: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._keep_head = keep_head
        self._journal = journal
        self._transport = transport
        self._key = key
        self._now = now
        self._subject = heartbeat_subject(journal.region.value)

    async def run(self) -> None:
        """Announce until cancelled. Who does not hear this hears the next."""
        while True:
            try:
                note = await asyncio.to_thread(self.note)
                if note is not None:
                    await asyncio.to_thread(self._keep_head, note)
                    await self._transport.announce(self._subject, note.encode())
            except (
                *(TransportError, PersistenceError),
                *(OSError, ClockApartError),
            ) as error:
                log.debug("heartbeat_missed", reason=type(error).__name__)
            except DamagedEntryError as error:
                self._journal.damage.found(self._journal.region.value, error)
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def note(self) -> str | None:
        """Note to announce now, or None while the outbox has more to send.

        Only what is sealed already is announced: one size never gets two roots.
        """
        until = self._now()
        if until is None:
            return None
        origin = self._journal.region.value
        epoch = self._journal.positions()[origin].epoch
        sealed = self._journal.sealed(origin)
        frontier = Frontier() if sealed is None else sealed.frontier
        signed = root(frontier)

        def signed_at(complete_to: str) -> str:
            checkpoint = Checkpoint(origin, epoch, frontier.size, signed, complete_to)
            return sign(checkpoint, self._key)

        return announce(self._journal, Position(epoch, frontier.size), until, signed_at)


class RefusedAnnouncementError(Exception):
    """What a region announces contradicts what it has recorded or signed."""

    def __init__(self, text: str, kind: Observed | None = None) -> None:
        super().__init__(text)
        self.kind = kind
        """What was seen; nothing where an incident says it."""


@dataclass(slots=True)
class ListenerState:
    """What an operator asks of a listener."""

    heard_at: float | None = None
    """When the region was heard last, in seconds of the node's clock."""
    begun_at: float | None = None
    """Since when this process listens, in the same seconds."""
    size: int = 0
    """How many entries the region has, by its own word."""
    refused: str | None = None
    """Why what the region announces is not believed."""


class Listener:
    """Hears one other region's heartbeats. ``clock`` gives seconds.

    ``believes`` is told which instant a region has signed for now, and in which epoch,
    and says whether that can be. What cannot is not kept: it would bind the region to a
    time that has not come.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        key: Verifier,
        clock: Callable[[], float],
        origin: str,
        believes: Callable[[str, int, datetime], bool] = lambda *_: True,
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._key = key
        self._clock = clock
        self._believes = believes
        self._origin = origin
        self._flood = Flood(journal, origin, heartbeat_subject(origin), FLOOD_HEARD)
        self.state = ListenerState(begun_at=clock())

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                async with aclosing(
                    self._transport.hear(heartbeat_subject(self._origin))
                ) as heard:
                    async for payload in heard:
                        note = payload.decode(errors="replace")
                        await asyncio.to_thread(self._take_or_tell, note)
                        await self._flood.count()
                        await asyncio.sleep(HEARD_SECONDS)
            except (TransportError, PersistenceError) as error:
                log.debug("listener_waits", origin=self._origin, reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    def _take_or_tell(self, note: str) -> None:
        try:
            self.take(note)
        except (RefusedAnnouncementError, DamagedEntryError) as error:
            if isinstance(error, RefusedAnnouncementError) and error.kind is not None:
                where = heartbeat_subject(self._origin)
                seen = Observation(error.kind, where, str(error), note.encode())
                seen = seen._replace(note=note, signer=self._origin)
                observe(self._journal, self._origin, seen)
            if self.state.refused != str(error):
                reason = str(error)
                # No traceback: the reason says it all, and an operator reads it.
                log.error(  # noqa: TRY400
                    "announcement_refused", origin=self._origin, reason=reason
                )
            self.state.refused = str(error)

    def take(self, note: str) -> bool:
        """Keep what a note says; return whether the region is complete further now.

        Raises :class:`RefusedAnnouncementError` for what the region cannot have
        signed, or what contradicts its entries.
        """
        try:
            checkpoint = read(note, self._key)
        except BrokenCheckpointError as error:
            # Without a key nothing can be said of who is yet to join.
            kind = Observed.NOT_SIGNED if self._key.ever() else None
            raise RefusedAnnouncementError(str(error), kind) from None
        if checkpoint.origin != self._origin:
            text = (
                f"a checkpoint of {checkpoint.origin} is announced as {self._origin}'s"
            )
            raise RefusedAnnouncementError(text, Observed.NOT_SIGNED)
        end = self._journal.positions()[self._origin]
        self.state.heard_at = self._clock()
        self._check_time(checkpoint)
        if checkpoint.epoch >= end.epoch:
            self.state.size = checkpoint.size
        if checkpoint.epoch != end.epoch:
            # The next epoch is on its way, unless it goes on without what is here.
            proved = accuse(self._journal, note, {self._origin: self._key})
            if proved is not None:
                text = f"epoch {checkpoint.epoch} is announced, and {end.epoch} is here"
                kind = None if proved else Observed.UNPROVED
                raise RefusedAnnouncementError(text, kind)
            return False
        if checkpoint.size > end.position:
            # It is about entries that are on their way, and will be said again.
            return False
        try:
            self._check(checkpoint)
        except RefusedAnnouncementError as error:
            if not self._accuse(note):
                error.kind = Observed.UNPROVED
            raise
        further = hear(self._journal, checkpoint, note)
        self.state.refused = None
        return further

    def _accuse(self, note: str) -> bool:
        """Whether an incident tells of a signed note that is refused."""
        keys = {self._origin: self._key}
        if accuse(self._journal, note, keys):
            return True
        evidence = evidence_in_note(self._journal, note)
        return evidence is not None and is_proved(self._journal, evidence, keys)

    def _check_time(self, checkpoint: Checkpoint) -> None:
        try:
            instant = parse_instant(checkpoint.complete_to)
        except ValueError:
            text = f"{checkpoint.complete_to} is no instant"
            raise RefusedAnnouncementError(text, Observed.UNPROVED) from None
        if not self._believes(self._origin, checkpoint.epoch, instant):
            text = f"{self._origin} announces a time that has not come"
            raise RefusedAnnouncementError(text, Observed.NOT_COME)

    def _check(self, checkpoint: Checkpoint) -> None:
        if not holds(self._journal, checkpoint):
            text = f"another history of {checkpoint.size} entries is announced"
            raise RefusedAnnouncementError(text)
        after = max(checkpoint.size - 1, 0)
        for row in self._journal.entries(self._origin, after, 2):
            early = (
                row.position > checkpoint.size
                and row.recorded_at <= checkpoint.complete_to
            )
            late = (
                row.position <= checkpoint.size
                and row.recorded_at > checkpoint.complete_to
            )
            if early or late:
                text = (
                    f"{checkpoint.size} entries are announced as complete to "
                    f"{checkpoint.complete_to}, and entry {row.position} is recorded at "
                    f"{row.recorded_at}"
                )
                raise RefusedAnnouncementError(text)
