"""Networks, each established by its coordinating trust in that trust's region.

Only a national network has a last day. It lasts for five years, and for five more with
each renewal, which stands in its authority's stream (``authority.py``). A network that
begins on 29 February has its last day on 28 February.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import Field

from domain.fact import Command, Fact
from domain.history import Append, Asked, Category, Decision, History, ShownTo
from domain.kind import Asks, Authority, declare
from domain.parties.authority import AUTHORITY, NetworkRenewed
from domain.parties.organisation import REGISTERED, registered, require_party
from domain.refusal import Code, Refusal
from domain.role import Role
from domain.values import (
    KRONE,
    CostOre,
    Day,
    FreeText,
    Name,
    NetworkKind,
    NetworkModel,
    NewName,
    OrganisationNumber,
    Period,
    Region,
    Text,
    day_after,
    last_of_years,
)

FRAME_ORE: Final = {
    NetworkModel.COORDINATION_ONLY: 1_000_000 * KRONE,
    NetworkModel.WITH_PART_TIME_POSTS: 2_000_000 * KRONE,
}
"""Ceiling of a national network in a calendar year (S1-30, S1-34, K-02)."""

COORDINATION_CEILING_ORE: Final = 1_000_000 * KRONE
"""Ceiling of coordination in a calendar year (S1-30)."""

DURATION_YEARS: Final = 5
"""Duration of a national network, and of each renewal (S1-35)."""

ENGLISH_NAME: Final = re.compile(r"Norwegian National Network for \S.*")
"""English name of a national network (S1-42)."""


class NetworkEstablished(Fact, name="network.established.v1", found_by=("network",)):
    """A trust coordinates a network from a day on."""

    network: Name
    kind: NetworkKind
    name_nb: Text
    name_en: Text
    coordinating_trust: OrganisationNumber
    starts_on: Day
    model: NetworkModel
    coordination_budget_ore: CostOre

    @property
    def first_period(self) -> Period | None:
        """The first five years of a national network (S1-35); others have none."""
        if self.kind is not NetworkKind.NATIONAL:
            return None
        return five_years(self.starts_on)

    @property
    def frame_ore(self) -> int | None:
        """What a national network may cost in a calendar year (S1-34)."""
        if self.kind is not NetworkKind.NATIONAL:
            return None
        return FRAME_ORE[self.model]


def five_years(starts_on: date) -> Period:
    """What a national network lasts from a day on, before its next renewal."""
    return Period(starts_on, last_of_years(starts_on, DURATION_YEARS))


@dataclass(frozen=True, slots=True)
class Network:
    """A network name, and what was established under it."""

    established: NetworkEstablished | None = None


def evolve(state: Network, fact: Fact) -> Network:
    """Fold one fact; the first network of a name stays."""
    match fact:
        case NetworkEstablished() if state.established is None:
            return Network(fact)
        case _:
            return state


NETWORK = Category(
    "network", Network(), evolve, holds=(NetworkEstablished,), shown_to=ShownTo.MEMBERS
)


def periods(network: NetworkEstablished, history: History) -> Sequence[Period]:
    """Spans of five years of a national network, the running one last; others have none.

    They are numbered from 1.
    """
    return renewed(network, history.state(AUTHORITY, network.network).renewals)


def renewed(
    network: NetworkEstablished, renewals: Iterable[NetworkRenewed]
) -> Sequence[Period]:
    """Periods of a network with these renewals, in the order of recording."""
    first = network.first_period
    if first is None:
        return ()
    return first, *(Period(each.starts_on, each.ends_on) for each in renewals)


def next_period(known: Sequence[Period]) -> Period:
    """Five years after the last day, where there is one."""
    return five_years(day_after(known[-1].end))


def last_day(network: NetworkEstablished, history: History) -> date | None:
    """Last day of a national network, renewals counted (S1-35); others have none."""
    known = periods(network, history)
    return known[-1].end if known else None


def years(known: Sequence[Period]) -> Sequence[int]:
    """Calendar years that a network's periods touch."""
    return range(known[0].start.year, known[-1].end.year + 1) if known else ()


class EstablishNetwork(Command):
    """Establish a network, as its coordinating trust."""

    network: NewName = Field(examples=["ms"])
    """The network's key."""
    kind: NetworkKind
    name_nb: FreeText = Field(examples=["Nasjonalt nettverk for multippel sklerose"])
    name_en: FreeText = Field(
        examples=["Norwegian National Network for Multiple Sclerosis"]
    )
    """A national network reads Norwegian National Network for … (S1-42)."""
    coordinating_trust: OrganisationNumber
    starts_on: Day
    model: NetworkModel
    coordination_budget_ore: CostOre


def establish(command: EstablishNetwork, asked: Asked, history: History) -> Decision:
    """Decide on a new network."""
    fact = NetworkEstablished(**dict(command))
    established = history.state(NETWORK, command.network).established
    if established not in (None, fact):
        raise Refusal(Code.CONFLICTING_ROW, "network")
    trust = registered(command.coordinating_trust, "coordinating_trust", history)
    require_party(asked, trust.org_number, trust.region)
    if established is not None:
        return ()
    _not_allowed(fact)
    return (Append(NETWORK.stream(trust.region, command.network), fact),)


declare(
    EstablishNetwork,
    establish,
    Authority(
        Asks.COORDINATOR,
        {Role.CONTROLLER},
        REGISTERED,
        "itself: it takes a name that is free",
    ),
    NetworkEstablished,
)


def _not_allowed(network: NetworkEstablished) -> None:
    if network.kind is not NetworkKind.NATIONAL:
        return
    ceiling_ore = min(COORDINATION_CEILING_ORE, FRAME_ORE[network.model])
    if network.coordination_budget_ore > ceiling_ore:
        values = {
            "year": network.starts_on.year,
            "frame_ore": ceiling_ore,
            "cost_ore": network.coordination_budget_ore,
        }
        raise Refusal(Code.FRAME_EXCEEDED, "coordination_budget_ore", values)
    if not ENGLISH_NAME.fullmatch(network.name_en):
        raise Refusal(Code.NAME_NOT_ALLOWED, "name_en")


def homes(networks: Collection[str], history: History) -> Mapping[str, Region]:
    """Region of the coordinating trust of each network that is known."""
    return {
        network: entries[0].stream.region
        for network, entries in history.entries(NETWORK, networks).items()
        if entries
    }


def coordinator(network: str, history: History) -> tuple[NetworkEstablished, Region]:
    """Network, and the region of its coordinating trust."""
    established = history.state(NETWORK, network).established
    if established is None:
        raise Refusal(Code.UNKNOWN_NETWORK, "network", {"network": network})
    trust = registered(established.coordinating_trust, "coordinating_trust", history)
    return established, trust.region


def coordinating(
    network: str, asked: Asked, history: History
) -> tuple[NetworkEstablished, Region]:
    """Network and region, for its coordinating trust alone; refuse others."""
    established, region = coordinator(network, history)
    require_party(asked, established.coordinating_trust, region)
    return established, region
