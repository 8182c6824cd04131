"""A node looks whether its own log is all that it has promised, before it writes.

- Nothing is recorded while something is missing that was promised or that another
  holds: a journal restored from a backup is older than that.
- What is missing comes from the region's stream and from the other regions, by the
  same ingest as another region's log, verified with the region's own key.
- Where nothing says what was promised, no heartbeat is sent before all have answered.
- Where somebody holds other entries under this key, the node stops recording.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Final

import structlog
from eventsourcing.persistence import PersistenceError

from domain.values import Region
from federation.checks.incidents import Observed
from federation.checks.ingest import Ingest, RefusedPageError
from federation.checks.signed_heads import BrokenSignedHeadsError, SignedHeads, breach
from federation.journal.restoring import remember_last, restore
from federation.journal.shapes import DamagedEntryError, Position
from federation.journal.store import Journal
from federation.log.completeness import abide
from federation.log.epochs import begun, given_up
from federation.log.membership import absent
from federation.node.ranges import RangeRequest
from federation.node.reading import locate
from federation.node.repair import RangeAnswer, ask
from federation.node.replies import Reply, advice, second, unknown
from federation.signed.checkpoint import BrokenCheckpointError, Checkpoint, claimed
from federation.signed.keys import Verifier
from federation.signed.page import BrokenPageError, Message, note_of, unpack
from federation.signed.sequence import Arrival
from federation.tasks import happened
from federation.transport.ports import Transport, TransportError

log = structlog.get_logger()

RETRY_SECONDS: Final = 1.0
STREAM: Final = "the region's stream"
LOOK_SECONDS: Final = 30.0
"""Pause between two looks whether somebody else records in the node's name."""
FOREIGN_MAX: Final = 1000
"""Foreign messages that are looked past for more of the log, where all that was
promised is here."""


class SecondWriterError(Exception):
    """The region's key has signed for entries that this node did not record."""


class _PageOutcome(Enum):
    """What became of a page."""

    NEXT = auto()
    KNOWN = auto()
    """It brought nothing new, or what was declared lost."""
    BEYOND = auto()
    """It does not follow what is here: entries before it are missing."""
    UNKNOWN = auto()
    """No key that is known here has signed it."""
    FOREIGN = auto()
    """It says nothing of this region, whoever gave it."""


@dataclass(slots=True)
class RestoreState:
    """What an operator asks about the home log."""

    whole: bool = False
    """All that was promised is here; the node may record."""
    reason: str | None = "the home log has not been held against what was promised yet"
    fetched: int = 0
    """Entries of the home log that were fetched back."""
    silent: set[str] = field(default_factory=set)
    """Who has not said how much it holds, where nothing was promised here."""


