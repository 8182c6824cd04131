"""A year's bank entries from a folder, each at the node of its organisation."""

import csv
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.parties.kid import KidCheck, kid
from domain.values import Region
from projections.bank import EntryFilter, bank_entries
from projections.database import reading
from projections.invoices import InvoiceFilter as WantedInvoice
from projections.invoices import invoices
from tests.support.federation import InProcess, in_process

pytestmark = pytest.mark.anyio

SAMPLE = Path(__file__).parents[2] / "deploy" / "sample" / "2026"
LAST = date(2026, 12, 31)
ACCOUNTS = (
    "org_number,account,kid_check,kid_length,buyer_reference,street,postcode,city\n"
)
ENTRIES = "organisation,reference,direction,amount,booked_on,kid,paid_to,recorded_on\n"


def document(federation: InProcess, region: Region) -> dict[str, Any]:
    """Return the first document as a node has it."""
    found = federation.settle(region, 2026, LAST)["invoices"][0]
    assert isinstance(found, dict)
    return found


async def test_a_year_with_its_bank_entries(tmp_path: Path) -> None:
    folder = tmp_path / "year"
    shutil.copytree(SAMPLE, folder)
    (tmp_path / "before").mkdir()
    async with in_process(tmp_path / "before") as federation:
        before = await federation.play(folder)
        first = document(federation, Region.NORD)
    with (folder / "agreements.csv").open() as file:
        (payer, *_) = [
            row["payer"]
            for row in csv.DictReader(file)
            if row["agreement"] == first["agreement"]
        ]
    payee, number = first["payee"], first["number"]
    digits = kid(2026, number, KidCheck.MOD_11, 15)
    (folder / "accounts.csv").write_text(
        f"{ACCOUNTS}{payee},86011117947,mod11,15,,,,\n"
    )
    (folder / "bank_entries.csv").write_text(
        f"{ENTRIES}"
        f"{payee},B1,credit,1234.56,2026-12-30,{digits},,2026-12-31\n"
        f"{payer},B1,debit,1234.56,2026-12-30,{digits},86011117947,2026-12-31\n"
        f"{payee},B2,credit,10.00,2026-12-30,,,2026-12-31\n"
        f"{payee},B2,credit,10.00,2026-12-30,,,2026-12-31\n"
        f"{payee},B2,credit,11.00,2026-12-30,,,2026-12-31\n"
        f"1,B3,credit,11.00,2026-12-30,,,2026-12-31\n"
        f"{payee},B4,credit,11.00,2026-12-30,KID,,2026-12-31\n"
    )
    (tmp_path / "after").mkdir()
    async with in_process(tmp_path / "after") as federation:
        refused = await federation.play(folder)
        assert [(x.line, x.code) for x in refused if x.file == "bank_entries.csv"] == [
            (6, "conflicting_row"),
            (7, "invalid_organisation_number"),
            (8, "invalid_row"),
        ]
        assert [x for x in refused if x.file != "bank_entries.csv"] == before
        for region in Region:
            assert document(federation, region) == first, "amounts are as before"
            with reading(federation.nodes[region].views) as views:
                wanted = WantedInvoice(payee=payee, year=2026, number=number)
                (shown,) = invoices(views, LAST, wanted)
                waiting = bank_entries(views, LAST, EntryFilter(payee))
            assert shown.received_ore == 1234_56
            assert 1234_56 in {each.amount_ore for each in shown.payments}
            assert [(x.reference, x.unmatched) for x in waiting] == [
                ("B1", None),
                ("B2", "no_kid"),
            ]
