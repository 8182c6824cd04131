"""The journal as the read models have it, for questions that a fold answers.

What is not audited yet is not shown: the journal is cut where they are.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Column, Connection

from api.services import Node
from domain.fact import Fact
from federation.log.cut import history_until
from federation.log.remembered import RememberingHistory
from projections.asof import keys_as_of
from projections.listed import key_of
from projections.moments import once_a_moment
from projections.tables import TABLES


@contextmanager
def known_until(node: Node, day: date) -> Iterator[RememberingHistory]:
    """Open what was recorded up to and including a day."""
    cut = {k: v.position for k, v in node.projector.state.positions.items()}
    with history_until(node.journal, cut, day) as history:
        yield RememberingHistory(history)


@once_a_moment
def known_names(
    connection: Connection, kind: type[Fact], day: date, *, name: str = ""
) -> Collection[str]:
    """All keys of facts of a kind that are known on a day, sorted; or of one member."""
    columns = TABLES[kind].c
    column: Column[Any] = columns[name or key_of(kind)]
    return keys_as_of(connection, column, day)
