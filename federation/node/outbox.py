"""The outbox: carries the home region's log out, page by page, in order.

It is fenced by the sequence at which it believes the stream to end. After any
doubt (a timeout, a fence, a restart, a stream made anew) it looks at the stream's
end for its last page and goes on from there. What else stands on the stream it
steps over, whoever put it there; what it has sealed it can tell from all else.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from federation.journal.shapes import DamagedEntryError
from federation.journal.store import Journal
from federation.log.arrivals import commits, within
from federation.log.sealing import seal
from federation.log.tree import frontier_at
from federation.node.own_stream import AnotherHistoryError, OwnStream
from federation.signed.entry import Row
from federation.signed.keys import SigningKey, Verifier, signs
from federation.signed.merkle import Frontier
from federation.signed.page import ENTRIES_MAX, Message, correlations, fit, pack
from federation.transport.ports import (
    FencedError,
    NotStoredError,
    Transport,
    TransportError,
)

log = structlog.get_logger()

POLL_SECONDS: Final = 1.0
"""What another process appended wakes nobody here, so look anyway."""
LOOK_SECONDS: Final = 5.0
"""Pause between two looks, while nothing is sent, whether the stream still holds
everything."""
RETRY_SECONDS: Final = 0.2
UNANSWERED_MAX: Final = 3
"""Pages in a row without an answer, while the stream can be read, before it counts as
full: a server whose disk is full says nothing to what it does not store."""
STOPPED_SECONDS: Final = 5.0
"""Back-off where going on would do harm."""
PAUSE_SECONDS: Final = 0.02
"""Pause between two pages: an entry alone leaves at once, and under load a page carries
what came meanwhile, which spares every region a signature to check and a write to sync
for each entry."""


@dataclass(slots=True)
class OutboxState:
    """What an operator asks of an outbox."""

    sent: int = 0
    """The position up to which the transport has everything."""
    pages: int = 0
    rolled_back: int = 0
    """How often the stream was found to hold less than what had been sent to it."""
    foreign: int = 0
    """Messages at the stream's end that were stepped over, since they are no pages."""
    trouble: str | None = None
    unanswered: int = 0
    """Pages in a row that the stream's server said nothing to, while it was there."""
    full: bool = False
    """The stream's server said that it has no room."""

    @property
    def stores(self) -> bool:
        """Whether what is sent is stored, as far as is known."""
        return not self.full and self.unanswered < UNANSWERED_MAX


class Outbox:
    """Sends the home region's entries. One runs in a region at a time.

    ``keys`` has the keys that the region has signed with; the last is ``key``.
    ``keep_head`` keeps the note of what is about to leave, outside of any backup.
    """

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        key: SigningKey,
        keys: Verifier | None = None,
        keep_head: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._keep_head = keep_head
        self._journal = journal
        self._transport = transport
        self._key = key
        self._keys = keys or key.verifier
        self._origin = journal.region.value
        self._stream = OwnStream(journal, transport, self._keys, keep_head)
        self._told: set[str] = set()
        self.state = OutboxState()

    async def run(self) -> None:
        """Send until cancelled; wait where going on would do harm."""
        try:
            while True:
                delay = RETRY_SECONDS
                try:
                    with commits(self._journal, self._origin) as more:
                        await self._send_from_the_end(more)
                except FencedError:
                    self._trouble("the stream ends elsewhere than expected")
                except NotStoredError as error:
                    self.state.full, delay = True, STOPPED_SECONDS
                    self._trouble(str(error))
                except TransportError as error:
                    self._trouble(str(error))
                except PersistenceError as error:
                    self._trouble(f"the database: {type(error).__name__}")
                except OSError as error:
                    self._trouble(
                        f"what is sent cannot be promised: {error.strerror or error}"
                    )
                except (AnotherHistoryError, DamagedEntryError) as error:
                    if isinstance(error, DamagedEntryError):
                        self._journal.damage.found(self._origin, error)
                    self._trouble(str(error))
                    delay = STOPPED_SECONDS
                await asyncio.sleep(delay)
        finally:
            # Whoever sends from now on knows.
            self._well()

    def _trouble(self, reason: str) -> None:
        # Once until all is well, also where one reason comes after the other.
        if reason not in self._told:
            self._told.add(reason)
            log.warning("courier_waits", origin=self._origin, reason=reason)
        self.state.trouble = reason

    def _well(self) -> None:
        self._told.clear()
        self.state.trouble, self.state.full, self.state.unanswered = None, False, 0

    async def _send_from_the_end(self, more: asyncio.Event) -> None:
        sequence, position = await self._stream.end()
        self.state.foreign = self._stream.foreign
        frontier = await asyncio.to_thread(
            frontier_at, self._journal, self._origin, position
        )
        if position < self.state.sent:
            # What it lacks is sent again; nothing that it lacks is forgotten here.
            self.state.rolled_back += 1
            log.warning(
                "stream_rolled_back",
                origin=self._origin,
                sent=self.state.sent,
                found=position,
            )
        self.state.sent = position
        clock = asyncio.get_running_loop().time
        silent_since = clock()
        while True:
            more.clear()
            packed = await asyncio.to_thread(self._next_page, frontier)
            if packed is None:
                self._well()
                await within(more, POLL_SECONDS)
                if clock() - silent_since > LOOK_SECONDS:
                    if await self._transport.end(self._origin) != sequence:
                        return
                    silent_since = clock()
                continue
            frontier, message = packed
            self.state.unanswered += 1
            sequence = await self._published(message, sequence)
            self._stream.sent(sequence, frontier.size)
            self._well()
            self.state.sent = frontier.size
            self.state.pages += 1
            silent_since = clock()
            log.info(
                "page_sent",
                origin=self._origin,
                first=message.first,
                last=message.last,
                correlation_ids=correlations(message),
            )
            if message.last - message.first + 1 < ENTRIES_MAX:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _published(self, message: Message, sequence: int) -> int:
        try:
            return await self._transport.publish(self._origin, message, sequence)
        except (FencedError, NotStoredError):
            # That is an answer.
            self.state.unanswered = 0
            raise

    def _next_page(self, frontier: Frontier) -> tuple[Frontier, Message] | None:
        rows = fit(self._journal.entries(self._origin, frontier.size, ENTRIES_MAX))
        if not rows:
            return None
        rows = self._signable(rows)
        sealed = seal(self._journal, frontier, rows, self._key)
        # First the memory that outlives a restored database, then the word: who
        # is not told that a page arrived must not forget that it left.
        self._keep_head(sealed.note)
        return sealed.frontier, pack(rows, sealed.note)

    def _signable(self, rows: Sequence[Row]) -> Sequence[Row]:
        """As many rows, from the first, as end where there is a signature.

        Where the region's key does not sign (its term begins later, or it was
        revoked), what another one signed before is sent again, and nothing else.
        """
        last = rows[-1]
        if signs(self._key, self._keys, last.epoch, last.position):
            return rows
        kept = self._journal.sealed(self._origin, last.position)
        signed = 0 if kept is None else kept.frontier.size - rows[0].position + 1
        if signed < 1:
            message = f"the region's key does not sign at {last.id}, and nothing leaves"
            raise TransportError(message)
        return rows[:signed]
