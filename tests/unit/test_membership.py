"""A region leaves and joins again: its own word, and what it means for the others."""

from datetime import date

import pytest

from domain.agreements.answer import VersionAccepted
from domain.history import Append, Asked
from domain.parties.day import ConfirmDay, require_complete
from domain.parties.epoch import EpochBegun
from domain.parties.membership import (
    KEY,
    MEMBERSHIP,
    Membership,
    RegionJoined,
    RegionLeft,
    Standing,
    TrustedKey,
    decide_joining,
    decide_leaving,
    evolve,
    has_left,
    may_follow,
    memberships,
)
from domain.refusal import Code, Refusal
from domain.values import Region
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    accept,
    network,
    version,
)
from tests.support.refusals import answer
from tests.support.scenario import Scenario

JUNE = date(2026, 6, 30)
JULY = date(2026, 7, 1)
LEFT = RegionLeft(left_on=JUNE, reason="It settles by itself")
KEYS = (TrustedKey(region=Region.VEST, key="fagnett/vest+1f2e3d4c+AZ"),)
JOINED = RegionJoined(joined_on=JULY, keys=KEYS)
SOROST = Region.SOROST


def standing(membership: Membership, *, first: bool = False) -> Standing:
    """Return where Helse Sør-Øst stands."""
    return Standing(SOROST, membership, first)


def leaves(region: Region = SOROST) -> Append:
    """Return that a region has left, as it is received."""
    return Append(MEMBERSHIP.stream(region, KEY), LEFT)


GONE = Refusal(Code.REGION_LEFT, values={"region": "sorost"}, region=SOROST)
ABSENT = Refusal(
    Code.REGION_INCOMPLETE,
    "period_end",
    {"region": "sorost", "day": "2026-06-30"},
    SOROST,
)
MEMBER = Refusal(Code.ALREADY_MEMBER, values={"region": "sorost"})
NO_MEMBER = Refusal(Code.NOT_MEMBER, values={"region": "sorost"})


def test_a_member_leaves_once_and_joins_again() -> None:
    member = Membership()
    assert answer(decide_joining, standing(member), JULY, KEYS) == MEMBER
    left = decide_leaving(standing(member), JUNE, LEFT.reason)
    assert left == LEFT
    gone = evolve(member, LEFT)
    assert answer(decide_leaving, standing(gone), JULY, "Again") == GONE
    assert decide_joining(standing(gone), JULY, JOINED.keys) == JOINED
    back = evolve(gone, JOINED)
    assert (back.joined, back.left) == (JOINED, None)
    assert decide_leaving(standing(back), JUNE, LEFT.reason) == LEFT


def test_a_region_that_never_said_anything_joins_first_and_has_nothing_to_leave() -> (
    None
):
    nothing = standing(Membership(), first=True)
    assert answer(decide_leaving, nothing, JUNE, "Never was") == NO_MEMBER
    assert decide_joining(nothing, JULY, JOINED.keys) == JOINED


def test_each_region_says_of_itself_alone() -> None:
    scenario = Scenario()
    scenario.receive(leaves(), leaves(Region.MIDT))
    scenario.receive(Append(MEMBERSHIP.stream(Region.MIDT, KEY), JOINED))
    found = memberships(scenario)
    assert found[SOROST].left == LEFT
    assert (found[Region.MIDT].left, found[Region.MIDT].joined) == (None, JOINED)
    assert found[Region.VEST] == found[Region.NORD] == Membership()


@pytest.mark.parametrize(
    ("name", "follows", "left"),
    [
        (RegionJoined.TYPE, True, False),
        (EpochBegun.TYPE, True, True),
        (RegionLeft.TYPE, False, True),
        ("x.happened.v1", False, True),
    ],
)
def test_who_has_left_says_no_more_than_that_it_joins(
    name: str, follows: bool, left: bool
) -> None:
    assert may_follow(name, left=True) is follows
    assert has_left(name, left=True) is left
    assert may_follow(name, left=False)
    assert has_left(name, left=False) is (name == RegionLeft.TYPE)


def test_no_closing_waits_for_a_region_that_has_left() -> None:
    asked = Asked(Region.VEST, BERGEN, JULY, "controller")
    scenario = Scenario()
    for region in (Region.MIDT, Region.NORD):
        scenario.given(ConfirmDay(region=region, day=JUNE), today=JULY)
    assert answer(require_complete, JUNE, asked, scenario) == ABSENT
    scenario.receive(leaves())
    assert answer(require_complete, JUNE, asked, scenario) is None
    scenario.receive(Append(MEMBERSHIP.stream(SOROST, KEY), JOINED))
    assert answer(require_complete, JUNE, asked, scenario) == ABSENT


def test_no_closing_waits_for_a_region_that_is_yet_to_join() -> None:
    """Of which nothing is here, and whose key ours did not have when it joined."""
    asked = Asked(Region.VEST, BERGEN, JULY, "controller")
    scenario = Scenario()
    for region in (Region.MIDT, Region.NORD):
        scenario.given(ConfirmDay(region=region, day=JUNE), today=JULY)
    assert answer(require_complete, JUNE, asked, scenario) == ABSENT
    scenario.receive(Append(MEMBERSHIP.stream(Region.VEST, KEY), JOINED))
    assert answer(require_complete, JUNE, asked, scenario) is None
    known = (*KEYS, TrustedKey(region=SOROST, key="fagnett/sorost+2f3e4d5c+AZ"))
    again = RegionJoined(joined_on=JULY, keys=known)
    scenario.receive(Append(MEMBERSHIP.stream(Region.VEST, KEY), again))
    assert answer(require_complete, JUNE, asked, scenario) == ABSENT
    scenario.receive(Append(MEMBERSHIP.stream(Region.VEST, KEY), JOINED))
    early = ConfirmDay(region=SOROST, day=date(2026, 1, 1))
    scenario.given(early, today=JUNE)
    assert answer(require_complete, JUNE, asked, scenario) == ABSENT


def test_nothing_new_is_agreed_with_a_trust_whose_region_has_left() -> None:
    scenario = Scenario().given(*ORGANISATIONS, network())
    scenario.receive(leaves())
    values = {"organisation": OSLO, "region": "sorost", "left_on": "2026-06-30"}
    refusal = Refusal(Code.COUNTERPARTY_LEFT, "payee", values)
    assert scenario.when(version()).outcome == refusal
    scenario.receive(Append(MEMBERSHIP.stream(SOROST, KEY), JOINED))
    scenario.given(version())


def test_what_was_proposed_before_is_known_and_answered_all_the_same() -> None:
    """It is the payer's region that leaves; the payee's node takes the answer."""
    scenario = Scenario().given(*ORGANISATIONS, network(), version())
    scenario.receive(leaves(Region.VEST))
    scenario.when(version()).unchanged()
    scenario.when(accept())
    assert isinstance(scenario.recorded(VersionAccepted), VersionAccepted)
