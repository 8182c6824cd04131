"""Whatever a node waits for fails once and hangs once, and it is whole again by itself."""

import asyncio
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from domain.values import Region
from federation import tasks
from federation.checks.signed_heads import SignedHeads
from federation.journal.shapes import Position
from federation.journal.sqlite import SQLiteJournal
from federation.node.auditor import Auditor
from federation.node.comparison import Comparison
from federation.node.heartbeat import Heartbeat
from federation.node.inbox import Inbox
from federation.node.outbox import Outbox
from federation.node.ranges import RangeServer
from federation.node.restore import Restore
from federation.node.witness import Witness
from federation.transport import memory
from projections.engine import NOTHING
from tests.simulation.loop import VirtualLoop
from tests.simulation.node import SimulatedNode
from tests.simulation.trace import Trace
from tests.simulation.world import World, _end
from tests.support.awaits import NODE, ROOT, Awaits, Ill, Struck

LOOK_SECONDS = 1.0
STILL_LOOKS = 3
PAUSE_SECONDS = 2.9
"""Nobody waits for longer by himself: what does so stands still."""
PATIENCE_SECONDS = 300
NORMAL_ROUNDS = 8
IDLE_ROUNDS = 4
PARTS = {
    Path(inspect.getfile(part))
    for part in (
        *(Auditor, Comparison, Outbox, Heartbeat, RangeServer),
        *(Inbox, Restore, Witness),
    )
}

PAUSES = (
    "tests.simulation.network.SILENCE_SECONDS",
    "tests.simulation.node.LOOK_SECONDS",
    "federation.node.comparison.PAUSE_SECONDS",
    "federation.node.outbox.LOOK_SECONDS",
    "federation.node.outbox.STOPPED_SECONDS",
    "federation.node.inbox.REFUSED_RETRY_SECONDS",
    "federation.node.restore.LOOK_SECONDS",
    "federation.node.heartbeat.HEARTBEAT_SECONDS",
    "federation.node.witness.REPEAT_SECONDS",
)
"""What some parts wait for is shorter here, so that nobody waits long for a hang."""


class Round(NamedTuple):
    """What is lost at its beginning, and how long it lasts at least."""

    seconds: int
    losers: tuple[int, ...]
    """Who loses its journal, in turn."""
    pages: slice | None = None
    """What is lost of a stream, where it is not all of it and some in turn."""


NORMALLY = Round(5, (0, 2))
SOON = Round(3, (0, 1, 2))
GAPS = Round(5, (0, 2), slice(None, -1))
"""What is sent anew after all is lost has no gap in it."""


