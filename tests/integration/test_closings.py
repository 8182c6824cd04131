"""A year whose halves are closed between two trusts, played from a folder."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from domain.values import Region
from projections.database import reading
from projections.statements import StatementState, Wanted, statements
from tests.support.commands import SAMPLE
from tests.support.federation import in_process

pytestmark = pytest.mark.anyio

COLUMNS = (
    "trust,counterpart,period_start,period_end,action,carry_over,reason,recorded_on"
)
BERGEN, OSLO = "983974724", "993467049"
FIRST = "2026-01-01,2026-03-31"
SECOND = "2026-04-01,2026-06-30"
CARRIED = "ms-ous/ms-ous-1/2026-01-01"


def year_with_closings(folder: Path, *rows: str) -> Path:
    """Write the file of closings beside the bundled year."""
    shutil.copytree(SAMPLE / "2026", folder)
    (folder / "closings.csv").write_text("\n".join((COLUMNS, *rows)) + "\n")
    return folder


async def test_a_folder_closes_periods_and_is_told_what_stops_it(
    tmp_path: Path,
) -> None:
    folder = year_with_closings(
        tmp_path / "year",
        f"{BERGEN},{OSLO},{FIRST},draw_up,,,2026-12-30",
        f"{OSLO},{BERGEN},{FIRST},sign,,,2026-12-30",
        f"{BERGEN},{OSLO},{SECOND},draw_up,,,2026-12-30",
        f"{BERGEN},{OSLO},{SECOND},draw_up,{CARRIED},,2026-12-30",
        f"{OSLO},{BERGEN},{SECOND},reject,,The restatement is due,2026-12-30",
        f"{BERGEN},{OSLO},{SECOND},draw_up,,,2026-12-31",
        f"{OSLO},{BERGEN},{SECOND},sign,,,2026-12-31",
        f"{OSLO},{BERGEN},2026-07-01,2026-12-31,sign,,,2026-12-31",
        f"{BERGEN},{OSLO},{SECOND},draw_up,ms-ous,,2026-12-31",
    )
    nodes = tmp_path / "nodes"
    nodes.mkdir()
    async with in_process(nodes) as federation:
        refused = await federation.play(folder)
        with reading(federation.nodes[Region.NORD].views) as views:
            found = statements(views, date(2026, 12, 31), Wanted(trust=OSLO))
    assert [(r.line, r.code) for r in refused if r.file == "closings.csv"] == [
        (4, "line_open"),
        (9, "unknown_statement"),
        (10, "invalid_row"),
    ]
    assert [(each.state, each.statement.number) for each in found] == [
        (StatementState.CLOSED, 1),
        (StatementState.REJECTED, 2),
        (StatementState.CLOSED, 2),
    ]
    _, rejected, closed = (each.statement for each in found)
    assert [line.post for line in rejected.open_lines] == ["ms-ous-1"]
    assert not closed.open_lines, "the restatement has come meanwhile"
    assert closed.revision == 2
