"""Batches: entries as rows, and how far those of each region go.

Where a region's rows end moves in the transaction that adds rows or takes them out
(law 5). The rows of an entry come of that entry alone, so the last can go again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table, delete, insert, update
from sqlalchemy.exc import IntegrityError

from federation.journal.shapes import Position
from federation.journal.store import FIRST_EPOCH
from federation.node.auditor import Quarantine
from federation.signed.entry import Row
from federation.signed.facts import QuarantineReason, UnreadableFactError
from projections import tables
from projections.rows import RowValues, rows_of


class MovedError(Exception):
    """Somebody else has folded on; a batch must not be added twice."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in order, the rows of all of them, and why there are not more."""

    entries: Sequence[Row]
    rows: Mapping[Table, list[RowValues]]
    stop: UnreadableFactError | None = None


def fold(entries: Sequence[Row], quarantine: Quarantine | None = None) -> Batch:
    """Fold entries as far as they can be read and are not quarantined."""
    rows: defaultdict[Table, list[RowValues]] = defaultdict(list)
    for index, entry in enumerate(entries):
        if quarantine is not None and entry.position >= quarantine.position:
            stop = UnreadableFactError(
                entry, QuarantineReason.UNFOUNDED, quarantine.reason
            )
            return Batch(entries[:index], rows, stop)
        try:
            of_entry = tuple(rows_of(entry))
        except UnreadableFactError as error:
            return Batch(entries[:index], rows, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it stops this region alone
            reason = f"{entry.type}: {type(error).__name__}"
            stop = UnreadableFactError(entry, QuarantineReason.BROKEN, reason)
            return Batch(entries[:index], rows, stop)
        for table, values in of_entry:
            rows[table].append(values)
    return Batch(entries, rows)


def move(connection: Connection, last: Row, position: Position) -> Position:
    """Note that everything to an entry is folded; first, so that nobody does it twice."""
    reached = Position(last.epoch, last.position)
    if position.position == 0:
        try:
            connection.execute(
                insert(tables.projected).values(
                    origin=last.origin, epoch=reached.epoch, position=reached.position
                )
            )
        except IntegrityError:
            raise MovedError(last.origin) from None
        return reached
    _set(connection, last.origin, position, reached)
    return reached


def unfold(
    connection: Connection, origin: str, position: Position, last: Sequence[Row]
) -> Position:
    """Take out a region's rows after its ``last`` entry, or all where there is none."""
    reached = Position(last[0].epoch, last[0].position) if last else None
    _set(connection, origin, position, reached)
    kept = reached.position if reached else 0
    for table in tables.metadata.sorted_tables:
        if table not in {tables.about, tables.projected}:
            column = table.c
            later = (column.origin == origin, column.position > kept)
            connection.execute(delete(table).where(*later))
    return reached or Position(FIRST_EPOCH, 0)


def _set(
    connection: Connection, origin: str, position: Position, reached: Position | None
) -> None:
    projected = tables.projected
    here = (
        projected.c.origin == origin,
        projected.c.epoch == position.epoch,
        projected.c.position == position.position,
    )
    if reached is None:
        changed = connection.execute(delete(projected).where(*here))
    else:
        values = {"epoch": reached.epoch, "position": reached.position}
        changed = connection.execute(update(projected).where(*here).values(values))
    if changed.rowcount != 1:
        raise MovedError(origin)
