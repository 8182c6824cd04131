"""A funder and trusts at one node in Helse Nord, and its call for networks, for pages."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path
from typing import Any, Final

from api.auth import Role
from domain.fact import Command
from domain.refusal import Refusal
from domain.values import NetworkKind, NetworkModel, OrganisationKind, Region
from federation.log.executor import RequestContext
from tests.support.applications import (
    BODO,
    FINNMARK,
    HELGELAND,
    NETWORKS,
    NORD,
    participant,
    publish,
)
from tests.support.doors import Door, opened
from tests.support.examples import TROMSO, network, organisation
from tests.support.visitors import Visitor

OPENED: Final = date(2025, 1, 10)
CLOSED: Final = date(2025, 2, 2)
_KEYS: Final = count(1)


def record(
    door: Door, asker: str, day: date, *commands: Command, actor: str = "tester"
) -> None:
    """Let an organisation's people record commands on a day; none is refused."""
    for command in commands:
        asked = RequestContext(
            actor=actor,
            organisation=asker,
            key=f"given-{next(_KEYS)}",
            correlation_id="given",
            now=datetime.combine(day, time(12), UTC),
        )
        outcome = asyncio.run(door.node.executor.executed(command, asked))
        assert not isinstance(outcome, Refusal), repr(outcome)
    door.node.projector.catch_up()


@contextmanager
def granting(folder: Path, **rules: Any) -> Iterator[Door]:
    """Open a node in nord whose authority has published a call for networks."""
    with opened(folder, Region.NORD) as door:
        authority = organisation(NORD, region=Region.NORD, kind=OrganisationKind.RHF)
        trusts = (TROMSO, FINNMARK, BODO, HELGELAND)
        record(door, NORD, OPENED, authority)
        for number in trusts:
            record(door, NORD, OPENED, organisation(number, region=Region.NORD))
        kols = network(
            network="kols",
            kind=NetworkKind.REGIONAL,
            coordinating_trust=TROMSO,
            model=NetworkModel.COORDINATION_ONLY,
            coordination_budget_ore=0,
        )
        record(door, TROMSO, OPENED, kols)
        for number in trusts:
            record(door, number, OPENED, participant(number))
        record(door, NORD, OPENED, publish(NETWORKS, **rules))
        yield door


def on_day(door: Door, day: date) -> None:
    """Let a day begin: something is recorded that concerns nobody."""
    other = network(
        network=f"of-{day}",
        kind=NetworkKind.LOCAL,
        coordinating_trust=TROMSO,
        model=NetworkModel.COORDINATION_ONLY,
        coordination_budget_ore=0,
    )
    record(door, TROMSO, day, other)


class Person(Visitor):
    """Somebody at this node, whose name is known as after signing in."""

    def __init__(
        self, door: Door, organisation: str, role: Role, name: str, **more: Any
    ) -> None:
        super().__init__(door, organisation, role, **more)
        node, person = door.node, "person-" + "-".join(name.lower().split())
        begun = node.sessions.begin(person, node.unix_seconds())
        self.session = node.sessions.act_as(begun, organisation, role, None)
        cookie = f"fagnett-{node.region.value}={self.session.secret}"
        self._headers["Cookie"] = cookie
        node.persons.remember(person, name)
