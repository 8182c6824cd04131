"""Statements as a question: of a trust, open or closed, and what may be netted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    or_,
    select,
    tuple_,
)

from domain.closing.netting import Debt
from domain.closing.stated_money import Balance
from domain.closing.statement import Statement
from domain.parties.pair import Pair
from domain.values import Period
from federation.signed.entry import entry_id
from projections import tables
from projections.asof import place, rows, rows_as_of
from projections.moments import once_a_moment
from projections.readable import of_parties


class StatementState(StrEnum):
    """How far a statement has come."""

    AWAITS_SIGNATURE = "awaits_signature"
    CLOSED = "closed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class StatementAnswer:
    """What the trust that did not draw it up said of a statement."""

    entry: str
    recorded_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement with its signatures."""

    state: StatementState
    fingerprint: str
    entry: str
    """Of the first signature, by drawing up."""
    drawn_up_on: date
    answer: StatementAnswer | None
    statement: Statement


class StatementKey(NamedTuple):
    """What tells one statement from another, also from those that were rejected."""

    first: str = ""
    second: str = ""
    number: int = 0
    revision: int = 0


class StatementFilter(NamedTuple):
    """Which statements are asked for."""

    trust: str | None = None
    state: StatementState | None = None
    period_end: date | None = None
    pair: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DrawnUp:
    """A statement without what it is of: how far it has come, and what is owed by it."""

    pair: Pair
    number: int
    period: Period
    state: StatementState
    drawn_up_on: date
    answer: StatementAnswer | None
    balances: tuple[Balance, ...]


@once_a_moment
def statements(
    connection: Connection,
    as_of: date,
    criteria: StatementFilter,
    after: StatementKey = StatementKey(),  # noqa: B008 - a value
    limit: int | None = None,
) -> list[ShownStatement]:
    """As known on a day, by trusts, number and revision."""
    answered = _answered(connection, as_of, criteria, after)
    return [_shown(*each) for each in islice(answered, limit)]


@once_a_moment
def statements_drawn_up(
    connection: Connection, as_of: date, criteria: StatementFilter
) -> list[DrawnUp]:
    """As :func:`statements`, without reading all that each holds."""
    answered = _answered(connection, as_of, criteria, StatementKey())
    return [
        DrawnUp(
            Pair(row.first, row.second),
            row.number,
            Period(row.period_start, row.period_end),
            state,
            row.recorded_on,
            answer,
            tuple(map(Balance.model_validate, orjson.loads(row.content)["balances"])),
        )
        for row, state, answer in answered
    ]


_Answered = tuple[Row[Any], StatementState, StatementAnswer | None]


def _answered(
    connection: Connection,
    as_of: date,
    criteria: StatementFilter,
    after: StatementKey,
) -> Iterator[_Answered]:
    """Statements with what was said of them."""
    table = tables.statement
    key = (table.c.first, table.c.second, table.c.number, table.c.revision)
    statement = (
        select(table)
        .where(
            table.c.recorded_on <= as_of,
            tuple_(*key) > tuple(after),
            *of_parties(connection, table.c.first, table.c.second),
            *_of_trusts(table, criteria),
        )
        .order_by(*key)
    )
    if criteria.period_end is not None:
        statement = statement.where(table.c.period_end == criteria.period_end)
    answers = _answers(connection, as_of, criteria)
    for row in rows(connection, statement):
        said = answers.get(_key(row))
        state = _state(row, said)
        if criteria.state in (None, state):
            yield row, state, None if said is None else _answer(said)


def _of_trusts(table: Table, criteria: StatementFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if criteria.trust is not None:
        ours = (table.c.first == criteria.trust, table.c.second == criteria.trust)
        conditions.append(or_(*ours))
    if criteria.pair is not None:
        conditions.append(tuple_(table.c.first, table.c.second) == criteria.pair)
    return conditions


def _answers(
    connection: Connection, as_of: date, criteria: StatementFilter
) -> dict[StatementKey, Row[Any]]:
    table = tables.statement_answer
    statement = rows_as_of(table, as_of).where(*_of_trusts(table, criteria))
    answers: dict[StatementKey, Row[Any]] = {}
    for row in rows(connection, statement):
        answers.setdefault(_key(row), row)
    return answers


def _key(row: Row[Any]) -> StatementKey:
    return StatementKey(row.first, row.second, row.number, row.revision)


def _state(row: Row[Any], said: Row[Any] | None) -> StatementState:
    if said is None:
        return StatementState.AWAITS_SIGNATURE
    signed = said.answer == "signed" and said.fingerprint == row.fingerprint
    return StatementState.CLOSED if signed else StatementState.REJECTED


def _answer(said: Row[Any]) -> StatementAnswer:
    return StatementAnswer(entry_id(*place(said)), said.recorded_on, said.reason)


def _shown(
    row: Row[Any], state: StatementState, answer: StatementAnswer | None
) -> ShownStatement:
    return ShownStatement(
        state,
        row.fingerprint,
        entry_id(*place(row)),
        row.recorded_on,
        answer,
        Statement.model_validate_json(row.content),
    )


def debts(closed: Iterable[ShownStatement]) -> Sequence[Debt]:
    """What trusts owe each other by closed statements, disputes left out."""
    return [
        Debt(balance.payer, balance.payee, owed)
        if (owed := balance.undisputed_ore) >= 0
        else Debt(balance.payee, balance.payer, -owed)
        for shown in closed
        for balance in shown.statement.balances
    ]
