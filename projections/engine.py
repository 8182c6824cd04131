"""The projector: folds entries in batches, rows and positions in one transaction.

It follows each region's log by itself, in the order of its positions. An entry
that it cannot read, whose rows the database does not take, or that its region had
to refuse, stops that region here, visibly, and no other; it is tried again, by the
next release at the latest.
"""

import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import psycopg
import structlog
from eventsourcing.persistence import PersistenceError
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.schema import CreateIndex, CreateTable

from domain.values import Region
from federation.journal.shapes import Position
from federation.journal.store import FIRST_EPOCH, Journal
from federation.log.epochs import is_beyond
from federation.moves import moved
from federation.node.auditor import Quarantine
from federation.node.leader import PROJECTED
from federation.node.throttle import unthrottled
from federation.signed.facts import QuarantineReason, UnreadableFactError
from projections import tables
from projections.batches import Batch, MovedError, fold, move, unfold
from projections.bulk import add_rows, count_rows
from projections.database import writing
from projections.indexes import INDEXES

log = structlog.get_logger()

BATCH_ENTRIES: Final = 2000
NOTHING: Final = Position(FIRST_EPOCH, 0)
"""How far a log is folded of which nothing is."""
POLL_SECONDS: Final = 1.0
"""What another process appended wakes nobody here, so look anyway."""
_POSTGRES: Final = "postgresql"
PAUSE_SECONDS: Final = 0.01
"""Between two folds, so that under load one transaction takes what came meanwhile."""


@dataclass(slots=True)
class ProjectorState:
    """What an operator asks of a projector."""

    positions: dict[str, Position] = field(default_factory=dict)
    stopped_at: dict[str, UnreadableFactError] = field(default_factory=dict)
    """Origin to the entry that goes no further here, and why."""


FAILURES: Final = (SQLAlchemyError, psycopg.Error, PersistenceError, MovedError)
"""What goes by itself: the database restarts or is full, or somebody rebuilds."""

REFUSALS: Final = (
    IntegrityError,
    DataError,
    ProgrammingError,
    psycopg.IntegrityError,
    psycopg.DataError,
    ArithmeticError,
    TypeError,
    ValueError,
    struct.error,
)
"""What does not go by itself: a row is not one that the database can hold."""


