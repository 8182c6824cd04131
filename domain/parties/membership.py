"""A region leaves the federation, and joins it again: as facts in its own log.

A region that has said nothing of it is a member from its first entry. That it
leaves is the last that it says until it joins again: nobody waits for more, and
its history stays what it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from domain.fact import Fact, Message
from domain.history import Asked, Category, History, ShownTo
from domain.parties.epoch import EpochBegun
from domain.parties.organisation import OrganisationRegistered
from domain.refusal import Code, Refusal
from domain.values import Day, Region, Text


class TrustedKey(Message):
    """The public key that a region signs with, as another region's node has it."""

    region: Region
    key: Text


class RegionJoined(Fact, name="federation.joined.v1"):
    """The region is a member, from its first entry or after it had left."""

    joined_on: Day
    keys: Annotated[tuple[TrustedKey, ...], Field(min_length=1)]
    """Of the regions that are members then, as this one knows them: the history
    itself shows whose keys everybody was shown."""


class RegionLeft(Fact, name="federation.left.v1"):
    """The region is no member any more: the last entry until it joins again."""

    left_on: Day
    reason: Text


TYPES: Final = frozenset({RegionJoined.TYPE, RegionLeft.TYPE})
"""Stored names of the facts in streams of membership, and in no others."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What a region has said of its membership."""

    joined: RegionJoined | None = None
    """When it joined last; None where it is a member from its first entry."""
    left: RegionLeft | None = None
    """None while it is a member."""

    def knows(self, region: Region) -> bool:
        """Whether a region was a member when this one joined, as far as it said."""
        if self.joined is None:
            return True
        return any(trusted.region is region for trusted in self.joined.keys)


def evolve(state: Membership, fact: Fact) -> Membership:
    """Fold one fact."""
    match fact:
        case RegionJoined():
            return Membership(fact)
        case RegionLeft():
            return replace(state, left=fact)
        case _:
            return state


MEMBERSHIP: Final = Category(
    "log",
    Membership(),
    evolve,
    holds=(RegionJoined, RegionLeft),
    shown_to=ShownTo.MEMBERS,
)
KEY: Final = "membership"
"""Key of a region's only stream of membership, beside that of its epochs."""


def memberships(history: History) -> Mapping[Region, Membership]:
    """Fold what each region has said of its membership."""
    folded = dict.fromkeys(Region, MEMBERSHIP.initial)
    for entry in history.entries(MEMBERSHIP, [KEY])[KEY]:
        region = entry.stream.region
        folded[region] = evolve(folded[region], entry.fact)
    return folded


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a region is when it wants to leave or to join."""

    region: Region
    membership: Membership
    first: bool
    """Its log is empty."""


# How a log goes on


def may_follow(name: str, *, left: bool) -> bool:
    """Whether a fact of this name may follow in a log.

    Where its region has left, nothing does but that it joins again; and an epoch
    may begin, which says of the log what it is and nothing of the business.
    """
    return not left or name in {RegionJoined.TYPE, EpochBegun.TYPE}


def has_left(name: str, *, left: bool) -> bool:
    """Whether a region has left once it has recorded a fact of this name."""
    return name == RegionLeft.TYPE or (left and name != RegionJoined.TYPE)


# Decisions


def decide_leaving(standing: Standing, on: date, reason: str) -> RegionLeft:
    """Decide on leaving: once, of a region that is a member."""
    if standing.membership.left is not None:
        raise region_left(standing.region)
    if standing.first:
        raise Refusal(Code.NOT_MEMBER, values={"region": standing.region.value})
    return RegionLeft(left_on=on, reason=reason)


def decide_joining(
    standing: Standing, on: date, keys: tuple[TrustedKey, ...]
) -> RegionJoined:
    """Decide on joining: again, or as the first that a region says at all."""
    if standing.membership.left is None and not standing.first:
        raise Refusal(Code.ALREADY_MEMBER, values={"region": standing.region.value})
    return RegionJoined(joined_on=on, keys=keys)


def region_left(region: Region) -> Refusal:
    """Refuse what a region would record that has left."""
    return Refusal(Code.REGION_LEFT, values={"region": region.value}, region=region)


def require_member(
    party: OrganisationRegistered, member: str, asked: Asked, history: History
) -> None:
    """Refuse a new obligation towards a trust of another region that has left."""
    if party.region is asked.region:
        return
    left = memberships(history)[party.region].left
    if left is None:
        return
    values = {
        "organisation": party.org_number,
        "region": party.region.value,
        "left_on": left.left_on.isoformat(),
    }
    raise Refusal(Code.COUNTERPARTY_LEFT, member, values)
