"""What goes wrong, what people do about it, and what they change while it runs.

A fault begins at a step and is mended some time later.
"""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Final

from domain.values import Region
from federation.signed.keyring import KeyPlace, succession
from federation.signed.keys import signing_key
from federation.signed.page import CHECKPOINT_HEADER, Message
from tests.simulation.disk import Ill
from tests.simulation.invariants import InvariantError
from tests.simulation.losses import Losses
from tests.simulation.members import Members
from tests.simulation.network import FINE, Weather
from tests.simulation.operators import Operators
from tests.simulation.stage import (
    LONG_SECONDS,
    SHORT_SECONDS,
    Stage,
    accept,
    accepting,
    some,
)

LEAP: Final = timedelta(days=364)
CLOCK_HOURS_MAX: Final = 11.0
"""Two clocks so far off each other's way are still within a day of each other."""
KEY_BYTES: Final = 32
MENDS_MAX: Final = 1000
"""Far more than all that can wait to be mended at once."""

Fault = Callable[[], Awaitable[bool]]
"""Says whether it happened; some faults must wait until others are mended."""


class Faults:
    """Everything that may happen to the nodes and between them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._random = stage.random
        self._operators = Operators(stage)
        self._losses = Losses(stage, self._operators)
        self._members = Members(stage, self._operators, self._losses)
        self._deck: list[Fault] = []
        """Everything happens before anything happens again."""

    async def strike(self) -> None:
        """Let something happen."""
        if not self._deck:
            small: list[Fault] = [self._weather, self._partition, self._server]
            small += [self._clock, self._leap, self._power]
            small += [self._losses.back_up, self._copy, self._foreign]
            ills = [partial(self._disk, ill) for ill in Ill]
            large: list[Fault] = [self._losses.tail, self._losses.stream]
            large += [self._losses.restore, self._losses.flip, self._losses.site]
            large += [self._losses.promises]
            changes: list[Fault] = [self._rotate, self._upgrade, self._members.leave]
            self._deck = [*small, *small, *ills, *large, *changes]
            self._random.shuffle(self._deck)
        for fault in list(self._deck):
            if await fault():
                self._deck.remove(fault)
                return

    async def pass_time(self) -> None:
        """Mend what it is time to mend."""
        await self._stage.due.do_now()
        self._losses.look()
        await self.stop_fallen()

    async def mend_all(self) -> None:
        """Mend everything now that is to be mended some time."""
        nodes = self._stage.nodes.values()
        for node in nodes:
            node.falls_after_answer = False
        self._stage.network.weather = FINE
        for _ in range(MENDS_MAX):
            await self.stop_fallen()
            if not await self._stage.due.do_next():
                return
        message = "there is no end to what is to be mended"
        raise InvariantError(message)

    async def stop_fallen(self) -> None:
        """Stop the nodes whose disks took the power with them."""
        for node in self._stage.nodes.values():
            if node.disk.fallen:
                await self._operators.stop(node, "with its disk")

    def _tell(self, kind: str, what: str = "") -> None:
        self._stage.trace.tell(kind, what)

    # Between the regions

    async def _weather(self) -> bool:
        if self._random.random() < 0.3:
            self._stage.network.weather = FINE
            self._tell("weather", "fine")
            return True
        draw = self._random.uniform
        self._stage.network.weather = Weather(
            delay_seconds=draw(0.01, 1.0),
            lost=draw(0, 0.2),
            doubled=draw(0, 0.2),
            bent=draw(0, 0.1),
            stale=draw(0, 0.2),
        )
        self._tell("weather", "bad")
        return True

    async def _partition(self) -> bool:
        one, other = self._random.sample([region.value for region in Region], 2)
        pair, apart = frozenset({one, other}), self._stage.network.apart
        if pair in apart:
            return False
        apart.add(pair)
        self._tell("partition", f"{one} {other}")

        async def join() -> None:
            apart.discard(pair)

        self._stage.due.later(LONG_SECONDS, join)
        return True

    async def _server(self) -> bool:
        region, down = some(self._stage).name, self._stage.network.down
        if region in down:
            return False
        down.add(region)
        self._tell("server down", region)

        async def rise() -> None:
            down.discard(region)

        self._stage.due.later(SHORT_SECONDS, rise)
        return True

    async def _copy(self) -> bool:
        """Add an old page to a stream once more, long after."""
        network, origin = self._stage.network, some(self._stage).name
        stream = network.streams[origin]
        if not stream:
            return False
        stream.append(self._random.choice(stream))
        network.tell(origin)
        self._tell("page repeated", origin)
        return True

    async def _foreign(self) -> bool:
        """Add to a stream what is no page of it, and may look like one."""
        network, origin = self._stage.network, some(self._stage).name
        stream = network.streams[origin]
        if not stream:
            return False
        page = self._random.choice(stream)
        cut = {**page.headers, CHECKPOINT_HEADER: ""}
        stream.append(
            self._random.choice(
                [
                    Message({}, b"x"),
                    Message(page.headers, b"x"),
                    Message(cut, page.body),
                ]
            )
        )
        network.bent.add(origin)
        network.tell(origin)
        self._tell("foreign message", origin)
        return True

    # At a node

    async def _power(self) -> bool:
        node = some(self._stage)
        if node.parts is None or node.disk.flipped is not None:
            return False
        if self._random.random() < 0.5:
            node.falls_after_answer = True
        else:
            await self._operators.stop(node, "at any time")
        return True

    async def _disk(self, ill: Ill) -> bool:
        node = some(self._stage)
        if node.parts is None or node.disk.ill is not None:
            return False
        node.disk.ill = ill
        self._tell(f"disk {ill}", node.name)

        async def mend() -> None:
            node.disk.ill = None

        self._stage.due.later(SHORT_SECONDS, mend)
        return True

    async def _clock(self) -> bool:
        node = some(self._stage)
        hours = self._random.uniform(-CLOCK_HOURS_MAX, CLOCK_HOURS_MAX)
        node.clock.off = timedelta(hours=hours)
        self._tell("clock", f"{node.name} {node.clock.off}")
        return True

    async def _leap(self) -> bool:
        """Have a clock show another year for a while."""
        node = some(self._stage)
        if node.clock.leap:
            return False
        node.clock.leap = self._random.choice((LEAP, -LEAP))
        self._tell("clock leapt", f"{node.name} {node.clock.leap}")

        async def set_right() -> None:
            node.clock.leap = timedelta()

        self._stage.due.later(SHORT_SECONDS, set_right)
        return True

    async def _upgrade(self) -> bool:
        """Stop a node, and start it with read models of another shape."""
        node = some(self._stage)
        if node.parts is None or node.disk.flipped is not None:
            return False
        await node.stop()
        self._tell("upgrade", node.name)
        with closing(sqlite3.connect(node.disk.views)) as views, views:
            views.execute("UPDATE about SET schema_version = -1")
        self._stage.due.later(SHORT_SECONDS, self._operators.starting(node))
        return True

    async def _rotate(self) -> bool:
        """Give a region another key; the others accept it one after the other."""
        node = some(self._stage)
        if not node.whole or node.disk.flipped is not None or self._losses.beginning:
            return False
        if self._losses.is_filling(node):
            return False
        held = node.up.journal.positions()[node.name]
        if node.up.running.outbox.state.sent != held.position:
            return False
        await node.stop()
        new = signing_key(node.key.name, self._random.randbytes(KEY_BYTES))
        line = succession(node.key, new.verifier, KeyPlace(held.epoch, held.position))
        node.key = new
        for known in (self._stage.rings, node.known):
            accept(known[node.region], line)
        self._tell("key", f"{node.name} {held.position}")
        self._stage.due.later(SHORT_SECONDS, self._operators.starting(node))
        for other in self._stage.nodes.values():
            if other is not node:
                self._stage.due.later(
                    LONG_SECONDS, accepting(other.known[node.region], line)
                )
        return True