class Projector:
    """Keeps the read models of one node, or follows how another process keeps them."""

    def __init__(
        self,
        journal: Journal,
        engine: Engine,
        leads: Callable[[], bool] = lambda: True,
        throttle: Callable[[float], float] = unthrottled,
        quarantine: Callable[[str], Quarantine | None] = lambda _: None,
    ) -> None:
        """Prepare; ``leads`` says whether it is this process that folds.

        ``throttle`` gives the seconds to pause after some seconds of work, ``quarantine``
        the entry of a region at which its rows have to end.
        """
        self._journal = journal
        self._engine = engine
        self._leads = leads
        self._throttle = throttle
        self._quarantine = quarantine
        home = journal.region
        self._order = (home, *(each for each in Region if each is not home))
        self._changed = threading.Condition()
        self._more = threading.Event()
        self._stopped = threading.Event()
        self._runs = False
        self.state = ProjectorState()

    def prepare(self) -> None:
        """Make the tables; those of another shape are dropped and folded anew.

        So are those that are further than the journal, which was restored then:
        what follows there need not be what they hold.
        """
        with self._engine.begin() as connection:
            if connection.dialect.name == _POSTGRES:
                # Processes that start together do it one after the other.
                lock = func.pg_advisory_xact_lock(func.hashtext("fagnett views"))
                connection.execute(select(lock))
            tables.about.create(connection, checkfirst=True)
            shape = connection.scalar(select(tables.about.c.schema_version))
            if shape != tables.SCHEMA_VERSION or self._is_behind(connection):
                _make_tables(connection)
                _make_indexes(connection)
            self._reload(connection)

    def _is_behind(self, connection: Connection) -> bool:
        """Whether the journal ends before what is folded of it."""
        held = self._journal.positions()
        folded = _positions(connection)
        return any(each > held[origin] for origin, each in folded.items())

    def rebuild(self) -> int:
        """Fold all regions' logs again; return how many entries that was.

        It is one transaction: whoever asks meanwhile gets the old rows, or
        waits, and never a part of the new ones. The indexes come last, since
        sorting once is cheaper than finding a place for each row.
        """
        folded = 0
        with self._engine.begin() as connection:
            _make_tables(connection)
            for region in Region:
                position, stop = NOTHING, None
                while stop is None and (batch := self._read(region.value, position)):
                    moved()
                    position, stop = self._add(connection, batch, position)
                self._tell_stop(region.value, stop)
                folded += position.position
            _make_indexes(connection)
            count_rows(connection, tables.metadata.sorted_tables)
            self._reload(connection)
        return folded

    def catch_up(self) -> int:
        """Fold all that the journal holds now; return how many entries that was.

        The regions take turns, the home region first: a log of which much is
        missing does not keep the others waiting.
        """
        folded, count = 0, 1
        while count and not self._stopped.is_set():
            moved()
            held = self._journal.positions()
            behind = (e.value for e in self._order if self._is_due(e.value, held))
            count = sum(map(self._throttled, behind))
            folded += count
        return folded

    def _is_due(self, origin: str, held: Mapping[str, Position]) -> bool:
        """Whether a step is to be made: mostly a log ends where it is folded to."""
        position = self.state.positions.get(origin, NOTHING)
        quarantine = self._quarantine(origin)
        is_quarantined = (
            quarantine is not None and quarantine.position <= position.position
        )
        return is_quarantined or held[origin] != position

    def _throttled(self, origin: str) -> int:
        """Fold one batch, and pause after it."""
        began = time.monotonic()
        count = self.step(origin)
        if count and (pause := self._throttle(time.monotonic() - began)):
            self._stopped.wait(pause)
        return count

    def step(self, origin: str) -> int:
        """Fold one batch of a region's log; return how many entries were read."""
        position = self.state.positions.get(origin, NOTHING)
        if is_beyond(self._journal, origin, position):
            # What was folded is no longer in the log, and rows cannot be unfolded.
            log.warning(
                "folded_was_given_up", origin=origin, position=position.position
            )
            return self.rebuild()
        quarantine = self._quarantine(origin)
        if quarantine is not None and quarantine.position <= position.position:
            position = self._unfold(origin, position, quarantine.position - 1)
        batch = self._read(origin, position)
        if batch is None:
            return 0
        with writing(self._engine) as connection:
            reached, stop = self._add(connection, batch, position)
        self._tell_stop(origin, stop)
        if reached != position:
            self._reach(origin, reached)
        return reached.position - position.position

    def _unfold(self, origin: str, position: Position, last: int) -> Position:
        """Take out what comes after an entry; it was folded before it was audited."""
        entries = self._journal.entries(origin, last - 1, 1) if last else ()
        with writing(self._engine) as connection:
            reached = unfold(connection, origin, position, entries)
        log.warning("folded_was_unfounded", origin=origin, position=last + 1)
        self._reach(origin, reached)
        return reached

    def _reach(self, origin: str, reached: Position) -> None:
        with self._changed:
            self.state.positions[origin] = reached
            self._changed.notify_all()
        self._tell_processes(origin)

    def _tell_processes(self, origin: str) -> None:
        """Tell the region's other processes; by itself, since it holds up commits."""
        if self._engine.dialect.name == _POSTGRES:
            with self._engine.begin() as connection:
                connection.execute(select(func.pg_notify(PROJECTED, origin)))

    def _read(self, origin: str, position: Position) -> Batch | None:
        # Where it stopped it looks again and again, and not at what comes after.
        limit = 1 if origin in self.state.stopped_at else BATCH_ENTRIES
        entries = self._journal.entries(origin, position.position, limit)
        return fold(entries, self._quarantine(origin)) if entries else None

    def _tell_stop(self, origin: str, stop: UnreadableFactError | None) -> None:
        if stop is None:
            self.state.stopped_at.pop(origin, None)
            return
        if str(self.state.stopped_at.get(origin)) != str(stop):
            log.error("projection_stopped", origin=origin, reason=str(stop))
        self.state.stopped_at[origin] = stop

    def _add(
        self, connection: Connection, batch: Batch, position: Position
    ) -> tuple[Position, UnreadableFactError | None]:
        """Add a batch, or what comes before the first entry that does not go in.

        Returns what is reached, and why it is not more.
        """
        entries = batch.entries
        if not entries:
            return position, batch.stop
        try:
            with connection.begin_nested():
                reached = move(connection, entries[-1], position)
                for table, rows in batch.rows.items():
                    add_rows(connection, table, rows)
        except REFUSALS as error:
            if connection.invalidated:
                # The session was refused, and not the rows.
                raise
            if len(entries) == 1:
                reason = f"{entries[0].type}: {type(error).__name__}"
                return position, UnreadableFactError(
                    entries[0], QuarantineReason.REFUSED, reason
                )
            half = len(entries) // 2
            reached, stop = self._add(connection, fold(entries[:half]), position)
            if stop is None:
                reached, stop = self._add(connection, fold(entries[half:]), reached)
            return reached, stop or batch.stop
        return reached, batch.stop

    def _reload(self, connection: Connection) -> None:
        with self._changed:
            self.state.positions = _positions(connection)
            self._changed.notify_all()

    # Following the journal

    def run(self) -> None:
        """Follow the journal until :meth:`stop`; meant for a thread of its own."""
        self._journal.listeners.append(self._wake)
        self._runs = True
        waits: type[Exception] | None = None
        try:
            while not self._stopped.is_set():
                self._more.clear()
                moved()
                try:
                    idle = not (self.catch_up() if self._leads() else self.follow())
                except FAILURES as error:
                    # Go on from what the database holds then.
                    if waits is not type(error):
                        log.warning("projection_waits", reason=type(error).__name__)
                    waits = type(error)
                    idle = True
                    self._look_again()
                else:
                    waits = None
                if idle:
                    self._more.wait(POLL_SECONDS)
                else:
                    self._stopped.wait(PAUSE_SECONDS)
        finally:
            self._journal.listeners.remove(self._wake)
            self._runs = False
            self._stopped.clear()

    def follow(self) -> int:
        """Take over how far the leader has come; return 0, as where nothing is left."""
        with self._engine.connect() as connection:
            self._reload(connection)
        self.state.stopped_at.clear()
        return 0

    def look(self) -> None:
        """Look at once: another process has folded, or this one leads now."""
        self._more.set()

    def _look_again(self) -> None:
        try:
            with self._engine.connect() as connection:
                self._reload(connection)
        except SQLAlchemyError:
            return

    def _wake(self, _origin: str) -> None:
        if self._leads():
            self._more.set()

    def stop(self) -> None:
        """End :meth:`run` after the batch in hand."""
        self._stopped.set()
        self._more.set()

    def wait_for(
        self,
        positions: Mapping[str, int],
        timeout_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> bool:
        """Wait until the rows hold at least these positions; say whether they do."""
        until = clock() + timeout_seconds
        with self._changed:
            while self.missing(positions):
                if not self._changed.wait(max(0.0, until - clock())):
                    return not self.missing(positions)
        return True

    def follows(self, origin: str) -> bool:
        """Whether what a region records is going to be folded here soon."""
        return self._runs and origin not in self.state.stopped_at

    def missing(self, positions: Mapping[str, int]) -> dict[str, int]:
        """Those of some positions that the rows do not hold yet."""
        held = self.state.positions
        return {
            origin: position
            for origin, position in positions.items()
            if held.get(origin, Position(0, 0)).position < position
        }


def _make_tables(connection: Connection) -> None:
    tables.metadata.drop_all(connection)
    for table in tables.metadata.sorted_tables:
        connection.execute(CreateTable(table))
    shape = insert(tables.about).values(schema_version=tables.SCHEMA_VERSION)
    connection.execute(shape)


def _make_indexes(connection: Connection) -> None:
    for index in INDEXES:
        connection.execute(CreateIndex(index))


def _positions(connection: Connection) -> dict[str, Position]:
    rows: Iterable[tuple[str, int, int]] = connection.execute(
        select(
            tables.projected.c.origin,
            tables.projected.c.epoch,
            tables.projected.c.position,
        )
    )
    return {origin: Position(epoch, position) for origin, epoch, position in rows}
