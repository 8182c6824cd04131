"""What everybody owes in a year, as it stands on a day: derived, and kept for a while."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from api.auth import Caller
from api.known import known_names, known_until
from api.services import Node
from api.unannounced import OF_GRANT, funder_of_call
from domain.obligations.before import OwedByApplications, owed_by_applications
from domain.obligations.derive import Source, SourceKind, derive_all
from domain.obligations.notices import NOTICES, ObligationWaived
from domain.obligations.obligation import Obligation, ObligationState
from domain.obligations.sources import SOURCES, read_ahead
from domain.role import Role


@dataclass(frozen=True, slots=True)
class OwedOnDay:
    """An obligation, how it stands on a day, and its waiver if it is waived."""

    obligation: Obligation
    state: ObligationState
    waived: ObligationWaived | None
    kept_by: str
    """The funder who alone is told of it, until its awards are announced; else nobody."""


def shown_to(caller: Caller) -> str:
    """Whom obligations are shown to: an organisation, or nobody's people in particular."""
    return "" if Role.AUDITOR in caller.roles else caller.organisation


def owed_in(
    node: Node, connection: Connection, day: date, year: int, to: str
) -> Sequence[OwedOnDay]:
    """What is due in a year, as it stands on a day, by id."""
    return [
        each
        for each in all_owed(node, connection, day, max(year, day.year + 1), to)
        if each.obligation.due_on.year == year
    ]


def all_owed(
    node: Node, connection: Connection, day: date, until_year: int, to: str
) -> Sequence[OwedOnDay]:
    """All that is owed, yearly rows up to those of a year, by id.

    ``to`` is the organisation that asks: money that is awarded and not announced obliges
    nobody yet whom it tells of it. Where it is empty nothing is kept back.
    """
    owed = _all_owed(node, connection, day, until_year)
    if not to:
        return owed
    return [each for each in owed if each.kept_by in {"", to}]


def _all_owed(
    node: Node, connection: Connection, day: date, until_year: int
) -> Sequence[OwedOnDay]:
    sources = tuple(
        Source(kind, name)
        for kind, fact in SOURCES.items()
        for name in known_names(connection, fact, day)
    )
    positions = node.projector.state.positions
    at = tuple(sorted((name, held.position) for name, held in positions.items()))
    derived = node.derived.answer(
        ("owed", day, until_year),
        at,
        lambda before: _derived(node, sources, day, until_year, before),
    )
    return derived.rows


class _Derived(NamedTuple):
    """What everybody owes on a day."""

    rows: Sequence[OwedOnDay]
    of_applications: OwedByApplications


def _derived(
    node: Node,
    sources: Collection[Source],
    day: date,
    until_year: int,
    before: _Derived | None,
) -> _Derived:
    names = [each.name for each in sources if each.kind is SourceKind.APPLICATION]
    others = [each for each in sources if each.kind is not SourceKind.APPLICATION]
    with known_until(node, day) as history:
        read_ahead(sources, history)
        of_applications = owed_by_applications(
            names, history, day, before and before.of_applications
        )
        found = {each.id: each for each in of_applications.owed}
        derived = derive_all(others, history, day, until_year)
        found |= {each.id: each for each in derived}
        waivers = history.states(NOTICES, sorted(found))
    kept_by = _kept_by(node, found, of_applications)
    rows = [
        OwedOnDay(
            found[name],
            found[name].state(day, waived=waivers[name].waived is not None),
            waivers[name].waived,
            kept_by.get(name, ""),
        )
        for name in sorted(found)
    ]
    return _Derived(rows, of_applications)


def _kept_by(
    node: Node, owed: Collection[str], of_applications: OwedByApplications
) -> Mapping[str, str]:
    """Funders of what is owed of money that is not announced, by id."""
    of = {
        name: of_applications.of_each[match[1]].call
        for name in owed
        if (match := OF_GRANT.fullmatch(name))
    }
    if not of:
        return {}
    with node.executor.history() as history:
        funders = {call: funder_of_call(history, call) for call in {*of.values()}}
    return {
        name: funders[call].funder
        for name, call in of.items()
        if not funders[call].is_announced
    }