class Restore:
    """Holds the home log against its signed heads and its peers. One runs in a node."""

    def __init__(
        self,
        journal: Journal,
        transport: Transport,
        key: Verifier,
        signed_heads: SignedHeads,
        latest: Callable[[], datetime] | None = None,
    ) -> None:
        """Prepare, and withhold the journal from writers until :meth:`run` gives it.

        What is recorded after ``latest`` is not taken back.
        """
        self._journal = journal
        self._transport = transport
        self._home = journal.region.value
        self._key = key
        self._signed_heads = signed_heads
        self._ingest = Ingest(journal, self._home, key, latest, store=restore)
        self._whole = asyncio.Event()
        self._remembers = signed_heads.remembers(self._home)
        """Whether what was promised is known; asked before anything new can be."""
        self._all_heard = asyncio.Event()
        self.state = RestoreState()
        journal.withheld = self.state.reason

    async def then(self, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part that signs, once the home log is whole."""
        await happened(self._whole)
        await part()

    async def then_tell(self, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part that says that there is no more, once nobody can hold more.

        Who speaks for less than it has signed for contradicts itself, and a node
        without its signed heads learns from the others alone what that is.
        """
        await happened(self._all_heard)
        await part()

    async def run(self) -> None:
        """Fetch what is missing, let writers in, and go on looking."""
        while not self.state.whole:
            await self._try(self._make_whole)
            if not self.state.whole:
                await asyncio.sleep(RETRY_SECONDS)
        clock = asyncio.get_running_loop().time
        asked_at = clock()
        while self.state.whole:
            await asyncio.sleep(min(RETRY_SECONDS, LOOK_SECONDS))
            await self._try(self._look_at_signed_head)
            if self.state.silent:
                await self._try(self._hear_the_others)
            if clock() - asked_at >= LOOK_SECONDS:
                asked_at = clock()
                await self._try(self._look_for_another)

    async def _try(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except (SecondWriterError, DamagedEntryError, BrokenSignedHeadsError) as error:
            self._withhold(str(error))
        except (TransportError, PersistenceError, OSError) as error:
            if not self.state.whole:
                self._withhold(f"the home log cannot be looked at: {error}")

    def _withhold(self, reason: str) -> None:
        if reason != self.state.reason:
            log.error("home_log_withheld", origin=self._home, reason=reason)
        self.state.whole, self.state.reason = False, reason
        self._journal.withheld = reason

    async def _make_whole(self) -> None:
        replies = await self.look()
        reason = await asyncio.to_thread(self._why_withheld, replies)
        if reason is not None:
            self._withhold(reason)
            return
        if self.state.silent:
            log.info("announcing_waits", silent=sorted(self.state.silent))
        else:
            await self._hold_all()
        self.state.whole, self.state.reason = True, None
        self._journal.withheld = None
        self._whole.set()

    def _why_withheld(self, replies: Mapping[str, Reply]) -> str | None:
        """Why nothing may be recorded yet; else abide by what was promised."""
        promised = self._promised()
        broken = None if promised is None else breach(self._journal, promised)
        gone, named = absent(self._journal), self._named()
        waited = {name: reply for name, reply in replies.items() if name not in gone}
        more = {name for name, reply in waited.items() if reply is Reply.MORE} - named
        if broken is not None:
            return f"{broken}. {advice(waited)}"
        if not self._remembers and more:
            return f"nothing says here what was promised. {unknown(more)}"
        if promised is None and Reply.NO_MORE not in replies.values():
            return (
                "nothing says how far the home log has come: there is no file of "
                "promises, and neither the region's stream nor any region answers"
            )
        remember_last(self._journal)
        if promised is not None:
            abide(self._journal, promised)
        if not self._remembers:
            heard = {who for who, reply in replies.items() if reply is Reply.NO_MORE}
            self.state.silent = {*self._peers} - heard - named
        return None

    def _named(self) -> set[str]:
        """Whom the last epoch began without, on an operator's word."""
        epoch = self._held().epoch
        last = begun(self._journal, self._home, epoch)
        return set() if last is None else {region.value for region in last.fact.without}

    async def look(self) -> Mapping[str, Reply]:
        """Fetch back what anybody holds; return what each says of the rest.

        Raises :class:`SecondWriterError`.
        """
        before = (await asyncio.to_thread(self._held)).position
        replies = {STREAM: await self._from_stream()}
        for peer in self._peers:
            replies[peer] = await self._from_peer(peer)
        position = (await asyncio.to_thread(self._held)).position
        if position > before:
            self.state.fetched += position - before
            log.warning(
                "home_log_restored", origin=self._home, first=before + 1, last=position
            )
        return replies

    @property
    def _peers(self) -> Sequence[str]:
        return [region.value for region in Region if region.value != self._home]

    def _promised(self) -> Checkpoint | None:
        return self._signed_heads.last(self._home)

    def _held(self) -> Position:
        return self._journal.positions()[self._home]

    async def _from_stream(self) -> Reply:
        reply, foreign = Reply.NO_MORE, 0
        try:
            first = (await asyncio.to_thread(self._held)).position + 1
            sequence = await locate(self._transport, self._home, first, self._key)
            while delivered := await self._transport.get(self._home, sequence):
                outcome = await asyncio.to_thread(self._take, delivered.message)
                foreign += outcome is _PageOutcome.FOREIGN
                if outcome is _PageOutcome.UNKNOWN:
                    reply = Reply.MORE
                if outcome is _PageOutcome.BEYOND:
                    break
                if foreign == FOREIGN_MAX and await asyncio.to_thread(self._has_all):
                    break
                sequence += 1
        except TransportError:
            return Reply.SILENT
        return reply

    def _has_all(self) -> bool:
        promised = self._promised()
        return (
            self._remembers
            and promised is not None
            and breach(self._journal, promised) is None
        )

    async def _from_peer(self, peer: str) -> Reply:
        while True:
            try:
                answer = await self._beyond(peer)
            except TransportError:
                return Reply.SILENT
            outcome = _PageOutcome.KNOWN
            if answer.page is not None:
                outcome = await asyncio.to_thread(self._take, answer.page)
            if outcome is _PageOutcome.UNKNOWN:
                return Reply.MORE
            if outcome is not _PageOutcome.NEXT:
                return await asyncio.to_thread(self._says, answer)

    def _says(self, answer: RangeAnswer) -> Reply:
        """Meaning of an answer without a page that goes on."""
        page = answer.page
        end = self._held()
        if answer.size <= end.position or (page and self._was_given_up(page)):
            return Reply.NO_MORE
        last = begun(self._journal, self._home, end.epoch)
        # Who has not heard of the epoch still holds what it gave up.
        over = last is not None and answer.size <= last.fact.promised
        return Reply.SILENT if over else Reply.MORE

    async def _beyond(self, peer: str) -> RangeAnswer:
        end = await asyncio.to_thread(self._held)
        request = RangeRequest(self._home, end.epoch, end.position + 1)
        return await ask(self._transport, peer, request)

    def _take(self, message: Message) -> _PageOutcome:
        """Keep a page that the region itself signed; say what became of it.

        Raises :class:`SecondWriterError` where it signed something else than is here.
        """
        if self._was_given_up(message):
            return _PageOutcome.KNOWN
        try:
            arrived = self._ingest.take(message)
        except RefusedPageError as error:
            if error.kind is Observed.NOT_COME:
                return _PageOutcome.KNOWN
            if error.foreign:
                return (
                    _PageOutcome.UNKNOWN
                    if error.by_unknown_key
                    else _PageOutcome.FOREIGN
                )
            raise SecondWriterError(second(str(error))) from None
        if arrived is Arrival.GAP:
            # The region has signed for it, whatever this node remembers.
            self._signed_heads.keep(note_of(message))
            return _PageOutcome.BEYOND
        return _PageOutcome.NEXT if arrived is Arrival.NEXT else _PageOutcome.KNOWN

    def _is_ours(self, message: Message) -> bool:
        try:
            unpack(message, self._home, self._key)
        except BrokenPageError:
            return False
        return True

    def _was_given_up(self, message: Message) -> bool:
        """Whether a page is of what was declared lost, whatever key signed it."""
        try:
            checkpoint = claimed(note_of(message))
        except (ValueError, BrokenCheckpointError):
            return False
        return checkpoint.origin == self._home and given_up(self._journal, checkpoint)

    async def _look_at_signed_head(self) -> None:
        """See whether another has cosigned more of the home log than is here.

        It is promised when it is heard; a node that started without its signed heads,
        and without that region, learns only then that it is an older copy.
        """
        promised = await asyncio.to_thread(self._promised)
        end = await asyncio.to_thread(self._held)
        if promised is not None and (promised.epoch, promised.size) > end:
            raise SecondWriterError(second(f"{promised.size} entries were cosigned"))

    async def _hear_the_others(self) -> None:
        """Ask who has not said how much it holds; until all have, nothing is announced.

        Nobody waits for who has left, or is yet to join, or was named as away.
        """
        gone = await asyncio.to_thread(absent, self._journal)
        for peer in sorted(self.state.silent):
            if peer in gone or await self._holds_no_more(peer):
                self.state.silent.discard(peer)
        if not self.state.silent:
            await self._hold_all()

    async def _hold_all(self) -> None:
        """Note that nobody holds more of the home log."""
        await asyncio.to_thread(self._remember_all)
        self._all_heard.set()

    def _remember_all(self) -> None:
        if not self._signed_heads.partial:
            return
        # What this node signed before it forgot is promised anew.
        sealed = self._journal.sealed(self._home)
        if sealed is not None:
            self._signed_heads.keep(sealed.note)
        self._signed_heads.heard_all()

    async def _look_for_another(self) -> None:
        for peer in self._peers:
            await self._holds_no_more(peer)

    async def _holds_no_more(self, peer: str) -> bool:
        """Whether a peer says so; raise where it shows that this node lacks some."""
        try:
            answer = await self._beyond(peer)
        except TransportError:
            return False
        page = answer.page
        # What is not signed with a known key anybody can make, to stop this node.
        if page is not None and not await asyncio.to_thread(self._is_ours, page):
            return False
        # What was sent meanwhile was recorded here before it was sent.
        end = await asyncio.to_thread(self._held)
        if page is not None and (claimed(note_of(page)).epoch, page.last) > end:
            raise SecondWriterError(second(f"{peer} holds entry {page.last}"))
        return answer.size <= end.position
