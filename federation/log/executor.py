"""A command at its home region: load, decide, append, and the same answer again.

What a command read is one snapshot of the journal, and the positions of that
snapshot go into its entries as ``seen``: with the journals cut there, anybody
can run the decision again.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, TypeVar

import orjson
from eventsourcing.persistence import IntegrityError, StoredEvent

from domain.catalogue import stream_kind
from domain.decisions import decide
from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, EntryPlace, RecordedFact, Stream
from domain.parties.membership import region_left
from domain.refusal import Code, Refusal
from domain.values import Region, business_day, parse_instant
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.shapes import (
    CommandMemory,
    DatabaseCursor,
    Head,
    Position,
    RegionLeftError,
)
from federation.journal.store import Journal, Precondition
from federation.log.digests import Digests
from federation.signed.entry import Envelope, Row, seen_of
from federation.signed.facts import fact_of

S = TypeVar("S")
ATTEMPTS_MAX: Final = 20


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


class SnapshotHistory:
    """The journal as one decision sees it."""

    def __init__(self, journal: Journal, cursor: DatabaseCursor) -> None:
        self._journal = journal
        self._cursor = cursor
        self._versions: dict[str, int] = {}

    def state(self, category: Category[S], key: str) -> S:
        """Fold of a key's streams."""
        return self.states(category, (key,))[key]

    def states(self, category: Category[S], keys: Collection[str]) -> Mapping[str, S]:
        """Folds of some keys' streams, read in one statement."""
        folded = dict.fromkeys(keys, category.initial)
        for key, _, row in self._rows(category, keys):
            fact = fact_of(row)
            folded[key] = category.evolve(folded[key], fact)
        return folded

    def entries(
        self, category: Category[S], keys: Collection[str]
    ) -> Mapping[str, Sequence[RecordedFact]]:
        """Facts of some keys' streams with their entries."""
        recorded: dict[str, list[RecordedFact]] = {key: [] for key in keys}
        for key, stream, row in self._rows(category, keys):
            place = EntryPlace(row.origin, row.epoch, row.position)
            fact = fact_of(row)
            seen = seen_of(row.body)
            recorded[key].append(RecordedFact(place, stream, row.version, fact, seen))
        return recorded

    def _rows(
        self, category: Category[S], keys: Collection[str]
    ) -> Iterator[tuple[str, Stream, Row]]:
        streams = {
            str(stream): (key, stream)
            for key in keys
            for region in Region
            for stream in (category.stream(region, key),)
        }
        rows = self._journal.streams_in(self._cursor, list(streams))
        self._versions |= dict.fromkeys(streams, 0)
        for row in rows:
            self._versions[row.stream] = row.version
            yield *streams[row.stream], row

    def recorded_until(self, region: Region) -> date | None:
        """Day of a region's last entry."""
        last = self._journal.head_in(self._cursor, region.value).recorded_at
        return business_day(parse_instant(last)) if last else None

    def version(self, stream: Stream) -> int:
        """Last version of a stream, or 0."""
        name = str(stream)
        if name not in self._versions:
            self._versions[name] = self._journal.version_in(self._cursor, name)
        return self._versions[name]

    def fact(self, stream: Stream, version: int) -> Fact:
        """One fact of a stream, which is there."""
        entry = self._journal.entry_in(self._cursor, str(stream), version)
        assert entry is not None, f"{stream} has no version {version}"
        return fact_of(entry)

    def ends(self) -> Mapping[str, Head]:
        """Where the logs end in this snapshot."""
        return self._journal.ends_in(self._cursor)


def seen_text(positions: Mapping[str, Position | Head]) -> str:
    """As ``midt/1/12 nord/1/0 …``."""
    return " ".join(
        f"{origin}/{position.epoch}/{position.position}"
        for origin, position in sorted(positions.items())
    )


class _Sent(NamedTuple):
    """A command of an asker, as entries name it: nothing chosen can be read there."""

    command: Command
    asker: RequestContext
    command_id: str
    digest: str
    """Of the content, and of who sends it."""


def plain_digest(command: Command) -> str:
    """Digest by which earlier releases told a command's content."""
    name = type(command).__name__.encode()
    return hashlib.sha256(name + b"\n" + command.to_bytes()).hexdigest()[:32]


