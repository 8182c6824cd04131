"""Answers that were made of the rows before, brought forward by what was recorded since.

An answer about agreements is a function of the rows, and the rows are one of the
positions that they are folded to. Each agreement is answered for by itself: after an
entry only those that it is about are looked at anew, by the same arithmetic.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    literal,
    or_,
    select,
    union,
)

from federation.journal.shapes import Position
from projections import tables
from projections.claims import DOCUMENT
from projections.settlement import COLUMNS, OF_DOCUMENT

K = TypeVar("K")
V = TypeVar("V")
KEPT_MAX: Final = 8
"""So many questions are kept, those that were asked last."""
_MOMENTS_MAX: Final = 3
"""Of each, so many moments: a question that has begun goes on where it began."""
TOUCHED_MAX: Final = 200
"""Where more agreements are touched, all are looked at anew."""
_Positions = Mapping[str, Position]


class AnswerBefore(NamedTuple, Generic[V]):
    """An answer that was made, and the agreements that something was recorded of since."""

    answer: V
    touched: AbstractSet[str]


class _Moment(NamedTuple, Generic[V]):
    """What the rows say that were folded until some positions."""

    positions: _Positions
    answer: V

    def leads_to(self, positions: _Positions) -> bool:
        """Whether the rows at other positions are these and more: nothing was given up."""
        return self.positions.keys() == positions.keys() and all(
            here.epoch == positions[origin].epoch
            and here.position <= positions[origin].position
            for origin, here in self.positions.items()
        )


class _Question(NamedTuple, Generic[V]):
    """Answers of some moments; whoever makes the next holds the lock."""

    moments: deque[_Moment[V]]
    lock: Lock


class Kept(Generic[K, V]):
    """The answers to the questions that were asked last of one node's rows; thread-safe.

    What is kept is of all parties: who may read what is asked of the answer, as of any
    other.
    """

    def __init__(self) -> None:
        self._questions: OrderedDict[K, _Question[V]] = OrderedDict()
        self._lock = Lock()

    def answer(
        self,
        connection: Connection,
        key: K,
        as_of: date,
        make: Callable[[AnswerBefore[V] | None], V],
    ) -> V:
        """Answer as at the moment of a connection, from rows that were recorded by a day.

        ``make`` gets the answer of a moment before; None where there is none, and where
        too much has changed.
        """
        found = connection.execute(select(tables.projected)).all()
        positions = {row.origin: Position(row.epoch, row.position) for row in found}
        question = self._question(key)
        moments = question.moments
        with question.lock:
            for moment in moments:
                if moment.positions == positions:
                    return moment.answer
            leading = [each for each in moments if each.leads_to(positions)]
            before = _before(connection, leading[-1], as_of) if leading else None
            answer = make(before)
            moments.append(_Moment(positions, answer))
            return answer

    def _question(self, key: K) -> _Question[V]:
        new = _Question[V](deque(maxlen=_MOMENTS_MAX), Lock())
        with self._lock:
            question = self._questions.setdefault(key, new)
            self._questions.move_to_end(key)
            while len(self._questions) > KEPT_MAX:
                self._questions.popitem(last=False)
        return question


def _before(
    connection: Connection, moment: _Moment[V], as_of: date
) -> AnswerBefore[V] | None:
    """What was touched since; nothing is left where who there is has changed."""
    values: dict[str, object] = {"as_of": as_of}
    for origin, place in moment.positions.items():
        values |= {f"{origin}_epoch": place.epoch, f"{origin}_after": place.position}
    statement = _rows_since(frozenset(moment.positions))
    touched: set[str | None] = {*connection.execute(statement, values).scalars()}
    names = {name for name in touched if name is not None}
    if len(names) < len(touched) or len(names) > TOUCHED_MAX:
        return None
    return AnswerBefore(moment.answer, names)


@lru_cache
def _rows_since(origins: frozenset[str]) -> CompoundSelect[Any]:
    """Select the agreements of all rows that a settlement reads, after some positions.

    Who there is has none.
    """
    selects = []
    for table in COLUMNS:
        of_document = table in OF_DOCUMENT
        agreement: ColumnElement[Any] = literal(None, Text)
        if "agreement" in table.c or of_document:
            agreement = (tables.document if of_document else table).c.agreement
        statement = select(agreement).where(
            table.c.recorded_on <= bindparam("as_of", type_=Date),
            or_(*(_is_after(table, origin) for origin in sorted(origins))),
        )
        if of_document:
            same = (table.c[name] == tables.document.c[name] for name in DOCUMENT)
            statement = statement.join_from(table, tables.document, and_(*same))
        selects.append(statement)
    return union(*selects)


def _is_after(table: Table, origin: str) -> ColumnElement[bool]:
    return and_(
        table.c.origin == origin,
        table.c.epoch == bindparam(f"{origin}_epoch", type_=Integer),
        table.c.position > bindparam(f"{origin}_after", type_=BigInteger),
    )
