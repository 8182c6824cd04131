"""Where a network stands on a day, and what it is still lacking: derived, never stored.

A rule that a network lacks is named by its id, in the order of the ids, in every
standing. Nothing is blocked by it but the logo (S1-21).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from domain.agreements.counted import FRAME
from domain.agreements.known import known_agreements
from domain.governance.body import BodyChartered, BodyKind, bodies_of
from domain.governance.holding import holder, seatings
from domain.history import History
from domain.parties.authority import AUTHORITY, NetworkAuthority
from domain.parties.charter import CHARTER, NetworkChartered
from domain.parties.network import NetworkEstablished, coordinator, renewed
from domain.parties.organisation import ORGANISATION
from domain.parties.participation import PARTICIPATION
from domain.values import (
    REGIONAL_AUTHORITY,
    NetworkKind,
    NetworkModel,
    Period,
    Region,
    months_later,
)

EVALUATION_MONTHS: Final = 12
"""A period is evaluated from so long before its last day (S1-37)."""


class NetworkStanding(StrEnum):
    """Where a network stands."""

    PROPOSED = "proposed"
    ESTABLISHING = "establishing"
    ACTIVE = "active"
    UNDER_EVALUATION = "under_evaluation"
    CLOSED = "closed"


class StandingOnDay(NamedTuple):
    """Where a network stands, and the rules that it does not keep yet."""

    standing: NetworkStanding
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NetworkView:
    """A network as a settlement shows it."""

    network: str
    standing: NetworkStanding
    lacking: tuple[str, ...]


def network_view(network: str, history: History, day: date) -> NetworkView:
    """Show a network on a day."""
    return NetworkView(network, *standing(network, history, day))


def standing(network: str, history: History, day: date) -> StandingOnDay:
    """Standing of a network on a day, the first that holds; refuse one that is unknown."""
    established, region = coordinator(network, history)
    said = history.state(AUTHORITY, network)
    of = _Source(established, region, said, history, day)
    lacking = tuple(
        sorted(rule for rule, is_kept in _ASKED[established.kind] if not is_kept(of))
    )
    return StandingOnDay(_standing(of, lacking), lacking)


def evaluated_from(period: Period) -> date:
    """First day on which a period of a network is evaluated."""
    return months_later(period.end, -EVALUATION_MONTHS)


@dataclass(frozen=True, slots=True)
class _Source:
    """What the standing of a network is read from."""

    network: NetworkEstablished
    region: Region
    """That of the coordinating trust."""
    said: NetworkAuthority
    history: History
    day: date

    @property
    def charter(self) -> NetworkChartered | None:
        return self.history.state(CHARTER, self.network.network).last


_Rule = tuple[str, Callable[[_Source], bool]]
"""Its id, and whether it is kept."""


def _standing(of: _Source, lacking: Collection[str]) -> NetworkStanding:
    closes_on = of.said.closes_on
    if closes_on is not None and closes_on <= of.day:
        return NetworkStanding.CLOSED
    if of.network.kind is not NetworkKind.REGIONAL and not _is_authorised(of):
        return NetworkStanding.PROPOSED
    if lacking:
        return NetworkStanding.ESTABLISHING
    spans = renewed(of.network, of.said.renewals)
    if spans and evaluated_from(spans[-1]) <= of.day:
        return NetworkStanding.UNDER_EVALUATION
    return NetworkStanding.ACTIVE


def _is_authorised(of: _Source) -> bool:
    """Whether the one that may has authorised it: who may not never has (S4-06)."""
    if of.network.kind is NetworkKind.LOCAL:
        return bool(of.said.authorised)
    authority = REGIONAL_AUTHORITY[of.region]
    return any(each.authority == authority for each in of.said.authorised)


def _says(*members: str) -> Callable[[_Source], bool]:
    """Whether the charter says something of each of these."""

    def is_kept(of: _Source) -> bool:
        charter = of.charter
        said = [charter and getattr(charter, member) for member in members]
        return all(text.strip() if isinstance(text, str) else text for text in said)

    return is_kept


def _has_reason_for_posts(of: _Source) -> bool:
    if of.network.model is not NetworkModel.WITH_PART_TIME_POSTS:
        return True
    return _says("posts_reason")(of)


def _has_agreement_elsewhere(of: _Source) -> bool:
    """Whether an agreement was ever accepted whose payee is in another region (S1-18)."""
    name = of.network.network
    found = known_agreements(of.history.state(FRAME, name).agreements, of.history)
    payees = {
        terms.payee
        for agreement in found.values()
        for terms in agreement.accepted
        if terms.network == name
    }
    organisations = of.history.states(ORGANISATION, payees).values()
    return any(
        each.registered is not None and each.registered.region is not of.region
        for each in organisations
    )


def _has_participant(of: _Source) -> bool:
    taking_part = of.history.state(PARTICIPATION, of.network.network)
    return any(
        ended is None or ended.ends_on >= of.day
        for participant in taking_part.declared
        for ended in (taking_part.ended.get(participant),)
    )


def _bodies(of: _Source, kind: BodyKind) -> Collection[BodyChartered]:
    return bodies_of(of.network.network, of.history, kind).values()


def _has_groups(of: _Source) -> bool:
    """Whether there are one steering group and an operating group or more (S4-72)."""
    steering = _bodies(of, BodyKind.STEERING_GROUP)
    return len(steering) == 1 and bool(_bodies(of, BodyKind.OPERATING_GROUP))


def _has_contact(of: _Source) -> bool:
    """Whether somebody holds a seat of a coordinating unit that day (S4-17)."""
    return any(
        holder(said, of.day) is not None
        for body in _bodies(of, BodyKind.COORDINATING_UNIT)
        for said in seatings(body.body, body.seats, of.history).values()
    )


_ASKED: Final[Mapping[NetworkKind, Sequence[_Rule]]] = {
    NetworkKind.NATIONAL: (
        ("S1-02", _is_authorised),
        ("S1-03", _says("clinic")),
        ("S1-18", _has_agreement_elsewhere),
        ("S1-32", _has_reason_for_posts),
        ("S1-36", _says("exit_plan")),
    ),
    NetworkKind.REGIONAL: (),
    NetworkKind.LOCAL: (
        ("S4-06", _is_authorised),
        ("S4-17", _has_contact),
        ("S4-30", _says("organisation", "leadership")),
        ("S4-31", _says("user_benefit")),
        ("S4-35", _says("background")),
        ("S4-40", _says("founded_on")),
        ("S4-46", _has_participant),
        ("S4-72", _has_groups),
    ),
}
"""What a network of each kind must have, by rule; rules stand in the order of ids."""


def asked_of(kind: NetworkKind) -> Sequence[str]:
    """Rules that a network of a kind must keep to be active, by id."""
    return [rule for rule, _ in _ASKED[kind]]
