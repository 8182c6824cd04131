"""What the people do who run the simulated nodes."""

from pathlib import Path
from random import Random

from domain.values import Region
from tests.simulation.loop import VirtualLoop
from tests.simulation.operators import Operators
from tests.simulation.stage import SHORT_SECONDS
from tests.simulation.trace import Trace
from tests.simulation.world import World


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
