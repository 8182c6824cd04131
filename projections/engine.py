"""The projector: folds entries in batches, rows and positions in one transaction.

It follows each region's log by itself, in the order of its positions. An entry
that it cannot read stops that region here, visibly, and no other.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, Table, insert, select, update

from domain.catalogue import BrokenFactError, UnknownFactError
from domain.values import Region
from federation.entry import Row, entry_id
from federation.journal.store import Journal, Position
from projections import tables
from projections.bulk import add_rows
from projections.fold import Values, rows_of

log = structlog.get_logger()

BATCH_ENTRIES: Final = 2000
POLL_SECONDS: Final = 1.0
"""What another process appended wakes nobody here, so look anyway."""


@dataclass(slots=True)
class ProjectorState:
    """What an operator asks of a projector."""

    positions: dict[str, Position] = field(default_factory=dict)
    stopped_at: dict[str, str] = field(default_factory=dict)
    """Origin to the entry that cannot be read, and why."""


class Projector:
    """Keeps the read models of one node. One runs in a region at a time."""

    def __init__(self, journal: Journal, engine: Engine) -> None:
        self._journal = journal
        self._engine = engine
        self._changed = threading.Condition()
        self._more = threading.Event()
        self._stopping = False
        self.state = ProjectorState()

    def prepare(self) -> None:
        """Make the tables; drop those of another shape, to be folded anew."""
        with self._engine.begin() as connection:
            tables.about.create(connection, checkfirst=True)
            shape = connection.scalar(select(tables.about.c.schema_version))
            if shape != tables.SCHEMA_VERSION:
                tables.metadata.drop_all(connection)
                tables.metadata.create_all(connection)
                connection.execute(
                    insert(tables.about).values(schema_version=tables.SCHEMA_VERSION)
                )
            self.state.positions = _positions(connection)

    def rebuild(self) -> int:
        """Drop every row and fold all regions' logs again; return the entries read."""
        with self._engine.begin() as connection:
            tables.metadata.drop_all(connection)
        self.prepare()
        return self.catch_up()

    def catch_up(self) -> int:
        """Fold all that the journal holds now; return how many entries that was."""
        folded = 0
        for region in Region:
            while count := self.step(region.value):
                folded += count
        return folded

    def step(self, origin: str) -> int:
        """Fold one batch of a region's log; return how many entries were read."""
        nothing = Position(self._journal.epoch, 0)
        epoch, position = self.state.positions.get(origin, nothing)
        entries = self._journal.entries(origin, position, BATCH_ENTRIES, epoch)
        if not entries:
            return 0
        rows, read = self._fold(origin, entries)
        if not read:
            return 0
        self._write(rows, read[-1])
        return len(read)

    def _fold(
        self, origin: str, entries: Sequence[Row]
    ) -> tuple[Mapping[Table, list[Values]], Sequence[Row]]:
        rows: defaultdict[Table, list[Values]] = defaultdict(list)
        for index, entry in enumerate(entries):
            try:
                for table, values in rows_of(entry):
                    rows[table].append(values)
            except (UnknownFactError, BrokenFactError) as error:
                self._stop_at(entry, error)
                return rows, entries[:index]
        self.state.stopped_at.pop(origin, None)
        return rows, entries

    def _stop_at(self, entry: Row, error: Exception) -> None:
        place = entry_id(entry.origin, entry.epoch, entry.position)
        reason = f"{place}: {error}"
        if self.state.stopped_at.get(entry.origin) != reason:
            log.error("projection_stopped", origin=entry.origin, reason=reason)
        self.state.stopped_at[entry.origin] = reason

    def _write(self, rows: Mapping[Table, list[Values]], last: Row) -> None:
        projected = tables.projected
        values = {"epoch": last.epoch, "position": last.position}
        with self._engine.begin() as connection:
            for table, added in rows.items():
                add_rows(connection, table, added)
            mine = projected.c.origin == last.origin
            changed = connection.execute(update(projected).where(mine).values(values))
            if not changed.rowcount:
                connection.execute(
                    insert(projected).values(origin=last.origin, **values)
                )
        with self._changed:
            self.state.positions[last.origin] = Position(last.epoch, last.position)
            self._changed.notify_all()

    # Following the journal

    def run(self) -> None:
        """Follow the journal until :meth:`stop`; meant for a thread of its own."""
        self._journal.listeners.append(self._wake)
        try:
            while not self._stopping:
                self._more.clear()
                try:
                    idle = not self.catch_up()
                except Exception:
                    # The database may be restarting: say so, and go on from the
                    # positions that it holds.
                    log.exception("projection_failed")
                    idle = True
                if idle:
                    self._more.wait(POLL_SECONDS)
        finally:
            self._journal.listeners.remove(self._wake)

    def _wake(self, _origin: str) -> None:
        self._more.set()

    def stop(self) -> None:
        """End :meth:`run` after the batch in hand."""
        self._stopping = True
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
            while not self.holds(positions):
                if not self._changed.wait(max(0.0, until - clock())):
                    return self.holds(positions)
        return True

    def holds(self, positions: Mapping[str, int]) -> bool:
        """Say whether the rows hold at least these positions."""
        held = self.state.positions
        return all(
            held.get(origin, Position(0, 0)).position >= position
            for origin, position in positions.items()
        )


def _positions(connection: Connection) -> dict[str, Position]:
    rows: Iterable[tuple[str, int, int]] = connection.execute(
        select(
            tables.projected.c.origin,
            tables.projected.c.epoch,
            tables.projected.c.position,
        )
    )
    return {origin: Position(epoch, position) for origin, epoch, position in rows}
