"""Reading rows as known on a day, in the order in which they were recorded."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, Table, select


def known(table: Table, as_of: date) -> Select[Any]:
    """Return the rows recorded up to and including a day.

    Facts come in the order in which they were recorded, whoever recorded them,
    as decisions read them too; those of one instant by region. Lines come entry
    by entry.
    """
    place = [table.c.origin, table.c.epoch, table.c.position]
    lines = "item" in table.c
    order = [*place, table.c.item] if lines else [table.c.recorded_at, *place]
    return select(table).where(table.c.recorded_on <= as_of).order_by(*order)


def place(row: Row[Any]) -> tuple[str, int, int]:
    """Return the place of a row's entry, which lines share with what they belong to."""
    return row.origin, row.epoch, row.position


def rows(connection: Connection, statement: Select[Any]) -> Sequence[Row[Any]]:
    """Run a statement."""
    return connection.execute(statement).all()


def keys(
    connection: Connection,
    column: Column[Any],
    as_of: date,
    *conditions: Any,  # noqa: ANN401 - SQLAlchemy's conditions
    after: str = "",
    limit: int | None = None,
) -> list[str]:
    """Return a page of distinct keys that are known on a day, sorted."""
    statement = (
        select(column)
        .where(column.table.c.recorded_on <= as_of, column > after, *conditions)
        .distinct()
        .order_by(column)
        .limit(limit)
    )
    return list(connection.scalars(statement))
