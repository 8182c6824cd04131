"""What the people do who run the simulated nodes."""

from pathlib import Path
from random import Random

from deploy.simulation.loop import VirtualLoop
from deploy.simulation.operators import Operators
from deploy.simulation.stage import SHORT_SECONDS
from deploy.simulation.trace import Trace
from deploy.simulation.world import World
from domain.values import Region


def test_the_power_that_comes_back_starts_no_node_whose_database_is_gone(
    tmp_path: Path,
) -> None:
    loop = VirtualLoop(Random(1))
    world = World(1, tmp_path, loop, Trace(loop.time))
    operators, node = Operators(world), world.nodes[Region.VEST]

    async def run() -> None:
        node.start()
        await operators.stop(node, "at any time")
        node.disk.restore(None)
        world.due.later(SHORT_SECONDS, operators.starting(node))
        while await world.due.do_next():
            assert node.parts is None
        node.disk.replaced = False
        operators.start(node)
        assert node.parts is not None
        await node.stop()

    loop.run_until_complete(run())
    loop.close()
