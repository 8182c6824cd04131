"""Reading rows as known on a day, in the order in which they were recorded."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    func,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import TypeEngine


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

    A key is the value of a column, or a tuple of several.
    """
    if not keys:
        return ()
    if len(names) == 1:
        values = {"as_of": as_of, "keys": sorted({*keys})}
        return connection.execute(_keyed(table, *names), values).all()
    statement = _keyed_by_tuple(table, names, connection.dialect.name)
    asked = orjson.dumps(sorted({*keys})).decode()
    return connection.execute(statement, {"as_of": as_of, "keys": asked}).all()


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
def _keyed(table: Table, name: str) -> Select[Any]:
    # Made once: to make a statement takes longer than to run it.
    of_keys = table.c[name].in_(bindparam("keys", expanding=True))
    return rows_as_of(table, bindparam("as_of", type_=Date)).where(of_keys)


@cache
def _keyed_by_tuple(table: Table, names: tuple[str, ...], dialect: str) -> Select[Any]:
    """Rows whose columns are one of the lists in a list, which is JSON.

    A list of tuples would be a parameter for each value, and planned for each anew.
    """
    asked = bindparam("keys", type_=Text)
    if dialect == "postgresql":
        listed = func.json_array_elements(sql_cast(asked, JSON))
    else:
        listed = func.json_each(asked)
    each = listed.table_valued("value", name="asked")

    def member(number: int, kind: TypeEngine[Any]) -> ColumnElement[Any]:
        if dialect == "postgresql":
            return sql_cast(each.c.value.op("->>")(number), kind)
        return func.json_extract(each.c.value, f"$[{number}]")

    columns = [table.c[name] for name in names]
    same = (of == member(number, of.type) for number, of in enumerate(columns))
    of_day = rows_as_of(table, bindparam("as_of", type_=Date))
    return of_day.select_from(each.join(table, and_(*same)))


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