class Executor:
    """Runs commands against one region's journal. Safe to share between threads."""

    def __init__(self, journal: Journal, digests: Digests) -> None:
        self._journal = journal
        self.digests = digests

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
        sent = self._sent(command, asker)
        for _ in range(ATTEMPTS_MAX):
            try:
                return self._attempt(sent, still)
            except IntegrityError:
                # Somebody appended to one of the streams since the snapshot, or
                # this very command was here before. A new command, which nearly
                # all are, is not looked up: its id is unique in the journal.
                memory = self._remembered(sent)
                if memory is not None:
                    return self._again(memory, sent)
            except RegionLeftError:
                # What was recorded before is answered as it was then.
                memory = self._remembered(sent)
                if memory is not None:
                    return self._again(memory, sent)
                return region_left(self._journal.region)
        raise ContentionError

    @contextmanager
    def history(self) -> Iterator[SnapshotHistory]:
        """Open the journal as a decision would see it now, to ask what it would say."""
        with self._journal.reading() as cursor:
            yield SnapshotHistory(self._journal, cursor)

    def _sent(self, command: Command, asker: RequestContext) -> _Sent:
        key = self.digests.of("command", asker.organisation, asker.key)
        content = asker.actor, type(command).__name__, command.to_bytes().decode()
        digest = self.digests.of("content", *content)
        return _Sent(command, asker, f"{asker.organisation}/{key}", digest)

    def _attempt(self, sent: _Sent, still: Precondition | None) -> Receipt | Refusal:
        asker = sent.asker
        with self._journal.reading() as cursor:
            history = SnapshotHistory(self._journal, cursor)
            ends = history.ends()
            recorded_at = ends[self._journal.region.value].recorded_at
            # A day that is not today's decides otherwise, and refuses otherwise.
            self._journal.judge(asker.now, recorded_at)
            last = parse_instant(recorded_at) if recorded_at else asker.now
            # What is recorded later is said later, where a clock has gone back.
            today = business_day(max(asker.now, last))
            asked = Asked(self._journal.region, asker.organisation, today, asker.actor)
            decision = decide(sent.command, asked, history)
            if isinstance(decision, Refusal):
                memory = self._memory(cursor, sent)
                if memory is None or (
                    _comes_first(decision) and not self._is(memory, sent)
                ):
                    return decision
                return self._again(memory, sent)
            earlier = self._journal.command_in(cursor, asker.command_id)
            if earlier is not None and earlier.entries:
                return self._again(earlier, sent)
            events = _stored(decision, history)
        envelope = Envelope(
            actor=asker.actor,
            organisation=asker.organisation,
            command_id=sent.command_id,
            command_digest=sent.digest,
            correlation_id=asker.correlation_id,
            seen=seen_text(ends),
        )
        rows = self._journal.append(
            events, envelope=envelope, now=asker.now, still=still
        )
        return Receipt(tuple(rows), repeated=False)

    def _remembered(self, sent: _Sent) -> CommandMemory | None:
        with self._journal.reading() as cursor:
            return self._memory(cursor, sent)

    def _memory(self, cursor: DatabaseCursor, sent: _Sent) -> CommandMemory | None:
        """Earlier releases named a command as its asker does."""
        memory = self._journal.command_in(cursor, sent.command_id)
        return memory or self._journal.command_in(cursor, sent.asker.command_id)

    def _again(self, memory: CommandMemory, sent: _Sent) -> Receipt | Refusal:
        if not self._is(memory, sent):
            return Refusal(Code.COMMAND_REUSED)
        return Receipt(self._rows(memory), repeated=True)

    def _is(self, memory: CommandMemory, sent: _Sent) -> bool:
        """Whether a command that was here is this one: its content, and its sender.

        In entries of earlier releases the digest is of the content alone.
        """
        if memory.digest != plain_digest(sent.command):
            return memory.digest == sent.digest
        actors = {orjson.loads(row.body)["actor"] for row in self._rows(memory)}
        return actors == {sent.asker.actor}

    def _rows(self, memory: CommandMemory) -> tuple[Row, ...]:
        home, before = self._journal.region.value, memory.position - 1
        return tuple(self._journal.entries(home, before, memory.entries))


def _comes_first(refusal: Refusal) -> bool:
    """Whether a refusal is of who asks or of what was read.

    Both are known before anybody hears whether the key has been used.
    """
    return refusal.code in {Code.NOT_ENTITLED, Code.WRONG_REGION, Code.OUTDATED}


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
