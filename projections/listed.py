"""Facts as a question, as they are: by key, or by what else they are found by.

Of facts with one key the first counts, in the order in which every node folds them,
as in the decisions.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from sqlalchemy import Connection, Row, func, select

from domain.fact import Fact
from domain.texts import as_recorded
from projections.asof import Slice, equal, keyed, keys_as_of, rows, rows_as_of
from projections.moments import once_a_moment
from projections.tables import IN_BYTES, TABLES

F = TypeVar("F", bound=Fact)


class Listed(NamedTuple, Generic[F]):
    """A fact, and the day on which it was recorded."""

    fact: F
    recorded_on: date


def key_of(kind: type[Fact]) -> str:
    """Member by which facts of a kind are sorted and told apart."""
    return kind.FOUND_BY[0]


@once_a_moment
def listed(
    connection: Connection,
    kind: type[F],
    as_of: date,
    page: Slice,
    **members: str | None,
) -> list[Listed[F]]:
    """Page of the first fact of each key, of those that have some members."""
    column = TABLES[kind].c[key_of(kind)]
    conditions = equal(TABLES[kind], **members)
    names = keys_as_of(
        connection, column, as_of, *conditions, after=page.after, limit=page.limit
    )
    facts = first_facts(connection, kind, as_of, names)
    return [facts[name] for name in names]


@once_a_moment
def first_facts(
    connection: Connection, kind: type[F], as_of: date, keys: Collection[str]
) -> Mapping[str, Listed[F]]:
    """First fact of each key that has one."""
    first: dict[str, Row[Any]] = {}
    key = key_of(kind)
    for row in keyed(connection, TABLES[kind], as_of, keys, key):
        first.setdefault(getattr(row, key), row)
    return {name: _listed(kind, row) for name, row in first.items()}


def facts_of(
    connection: Connection, kind: type[F], as_of: date, keys: Collection[str]
) -> list[F]:
    """All facts of some keys, in the order in which they were recorded."""
    found = keyed(connection, TABLES[kind], as_of, keys, key_of(kind))
    return [_listed(kind, row).fact for row in found]


def key_counts(
    connection: Connection,
    kind: type[Fact],
    as_of: date,
    keys: Collection[str],
    member: str,
) -> Mapping[str, int]:
    """How many keys facts of a kind have, by what they say in another member."""
    columns = TABLES[kind].c
    by, number = columns[member], func.count(columns[key_of(kind)].distinct())
    statement = (
        select(by.label("of"), number.label("number"))
        .where(columns.recorded_on <= as_of, by.in_(keys))
        .group_by(by)
    )
    counted = {row.of: row.number for row in rows(connection, statement)}
    return dict.fromkeys(keys, 0) | counted


def recorded_facts(connection: Connection, kind: type[F], as_of: date) -> list[F]:
    """All facts of a kind in the order in which they were recorded."""
    recorded = rows(connection, rows_as_of(TABLES[kind], as_of))
    return [_listed(kind, row).fact for row in recorded]


def _listed(kind: type[F], row: Row[Any]) -> Listed[F]:
    columns = TABLES[kind].c
    members = {
        name: orjson.loads(value) if value and IN_BYTES in columns[name].info else value
        for name in kind.model_fields
        for value in (getattr(row, name),)
    }
    with as_recorded():
        return Listed(kind.model_validate(members, strict=False), row.recorded_on)
