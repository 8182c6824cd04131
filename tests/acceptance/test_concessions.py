"""Small years in which what is given up by credit meets what is restated."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.values import Region
from tests.support.federation import in_process

pytestmark = pytest.mark.anyio

CASES = Path(__file__).parents[1] / "data" / "cases"
BEYOND = CASES / "credit-beyond-what-is-billed"
CREDITED = CASES / "restatement-of-a-line-that-is-credited"
LAST = date(2026, 12, 31)


async def play(
    folder: Path, home: Path
) -> tuple[list[tuple[str, int, str]], dict[str, Any]]:
    """Play a folder; return what is refused, and the agreement as all nodes settle it."""
    async with in_process(home) as federation:
        refused = await federation.play(folder)
        assert federation.noticed == [], "accounts.csv tells all that a document needs"
        found = [federation.settle(region, 2026, LAST) for region in Region]
        replayed = [federation.replay(region, 2026, LAST) for region in Region]
    assert found == replayed == found[:1] * len(Region)
    (agreement,) = found[0]["agreements"]
    return [(each.file, each.line, each.code) for each in refused], agreement


async def test_no_more_is_credited_than_is_billed(tmp_path: Path) -> None:
    refused, agreement = await play(BEYOND, tmp_path)
    assert refused == [("credits.csv", 2, "credit_exceeds_line")]
    assert agreement["invoiced"] == agreement["outstanding"] == 350_000_00
    assert (agreement["conceded"], agreement["unbilled"]) == (0, 0)


async def test_what_is_billed_still_may_be_credited(tmp_path: Path) -> None:
    folder = tmp_path / "year"
    shutil.copytree(BEYOND, folder)
    rows = (folder / "credits.csv").read_text()
    (folder / "credits.csv").write_text(rows.replace("181000.00", "166000.00"))
    (tmp_path / "home").mkdir()
    refused, agreement = await play(folder, tmp_path / "home")
    assert refused == []
    assert (agreement["invoiced"], agreement["conceded"]) == (184_000_00, 166_000_00)
    assert agreement["unbilled"] == 0


async def test_what_is_given_up_is_set_off_against_a_later_fall(tmp_path: Path) -> None:
    refused, agreement = await play(CREDITED, tmp_path)
    assert refused == []
    assert agreement["invoiced"] == agreement["accrued"] == 184_000_00
    assert (agreement["conceded"], agreement["unbilled"]) == (0, 0)
    assert agreement["outstanding"] == 184_000_00


async def test_what_a_document_lacks_is_noticed_with_its_row(tmp_path: Path) -> None:
    folder = tmp_path / "year"
    shutil.copytree(BEYOND, folder)
    rows = (folder / "accounts.csv").read_text().splitlines()
    (folder / "accounts.csv").write_text("\n".join([rows[0], rows[2]]) + "\n")
    (tmp_path / "home").mkdir()
    async with in_process(tmp_path / "home") as federation:
        await federation.play(folder)
    found = [(each.file, each.line, each.code) for each in federation.noticed]
    assert found == [
        ("invoices.csv", line, code)
        for line in (2, 3)
        for code in ("no_account", "no_kid")
    ]
    assert "by itself" in federation.noticed[1].reason
