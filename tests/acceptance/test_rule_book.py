"""The stories of the rule book on real nodes: what is refused, and what comes out."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.words import Language
from deploy.year.checking import check_year
from deploy.year.folder import read_year
from deploy.year.forms import FORMS
from deploy.year.plan import plan
from domain.values import Region
from federation.journal.store import Journal
from tests.support.federation import InProcess, in_process

pytestmark = pytest.mark.anyio

STORIES = Path(__file__).parents[1] / "data" / "rule_book"
SAMPLE = Path(__file__).parents[2] / "deploy" / "sample"
LISTS = ("grants", "bodies", "networks", "obligations")


@pytest.mark.rule("S2-17", "S2-34")
@pytest.mark.parametrize("name", sorted(path.name for path in STORIES.iterdir()))
@pytest.mark.law(8)
async def test_a_story_comes_out_as_the_rule_book_says(
    name: str, tmp_path: Path, open_journal: Callable[[Region], Journal]
) -> None:
    """At every node, and without servers; a list that a story does not give is not asked."""
    folder = STORIES / name
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text())
    async with in_process(tmp_path, open_journal) as federation:
        refused = await federation.play(folder)
        told = [
            {"file": each.file, "line": each.line, "code": each.code}
            for each in refused
        ]
        assert told == expected["refused"]
        checked = await check_year(plan(read_year(folder)), Language.EN)
        assert list(checked.refused) == refused
        nobody_is_named(federation, folder)
        for asked in (expected, *expected.get("also", ())):
            await comes_out(federation, asked)


@pytest.mark.rule("S4-57", "S4-58", "S4-59", "S4-60", "S4-61", "S4-62", "S4-93")
async def test_the_whole_network_of_helse_fonna_has_done_what_it_owes(
    tmp_path: Path,
) -> None:
    """Six groups, 16 municipalities, 12 and 7 seats: nothing refused, no seat vacant."""
    told: dict[str, Any] = json.loads((SAMPLE / "fonna.expected.json").read_text())
    async with in_process(tmp_path) as federation:
        assert await federation.play(SAMPLE / "fonna") == told["refused"] == []
        await comes_out(federation, told)
        as_of = date.fromisoformat(told["as_of"])
        found = await federation.standings(Region.VEST, told["year"], as_of)
    assert {each["state"] for each in found["obligations"]} == {"done"}
    kinds = {each["id"].split("/")[0] for each in found["obligations"]}
    assert kinds == {"body", "seat"}


def nobody_is_named(federation: InProcess, folder: Path) -> None:
    """Require that no entry has a person's name (law 8)."""
    hidden = {
        str(cells[column.name]).encode()
        for form in FORMS
        for column in form.columns
        for cells in read_year(folder).cells_of(form.name)
        if column.personal and cells.get(column.name)
    }
    journal = federation.nodes[Region.VEST].journal
    for region in Region:
        for entry in journal.entries(region.value, 0, 10_000):
            assert not [each for each in hidden if each in entry.body]


async def comes_out(federation: InProcess, expected: Mapping[str, Any]) -> None:
    """Hold what every node derives against what is expected of a year, on a day."""
    year, as_of = expected["year"], date.fromisoformat(expected["as_of"])
    first, *others = [
        await federation.standings(region, year, as_of) for region in Region
    ]
    for each in LISTS:
        assert first[each] == expected.get(each, first[each]), (each, as_of)
    assert all(other == first for other in others)
