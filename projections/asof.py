"""Reading rows as known on a day, in the order in which they were recorded."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Date,
    Row,
    Select,
    Table,
    bindparam,
    select,
)


class Slice(NamedTuple):
    """Which part of a sorted list is asked for."""

    after: str = ""
    limit: int = 100


PLACE: Final = ("origin", "epoch", "position")
"""The columns of an entry's place, which its lines share."""


def rows_as_of(
    table: Table,
    as_of: date | BindParameter[date],
    columns: Sequence[str] | None = None,
) -> Select[Any]:
    """Select the rows recorded up to and including a day, in :func:`order_of`.

    They have some columns, or all.
    """
    order = [table.c[name] for name in order_of(table)]
    cells = [table.c[name] for name in columns or table.c.keys()]
    return select(*cells).where(table.c.recorded_on <= as_of).order_by(*order)


def keyed(
    connection: Connection,
    table: Table,
    as_of: date,
    keys: Collection[Any],
    *names: str,
) -> Sequence[Row[Any]]:
    """Rows of some keys as known on a day, in :func:`order_of`.

    A key is the value of a column, or a tuple of several: then each column's values
    are looked for, and rows of other keys may be among them.
    """
    if not keys:
        return ()
    parts = zip(*keys, strict=True) if len(names) > 1 else (keys,)
    values = {name: sorted({*part}) for name, part in zip(names, parts, strict=True)}
    return connection.execute(_keyed(table, names), {"as_of": as_of, **values}).all()


def rows_by_key(
    connection: Connection,
    table: Table,
    as_of: date,
    keys: Collection[Any],
    *names: str,
) -> defaultdict[Any, list[Row[Any]]]:
    """Rows as of :func:`keyed`, by key."""
    key_of: Callable[[Row[Any]], Any] = attrgetter(*names)
    groups: defaultdict[Any, list[Row[Any]]] = defaultdict(list)
    for row in keyed(connection, table, as_of, keys, *names):
        groups[key_of(row)].append(row)
    return groups


@cache
def _keyed(table: Table, names: tuple[str, ...]) -> Select[Any]:
    # Made once: to make a statement takes longer than to run it.
    of_keys = (table.c[name].in_(bindparam(name, expanding=True)) for name in names)
    return rows_as_of(table, bindparam("as_of", type_=Date)).where(*of_keys)


def order_of(table: Table) -> Sequence[str]:
    """Columns by which rows are in the order of recording.

    Facts come in the order in which they were recorded, whoever recorded them,
    as decisions read them too; those of one instant by region. Lines come entry
    by entry.
    """
    return (*PLACE, "item") if "item" in table.c else ("recorded_at", *PLACE)


def place(row: Row[Any]) -> tuple[str, int, int]:
    """Place of a row's entry, which lines share with what they belong to."""
    return row.origin, row.epoch, row.position


def rows(connection: Connection, statement: Select[Any]) -> Sequence[Row[Any]]:
    """Run a statement."""
    return connection.execute(statement).all()


def equal(table: Table, **values: str | None) -> list[Any]:
    """Condition for each column that rows are found by."""
    return [
        table.c[name] == value for name, value in values.items() if value is not None
    ]


def keys_as_of(
    connection: Connection,
    column: Column[Any],
    as_of: date,
    *conditions: Any,  # noqa: ANN401 - SQLAlchemy's conditions
    after: str = "",
    limit: int | None = None,
) -> list[str]:
    """Page of distinct keys that are known on a day, sorted."""
    statement = (
        select(column)
        .where(column.table.c.recorded_on <= as_of, column > after, *conditions)
        .distinct()
        .order_by(column)
        .limit(limit)
    )
    return list(connection.scalars(statement))
