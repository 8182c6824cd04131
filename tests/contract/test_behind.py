"""A region that is far behind, and a copy of a stream that is."""

import asyncio
import itertools
from collections.abc import Callable

import pytest
from typing_extensions import override

from domain.values import Region
from federation.journal.store import Journal
from federation.transport.memory import MemoryTransport
from federation.transport.ports import Delivered
from tests.support.replication import (
    InMemory,
    Network,
    inbox,
    outbox,
    record,
    register,
    running,
    same,
    sent,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


class Behind(MemoryTransport):
    """Asks a copy of the stream that does not hold its end yet, the first time."""

    asked = 0

    @override
    async def get(self, origin: str, sequence: int) -> Delivered | None:
        """Return a message, once the copy has it."""
        self.asked += 1
        return None if self.asked == 1 else await super().get(origin, sequence)


async def test_a_copy_of_the_stream_that_is_behind_does_not_make_all_go_out_again(
    journals: dict[Region, Journal],
) -> None:
    """Any server of a cluster answers what the stream holds, also one that lags."""
    network, vest = InMemory(), journals[Region.VEST]
    record(vest, 5)
    async with running(first := outbox(network, vest)):
        await sent(first, 5)
    network.transports[Region.VEST] = behind = Behind(network.memory, "vest")
    async with running(second := outbox(network, vest)):
        await sent(second, 5)
        record(vest)
        await sent(second, 6)
    assert behind.asked > 1
    assert [each.first for each in network.memory.streams["vest"]] == [1, 6]


WAITING = 20_000


async def test_a_region_far_behind_takes_commands_while_it_catches_up(
    network: Network, open_journal: Callable[[Region], Journal]
) -> None:
    """Neither waits for the other: in positions, not in time."""
    vest, nord = open_journal(Region.VEST), open_journal(Region.NORD)
    for _ in range(WAITING // 500):
        await asyncio.to_thread(record, nord, 500)
    async with running(theirs := outbox(network, nord)):
        await sent(theirs, WAITING)
    ours, between = outbox(network, vest), list[int]()
    async with running(ours, inbox(network, vest, Region.NORD), inbox(network, nord)):
        while (held := vest.positions()["nord"].position) < WAITING:
            await asyncio.to_thread(register, vest, str(1000 + len(between)))
            between.append(held)
        await same(vest, nord)
        await same(nord, vest)
    assert vest.positions()["vest"].position == len(between)
    steps = [later - before for before, later in itertools.pairwise(between)]
    assert max(steps) < WAITING / 2, "commands went on all the time"
    assert len({*between}) > 2, "so did what came"
