"""What the journals of both databases share: everything but the dialect.

A journal holds the home region's entries, whose positions it assigns, and
the other regions' verified entries. Nothing is ever updated or deleted.
Statements are written with ``?``; a dialect whose driver writes parameters
otherwise translates.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, ClassVar, Final

import orjson
from eventsourcing.persistence import StoredEvent

from domain.values import Region, instant_text, parse_instant
from federation.journal.announced import announced_head, forget
from federation.journal.damage import Damage
from federation.journal.long_streams import LongStreams
from federation.journal.many_streams import ManyStreams
from federation.journal.order import after_leaving, check_order, left_in
from federation.journal.shapes import (
    CommandMemory,
    DatabaseCursor,
    EntryTooLargeError,
    Follow,
    Head,
    OutOfSequenceError,
    Position,
    RegionLeftError,
    Sealed,
    WithheldError,
    paged,
    sealed_from,
)
from federation.signed.entry import (
    ENTRY_BYTES_MAX,
    EntryHeader,
    Envelope,
    Row,
    build,
    data_of,
)

MICROSECOND: Final = timedelta(microseconds=1)
ALL: Final = 2**31
FIRST_EPOCH: Final = 1
_ENTRY: Final = ", ".join(Row._fields)
_COMMAND: Final = f"SELECT {', '.join(CommandMemory._fields)} FROM command WHERE"
_CELLS: Final = itemgetter(*Row._fields)
_BYTES: Final = (bytes, bytearray, memoryview)


_HEAD: Final = """SELECT * FROM (
    SELECT origin, epoch, position, recorded_at, type FROM journal WHERE origin = ?
    ORDER BY position DESC LIMIT 1
) AS head"""
_HEADS: Final = " UNION ALL ".join([_HEAD] * len(Region))
_LAST: Final = f"""SELECT * FROM (
    SELECT {_ENTRY} FROM journal WHERE origin = ? ORDER BY position DESC LIMIT 1
) AS last"""
_LASTS: Final = " UNION ALL ".join([_LAST] * len(Region))
_REGIONS: Final = tuple(region.value for region in Region)
_END: Final = itemgetter("origin", "epoch", "position", "recorded_at", "type")


class Journal(ABC):
    """The record of all regions at one node. Raises the library's errors."""

    def __init__(self, region: Region, clock: Callable[[], datetime]) -> None:
        self.region = region
        self.clock = clock
        self.damage = Damage()
        self.long_streams = LongStreams()
        self.many_streams = ManyStreams()
        self.withheld: str | None = None
        """Why nothing may be recorded now: the home log may not be whole."""
        self.judge: Callable[[datetime, str], None] = lambda _now, _last: None
        """Raises where nothing may be recorded or announced by a clock that shows one
        instant, where the home log has recorded or announced another one last."""
        self.listeners: list[Callable[[str], None]] = []
        """Called with the origin of what was committed, from any thread."""

    # What a dialect brings

    one_of: ClassVar[str]
    """Condition that a text is one of a list, which is JSON: with a mark for each of some
    thousand, a statement would be read and planned anew for every number of them."""

    @abstractmethod
    def append_next(self, follow: Follow, head: Head | None = None) -> Sequence[Row]:
        """Store, in one transaction, the rows that follow the home log's head.

        ``head`` is what the caller has read of it, which may be outdated.
        """

    @abstractmethod
    def writing(self) -> AbstractContextManager[DatabaseCursor]:
        """Open a transaction that is synced to disk when it ends."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[DatabaseCursor]:
        """Open a read-only transaction that sees one moment."""

    @abstractmethod
    def insert_rows(self, cursor: DatabaseCursor, rows: Sequence[Row]) -> None:
        """Insert entries."""

    @abstractmethod
    def hold_appends(self, cursor: DatabaseCursor) -> None:
        """Let the transactions that append end, and the next wait for this one."""

    def turn(self) -> AbstractContextManager[None]:
        """Let no other process of the region decide meanwhile, where there are some."""
        return nullcontext()

    @abstractmethod
    def check_storage(self) -> None:
        """Raise the library's ``DatabaseError`` where the database itself is damaged."""

    @abstractmethod
    def close(self) -> None:
        """Give all connections back."""

    def try_to_write(self) -> None:
        """Write what is there already; raise the library's error where that is refused."""
        with self.writing() as cursor:
            home = (self.region.value,)
            cursor.execute("UPDATE announced SET note = note WHERE origin = ?", home)

    # The home region's log

    def append(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        envelope: Envelope | None = None,
        now: datetime | None = None,
    ) -> Sequence[Row]:
        """Append events in one transaction and return their entries.

        ``envelope`` says who and why and is remembered by its command id;
        ``now`` is the least ``recorded_at``. Raises the library's
        ``IntegrityError`` when a version or the command id is there already,
        :class:`WithheldError` while nothing may be recorded, and
        :class:`RegionLeftError` where the region has left.
        """

        def follow(head: Head) -> tuple[Sequence[Row], Sequence[CommandMemory]]:
            self.judge(now or self.clock(), head.recorded_at)
            rows, memory = self.after(head, stored_events, envelope, now)
            return rows, [] if memory is None else [memory]

        if self.withheld is not None:
            raise WithheldError(self.withheld)
        rows = self.append_next(follow)
        if rows:
            self.tell(self.region.value)
        return rows

    def append_after(
        self, expected: Head, rows: Sequence[Row], memories: Sequence[CommandMemory]
    ) -> None:
        """Append, in one transaction, the entries of some commands after a head.

        Raises :class:`OutOfSequenceError` where the log has gone on since, and else
        as :meth:`append` does.
        """

        def follow(head: Head) -> tuple[Sequence[Row], Sequence[CommandMemory]]:
            if head != expected:
                raise OutOfSequenceError(self.region.value)
            return rows, memories

        if self.withheld is not None:
            raise WithheldError(self.withheld)
        self.append_next(follow, expected)
        if rows:
            self.tell(self.region.value)

    def after(
        self,
        head: Head,
        stored_events: Sequence[StoredEvent],
        envelope: Envelope | None,
        now: datetime | None,
    ) -> tuple[Sequence[Row], CommandMemory | None]:
        """Entries of events after a head, and what is kept of their command."""
        rows = self._rows_after(head, stored_events, envelope, now)
        if envelope is None:
            return rows, None
        first = rows[0].position if rows else 0
        command_id, digest = envelope.command_id, envelope.command_digest
        return rows, CommandMemory(command_id, digest, first, len(rows))

    def _rows_after(
        self,
        head: Head,
        stored_events: Sequence[StoredEvent],
        envelope: Envelope | None,
        now: datetime | None,
    ) -> Sequence[Row]:
        recorded_at = now or self.clock()
        if head.recorded_at:
            last = parse_instant(head.recorded_at)
            recorded_at = max(recorded_at, last + MICROSECOND)
        rows = []
        for offset, event in enumerate(stored_events):
            header = EntryHeader(
                self.region.value,
                head.epoch,
                head.position + offset + 1,
                str(event.originator_id),
                event.originator_version,
                event.topic,
                instant_text(recorded_at + offset * MICROSECOND),
            )
            row = build(header, envelope, event.state)
            if len(row.body) > ENTRY_BYTES_MAX:
                raise EntryTooLargeError
            rows.append(row)
        if after_leaving(head, rows) is not None:
            raise RegionLeftError(self.region.value)
        return rows

    def head_in(self, cursor: DatabaseCursor, origin: str) -> Head:
        """Where a region's log ends."""
        cursor.execute(
            "SELECT epoch, position, recorded_at, type FROM journal "
            "WHERE origin = ? ORDER BY position DESC LIMIT 1",
            (origin,),
        )
        row = cursor.fetchone()
        if row is None:
            return Head(FIRST_EPOCH, 0, "")
        left = left_in(cursor, origin, row["type"])
        return Head(row["epoch"], row["position"], row["recorded_at"], left)

    # The other regions' logs

    def receive(self, rows: Sequence[Row], sealed: Sealed) -> None:
        """Append verified entries of another region with their checkpoint.

        Raises :class:`OutOfSequenceError` when they are not the next ones, and
        :class:`ContradictionError` when they do not follow what is there.
        """
        origin = rows[0].origin
        assert origin != self.region.value, "a region receives no entry of its own"
        with self.writing() as cursor:
            head = self.head_in(cursor, origin)
            if rows[0].epoch > head.epoch:
                # What was announced is of the epoch that is over, as its entries are.
                forget(cursor, origin)
            head = announced_head(cursor, origin, head)
            if head.position + 1 != rows[0].position:
                raise OutOfSequenceError(origin)
            check_order(cursor, head, rows)
            self.insert_rows(cursor, rows)
            self.insert_seal(cursor, origin, rows[0].epoch, sealed)
        self.tell(origin)

    # Checkpoints

    def seal(self, origin: str, epoch: int, sealed: Sealed) -> None:
        """Keep a checkpoint; one of the same size that is kept already stays."""
        with self.writing() as cursor:
            self.insert_seal(cursor, origin, epoch, sealed)

    def insert_seal(
        self, cursor: DatabaseCursor, origin: str, epoch: int, sealed: Sealed
    ) -> None:
        """Keep a checkpoint as part of a transaction."""
        frontier, note = sealed
        cursor.execute(
            "INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (origin, epoch, frontier.size, frontier.to_bytes(), note),
        )

    def sealed(self, origin: str, size_max: int = ALL) -> Sealed | None:
        """Last checkpoint of at most ``size_max`` entries, of any epoch."""
        with self.reading() as cursor:
            cursor.execute(
                "SELECT size, frontier, note FROM checkpoint "
                "WHERE origin = ? AND size <= ? ORDER BY size DESC LIMIT 1",
                (origin, size_max),
            )
            row = cursor.fetchone()
        if row is None:
            return None
        return _sealed(origin, row)

    def seals(self, origin: str, after: int = 0) -> Iterator[Sealed]:
        """Checkpoints of a log beyond a size, smallest first."""
        select = "SELECT size, frontier, note FROM checkpoint WHERE origin = ?"
        for row in paged(self.reading, select, (origin,), "size", after):
            yield _sealed(origin, row)

    # Reading

    def entries(
        self, origin: str, after: int, limit: int, *, without: Collection[str] = ()
    ) -> Sequence[Row]:
        """Entries after a position in order, ``without`` those of some types.

        Positions go on from epoch to epoch; each row says of which it is.
        """
        with self.reading() as cursor:
            return self.entries_in(cursor, origin, after, limit, without=without)

    def entries_in(
        self,
        cursor: DatabaseCursor,
        origin: str,
        after: int,
        limit: int,
        *,
        without: Collection[str] = (),
    ) -> Sequence[Row]:
        """:meth:`entries` as an open transaction sees them."""
        wanted = f"AND type NOT IN ({marks(len(without))}) " if without else ""
        cursor.execute(
            f"SELECT {_ENTRY} FROM journal WHERE origin = ? "
            f"AND position > ? {wanted}"
            "ORDER BY position LIMIT ?",
            (origin, after, *without, limit),
        )
        return [_row(row) for row in cursor.fetchall()]

    def positions(self) -> Mapping[str, Position]:
        """How much of each region's log is here."""
        with self.reading() as cursor:
            return self.positions_in(cursor)

    def positions_in(self, cursor: DatabaseCursor) -> Mapping[str, Position]:
        """:meth:`positions` as an open transaction sees them."""
        cursor.execute(_HEADS, _REGIONS)
        found = dict.fromkeys(_REGIONS, Position(FIRST_EPOCH, 0))
        for origin, epoch, position, *_ in map(_END, cursor.fetchall()):
            found[origin] = Position(epoch, position)
        return found

    def ends_in(self, cursor: DatabaseCursor) -> dict[str, Head]:
        """Read where the logs end, in one statement."""
        cursor.execute(_HEADS, _REGIONS)
        found = dict.fromkeys(_REGIONS, Head(FIRST_EPOCH, 0, ""))
        for origin, epoch, position, recorded_at, last in map(_END, cursor.fetchall()):
            left = left_in(cursor, origin, last)
            found[origin] = Head(epoch, position, recorded_at, left)
        return found

    def last_in(self, cursor: DatabaseCursor) -> Mapping[str, Row]:
        """Read the last entry of each log that holds any, by region."""
        cursor.execute(_LASTS, _REGIONS)
        return {row.origin: row for row in map(_row, cursor.fetchall())}

    def home_end_in(self, cursor: DatabaseCursor) -> Head:
        """Read after what the home log's next entry is recorded, announcements too."""
        home = self.region.value
        return announced_head(cursor, home, self.head_in(cursor, home))

    def streams_in(
        self, cursor: DatabaseCursor, streams: Collection[str]
    ) -> Sequence[Row]:
        """Entries of some streams in the order in which they were recorded."""
        if not streams:
            return []
        cursor.execute(
            f"SELECT {_ENTRY} FROM journal WHERE stream {self.one_of} "
            "ORDER BY recorded_at, origin, position",
            (orjson.dumps([*streams]).decode(),),
        )
        return [_row(row) for row in cursor.fetchall()]

    def stream_in(
        self, cursor: DatabaseCursor, stream: str, first: int = 1
    ) -> Sequence[Row]:
        """Entries of a stream from a version on, in its order."""
        cursor.execute(
            f"SELECT {_ENTRY} FROM journal WHERE stream = ? AND version >= ? "
            "ORDER BY version",
            (stream, first),
        )
        return [_row(row) for row in cursor.fetchall()]

    def version_in(self, cursor: DatabaseCursor, stream: str) -> int:
        """Last version of a stream, or 0."""
        cursor.execute(
            "SELECT MAX(version) AS version FROM journal WHERE stream = ?", (stream,)
        )
        return cursor.fetchone()["version"] or 0

    def entry_in(self, cursor: DatabaseCursor, stream: str, version: int) -> Row | None:
        """One entry of a stream, if it is here."""
        cursor.execute(
            f"SELECT {_ENTRY} FROM journal WHERE stream = ? AND version = ?",
            (stream, version),
        )
        row = cursor.fetchone()
        return None if row is None else _row(row)

    def entries_at(self, places: Collection[tuple[str, int, int]]) -> Sequence[Row]:
        """Entries of some ids, those that are here, in the order of recording."""
        if not places:
            return []
        each = " OR ".join(
            ["(origin = ? AND epoch = ? AND position = ?)"] * len(places)
        )
        with self.reading() as cursor:
            cursor.execute(
                f"SELECT {_ENTRY} FROM journal WHERE {each} "
                "ORDER BY recorded_at, origin, position",
                tuple(part for place in places for part in place),
            )
            return [_row(row) for row in cursor.fetchall()]

    def commands(self) -> Iterator[CommandMemory]:
        """Memories of all commands, by their ids."""
        for row in paged(self.reading, f"{_COMMAND} true", (), "command_id", ""):
            yield CommandMemory(*_values(row, CommandMemory))

    def commands_in(
        self, cursor: DatabaseCursor, ids: Collection[str]
    ) -> dict[str, CommandMemory]:
        """Read what some commands left, by id; those are missing that never came."""
        statement = f"{_COMMAND} command_id {self.one_of}"
        cursor.execute(statement, (orjson.dumps([*ids]).decode(),))
        found = (
            CommandMemory(*_values(row, CommandMemory)) for row in cursor.fetchall()
        )
        return {memory.command_id: memory for memory in found}

    def tell(self, origin: str) -> None:
        """Wake those who wait for a region's entries."""
        for listener in tuple(self.listeners):
            listener(origin)


def marks(count: int) -> str:
    """Placeholders of a statement."""
    return ", ".join("?" * count)


def _values(row: Any, kind: type[tuple[Any, ...]]) -> Iterable[Any]:  # noqa: ANN401
    return (row[name] for name in kind._fields)  # type: ignore[attr-defined]


def _sealed(origin: str, row: Any) -> Sealed:  # noqa: ANN401
    return sealed_from(origin, row["size"], octets(row["frontier"]), str(row["note"]))


def _row(row: Any) -> Row:  # noqa: ANN401
    *place, leaf, body = _CELLS(row)
    return Row._make((*place, octets(leaf), octets(body)))


def octets(cell: Any) -> bytes:  # noqa: ANN401
    """Bytes of a cell; where damage gave it another type, bytes that fit no hash."""
    if isinstance(cell, _BYTES):
        return bytes(cell)
    return f"no bytes: {cell}".encode()


def stored_event(row: Any) -> StoredEvent:  # noqa: ANN401
    """Entry in the library's form."""
    return StoredEvent(
        originator_id=row["stream"],
        originator_version=row["version"],
        topic=row["type"],
        state=data_of(bytes(row["body"])),
    )
