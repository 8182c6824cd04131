"""Adding many rows at once, as each database does it fastest."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

sqlite3.register_adapter(date, date.isoformat)


def add_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows, whose values stand in the order of the table's columns."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_insert(table), list(rows))
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    statement, types = _copy(table)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def count_rows(connection: Connection, tables: Iterable[Table]) -> None:
    """Have the planner know of many new rows at once.

    PostgreSQL would by itself, a minute later. SQLite plans well without.
    """
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in tables)
        connection.exec_driver_sql(f"ANALYZE {names}")


@cache
def _insert(table: Table) -> str:
    return f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.columns))})"


@cache
def _copy(table: Table) -> tuple[str, list[str]]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = [str(column.type.compile(dialect=dialect)) for column in table.columns]
    # How a text is sorted is no part of its type's name.
    types = [name.partition(" COLLATE")[0].lower() for name in compiled]
    named = dialect.identifier_preparer.format_column
    columns = ", ".join(map(named, table.columns))
    return f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)", types
