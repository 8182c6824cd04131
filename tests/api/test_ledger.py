"""The ledger as one asks for it: balanced, or said loudly not to be."""

import csv
import io
import json
from collections import Counter
from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent
from sqlalchemy import update

from federation.signed.entry import data_of
from projections import tables
from projections.documents import issued_documents
from tests.support.doors import AUTHORITY, Door
from tests.support.examples import BERGEN, OSLO, STAVANGER

DUE_ORE = 181_000_00 + 45_250_00


def pay(door: Door, amount_ore: int) -> None:
    """Pay on the invoice of the half-year."""
    path = "/v1/agreements/a/invoices/2026-01-01/payments"
    body = {"amount_ore": amount_ore, "paid_on": "2026-08-01"}
    answer = door.post(path, body, Fagnett_Business_Day="2026-08-02")
    assert answer.status_code == 201, answer.text


def balances(door: Door, question: str = "") -> dict[tuple[str, str], int]:
    """Return what each account of each organisation holds."""
    answer = door.get(f"/v1/ledger/balances{question}", **AUTHORITY)
    assert answer.status_code == 200, answer.text
    return {
        (each["organisation"], each["account"]): each["amount_ore"]
        for each in answer.json()["balances"]
    }


@pytest.mark.law(7)
def test_the_accounts_of_a_pair_are_asked_for(door: Door) -> None:
    door.invoice()
    pay(door, 200_000_00)
    left_ore = DUE_ORE - 200_000_00
    found = balances(door)
    assert found == {
        (STAVANGER, "1500"): left_ore,
        (STAVANGER, "1920"): 200_000_00,
        (STAVANGER, "2700"): -45_250_00,
        (STAVANGER, "3000"): -181_000_00,
        (BERGEN, "1920"): -200_000_00,
        (BERGEN, "2400"): -left_ore,
        (BERGEN, "2710"): 45_250_00,
        (BERGEN, "6790"): 181_000_00,
    }
    assert sum(found.values()) == 0
    assert balances(door, f"?trust={BERGEN}&network=ms&year=2026") == found
    assert balances(door, "?year=2025") == balances(door, "?network=other") == {}
    assert balances(door, f"?trust={OSLO}") == {}
    assert balances(door, "?as_of=2026-07-31")[BERGEN, "2400"] == -DUE_ORE


def forge(door: Door, **changes: Any) -> None:
    """Record, past all rules, another document that says something else."""
    (issued,) = issued_documents(door.node.journal)
    data = {**json.loads(data_of(issued.entry.body)), **changes}
    content = json.dumps(data, sort_keys=True).encode()
    event = StoredEvent(issued.entry.stream, 2, issued.entry.type, content)
    door.forge(event)


@pytest.mark.law(7)
def test_sums_beyond_64_bits_are_exact(door: Door) -> None:
    door.invoice()
    for amount_ore in (1, 2, 3):
        pay(door, amount_ore)
    door.get("/readyz")
    # As much as thousands of payments of the largest amount there may be.
    each_ore = 5 * 10**18 + 1
    with door.node.views.begin() as views:
        views.execute(update(tables.payment).values(amount_ore=each_ore))
    assert balances(door)[BERGEN, "1920"] == -3 * each_ore
    (agreement,) = door.get("/v1/settlement?year=2026").json()["agreements"]
    assert agreement["paid"] == 3 * each_ore
    for path in ("/metrics", "/v1/settlement/pdf?year=2026", "/v1/exports/settlement"):
        assert door.get(path).status_code == 200, path


@pytest.mark.law(7)
def test_books_that_do_not_balance_are_said_loudly(door: Door) -> None:
    door.invoice()
    figure = "fagnett_ledger_imbalances"
    assert f"{figure} 0.0" in door.get("/metrics").text
    (issued,) = issued_documents(door.node.journal)
    forge(door, net_ore=issued.fact.net_ore + 100)
    for path in ("/v1/ledger/balances", "/v1/exports/ledger"):
        answer = door.get(path)
        assert answer.status_code == 500
        assert answer.json()["code"] == "not_conserved"
        assert "NOK 1.00" in answer.json()["detail"]
    assert balances(door, "?year=2025") == {}
    assert f"{figure} 3.0" in door.get("/metrics").text, "the document, and both books"


def test_a_payment_is_booked_when_its_document_is_here(door: Door) -> None:
    """The payer's log may come before the payee's."""
    data = {"amount_ore": 5, "number": 1, "paid_on": "2026-08-01", "seller": OSLO}
    content = json.dumps({**data, "year": 2026}, sort_keys=True).encode()
    stream = f"vest:payments:{OSLO}:2026:1"
    door.forge(StoredEvent(stream, 1, "payment.registered.v2", content))
    assert balances(door) == {}
    assert len(ledger(door)) == 0


def ledger(door: Door) -> list[dict[str, str]]:
    """Return the rows of the ledger as another program reads them."""
    answer = door.get(
        "/v1/exports/ledger?format=csv", Accept_Language="nb", **AUTHORITY
    )
    assert answer.status_code == 200, answer.text
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def ore(text: str) -> int:
    """Read kroner with a decimal comma."""
    return int(text.replace(",", "") or 0)


def test_the_ledger_is_ready_for_saf_t(door: Door) -> None:
    door.invoice()
    pay(door, 1)
    rows = ledger(door)
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows:
        transaction = (row["Virksomhet"], row["TransactionID"])
        sums[transaction] += ore(row["DebitAmount"]) - ore(row["CreditAmount"])
    assert len(sums) == 4
    assert set(sums.values()) == {0}, "each transaction balances"
    income = next(row for row in rows if row["AccountID"] == "3000")
    (issued,) = issued_documents(door.node.journal)
    entry = issued.entry
    assert income == {
        "Virksomhet": STAVANGER,
        "Virksomhetens navn": f"Trust {STAVANGER}",
        "Motpart": BERGEN,
        "Motpartens navn": f"Trust {BERGEN}",
        "Nettverk": "ms",
        "År": "2026",
        "JournalID": "sales",
        "TransactionID": f"{entry.origin}/{entry.epoch}/{entry.position}",
        "TransactionDate": "2026-07-10",
        "Period": "7",
        "PeriodYear": "2026",
        "SystemEntryDate": "2026-07-10",
        "VoucherType": "faktura",
        "SourceDocumentID": f"{STAVANGER}:2026:1",
        "Description": "a 2026-01-01/2026-06-30",
        "AccountID": "3000",
        "CustomerID": "",
        "SupplierID": "",
        "DebitAmount": "0,00",
        "CreditAmount": "181000,00",
        "TaxCode": "3",
        "TaxPercentage": "25",
        "DebitTaxAmount": "0,00",
        "CreditTaxAmount": "45250,00",
    }
    owed = next(row for row in rows if row["AccountID"] == "1500")
    assert (owed["CustomerID"], owed["SupplierID"]) == (BERGEN, "")
    owing = next(row for row in rows if row["AccountID"] == "2400")
    assert (owing["CustomerID"], owing["SupplierID"]) == ("", STAVANGER)
    banked = [row for row in rows if row["AccountID"] == "1920"]
    assert {row["TransactionDate"] for row in banked} == {"2026-08-01"}
    assert {row["SystemEntryDate"] for row in banked} == {"2026-08-02"}
