"""Statements, and what the other trust says of them."""

from domain.closing.closing import StatementDrawnUp, StatementRejected, StatementSigned
from projections import tables
from projections.folds.place import Place, Rows


def statement(place: Place, fact: StatementDrawnUp) -> Rows:
    """Return the row of a statement."""
    content = fact.statement
    yield (
        tables.statement,
        (
            *place.start,
            content.first,
            content.second,
            content.number,
            content.revision,
            content.period_start,
            content.period_end,
            fact.fingerprint,
            content.to_bytes().decode(),
        ),
    )


def statement_answer(place: Place, fact: StatementSigned | StatementRejected) -> Rows:
    """Return the row of the answer to a statement."""
    answer, reason = (
        ("rejected", fact.reason)
        if isinstance(fact, StatementRejected)
        else ("signed", "")
    )
    yield (
        tables.statement_answer,
        (
            *place.start,
            fact.first,
            fact.second,
            fact.number,
            fact.revision,
            answer,
            fact.fingerprint,
            reason,
        ),
    )
