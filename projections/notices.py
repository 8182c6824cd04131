"""Notices that a region's node claimed, and of which it did not say that they were sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, select

from domain.history import EntryPlace
from domain.obligations.notices import NoticeClaimed, NoticeSent
from projections.tables import TABLES

_claimed: Final = TABLES[NoticeClaimed]
_sent: Final = TABLES[NoticeSent]


@dataclass(frozen=True, slots=True)
class UnsentNotice:
    """A notice that may be missing; it is not sent again."""

    claimed: NoticeClaimed
    claimed_at: str
    entry: EntryPlace


def unsent_notices(
    connection: Connection, origin: str, before: str, limit: int
) -> Sequence[UnsentNotice]:
    """Notices that were claimed before an instant and not sent, the latest first."""
    same = (_sent.c[name] == _claimed.c[name] for name in ("obligation", "step", "to"))
    statement = (
        select(_claimed)
        .outerjoin(_sent, and_(*same))
        .where(
            _sent.c.origin.is_(None),
            _claimed.c.origin == origin,
            _claimed.c.recorded_at < before,
        )
        .order_by(_claimed.c.recorded_at.desc(), _claimed.c.position.desc())
        .limit(limit)
    )
    return [
        UnsentNotice(
            NoticeClaimed.model_validate(
                {name: getattr(row, name) for name in NoticeClaimed.model_fields},
                strict=False,
            ),
            row.recorded_at,
            EntryPlace(row.origin, row.epoch, row.position),
        )
        for row in connection.execute(statement)
    ]
