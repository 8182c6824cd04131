"""A command at its home region: load, decide, append, and the same answer again.

What a command read is one snapshot of the journal, and the positions of that
snapshot go into its entries as ``seen``: with the journals cut there, anybody
can run the decision again.
"""

import asyncio
import hashlib
import math
import sqlite3
import time
from collections import deque
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Final

import orjson
from eventsourcing.persistence import IntegrityError, PersistenceError, StoredEvent

from domain.catalogue import COMMANDS, stream_kind
from domain.decisions import decide_resting
from domain.fact import Command
from domain.history import Append, Asked, Stream
from domain.parties.mandate import MandateCode
from domain.parties.membership import region_left
from domain.refusal import Code, Refusal
from domain.values import business_day, parse_instant
from domain.warning import RuleWarning
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.shapes import (
    CommandMemory,
    DatabaseCursor,
    OutOfSequenceError,
    RegionLeftError,
)
from federation.journal.store import Journal
from federation.log.arrivals import decided_again
from federation.log.command_names import command_name
from federation.log.digests import Digests
from federation.log.snapshot import (
    Moment,
    Pending,
    SnapshotHistory,
    moment,
    not_here,
    seen_text,
)
from federation.signed.entry import IN_ORDER, Envelope, Row
from federation.signed.facts import fact_of

ATTEMPTS_MAX: Final = 20
GROUP_MAX: Final = 64
"""So many commands are decided on one snapshot, and appended in one transaction."""
LARGE_BYTES: Final = 64 * 1024
"""A larger command, such as the file of a bank, is decided beside the groups."""
OVERTAKEN_SECONDS: Final = 2.0
"""For so long processes of a region that overtake each other take turns."""
AUDIT_SECONDS: Final = 2.0
"""What has come of another region is decided again sooner than that."""
COMES_FIRST: Final = frozenset(
    {MandateCode.NO_MANDATE, Code.NOT_ENTITLED, Code.WRONG_REGION, Code.OUTDATED}
)


class NotHereError(Exception):
    """The home log had seen what is not here any more, or not yet again."""

    def __init__(self, origin: str, position: int) -> None:
        super().__init__(f"{origin}/{position} was seen and is not here")
        self.origin = origin
        self.position = position


class ContentionError(Exception):
    """A command lost every race for its streams; it may be sent again."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Who sends a command, and how it is told apart from any other."""

    actor: str
    organisation: str
    key: str
    """The idempotency key; with the organisation it names the command for ever.

    It is a command of one person: another's with the same key is another command.
    """
    correlation_id: str
    now: datetime
    mandate: int | None = None
    """The mandate that the actor chose to act on; without one, one is found."""

    @property
    def command_id(self) -> str:
        """As ``983974724/<key>``: so the asker names it, and no entry does."""
        return f"{self.organisation}/{self.key}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a command: what it recorded, now or the first time."""

    rows: tuple[Row, ...]
    repeated: bool
    """The command was here before; the rows are those of then."""
    warnings: tuple[RuleWarning, ...] = ()
    """What is warned of, by all that is recorded now."""


Precondition = Callable[[int], None]
"""Raises where something is otherwise, of the home log up to a position."""


class Sent:
    """A command of an asker that waits for its answer."""

    def __init__(
        self,
        command: Command,
        asker: RequestContext,
        digests: Digests,
        still: Precondition | None = None,
    ) -> None:
        content = command.to_bytes()
        kind = type(command).__name__
        self.command = command
        self.asker = asker
        self.command_id = command_name(asker.organisation, asker.key, digests)
        """As entries name it: nothing that the asker chose can be read there."""
        self.digest = digests.of("content", asker.actor, kind, content.decode())
        """Of the content, and of who sends it."""
        self.plain_digest = _plain(kind, content)
        self.still = still
        self.is_large = len(content) > LARGE_BYTES
        self.answer: Future[Receipt | Refusal] = Future()


def plain_digest(command: Command) -> str:
    """Tell a command's content as entries of earlier releases do."""
    return _plain(type(command).__name__, command.to_bytes())


def _plain(kind: str, content: bytes) -> str:
    return hashlib.sha256(kind.encode() + b"\n" + content).hexdigest()[:32]


