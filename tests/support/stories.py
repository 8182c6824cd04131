"""A story of the rule book, played in this process, and then one node's door alone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.app import create_app
from domain.values import Region
from federation.journal.sqlite import SQLiteJournal
from tests.support.doors import Client, Door
from tests.support.federation import in_process, instant, node_of

STORIES: Final = Path(__file__).parents[1] / "data" / "rule_book"


@contextmanager
def told(folder: Path, story: str, region: Region) -> Iterator[Door]:
    """Open the door of a region's node when all of a story is recorded there."""
    asyncio.run(_played(folder, story, region))
    journal = SQLiteJournal(folder / f"{region.value}.sqlite", region, instant)
    node = node_of(journal, folder)
    node.projector.catch_up()
    yield Door(node, Client(create_app(node)))
    node.views.dispose()
    journal.close()


async def _played(folder: Path, story: str, region: Region) -> None:
    async with in_process(folder) as federation:
        await federation.play(STORIES / story)
        recorded = {
            each.value: node.journal.positions()[each.value].position
            for each, node in federation.nodes.items()
        }
        assert await asyncio.to_thread(
            federation.nodes[region].projector.wait_for, recorded, 30
        )
