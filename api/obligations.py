"""What everybody owes in a year, as it stands on a day: derived, and kept for a while."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from api.known import known_names, known_until
from api.services import Node
from domain.governance.body import BodyChartered
from domain.grants.application import ApplicationPresented
from domain.grants.call import CallPublished
from domain.obligations.derive import Source, SourceKind, derive
from domain.obligations.obligation import Obligation, ObligationState
from domain.obligations.sources import read_ahead
from domain.obligations.waiver import NOTICES, ObligationWaived
from domain.parties.network import NetworkEstablished

SOURCES: Final[Mapping[SourceKind, type]] = {
    SourceKind.APPLICATION: ApplicationPresented,
    SourceKind.BODY: BodyChartered,
    SourceKind.CALL: CallPublished,
    SourceKind.NETWORK: NetworkEstablished,
}
"""Of each kind of source, the fact by which there is one."""


@dataclass(frozen=True, slots=True)
class OwedOnDay:
    """An obligation, how it stands on a day, and its waiver if it is waived."""

    obligation: Obligation
    state: ObligationState
    waived: ObligationWaived | None


def owed_in(
    node: Node, connection: Connection, day: date, year: int
) -> Sequence[OwedOnDay]:
    """What is due in a year, as it stands on a day, by id."""
    return [
        each
        for each in all_owed(node, connection, day, max(year, day.year + 1))
        if each.obligation.due_on.year == year
    ]


def all_owed(
    node: Node, connection: Connection, day: date, until_year: int
) -> Sequence[OwedOnDay]:
    """All that is owed, yearly rows up to those of a year, by id."""
    sources = tuple(
        Source(kind, name)
        for kind, fact in SOURCES.items()
        for name in known_names(connection, fact, day)
    )
    positions = node.projector.state.positions
    at = tuple(sorted((name, held.position) for name, held in positions.items()))
    return node.derived.answer(
        ("owed", at, day, until_year),
        lambda: _derived(node, sources, day, until_year),
    )


def _derived(
    node: Node, sources: Collection[Source], day: date, until_year: int
) -> Sequence[OwedOnDay]:
    with known_until(node, day) as history:
        read_ahead(sources, history)
        found = {
            each.id: each
            for source in sources
            for each in derive(source, history, day, until_year)
        }
        waivers = history.states(NOTICES, sorted(found))
    return [
        OwedOnDay(
            found[name],
            found[name].state(day, waived=waivers[name].waived is not None),
            waivers[name].waived,
        )
        for name in sorted(found)
    ]
