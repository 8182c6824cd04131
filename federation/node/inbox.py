"""The inbox: brings another region's pages to :mod:`federation.checks.ingest`.

- It reads on from wherever the journal stands, and remembers nothing beside that.
- What the region has signed for and its stream does not give is asked for, range by
  range, of the region first and then of the others.
- A message that the region did not make is stepped over, whoever put it there; a page
  that it signed and that is refused stops its log, until an operator decides.
- It never ends by itself: what fails is told in its state and tried again.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from federation.checks.incidents import Observation, Observed, observe
from federation.checks.ingest import OF_WHO_GAVE_IT, Ingest, RefusedPageError
from federation.journal.shapes import DamagedEntryError, Position
from federation.journal.store import Journal
from federation.journal.witnessing import count_undecided
from federation.node.heartbeat import ListenerState
from federation.node.reading import StreamCursor, is_signed
from federation.node.repair import Repair
from federation.node.throttle import unthrottled
from federation.signed.keys import Verifier
from federation.signed.page import CHECKPOINT_HEADER, Message
from federation.signed.sequence import Arrival
from federation.tasks import first_of
from federation.transport.ports import Delivered, Transport, TransportError

log = structlog.get_logger()

RETRY_SECONDS: Final = 0.2
REFUSED_RETRY_SECONDS: Final = 5.0
REPAIR_SECONDS: Final = 2.0
"""Back-off after a repair that fetched nothing."""
BEHIND_SECONDS: Final = 1.0
"""Time that the stream may lack what the region has signed for."""
WITHHELD_HEARTBEATS: Final = 120
"""Heartbeats from a region with missing entries before it is reported as withholding
(ten minutes): a node that is down or cut off is not heard."""


class MissingEntriesError(TransportError):
    """Nobody gives entries that the region has signed for."""


@dataclass(slots=True)
class Missing:
    """How often a region was heard while what follows a position was missing."""

    position: int = -1
    heard_at: float | None = None
    heartbeats: int = 0

    def at(self, position: int, heard_at: float | None) -> int:
        """Heartbeats so far, now that one was heard at a second."""
        if position != self.position:
            self.position, self.heartbeats = position, 0
        elif heard_at != self.heard_at:
            self.heartbeats += 1
        self.heard_at = heard_at
        return self.heartbeats


@dataclass(slots=True)
class InboxState:
    """What an operator asks of an inbox."""

    received: int = 0
    trouble: str | None = None
    refused: str | None = None
    """Why the region's history is not taken any further."""
    repaired: int = 0
    """Entries that were asked for, since the stream did not give them."""
    foreign: int = 0
    """Messages of the stream that were stepped over, since they are no pages of it."""
    missing: Missing = field(default_factory=Missing)