class Executor:
    """Runs commands against one region's journal. Safe to share between threads.

    - Commands that wait are decided one after the other on one snapshot, and appended
      in one transaction: whoever gets the turn does it for all that wait.
    - Each is decided as if those before it were committed. What it raises or refuses
      is its own, and changes nothing for the others.
    - Nobody hears an answer before the transaction is committed. If the log has gone on
      meanwhile, by another process or an announcement, all are decided again.
    """

    def __init__(self, journal: Journal, digests: Digests) -> None:
        self._journal = journal
        self.digests = digests
        self._waiting: deque[Sent] = deque()
        self._turn = Lock()
        self._overtaken_at = -math.inf
        """When another process was faster last."""
        self._remembers = False
        """Whether all is here that the home log had seen when this process began."""
        self._gate = Lock()
        self._serving: asyncio.Future[None] | None = None
        """A thread of an event loop that answers what waits."""

    def execute(
        self, command: Command, asker: RequestContext, still: Precondition | None = None
    ) -> Receipt | Refusal:
        """Decide and record, or repeat the answer that was given before.

        What is refused leaves nothing. Where something was looked up for the command,
        ``still`` raises if it is otherwise when the command is recorded. Raises the library's
        ``OperationalError`` when the database does not answer, and
        :class:`ContentionError`; neither says that nothing was recorded, and
        sending the same command again finds out.
        """
        sent = Sent(command, asker, self.digests, still)
        if sent.is_large and self._answered([sent]):
            # Others need not wait for it, but where they went on before its end.
            return sent.answer.result()
        self._waiting.append(sent)
        while not sent.answer.done():
            with self._turn:
                if not sent.answer.done():
                    self._take_turn()
        return sent.answer.result()

    async def executed(
        self, command: Command, asker: RequestContext
    ) -> Receipt | Refusal:
        """:meth:`execute` for an event loop, where one thread answers all that it sends.

        What is refused because another region's entries are here and are not decided
        again yet is sent once more when they are. Who hangs up before its turn has come
        has sent nothing.
        """
        outcome = await self._executed(command, asker)
        if isinstance(outcome, Refusal) and await decided_again(
            self._journal, AUDIT_SECONDS
        ):
            return await self._executed(command, asker)
        return outcome

    async def executed_in_order(
        self, commands: Sequence[tuple[Command, RequestContext]]
    ) -> AsyncIterator[Receipt | Refusal | Exception]:
        """:meth:`executed` of some commands, decided together and in their order.

        Each has its own answer, given in the same order: what one raises is its answer
        alone, and one that is sent once more may be decided after those behind it.
        """
        group = [Sent(command, asker, self.digests) for command, asker in commands]
        while group:
            # What is decided beside the groups has none of its own beside it.
            large = (at for at, sent in enumerate(group) if sent.is_large)
            end = max(next(large, len(group)), 1)
            async for outcome in self._answers(group[:end]):
                yield outcome
            del group[:end]

    async def _answers(
        self, together: Sequence[Sent]
    ) -> AsyncIterator[Receipt | Refusal | Exception]:
        answers = self._put(together)
        try:
            for sent, answer in zip(together, answers, strict=True):
                try:
                    outcome = await answer
                    if isinstance(outcome, Refusal) and await decided_again(
                        self._journal, AUDIT_SECONDS
                    ):
                        outcome = await self._executed(sent.command, sent.asker)
                except Exception as error:  # noqa: BLE001 - its sender hears of it
                    yield error
                else:
                    yield outcome
        finally:
            for answer in answers:
                answer.cancel()

    async def _executed(
        self, command: Command, asker: RequestContext
    ) -> Receipt | Refusal:
        (answer,) = self._put([Sent(command, asker, self.digests)])
        return await answer

    def _put(
        self, together: Sequence[Sent]
    ) -> Sequence[asyncio.Future[Receipt | Refusal]]:
        """Let commands wait for their turn, none of others between them."""
        loop = asyncio.get_running_loop()
        first = together[0]
        if first.is_large:
            run = partial(self.execute, first.command, first.asker)
            return [loop.run_in_executor(None, run)]
        with self._gate:
            self._waiting.extend(together)
            if self._serving is None:
                self._serving = loop.run_in_executor(None, self._serve)
        return [asyncio.wrap_future(sent.answer) for sent in together]

    def _serve(self) -> None:
        while True:
            with self._gate:
                if not self._waiting:
                    self._serving = None
                    return
            with self._turn:
                self._take_turn()

    @contextmanager
    def history(self) -> Iterator[SnapshotHistory]:
        """Open the journal as a decision would see it now, to ask what it would say."""
        with self._journal.reading() as cursor:
            yield moment(self._journal, cursor).history(self._journal, cursor)

    def _take_turn(self) -> None:
        """Answer the commands that wait, so many as are decided together."""
        count = min(len(self._waiting), GROUP_MAX)
        taken = [self._waiting.popleft() for _ in range(count)]
        group = [sent for sent in taken if sent.answer.set_running_or_notify_cancel()]
        if not group:
            return
        if time.monotonic() - self._overtaken_at > OVERTAKEN_SECONDS:
            if self._answered(group):
                return
            self._overtaken_at = time.monotonic()
        # Where others record too, each would overtake the other again and again.
        with suppress(PersistenceError), self._journal.turn():
            self._answer_all(group)
        if not group[0].answer.done():
            self._answer_all(group)

    def _answer_all(self, group: Sequence[Sent]) -> None:
        for _ in range(ATTEMPTS_MAX):
            if self._answered(group):
                return
        for sent in group:
            sent.answer.set_exception(ContentionError())

    def _answered(self, group: Sequence[Sent]) -> bool:
        """Answer a group; False where the log has gone on, and all is yet to be done."""
        answers: Sequence[Receipt | Refusal | BaseException]
        try:
            answers = self._decided(group)
        except (IntegrityError, OutOfSequenceError):
            # Also where this very command was recorded by another process.
            return False
        except BaseException as error:  # noqa: BLE001 - each sender hears of it
            answers = [error] * len(group)
        for sent, answer in zip(group, answers, strict=True):
            if isinstance(answer, Receipt | Refusal):
                sent.answer.set_result(answer)
            else:
                sent.answer.set_exception(answer)
        return True

    def _decided(self, group: Sequence[Sent]) -> list[Receipt | Refusal | Exception]:
        """Decide a group in its order, and append what comes of it."""
        journal = self._journal
        with journal.reading() as cursor:
            now = moment(journal, cursor)
            self._check_memory(cursor, now)
            turn = _Turn(journal, cursor, now)
            turn.recall(group)
            answers = [turn.answer(sent) for sent in group]
        pending = turn.pending
        if pending.memories:
            memories = [*pending.memories.values()]
            journal.append_after(pending.after, pending.rows, memories)
        return answers

    def _check_memory(self, cursor: DatabaseCursor, now: Moment) -> None:
        """Refuse to decide before all is here again that the home log had seen."""
        if self._remembers:
            return
        missing = not_here(cursor, self._journal.region.value, now.ends)
        if missing is not None:
            raise NotHereError(*missing)
        # What is here stays. While the home log is not whole nobody knows what it says.
        self._remembers = self._journal.withheld is None


