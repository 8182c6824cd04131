"""Statements as a question: of a trust, open or closed, and what may be netted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, or_, select, tuple_

from domain.closing.netting import Debt
from domain.closing.statement import Statement
from federation.signed.entry import entry_id
from projections import tables
from projections.asof import place, rows, rows_as_of
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


def statements(
    connection: Connection,
    as_of: date,
    criteria: StatementFilter,
    after: StatementKey = StatementKey(),  # noqa: B008 - a value
    limit: int | None = None,
) -> list[ShownStatement]:
    """As known on a day, by trusts, number and revision."""
    table = tables.statement
    key = (table.c.first, table.c.second, table.c.number, table.c.revision)
    statement = (
        select(table)
        .where(
            table.c.recorded_on <= as_of,
            tuple_(*key) > tuple(after),
            *of_parties(connection, table.c.first, table.c.second),
        )
        .order_by(*key)
    )
    if criteria.trust is not None:
        of_trust = or_(
            table.c.first == criteria.trust, table.c.second == criteria.trust
        )
        statement = statement.where(of_trust)
    if criteria.period_end is not None:
        statement = statement.where(table.c.period_end == criteria.period_end)
    if criteria.pair is not None:
        statement = statement.where(tuple_(*key[:2]) == criteria.pair)
    answers = _answers(connection, as_of)
    shown = (_shown(row, answers) for row in rows(connection, statement))
    in_state = (one for one in shown if criteria.state in (None, one.state))
    return list(islice(in_state, limit))


def _answers(connection: Connection, as_of: date) -> dict[StatementKey, Row[Any]]:
    answers: dict[StatementKey, Row[Any]] = {}
    for row in rows(connection, rows_as_of(tables.statement_answer, as_of)):
        answers.setdefault(_key(row), row)
    return answers


def _key(row: Row[Any]) -> StatementKey:
    return StatementKey(row.first, row.second, row.number, row.revision)


def _shown(row: Row[Any], answers: dict[StatementKey, Row[Any]]) -> ShownStatement:
    answer = answers.get(_key(row))
    state = StatementState.AWAITS_SIGNATURE
    if answer is not None:
        signed = answer.answer == "signed" and answer.fingerprint == row.fingerprint
        state = StatementState.CLOSED if signed else StatementState.REJECTED
    return ShownStatement(
        state,
        row.fingerprint,
        entry_id(*place(row)),
        row.recorded_on,
        None
        if answer is None
        else StatementAnswer(
            entry_id(*place(answer)), answer.recorded_on, answer.reason
        ),
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
