"""The bank's entries through a node's door."""

from typing import Any

import httpx
import pytest

from tests.support.bank import ACCOUNT
from tests.support.doors import INVOICED, INVOICED_ORE, Door
from tests.support.examples import BERGEN, STAVANGER


def post(
    door: Door, path: str, body: Any, organisation: str, **who: Any
) -> httpx.Response:
    """Send a command in August."""
    day = {"Fagnett_Business_Day": "2026-08-10"}
    return door.post(path, body, organisation=organisation, **day, **who)


def entry(door: Door, **changes: Any) -> dict[str, Any]:
    """Return the entry of the whole amount."""
    return {
        "organisation": STAVANGER,
        "reference": "B1",
        "direction": "credit",
        "amount_ore": INVOICED_ORE,
        "booked_on": "2026-08-08",
        "kid": door.kid(),
        **changes,
    }


def test_both_parties_banks_tell_of_a_payment(invoiced: Door) -> None:
    first = post(invoiced, "/v1/bank-entries", entry(invoiced), STAVANGER)
    assert first.status_code == 201, first.text
    document = {"payee": STAVANGER, "year": 2026, "number": 1}
    assert first.json()["entries"] == [
        {
            "reference": "B1",
            "new": True,
            "document": document,
            "unmatched": None,
            "warnings": [],
        }
    ]
    shown = invoiced.get(INVOICED).json()
    assert (shown["paid_ore"], shown["received_ore"]) == (0, INVOICED_ORE)
    assert shown["payment_state"] == "open", "its payer has not registered it"
    assert shown["outstanding_ore"] == INVOICED_ORE
    debit = entry(invoiced, organisation=BERGEN, direction="debit", reference="X")
    assert post(invoiced, "/v1/bank-entries", debit, BERGEN).status_code == 201
    shown = invoiced.get(INVOICED).json()
    assert (shown["paid_ore"], shown["received_ore"]) == (INVOICED_ORE, INVOICED_ORE)
    assert (shown["payment_state"], shown["outstanding_ore"]) == ("paid", 0)
    assert shown["payments"] == [{"paid_on": "2026-08-08", "amount_ore": INVOICED_ORE}]
    assert shown["receipts"] == [
        {"received_on": "2026-08-08", "amount_ore": INVOICED_ORE, "reference": "B1"}
    ]
    again = post(invoiced, "/v1/bank-entries", entry(invoiced), STAVANGER)
    assert again.status_code == 200
    assert again.json()["entries"] == [
        {
            "reference": "B1",
            "new": False,
            "document": document,
            "unmatched": None,
            "warnings": [],
        }
    ]
    other = entry(invoiced, amount_ore=1)
    answer = post(invoiced, "/v1/bank-entries", other, STAVANGER)
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflicting_row"


@pytest.mark.parametrize(
    ("paid_ore", "state"),
    [
        (INVOICED_ORE - 1, "partly_paid"),
        (INVOICED_ORE + 1, "overpaid"),
        (-1, "unpaid"),
    ],
)
def test_a_document_says_how_it_is_paid(
    invoiced: Door, paid_ore: int, state: str
) -> None:
    debit = entry(
        invoiced,
        organisation=BERGEN,
        direction="debit",
        amount_ore=paid_ore,
        paid_to=ACCOUNT,
    )
    post(invoiced, "/v1/bank-entries", debit, BERGEN)
    assert invoiced.get(INVOICED).json()["payment_state"] == "open"
    same = entry(invoiced, amount_ore=paid_ore)
    post(invoiced, "/v1/bank-entries", same, STAVANGER)
    shown = invoiced.get(INVOICED).json()
    assert shown["payment_state"] == state
    assert shown["outstanding_ore"] == INVOICED_ORE - paid_ore


def test_what_waits_is_listed_with_its_age_until_it_is_settled(invoiced: Door) -> None:
    for reference in ("B1", "B2", "B3"):
        body = entry(invoiced, reference=reference, kid="", amount_ore=1000)
        post(invoiced, "/v1/bank-entries", body, STAVANGER)
    unmatched = "/v1/bank-entries?state=unmatched"
    found = invoiced.get(unmatched, organisation=STAVANGER).json()["items"]
    assert [each["reference"] for each in found] == ["B1", "B2", "B3"]
    assert {each["unmatched"] for each in found} == {"no_kid"}
    assert {each["age_days"] for each in found} == {2}
    assert not invoiced.get(unmatched, organisation=BERGEN).json()["items"]
    document = {"payee": STAVANGER, "year": 2026, "number": 1}
    answer = post(invoiced, "/v1/bank-entries/B1/match", document, STAVANGER)
    assert answer.status_code == 201, answer.text
    aside = {"cause": "not_ours", "reason": "husleie"}
    path = "/v1/bank-entries/B2/set-aside"
    assert post(invoiced, path, aside, STAVANGER).status_code == 201
    left = invoiced.get(unmatched, organisation=STAVANGER).json()["items"]
    assert [each["reference"] for each in left] == ["B3"]
    path = "/v1/bank-entries?state=matched"
    (matched,) = invoiced.get(path, organisation=STAVANGER).json()["items"]
    assert (matched["reference"], matched["document"]) == ("B1", document)
    assert matched["age_days"] is None
    path = "/v1/bank-entries?state=set_aside"
    (set_aside,) = invoiced.get(path, organisation=STAVANGER).json()["items"]
    assert (set_aside["cause"], set_aside["reason"]) == ("not_ours", "husleie")
    assert invoiced.get(INVOICED).json()["received_ore"] == 1000
    page = invoiced.get("/v1/bank-entries?limit=2", organisation=STAVANGER).json()
    rest = f"/v1/bank-entries?limit=2&cursor={page['next_cursor']}"
    (last,) = invoiced.get(rest, organisation=STAVANGER).json()["items"]
    assert last["reference"] == "B3"
    as_of = "/v1/bank-entries?state=unmatched&as_of=2026-08-09"
    assert not invoiced.get(as_of, organisation=STAVANGER).json()["items"]


def test_an_entry_is_the_organisations_own_business(invoiced: Door) -> None:
    post(invoiced, "/v1/bank-entries", entry(invoiced, kid=""), STAVANGER)
    path = "/v1/bank-entries/B1"
    assert invoiced.get(path, organisation=STAVANGER).json()["state"] == "unmatched"
    assert invoiced.get(path, organisation=BERGEN).status_code == 404
    answer = post(invoiced, "/v1/bank-entries", entry(invoiced), BERGEN)
    assert answer.status_code == 403
    document = {"payee": STAVANGER, "year": 2026, "number": 1}
    answer = post(invoiced, f"{path}/match", document, BERGEN)
    assert answer.json()["code"] == "unknown_bank_entry"
    wrong = {**document, "number": 7}
    answer = post(invoiced, f"{path}/match", wrong, STAVANGER)
    assert answer.json()["code"] == "unknown_invoice"
    assert "2026-7" in answer.json()["detail"]
