"""Credits and disputes of a year's folder, as every node has them."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from domain.values import Region
from projections.database import reading
from projections.disputes import DisputeFilter, DisputeState, disputes
from tests.support.federation import in_process

pytestmark = pytest.mark.anyio

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"
LAST = date(2026, 12, 31)
CREDITS = "agreement,period_start,post,amount,reason,recorded_on\n"
DISPUTES = "agreement,period_start,post,by,action,outcome,text,recorded_on\n"
DECISIONS = "agreement,period_start,decision,post,reason,recorded_on\n"


def write(folder: Path, agreement: str, start: str, post: str) -> None:
    """Dispute a line, credit some of it, and end the dispute."""
    row = f"{agreement},{start},{post}"
    (folder / "invoice_decisions.csv").write_text(
        f"{DECISIONS}{agreement},{start},disputed,{post},Vacant,2026-12-29\n"
    )
    (folder / "credits.csv").write_text(
        f"{CREDITS}"
        f"{row},100.01,Vacant for a while,2026-12-30\n"
        f"{row},100.01,Vacant for a while,2026-12-31\n"
        f"{row},999999999,Too much,2026-12-31\n"
        f"{row},,Without an amount,2026-12-31\n"
        f"{agreement},2020-01-01,,,Unknown,2026-12-31\n"
    )
    (folder / "disputes.csv").write_text(
        f"{DISPUTES}"
        f"{row},payee,comment,,We will see,2026-12-29\n"
        f"{row},payer,resolve,credited,Too early,2026-12-29\n"
        f"{row},payer,resolve,upheld,It stands,2026-12-31\n"
        f"{row},payer,comment,,Too late,2026-12-31\n"
    )


async def test_a_year_with_its_credits_and_disputes(tmp_path: Path) -> None:
    folder = tmp_path / "year"
    shutil.copytree(SAMPLE, folder)
    (tmp_path / "before").mkdir()
    async with in_process(tmp_path / "before") as federation:
        refused_before = await federation.play(folder)
        before = federation.settle(Region.NORD, 2026, LAST)
    restated = {
        each["agreement"]
        for each in before["invoices"]
        if any(line["restatement"] for line in each["lines"])
    }
    first = next(
        each
        for each in before["invoices"]
        if each["agreement"] not in restated and each["issued_on"] < "2026-12-29"
    )
    agreement, start = first["agreement"], first["period_start"]
    post = first["lines"][0]["post"]
    write(folder, agreement, start, post)
    (tmp_path / "after").mkdir()
    async with in_process(tmp_path / "after") as federation:
        refused = await federation.play(folder)
        found = [(x.file, x.line, x.code) for x in refused]
        assert [x for x in found if x[0] in {"credits.csv", "disputes.csv"}] == [
            ("credits.csv", 4, "credit_exceeds_line"),
            ("credits.csv", 5, "invalid_row"),
            ("credits.csv", 6, "unknown_invoice"),
            ("disputes.csv", 3, "not_credited"),
            ("disputes.csv", 5, "not_disputed"),
        ]
        own = {"credits.csv", "disputes.csv", "invoice_decisions.csv"}
        others = [
            [x for x in of if x.file not in own] for of in (refused, refused_before)
        ]
        assert others[0] == others[1]
        for region in Region:
            settled = federation.settle(region, 2026, LAST)
            assert sum(each["net"] for each in settled["regions"].values()) == 0
            (of,) = [x for x in settled["agreements"] if x["agreement"] == agreement]
            assert (of["conceded"], of["disputed"]) == (100_01, 0)
            with reading(federation.nodes[region].views) as views:
                wanted = DisputeFilter(agreement=agreement, state=DisputeState.RESOLVED)
                (dispute,) = disputes(views, LAST, wanted)
            assert [each.text for each in dispute.thread] == ["We will see"]
            assert dispute.resolution is not None
            assert dispute.resolution.text == "It stands"
            assert dispute.age_days == 2
