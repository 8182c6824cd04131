"""The texts of a folder that is played: each is with the node that recorded it, and whose."""

from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from domain.values import Region
from projections import tables
from projections.database import reading
from tests.support.federation import in_process

pytestmark = pytest.mark.anyio

RULE_BOOK: Final = Path(__file__).parents[1] / "data" / "rule_book"


@pytest.mark.parametrize("story", ["s0", "s1"])
async def test_every_text_that_an_entry_refers_to_is_where_it_was_recorded(
    tmp_path: Path, story: str
) -> None:
    async with in_process(tmp_path) as federation:
        await federation.play(RULE_BOOK / story)
        node = federation.nodes[Region.MIDT]
        ends = {o: each.position for o, each in node.journal.positions().items()}
        assert node.projector.wait_for(ends, 30)
        with reading(node.views) as connection:
            cited = connection.execute(select(tables.cited_document)).all()
        assert len(cited) >= 4
        for each in cited:
            documents = federation.nodes[Region(each.origin)].documents
            assert each.organisation in documents.about(each.sha256).organisations
            assert documents.is_whole(each.sha256)


async def test_a_row_whose_text_its_node_does_not_keep_is_refused(
    tmp_path: Path,
) -> None:
    """What is recorded of a document could be read of nobody."""
    async with in_process(tmp_path) as federation:
        federation.nodes[Region.NORD].documents.bytes_max = len("Samling")
        refused = await federation.play(RULE_BOOK / "s0")
    first = [(each.file, each.line, each.code) for each in refused][:3]
    assert first == [("applications.csv", line, "invalid_row") for line in (2, 3, 4)]