class Inbox:
    """Takes one other region's log."""

    def __init__(  # noqa: PLR0913 - what is known beside the log has its defaults
        self,
        journal: Journal,
        transport: Transport,
        origin: str,
        key: Verifier,
        heard: ListenerState | None = None,
        latest: Callable[[], datetime] | None = None,
        *,
        throttle: Callable[[float], float] = unthrottled,
        cosigned: Callable[[], int] = lambda: 0,
    ) -> None:
        """Prepare; ``heard`` is what the region announces.

        ``cosigned`` is how much of its log others have cosigned and is not here: what
        a region shows to another one it hides from nobody.

        ``latest`` is the instant after which nothing can be recorded yet; it is
        left out where the regions' clocks are those of a played year. ``throttle``
        gives the seconds to pause after some seconds of work.
        """
        self._journal = journal
        self._transport = transport
        self._origin = origin
        self._key = key
        self._heard = heard or ListenerState()
        self._throttle = throttle
        self._cosigned = cosigned
        self._ingest = Ingest(journal, origin, key, latest)
        self.state = InboxState()
        self._repair = Repair(journal, transport, origin, self.take, self._tell)
        self._fruitless_at: float | None = None
        self._cursor = StreamCursor(transport, origin, key)
        self._stepped_over: Message | None = None
        """The last one that may be the region's, by a key that is not known here yet."""
        self._told: tuple[int, Observed] | None = None
        """At which position what was told last of what was stepped over."""

    async def run(self) -> None:
        """Receive until cancelled, from wherever the journal stands."""
        try:
            while True:
                delay = RETRY_SECONDS
                for part in (self._listen, self._ask_again):
                    try:
                        await part()
                    except TransportError as error:
                        self._trouble(str(error))
                        if isinstance(error, MissingEntriesError):
                            await asyncio.to_thread(self._miss, str(error))
                    except PersistenceError as error:
                        self._trouble(f"the database: {type(error).__name__}")
                    except (RefusedPageError, DamagedEntryError) as error:
                        self._refuse(str(error))
                        delay = REFUSED_RETRY_SECONDS
                        if isinstance(error, RefusedPageError):
                            await asyncio.to_thread(self._tell, self._origin, error)
                await asyncio.sleep(delay)
        finally:
            # Whoever receives from now on knows.
            self.state.trouble = self.state.refused = None

    def _trouble(self, reason: str) -> None:
        if self.state.trouble != reason:
            log.warning("receiver_waits", origin=self._origin, reason=reason)
        self.state.trouble = reason

    def _refuse(self, reason: str) -> None:
        if self.state.refused != reason:
            log.error("page_refused", origin=self._origin, reason=reason)
        self.state.refused = reason

    def _tell(self, giver: str, error: RefusedPageError) -> None:
        if error.seen is not None:
            theirs = error.seen.kind in OF_WHO_GAVE_IT
            self._observe(giver if theirs else self._origin, error.seen)

    def _miss(self, text: str) -> None:
        """Tell of what a region speaks of and nobody gives, when that has lasted."""
        try:
            end = self._held()
            undecided = count_undecided(self._journal, self._origin)
        except PersistenceError as error:
            self._trouble(f"the database: {type(error).__name__}")
            return
        count = self.state.missing.at(end.position, self._heard.heard_at)
        if count >= WITHHELD_HEARTBEATS and not undecided:
            self._observe(self._origin, Observation(Observed.WITHHELD, "log", text))

    def _observe(self, about: str, seen: Observation) -> None:
        try:
            observe(self._journal, about, seen, self._origin)
        except PersistenceError as error:
            self._trouble(f"the database: {type(error).__name__}")

    async def _listen(self) -> None:
        await first_of(self._follow(), self._behind(), self._known_by_now())

    async def _follow(self) -> None:
        position = (await asyncio.to_thread(self._held)).position
        self.state.received = position
        start = await self._cursor.before(position + 1)
        self.state.trouble = None
        first = await self._transport.get(self._origin, start)
        if first is None:
            await self._ask_again()
        async with aclosing(self._transport.read(self._origin, start)) as pages:
            async for delivered in pages:
                await self._pass(delivered)

    async def _pass(self, delivered: Delivered) -> None:
        """Take a message of the stream; ask for what is missing before it."""
        if await self._arrived(delivered) is Arrival.GAP:
            await self._ask_again(delivered.message.first - 1)
            if await self._arrived(delivered) is Arrival.GAP:
                text = f"entries after {self.state.received} are missing"
                raise MissingEntriesError(text)
        self._cursor.passed(delivered)

    async def _arrived(self, delivered: Delivered) -> Arrival | None:
        """Take a message; step over it where it is none of the region's."""
        is_told = self._told == (self.state.received, Observed.NOT_SIGNED)
        if is_told and CHECKPOINT_HEADER not in delivered.message.headers:
            # One of very many costs next to nothing.
            self.state.foreign += 1
            return None
        clock = asyncio.get_running_loop().time
        began, arrived = clock(), None
        try:
            arrived = await asyncio.to_thread(self.take, delivered.message)
        except RefusedPageError as error:
            if not error.foreign:
                raise
            await self._step_over(delivered, error)
        if pause := self._throttle(clock() - began):
            await asyncio.sleep(pause)
        return arrived

    async def _step_over(self, delivered: Delivered, error: RefusedPageError) -> None:
        self.state.foreign += 1
        if error.by_unknown_key:
            self._stepped_over = delivered.message
        if error.by_unknown_key or error.kind is not Observed.NOT_SIGNED:
            self._refuse(str(error))
        # Where it is one of very many, it is told once.
        observed = self.state.received, error.kind
        if self._told != observed:
            self._told = observed
            log.warning(
                "foreign_message",
                origin=self._origin,
                sequence=delivered.sequence,
                reason=str(error),
            )
            await asyncio.to_thread(self._tell, self._origin, error)

    async def _known_by_now(self) -> None:
        """End when the key is known of what was stepped over."""
        while True:
            await asyncio.sleep(REFUSED_RETRY_SECONDS)
            message = self._stepped_over
            if message and is_signed(message, self._origin, self._key):
                self._stepped_over = None
                self._cursor.forget()
                return

    async def _behind(self) -> None:
        """End when the stream gives nothing of what the region has signed for."""
        while True:
            received = self.state.received
            await asyncio.sleep(BEHIND_SECONDS)
            announced = max(self._heard.size, self._cosigned())
            if announced > self.state.received == received:
                text = f"entries up to {announced} are signed for and missing"
                raise MissingEntriesError(text)

    async def _ask_again(self, until: int | None = None) -> None:
        """Ask for what follows, unless that was fruitless a moment ago."""
        now = asyncio.get_running_loop().time()
        if self._fruitless_at is not None and now - self._fruitless_at < REPAIR_SECONDS:
            return
        fetched = await self._repair.fetch(until)
        self._fruitless_at = None if fetched else now
        self.state.repaired += fetched

    def _held(self) -> Position:
        return self._journal.positions()[self._origin]

    def take(self, message: Message) -> Arrival:
        """Take a page, as :meth:`~federation.checks.ingest.Ingest.take` does."""
        arrived = self._ingest.take(message)
        if arrived is Arrival.NEXT:
            self.state.received, self.state.refused = message.last, None
        return arrived
