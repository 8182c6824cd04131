"""What is recorded of some days, which a bank may tell again under another reference.

The read models are by day, and the journal tells what they do not hold yet.
"""

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Final

from api.services import Node
from domain.payments.bank import BankEntryImported
from domain.payments.telling import BankEntry
from domain.payments.told_again import base_of
from federation.signed.facts import fact_of
from projections.bank import names_booked_on
from projections.database import reading

_AT_ONCE: Final = 1000
"""Entries of the journal that are read in one statement."""


def recorded_beside(
    entries: Collection[BankEntry], organisation: str, node: Node
) -> tuple[str, ...]:
    """Return what is recorded of the days of some entries under references of others."""
    days = {entry.booked_on for entry in entries}
    told = {entry.reference for entry in entries}
    folded = node.projector.state.positions.get(node.region.value)
    names = {*_not_folded(organisation, days, node, folded.position if folded else 0)}
    with reading(node.views) as connection:
        names |= names_booked_on(connection, organisation, days)
    return tuple(sorted(name for name in names if base_of(name) not in told))


def _not_folded(
    organisation: str, days: AbstractSet[date], node: Node, position: int
) -> Iterator[str]:
    """Find entries in the journal after a position."""
    while rows := node.journal.entries(node.region.value, position, _AT_ONCE):
        position = rows[-1].position
        for row in rows:
            if row.type not in _TYPES:
                continue
            fact = fact_of(row)
            assert isinstance(fact, BankEntryImported)
            if fact.organisation == organisation and fact.booked_on in days:
                yield fact.reference


_TYPES: Final = {BankEntryImported.TYPE, *BankEntryImported.EARLIER}
