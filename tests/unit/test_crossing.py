"""Two regions that cross each other: whatever arrives first, the same is agreed."""

from datetime import date
from functools import cache
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agreements.answer import (
    Answer,
    VersionAccepted,
    VersionCountered,
    VersionDeclined,
)
from domain.agreements.known import known_agreement
from domain.fact import Command, Fact
from domain.history import RecordedFact
from domain.values import Region
from tests.support.examples import (
    BERGEN,
    ORGANISATIONS,
    OSLO,
    accept,
    network,
    terminate,
    version,
)
from tests.support.negotiation import (
    AGREEMENT_NAME,
    adopt,
    counter,
    endorse,
    withdraw,
)
from tests.support.scenario import Scenario

CROSSING: tuple[Command, ...] = (
    version(),
    withdraw(),
    accept(),
    accept(answer=Answer.DECLINED),
    counter(),
    adopt(),
    version(2),
    withdraw(2),
    accept(2),
    endorse(),
    terminate(date(2026, 3, 31)),
    terminate(date(2026, 2, 28)),
)


@cache
def base() -> tuple[RecordedFact, ...]:
    """Return what everybody has heard of."""
    return tuple(Scenario().given(*ORGANISATIONS, network()).held)


def _shuffled(
    logs: dict[Region, list[RecordedFact]], random: Random
) -> list[RecordedFact]:
    """Return some interleaving of the regions' logs."""
    left = {region: list(log) for region, log in logs.items() if log}
    mixed = []
    while left:
        region = random.choice(sorted(left))
        mixed.append(left[region].pop(0))
        left = {each: log for each, log in left.items() if log}
    return mixed


def _logs(seed: int) -> dict[Region, list[RecordedFact]]:
    """Let two trusts act on the same agreement, each seeing the other late."""
    random = Random(seed)
    logs: dict[Region, list[RecordedFact]] = {region: [] for region in Region}
    seen = {Region.VEST: 0, Region.SOROST: 0}
    parties = {Region.VEST: BERGEN, Region.SOROST: OSLO}
    for _ in range(25):
        home, other = random.sample(sorted(parties), 2)
        seen[home] = random.randint(seen[home], len(logs[other]))
        here = Scenario()
        here.receive(*base())
        here.receive(*_shuffled({**logs, other: logs[other][: seen[home]]}, random))
        here.when(random.choice(CROSSING), organisation=parties[home], region=home)
        logs[home] += here.appended
    return logs


@pytest.mark.law(6)
@given(seed=st.integers(0, 10**6))
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    logs = _logs(seed)
    random = Random(seed)
    states = []
    for _ in range(4):
        scenario = Scenario()
        scenario.receive(*base(), *_shuffled(logs, random))
        found = known_agreement(AGREEMENT_NAME, scenario)
        states.append((found, found and (found.accepted, found.costs)))
    for one, other in combinations(states, 2):
        assert one == other


@given(seed=st.integers(0, 10**6))
def test_no_version_is_both_accepted_and_not(seed: int) -> None:
    said: dict[int, set[type[Fact]]] = {}
    for log in _logs(seed).values():
        for entry in log:
            fact = entry.fact
            if isinstance(fact, VersionAccepted | VersionDeclined | VersionCountered):
                said.setdefault(fact.version, set()).add(type(fact))
    assert all(len(kinds) == 1 for kinds in said.values())
