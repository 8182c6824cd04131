"""What is recorded of some days, which a bank may tell again under another reference.

The read models are by day, and the journal tells what they do not hold yet.
"""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import date
from typing import Final, NamedTuple

from api.services import Node
from domain.payments.bank import BankEntryImported, BankEntryNamed
from domain.payments.telling import BookedEntry, ImportBankEntries
from domain.payments.told_again import base_of
from domain.refusal import Refusal
from federation.log.executor import (
    ATTEMPTS_MAX,
    ContentionError,
    Precondition,
    Receipt,
    RequestContext,
)
from federation.signed.facts import fact_of
from projections.bank import names_booked_on
from projections.database import reading

_AT_ONCE: Final = 1000
"""Entries of the journal that are read in one statement."""


class OvertakenError(Exception):
    """Another process has recorded entries of these days meanwhile."""


class Beside(NamedTuple):
    """What was looked up for an import, at a position of the home log."""

    names: tuple[str, ...]
    still: Precondition
    """Raises :class:`OvertakenError` where something has come since."""


def take_beside(
    command: ImportBankEntries, asker: RequestContext, node: Node
) -> tuple[ImportBankEntries, Receipt | Refusal]:
    """Take an import beside what is recorded; return it with what was looked up.

    In a process one comes after the other; where another process of the region has
    come between, it is looked up once more.
    """
    with node.importing:
        for _ in range(ATTEMPTS_MAX):
            beside = recorded_beside(command.entries, command.organisation, node)
            command = command.model_copy(update={"beside": beside.names})
            with suppress(OvertakenError):
                return command, node.executor.execute(command, asker, beside.still)
    raise ContentionError


def recorded_beside(
    entries: Collection[BookedEntry], organisation: str, node: Node
) -> Beside:
    """Look up what is recorded of the days of entries under references of others."""
    days = {entry.booked_on for entry in entries}
    told = {entry.reference for entry in entries}
    folded = node.projector.state.positions.get(node.region.value)
    position = folded.position if folded else 0
    names, end = _not_folded(organisation, days, node, position)
    with reading(node.views) as connection:
        names |= names_booked_on(connection, organisation, days)

    def still(position: int) -> None:
        if position > end and _not_folded(organisation, days, node, end)[0]:
            raise OvertakenError

    beside = (name for name in names if base_of(name) not in told)
    return Beside(tuple(sorted(beside)), still)


def _not_folded(
    organisation: str, days: AbstractSet[date], node: Node, position: int
) -> tuple[set[str], int]:
    """Find entries in the journal after a position, and where it ends."""
    names: set[str] = set()
    while rows := node.journal.entries(node.region.value, position, _AT_ONCE):
        position = rows[-1].position
        for row in rows:
            if row.type not in _TYPES:
                continue
            fact = fact_of(row)
            assert isinstance(fact, BankEntryImported | BankEntryNamed)
            other_day = isinstance(fact, BankEntryImported) and (
                fact.booked_on not in days
            )
            if fact.organisation == organisation and not other_day:
                names.add(fact.reference)
    return names, position


_TYPES: Final = {
    BankEntryImported.TYPE,
    *BankEntryImported.EARLIER,
    BankEntryNamed.TYPE,
}
