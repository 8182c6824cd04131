"""Rows that wait for what they rest on alone: the journals say what they would say else."""

import asyncio
from collections import defaultdict
from pathlib import Path

import orjson
import pytest

from api.words import Language
from deploy.year.folder import read_year
from deploy.year.plan import plan
from deploy.year.player import Player
from deploy.year.rehearsal import Rehearsed, rehearse
from domain.values import Region
from federation.journal.store import Journal
from federation.signed.entry import data_of, seen_of
from tests.acceptance.conftest import BUNDLED, Bundled
from tests.support.federation import in_process, token

pytestmark = pytest.mark.anyio

ENTRIES_MAX = 10_000


def rehearsed(folder: Path) -> Rehearsed:
    """Rehearse a folder."""
    return asyncio.run(rehearse(plan(read_year(folder)), Language.EN))


def facts(journal: Journal) -> dict[str, list[tuple[str, str, bytes]]]:
    """Return what each stream of a journal says, and on which day it was recorded."""
    found = defaultdict(list)
    for region in Region:
        for row in journal.entries(region.value, 0, ENTRIES_MAX):
            said = orjson.dumps(orjson.loads(data_of(row.body)))
            found[row.stream].append((row.type, row.recorded_at[:10], said))
    return dict(found)


async def test_the_facts_are_those_of_a_year_played_row_by_row(
    bundled: Bundled, tmp_path: Path
) -> None:
    async with in_process(tmp_path) as federation:
        player = Player(federation.urls, token, Language.EN, doors=federation.doors)
        await player.play(plan(read_year(BUNDLED)))
        assert player.refused == bundled.refused
        assert player.noticed == bundled.federation.noticed
        for region, node in federation.nodes.items():
            other = bundled.federation.nodes[region].journal
            assert facts(node.journal) == facts(other)


async def test_each_entry_had_seen_what_its_row_rests_on(bundled: Bundled) -> None:
    steps = (await rehearse(plan(read_year(BUNDLED)), Language.EN)).steps
    journal = bundled.federation.nodes[Region.VEST].journal
    ends = {r: [0, *(step.taken.position for step in of)] for r, of in steps.items()}
    waiting = 0
    for region, of in steps.items():
        before = 0
        for step in of:
            position = step.taken.position
            for row in journal.entries(region.value, before, position - before):
                seen = seen_of(row.body)
                for other, count in step.rests.items():
                    if other is not region and count:
                        assert seen[other.value][1] >= ends[other][count]
                        waiting += 1
            before = position
    assert waiting > 50


def test_a_row_waits_for_its_own_matter_and_for_the_days_before() -> None:
    found = rehearsed(BUNDLED)
    everything = {region: len(steps) for region, steps in found.steps.items()}
    for region, steps in found.steps.items():
        for number, step in enumerate(steps):
            assert step.after[region] <= number
            assert all(step.after[of] <= count for of, count in everything.items())
            assert all(step.rests[of] <= step.after[of] for of in Region)
    approvals = [
        step
        for steps in found.steps.values()
        for step in steps
        if step.taken.call.row.form.name == "acceptances"
    ]
    assert approvals
    assert all(any(step.rests.values()) for step in approvals if step.taken.is_recorded)
