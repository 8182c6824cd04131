"""Up to where the region's own stream has its log, whatever else stands on it.

Who has the region's credential can add anything to the stream, and nobody can take
it out again. It is stepped over, counted and told; what was sealed is told from it.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

import structlog
from eventsourcing.persistence import PersistenceError

from federation.checks.incidents import Observation, Observed, observe
from federation.journal.store import Journal
from federation.log.epochs import begun, given_up
from federation.log.tree import holds
from federation.signed.keys import Verifier
from federation.signed.page import (
    BrokenPageError,
    Message,
    UnsignedPageError,
    note_of,
    signed_for,
    unpack,
)
from federation.transport.ports import Transport, TransportError

log = structlog.get_logger()

LOOKED_BACK_MAX: Final = 32
"""Messages at the stream's end that are looked at for the last page. Where none of them
is one, what was sealed was sent, or is asked for by whoever misses it."""


class AnotherHistoryError(Exception):
    """The region's key signed for other entries than are here; nothing may be added."""


class _GivenUpError(TransportError):
    """A page is of an epoch that went on without it, after ``kept`` entries."""

    def __init__(self, epoch: int, kept: int) -> None:
        self.kept = kept
        super().__init__(
            f"the stream ends with entries of epoch {epoch} "
            "that were given up: it has to be made anew"
        )


class StreamEnd(NamedTuple):
    """A sequence of the stream, and up to which position it has the log there."""

    sequence: int = 0
    position: int = 0


class OwnStream:
    """The stream of the home region, as its outbox finds it.

    ``keys`` has the keys that the region has signed with. ``keep_head`` keeps the
    note of what is found, outside of any backup.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        keys: Verifier,
        keep_head: Callable[[str], None],
    ) -> None:
        self._journal = journal
        self._transport = transport
        self._keys = keys
        self._keep_head = keep_head
        self._origin = journal.region.value
        self._last = StreamEnd()
        """Where the last page stands that is known to be there."""
        self._counted = 0
        """The sequence up to which what is foreign was counted."""
        self.foreign = 0
        """Messages that were stepped over, since they are no pages of this log."""

    def sent(self, sequence: int, position: int) -> None:
        """Note that a page was added."""
        self._last = StreamEnd(sequence, position)

    async def end(self) -> StreamEnd:
        """Where the stream ends, and up to where it has the log.

        Raises :class:`AnotherHistoryError` where it has what the region signed for
        and did not record, and :class:`TransportError` where it cannot be read now.
        """
        sequence, position = self._last
        if await self._page_at(sequence) != position:
            # It was made anew, or has lost its end.
            self._last, self._counted = StreamEnd(), 0
            sequence, position = self._last
        while (end := await self._transport.end(self._origin)) != sequence:
            position = max(position, await self._look_back(end, sequence))
            sequence = end
        return StreamEnd(sequence, position)

    async def _look_back(self, end: int, looked: int) -> int:
        """Position of the last page after what was looked at already."""
        sealed = await asyncio.to_thread(self._sealed)
        best, lost, foreign = 0, None, 0
        for sequence in range(end, looked, -1):
            if end - sequence >= LOOKED_BACK_MAX:
                best = best or self._last.position or sealed
                break
            try:
                position = await self._page_at(sequence, must_be=sequence == end)
            except _GivenUpError as error:
                lost = error
                continue
            foreign += position == 0 and sequence > self._counted
            best = max(best, position)
            if best > self._last.position:
                self._last = StreamEnd(sequence, best)
            if best >= sealed:
                break
        if lost is not None and max(best, self._last.position) <= lost.kept:
            raise lost
        self._counted = max(self._counted, end)
        if foreign:
            self.foreign += foreign
            await asyncio.to_thread(self._tell, end, foreign)
        return best

    async def _page_at(self, sequence: int, *, must_be: bool = False) -> int:
        """Position up to which a message has this very log; 0 where it is foreign."""
        delivered = await self._transport.get(self._origin, sequence)
        if delivered is not None:
            return await asyncio.to_thread(self._page, delivered.message)
        if must_be:
            # The copy of the stream that answered is behind; from the beginning
            # is not where to go on.
            text = "the end of the stream cannot be read yet"
            raise TransportError(text)
        return 0

    def _page(self, message: Message) -> int:
        try:
            signed = signed_for(message, self._origin, self._keys)
        except UnsignedPageError:
            return 0
        if given_up(self._journal, signed):
            after = begun(self._journal, self._origin, signed.epoch + 1)
            raise _GivenUpError(signed.epoch, after.fact.kept if after else 0)
        position = self._journal.positions()[self._origin].position
        if signed.size > position or not holds(self._journal, signed):
            text = f"the stream holds another history of {signed.size} entries"
            raise AnotherHistoryError(text)
        try:
            page = unpack(message, self._origin, self._keys)
        except BrokenPageError:
            return 0
        rows = self._journal.entries(self._origin, page.first - 1, len(page.rows))
        if [row.leaf for row in rows] != [row.leaf for row in page.rows]:
            # Its note was taken from a page, and put before something else.
            return 0
        self._keep_head(note_of(message))
        return page.last

    def _sealed(self) -> int:
        sealed = self._journal.sealed(self._origin)
        return 0 if sealed is None else sealed.frontier.size

    def _tell(self, end: int, count: int) -> None:
        """Keep that there are foreign messages; once while the log stands where it is."""
        text = f"{count} messages up to sequence {end} are no pages of this region"
        log.warning("foreign_messages", origin=self._origin, sequence=end, count=count)
        try:
            observe(
                self._journal,
                self._origin,
                Observation(Observed.NOT_SIGNED, "stream", text),
            )
        except PersistenceError as error:
            log.warning("foreign_not_kept", reason=type(error).__name__)