class _Turn:
    """The decisions of one group, on one snapshot."""

    def __init__(self, journal: Journal, cursor: DatabaseCursor, now: Moment) -> None:
        self._journal = journal
        self._cursor = cursor
        self._now = now
        self.pending = Pending(now.ends[journal.region.value])
        self._memories: Mapping[str, CommandMemory] = {}

    def recall(self, group: Sequence[Sent]) -> None:
        """Read, in one statement, which of the commands were here before."""
        ids = [
            name for sent in group for name in (sent.command_id, sent.asker.command_id)
        ]
        self._memories = self._journal.commands_in(self._cursor, ids)

    def answer(self, sent: Sent) -> Receipt | Refusal | Exception:
        """Decide one command; what it raises is its answer, and of no other."""
        try:
            return self._answer(sent)
        except (PersistenceError, sqlite3.Error):
            # Of the database, which all of the group ask.
            raise
        except Exception as error:  # noqa: BLE001 - its sender hears of it
            return error

    def _answer(self, sent: Sent) -> Receipt | Refusal:
        known = self._known(sent)
        if known is not None and self._is(known, sent):
            rows = self._rows(known)
            return Receipt(rows, repeated=True, warnings=self._warned(sent, rows))
        history = self._now.history(self._journal, self._cursor, self.pending)
        asked = self._asked(sent.asker)
        decision, mandate = decide_resting(sent.command, asked, history)
        if isinstance(decision, Refusal):
            # Who asks and what was read are looked at before anybody hears whether the
            # key has been used.
            if known is None or decision.code in COMES_FIRST:
                return decision
            return Refusal(Code.COMMAND_REUSED)
        if known is not None and (known.command_id == sent.command_id or known.entries):
            return Refusal(Code.COMMAND_REUSED)
        if sent.still is not None:
            sent.still(self.pending.after.position)
        return self._recorded(sent, decision, mandate, history)

    def _asked(self, asker: RequestContext) -> Asked:
        recorded_at = self.pending.head.recorded_at
        # A day that is not today's decides otherwise, and refuses otherwise.
        self._journal.judge(asker.now, recorded_at)
        last = parse_instant(recorded_at) if recorded_at else asker.now
        # What is recorded later is said later, where a clock has gone back.
        now = max(asker.now, last)
        self._now.judge(now)
        place = (self._journal.region, asker.organisation, business_day(now))
        return Asked(*place, asker.actor, asker.mandate)

    def _recorded(
        self,
        sent: Sent,
        decision: Collection[Append],
        mandate: int | None,
        history: SnapshotHistory,
    ) -> Receipt | Refusal:
        home = {self._journal.region.value: self.pending.head}
        envelope = Envelope(
            actor=sent.asker.actor,
            organisation=sent.asker.organisation,
            command_id=sent.command_id,
            command_digest=sent.digest,
            correlation_id=sent.asker.correlation_id,
            seen=seen_text({**self._now.ends, **home}),
            rules=IN_ORDER,
            mandate=mandate,
        )
        try:
            rows, memory = self._journal.after(
                self.pending.head,
                _stored(decision, history),
                envelope,
                sent.asker.now,
            )
        except RegionLeftError:
            return region_left(self._journal.region)
        assert memory is not None, "it has an envelope"
        self.pending.add(rows, memory)
        return Receipt(tuple(rows), repeated=False, warnings=self._warned(sent, rows))

    def _warned(self, sent: Sent, rows: Sequence[Row]) -> tuple[RuleWarning, ...]:
        warns = COMMANDS[type(sent.command)].warns
        if warns is None:
            return ()
        history = self._now.history(self._journal, self._cursor, self.pending)
        facts = [fact_of(row) for row in rows]
        return tuple(warns(sent.command, self._asked(sent.asker), history, facts))

    def _known(self, sent: Sent) -> CommandMemory | None:
        """Find what a command left; earlier releases named it as its asker does."""
        for memories in (self.pending.memories, self._memories):
            for name in (sent.command_id, sent.asker.command_id):
                if name in memories:
                    return memories[name]
        return None

    def _is(self, known: CommandMemory, sent: Sent) -> bool:
        """Whether a command that was here is this one: its content, and its sender.

        In entries of earlier releases the digest is of the content alone.
        """
        if known.digest != sent.plain_digest:
            return known.digest == sent.digest
        actors = {orjson.loads(row.body)["actor"] for row in self._rows(known)}
        return actors == {sent.asker.actor}

    def _rows(self, known: CommandMemory) -> tuple[Row, ...]:
        if known.command_id in self.pending.memories:
            return self.pending.of_command(known)
        home, before = self._journal.region.value, known.position - 1
        rows = self._journal.entries_in(self._cursor, home, before, known.entries)
        return tuple(rows)


def _stored(
    decision: Collection[Append], history: SnapshotHistory
) -> list[StoredEvent]:
    versions: dict[Stream, int] = {}
    events = []
    for stream, fact in decision:
        assert stream.kind == stream_kind(fact.TYPE), "other regions refuse it"
        versions[stream] = versions.get(stream, history.version(stream)) + 1
        recorded = Recorded(str(stream), versions[stream], fact)
        events.append(MAPPER.to_stored_event(recorded))
    return events