class Trial:
    """Four nodes with a little business, which lose their journals at times."""

    def __init__(self, world: World, awaits: Awaits) -> None:
        self.world = world
        self.awaits = awaits
        self.healed: set[Struck] = set()
        self._turn = 0

    async def normal(self) -> None:
        """Let everything happen that does when nothing is ill."""
        for node in self.world.nodes.values():
            self._start(node)
        await self._until("begin", self._all_whole)
        for command in self.world.clients.business.beginnings():
            self._see()
            self.world.clients.new(command)
            await self._until("hear of all", self._all_whole)
        for _ in range(NORMAL_ROUNDS):
            if self._enough:
                return
            await self._round(NORMALLY)
            await self._until("go on", self._all_whole)

    @property
    def _enough(self) -> bool:
        """Say whether all that was to be struck is whole again."""
        return bool(self.healed) and not self.awaits.left

    async def struck(self) -> None:
        """Strike each node again and again, each time once it is whole."""
        for kind in (SOON, GAPS):
            idle = 0
            while self.awaits.left and idle < IDLE_ROUNDS:
                before = self.awaits.left
                await self._round(kind)
                await self._until("be whole again", self._all_whole)
                idle = 0 if self.awaits.left < before else idle + 1

    async def _round(self, kind: Round) -> None:
        """Do some business, lose a page here and some journals there, each in turn."""
        nodes = list(self.world.nodes.values())
        self._turn += 1
        stream = self.world.network.streams[nodes[self._turn % 4].name]
        if stream:
            in_turn = (
                slice(None) if self._turn % 3 else slice(len(stream) // 2, None, 2)
            )
            del stream[kind.pages or in_turn]
        for node in (nodes[(self._turn + each) % 4] for each in kind.losers):
            await node.stop()
            node.disk.restore(None)
            node.disk.replaced = False
            if self._turn % 4 > 1:
                node.disk.lose_promises()
            self._start(node)
        for second in range(kind.seconds):
            if not second % 2:
                self._see()
                self.world.clients.act()
            await asyncio.sleep(1)
            self._forgive()

    def _start(self, node: SimulatedNode) -> None:
        self.world.invariants.restarted(node)
        NODE.set(node.name)
        node.start()
        NODE.set("")

    def _see(self) -> None:
        """Check that each node's log goes on from what everybody knows of it."""
        for node in self.world.nodes.values():
            self.world.invariants._log(node, node.name)

    def _forgive(self) -> None:
        """Let those be struck again that are whole."""
        whole = self._whole()
        for part, struck in list(self.awaits.struck.items()):
            if part[0] in whole:
                self.healed.add(struck)
                del self.awaits.struck[part]

    def _all_whole(self) -> bool:
        self._forgive()
        return not self.awaits.struck and len(self._whole()) == len(Region)

    def _whole(self) -> set[str]:
        """Return the nodes that do all that they should."""
        nodes = self.world.nodes.values()
        held = {node.name: node.up.journal.positions() for node in nodes}
        ends = {name: positions[name] for name, positions in held.items()}
        return {node.name for node in nodes if _is_whole(node, held[node.name], ends)}

    async def _until(self, what: str, reached: Callable[[], bool]) -> None:
        until = self.world.loop.time() + PATIENCE_SECONDS
        while not reached():
            if self.world.loop.time() > until:
                down = {
                    node.name: (node.reason, dict(node.up.background.down))
                    for node in self.world.nodes.values()
                    if node.name not in self._whole()
                }
                standing = self.world._standing()
                pytest.fail(f"{what}: {self.awaits.struck}, {down}, {standing}")
            await asyncio.sleep(LOOK_SECONDS)


def _is_whole(
    node: SimulatedNode, held: Mapping[str, Position], ends: Mapping[str, Position]
) -> bool:
    """Say whether a node records, holds and has folded all, and none of it is down."""
    up = node.up
    folded = {node.name: ends[node.name], **up.projector.state.positions}
    return (
        node.whole
        and not up.background.down
        and up.running.outbox.state.sent == held[node.name].position
        and held == ends
        and all(folded.get(name, NOTHING) == end for name, end in ends.items())
        and all(each.state.trouble is None for each in up.running.inboxes.values())
    )


@pytest.fixture
def awaits(monkeypatch: pytest.MonkeyPatch) -> Awaits:
    """Give what sees and strikes all awaits, and make nobody wait long for a hang."""
    monkeypatch.setattr(tasks, "LOOK_SECONDS", LOOK_SECONDS)
    monkeypatch.setattr(tasks, "STILL_LOOKS", STILL_LOOKS)
    monkeypatch.setattr(memory, "LOOK_SECONDS", LOOK_SECONDS)
    for pause in PAUSES:
        monkeypatch.setattr(pause, PAUSE_SECONDS)
    found = Awaits()
    found.watch(monkeypatch)
    found.watch_threads(VirtualLoop, monkeypatch)
    found.watch_stores(
        *(SQLiteJournal, "reading", SQLiteJournal, "writing"),
        *(SignedHeads, "note", SignedHeads, "keep"),
        monkeypatch=monkeypatch,
    )
    return found


def run(folder: Path, awaits: Awaits, *, strikes: bool = False) -> Trial:
    """Run a trial of its own, and go on while there is more to strike."""
    loop = VirtualLoop(Random(1))
    world = World(1, folder, loop, Trace(loop.time, None))
    trial = Trial(world, awaits)
    try:
        loop.run_until_complete(trial.normal())
        if strikes:
            loop.run_until_complete(trial.struck())
    finally:
        _end(loop, world)
    return trial


DAILY = (Ill.HANGS, Ill.UNFORESEEN)
LONG = tuple(ill for ill in Ill if ill not in DAILY)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "ills", [DAILY, pytest.param(LONG, marks=pytest.mark.soak)], ids=["daily", "long"]
)
def test_each_await_of_each_part_falls_ill_once_and_the_node_is_whole_again(
    ills: tuple[Ill, ...], tmp_path: Path, awaits: Awaits
) -> None:
    """What is given to a thread is done and not told, and not done at all."""
    run(tmp_path / "normal", awaits)
    places = {place for place in awaits.seen if place}
    parts = {line.partition(":")[0] for place in places for line in place}
    assert parts >= {str(file.relative_to(ROOT)) for file in PARTS}
    wanted = {(ill, place) for ill in ills for place in places}
    awaits.wanted = {ill: set(places) for ill in ills}
    healed = run(tmp_path / "all", awaits, strikes=True).healed
    while left := wanted - healed:
        # What happens seldom happens where it did: the same run leads to the next.
        awaits.wanted = {ill: {p for i, p in left if i is ill} for ill in ills}
        healed |= run(tmp_path / str(len(left)), awaits).healed
        assert wanted - healed < left
    assert not awaits.held_up, "nothing on the loop waits for a disk"
