"""A clock that is not the federation's: what it would announce binds nobody."""

import asyncio
from datetime import timedelta

import pytest

from domain.values import Region, instant_text
from federation.checks.incidents import Observed
from federation.journal.store import Journal
from federation.log.completeness import completeness
from federation.log.times import ClockApartError, OwnClock, Times
from federation.node.heartbeat import Listener, RefusedAnnouncementError
from tests.support.federation import KEYS, instant
from tests.support.replication import Network, heartbeat, running

NOON = instant()
YEAR = timedelta(days=364)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


async def test_a_clock_that_leaps_announces_nothing(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """What it announced would bind its region for that year."""
    vest = journals[Region.VEST]
    times = Times(lambda: 0.0)
    for origin in ("nord", "midt"):
        times.hear(origin, 1, NOON)
    vest.judge = times.judge
    shown = [NOON + YEAR]
    part = heartbeat(network, vest, lambda: shown[0])
    with pytest.raises(ClockApartError):
        part.note()
    async with running(part):
        await asyncio.sleep(0)
    assert completeness(vest)["vest"].complete_to == ""
    shown[0] = NOON
    assert part.note() is not None
    assert completeness(vest)["vest"].complete_to == instant_text(NOON)


async def test_what_is_announced_of_a_time_that_has_not_come_binds_nobody(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """Nor can the others be made to wait for what was never recorded."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    told = heartbeat(network, vest, lambda: NOON + YEAR).note()
    assert told is not None
    times = Times(lambda: 0.0)
    clock = OwnClock(times, instant, lambda: "")
    transport, key = network.transports[Region.NORD], KEYS[Region.VEST].verifier
    hearing = Listener(nord, transport, key, lambda: 1000.0, "vest", clock.believes)
    with pytest.raises(RefusedAnnouncementError, match="has not come") as caught:
        hearing.take(told)
    assert caught.value.kind is Observed.NOT_COME
    assert completeness(nord)["vest"].complete_to == ""
    assert times.offsets(NOON) == {"vest": -YEAR}, "it is heard all the same"


async def test_who_does_not_know_the_time_accuses_nobody_of_it(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """Its own clock is a year behind; two others say so."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    told = heartbeat(network, vest, lambda: NOON).note()
    assert told is not None
    times = Times(lambda: 0.0)
    clock = OwnClock(times, lambda: NOON - YEAR, lambda: "")
    transport, key = network.transports[Region.NORD], KEYS[Region.VEST].verifier
    hearing = Listener(nord, transport, key, lambda: 1000.0, "vest", clock.believes)
    times.hear("midt", 1, NOON)
    assert hearing.take(told)
    assert clock.unix_seconds() is None
