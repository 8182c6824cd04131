"""A year whose halves are closed between two trusts, played from a folder."""

import shutil
from datetime import date
from pathlib import Path

import httpx
import pytest

from api.auth import Role
from domain.closing.reconciliation import LineState
from domain.values import Region
from projections.database import reading
from projections.statements import StatementFilter, StatementState, statements
from tests.support.commands import SAMPLE
from tests.support.federation import InProcess, in_process, token

pytestmark = pytest.mark.anyio

COLUMNS = (
    "trust,counterpart,period_start,period_end,action,carry_over,reason,recorded_on"
)
BERGEN, OSLO = "983974724", "993467049"
FIRST = "2026-01-01,2026-03-31"
SECOND = "2026-04-01,2026-06-30"
PAID = "ves-ous/ves-ous-1/2026-01-01"
"""Its payer has registered a payment, of which no bank of its payee has told."""
CARRIED = f"ms-ous/ms-ous-1/2026-01-01|{PAID}"
AGAIN = f"{PAID}|ms-ous/ms-ous-1/2026-01-01"


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
        f"{BERGEN},{OSLO},{SECOND},draw_up,{AGAIN},,2026-12-31",
        f"{OSLO},{BERGEN},{SECOND},sign,,,2026-12-31",
        f"{OSLO},{BERGEN},2026-07-01,2026-12-31,sign,,,2026-12-31",
        f"{BERGEN},{OSLO},{SECOND},draw_up,ms-ous,,2026-12-31",
    )
    nodes = tmp_path / "nodes"
    nodes.mkdir()
    async with in_process(nodes) as federation:
        refused = await federation.play(folder)
        with reading(federation.nodes[Region.NORD].views) as views:
            found = statements(views, date(2026, 12, 31), StatementFilter(trust=OSLO))
        await ask_every_node(federation)
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
    assert [line.post for line in rejected.open_lines] == ["ms-ous-1", "ves-ous-1"]
    differ = [LineState.AMOUNT_DIFFERS, LineState.PAYMENT_DIFFERS]
    assert [each.state for each in rejected.open_lines] == differ
    assert {each.state for each in closed.open_lines} == set(differ[1:]), (
        "it is restated"
    )
    assert closed.open_payments is not None
    assert [each.received_ore for each in closed.open_payments] == [0, 0]
    assert closed.revision == 2


async def ask_every_node(federation: InProcess) -> None:
    """Ask what the doors say of it: the same at every node."""
    path = f"/v1/statements/{BERGEN}/{OSLO}/2026-06-30"
    answers = [await ask(federation, region, path) for region in Region]
    assert all(answer.json() == answers[0].json() for answer in answers)
    shown = answers[0].json()
    assert answers[0].headers["ETag"] == f'"{shown["fingerprint"]}"'
    assert shown["state"] == "closed"
    assert shown["answer"]["entry"].startswith("sorost/1/")

    listed = "/v1/statements?limit=2"
    first = (await ask(federation, Region.VEST, listed)).json()
    more = f"{listed}&cursor={first['next_cursor']}"
    rest = (await ask(federation, Region.VEST, more)).json()
    found = [*first["items"], *rest["items"]]
    assert [(e["statement"]["number"], e["state"]) for e in found] == [
        (1, "closed"),
        (2, "rejected"),
        (2, "closed"),
    ]
    closed = "/v1/statements?state=closed&period_end=2026-03-31"
    assert len((await ask(federation, Region.MIDT, closed)).json()["items"]) == 1
    before = f"{path}?as_of=2026-12-29"
    assert (await ask(federation, Region.VEST, before)).status_code == 404

    netting = "/v1/netting?period_end=2026-06-30"
    proposals = [await ask(federation, region, netting) for region in Region]
    assert all(each.json() == proposals[0].json() for each in proposals)
    proposal = proposals[0].json()
    assert proposal["statements"] == [shown["fingerprint"]]
    assert sum(proposal["positions"].values()) == 0
    assert sum(proposal["regions"].values()) == 0
    (balance,) = shown["statement"]["balances"]
    owed_ore = balance["opening_ore"] + balance["invoiced_ore"] - balance["paid_ore"]
    owed_ore -= balance["disputed_ore"] + (balance["open_ore"] or 0)
    assert proposal["positions"] == {BERGEN: -owed_ore, OSLO: owed_ore}

    lines = f"/v1/reconciliation?trust={OSLO}&counterpart={BERGEN}&until=2026-06-30"
    copies = [await ask(federation, region, lines) for region in Region]
    assert all(each.json() == copies[0].json() for each in copies)
    assert copies[0].json()["lines"], "a line for each post and period"


async def ask(federation: InProcess, region: Region, path: str) -> httpx.Response:
    """Ask a node a question."""
    headers = {"Authorization": f"Bearer {token(OSLO, Role.CONTROLLER)}"}
    async with httpx.AsyncClient(mounts=federation.doors) as client:
        return await client.get(f"{federation.urls[region]}{path}", headers=headers)
