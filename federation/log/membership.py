"""Who is a member of the federation, as each region says in its own log.

A region that has left said so last. Nobody waits for it from then on, and
nothing that it would say later is taken, until it joins again.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from domain.parties.membership import (
    KEY,
    MEMBERSHIP,
    TYPES,
    Membership,
    RegionJoined,
    RegionLeft,
    Standing,
    evolve,
)
from domain.refusal import Refusal
from domain.values import REGIONAL_AUTHORITY, Region
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.shapes import DatabaseCursor, Position
from federation.journal.store import FIRST_EPOCH, Journal
from federation.log.snapshot import seen_text
from federation.signed.entry import Envelope, Row
from federation.signed.facts import UnreadableFactError, fact_of


@cache
def membership_stream(origin: str) -> str:
    """Stream in which a region says whether it is a member."""
    return str(MEMBERSHIP.stream(Region(origin), KEY))


def membership_of(row: Row) -> RegionJoined | RegionLeft | None:
    """Fact of its region's membership, where an entry is one."""
    if row.type not in TYPES:
        return None
    try:
        fact = fact_of(row)
    except UnreadableFactError:
        return None
    return fact if isinstance(fact, RegionJoined | RegionLeft) else None


NOWHERE: Final = Position(FIRST_EPOCH, 0)


@dataclass(frozen=True, slots=True)
class MemberRegion:
    """What a region has said of its membership, and with which entry last."""

    membership: Membership = MEMBERSHIP.initial
    last: Position = NOWHERE
    """The entry with which it did; position 0 where it said nothing."""


def members(journal: Journal) -> Mapping[Region, MemberRegion]:
    """Membership of each region by its own word, as far as it is here."""
    with journal.reading() as cursor:
        return _members_in(journal, cursor)


def _members_in(
    journal: Journal, cursor: DatabaseCursor
) -> Mapping[Region, MemberRegion]:
    streams = [membership_stream(region.value) for region in Region]
    rows = journal.streams_in(cursor, streams)
    states = dict.fromkeys(Region, MemberRegion())
    for row in rows:
        fact, region = membership_of(row), Region(row.origin)
        if fact is not None:
            state = evolve(states[region].membership, fact)
            states[region] = MemberRegion(state, Position(row.epoch, row.position))
    return states


def departed(journal: Journal) -> Mapping[Region, RegionLeft]:
    """Regions that have left, and what they said then."""
    return {
        region: member.membership.left
        for region, member in members(journal).items()
        if member.membership.left is not None
    }


def absent(journal: Journal) -> Collection[Region]:
    """Regions for which nobody waits: they have left, or are yet to join."""
    with journal.reading() as cursor:
        return absent_in(journal, cursor)


def absent_in(journal: Journal, cursor: DatabaseCursor) -> Collection[Region]:
    """:func:`absent` as an open transaction sees it.

    Yet to join is of whom nothing is here, and whose key the home region did not
    have when it joined itself.
    """
    states = _members_in(journal, cursor)
    home = states[journal.region].membership
    positions = journal.positions_in(cursor)
    return {
        region
        for region, member in states.items()
        if member.membership.left is not None
        or not (positions[region.value].position or home.knows(region))
    }


Decide = Callable[[Standing], RegionJoined | RegionLeft]


def record(
    journal: Journal, decide: Decide, actor: str, now: datetime
) -> Row | Refusal:
    """Record what the home region says of its membership, or return why not.

    No node may run on the journal meanwhile; the next one that starts signs it.
    """
    home = journal.region
    name = membership_stream(home.value)
    with journal.reading() as cursor:
        version = journal.version_in(cursor, name) + 1
        positions = journal.positions_in(cursor)
    first = positions[home.value].position == 0
    try:
        fact = decide(Standing(home, members(journal)[home].membership, first))
    except Refusal as refusal:
        return refusal
    authority, key = REGIONAL_AUTHORITY[home], f"membership-{version}"
    envelope = Envelope(
        actor=actor,
        organisation=authority,
        command_id=f"{authority}/{key}",
        command_digest=hashlib.sha256(fact.to_bytes()).hexdigest()[:32],
        correlation_id=key,
        seen=seen_text(positions),
    )
    event = MAPPER.to_stored_event(Recorded(name, version, fact))
    (row,) = journal.append([event], envelope=envelope, now=now)
    return row
