"""What is registered by hand and told by the bank is told to the payer, not refused."""

from typing import Any

import pytest

from tests.api.test_bank_imports import sent
from tests.support.bank import ACCOUNT
from tests.support.camt import detail, ntry, paid_in
from tests.support.doors import INVOICED, Door
from tests.support.examples import BERGEN

PAYMENTS = "/v1/agreements/a/invoices/2026-01-01/payments"


def by_hand(door: Door, amount_ore: int) -> None:
    """Register a payment by hand."""
    paid = {"amount_ore": amount_ore, "paid_on": "2026-08-08"}
    answer = door.post(PAYMENTS, paid, Fagnett_Business_Day="2026-08-10")
    assert answer.status_code == 201, answer.text


def told(door: Door, reference: str = "H1", kroner: str = "100.00") -> str:
    """Return the payer's bank's file of a payment on the document."""
    part = detail(kroner, door.kid(), to=ACCOUNT)
    return paid_in(ntry(kroner, reference, part, way="DBIT"))


def warned(found: Any) -> list[list[str]]:
    """Return the codes of the warnings of each entry."""
    return [[each["code"] for each in one["warnings"]] for one in found["entries"]]


def test_what_is_paid_by_hand_and_by_the_bank_is_told(invoiced: Door) -> None:
    by_hand(invoiced, 100_00)
    for _ in range(2):
        found = sent(invoiced, told(invoiced), BERGEN)
        assert warned(found) == [["bank_paid_by_hand"]]
        (warning,) = found["entries"][0]["warnings"]
        assert warning["why"].startswith("the same amount is registered by hand")
    assert invoiced.get(INVOICED).json()["paid_ore"] == 200_00
    by_hand(invoiced, -100_00)
    assert warned(sent(invoiced, told(invoiced), BERGEN)) == [[]]
    assert invoiced.get(INVOICED).json()["paid_ore"] == 100_00


@pytest.mark.parametrize("amount_ore", [99_99, 0])
def test_of_what_is_not_paid_by_hand_nothing_is_told(
    invoiced: Door, amount_ore: int
) -> None:
    if amount_ore:
        by_hand(invoiced, amount_ore)
    assert warned(sent(invoiced, told(invoiced), BERGEN)) == [[]]
    assert warned(sent(invoiced, told(invoiced, "H2"), BERGEN)) == [[]]


def test_one_entry_that_is_keyed_in_is_told_of_too(invoiced: Door) -> None:
    by_hand(invoiced, 100_00)
    entry = {
        "organisation": BERGEN,
        "reference": "H1",
        "direction": "debit",
        "amount_ore": 100_00,
        "booked_on": "2026-08-08",
        "kid": invoiced.kid(),
        "paid_to": ACCOUNT,
    }
    answer = invoiced.post("/v1/bank-entries", entry, Fagnett_Business_Day="2026-08-10")
    assert answer.status_code == 201, answer.text
    assert warned(answer.json()) == [["bank_paid_by_hand", "paid_twice"]]


def test_a_match_by_hand_is_of_the_bank(invoiced: Door) -> None:
    part = detail("100.00", invoiced.kid())
    sent(invoiced, paid_in(ntry("100.00", "H1", part, way="DBIT")), BERGEN)
    match = {"payee": "983974678", "year": 2026, "number": 1}
    answer = invoiced.post(
        "/v1/bank-entries/H1/match", match, Fagnett_Business_Day="2026-08-10"
    )
    assert answer.status_code == 201, answer.text
    assert warned(sent(invoiced, told(invoiced, "H2"), BERGEN)) == [[]]
