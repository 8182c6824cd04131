"""What went out, through the door: on the document of who was paid, or on none."""

from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent

from domain.fact import canonical
from tests.api.test_bank import entry, post
from tests.api.test_bank_files import CSV
from tests.api.test_bank_imports import left_out, names, new, send, sent
from tests.support.bank import ACCOUNT, OTHER_ACCOUNT
from tests.support.camt import detail, ntry, paid_in
from tests.support.doors import INVOICED, INVOICED_ORE, Door
from tests.support.examples import BERGEN, STAVANGER

DOCUMENT = {"payee": STAVANGER, "year": 2026, "number": 1}
DAY = {"Fagnett_Business_Day": "2026-08-10"}


def paid_ore(door: Door) -> int:
    """Return what is registered as paid on the document."""
    found: int = door.get(INVOICED).json()["paid_ore"]
    return found


def out(door: Door, kroner: str, reference: str, to: str = "") -> str:
    """Tell of a payment with the document's KID."""
    return ntry(kroner, reference, detail(kroner, door.kid(), to=to), way="DBIT")


def test_a_part_that_is_paid_to_whom_nobody_says_waits_for_a_person(
    invoiced: Door,
) -> None:
    """It may pay another payee's document, which has not come."""
    table = f"{CSV}8.8.2026;100,00;{invoiced.kid()};A;debit\n"
    for new_now in (True, False):
        (told,) = sent(invoiced, table, BERGEN)["entries"]
        assert (told["new"], told["document"]) == (new_now, None)
        assert told["unmatched"] == "payee_not_told"
    assert paid_ore(invoiced) == 0
    answer = invoiced.post("/v1/bank-entries/A/match", DOCUMENT, **DAY)
    assert answer.status_code == 201, answer.text
    assert paid_ore(invoiced) == 100_00
    (told,) = sent(invoiced, table, BERGEN)["entries"]
    assert (told["document"], told["unmatched"]) == (DOCUMENT, None)


def test_what_is_exactly_outstanding_is_on_its_document_and_so_is_what_waited(
    invoiced: Door,
) -> None:
    rest = (INVOICED_ORE - 100_00) / 100
    waits = paid_in(out(invoiced, f"{rest:.2f}", "REST"))
    (told,) = sent(invoiced, waits, BERGEN)["entries"]
    assert told["unmatched"] == "payee_not_told"
    part = paid_in(out(invoiced, "100.00", "PART", ACCOUNT))
    assert sent(invoiced, part, BERGEN)["entries"][0]["document"] == DOCUMENT
    found = sent(invoiced, waits, BERGEN)
    assert found["recorded"]
    assert new(found) == [False]
    assert found["entries"][0]["document"] == DOCUMENT
    assert paid_ore(invoiced) == INVOICED_ORE
    assert sent(invoiced, waits, BERGEN)["recorded"] == []
    assert paid_ore(invoiced) == INVOICED_ORE


@pytest.mark.law(8)
def test_what_is_paid_to_an_account_of_nobody_here_is_named_and_not_recorded(
    invoiced: Door,
) -> None:
    private = out(invoiced, "9.00", "P", OTHER_ACCOUNT)
    ours = out(invoiced, "1.00", "OURS", ACCOUNT)
    found = sent(invoiced, paid_in(private, ours), BERGEN)
    assert names(found) == ["OURS"]
    assert left_out(found) == [("Ntry[1]", "bank_not_ours", False)]
    assert found["left_out"][0]["why"]
    listed = invoiced.get("/v1/bank-entries").json()["items"]
    assert [each["reference"] for each in listed] == ["OURS"]


def test_what_is_of_no_amount_or_of_another_day_is_named_and_not_recorded(
    invoiced: Door,
) -> None:
    ours = "8.8.2026;1,00;;A;credit\n"
    rows = f"{ours}8.8.2026;0,00;;B;credit\n18.8.2027;1,00;;C;credit\n"
    found = sent(invoiced, f"{CSV}{rows}1.1.2199;0,00;;D;debit\n")
    assert names(found) == ["A"]
    assert sorted(left_out(found)) == [
        ("line 3", "no_amount", False),
        ("line 4", "day_not_plausible", True),
        ("line 5", "bank_not_ours", False),
    ]
    days = {each["value"] for each in found["left_out"] if each["to_check"]}
    assert days == {"2027-08-18"}
    answer = send(invoiced, f"{CSV}18.8.2027;1,00;;C;credit\n")
    assert answer.status_code == 422
    assert answer.json()["code"] == "day_not_plausible"
    assert "2027-08-18" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount_ore": 0}, "no_amount"),
        ({"booked_on": "2199-01-01"}, "day_not_plausible"),
        ({"booked_on": "1999-12-31"}, "day_not_plausible"),
    ],
)
def test_by_hand_too(invoiced: Door, changes: dict[str, Any], code: str) -> None:
    answer = post(invoiced, "/v1/bank-entries", entry(invoiced, **changes), STAVANGER)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_payment_is_not_of_a_day_far_ahead(invoiced: Door) -> None:
    path = "/v1/agreements/a/invoices/2026-01-01/payments"
    for day, status in (("2099-01-01", 422), ("2027-08-12", 422), ("2027-08-11", 201)):
        body = {"amount_ore": 100, "paid_on": day}
        answer = post(invoiced, path, body, BERGEN)
        assert answer.status_code == status, answer.text
        if status == 422:
            assert answer.json()["code"] == "day_not_plausible"
            assert answer.json()["errors"][0]["field"] == "paid_on"


@pytest.mark.parametrize(
    ("paid_to", "document", "code"),
    [
        (ACCOUNT, DOCUMENT, None),
        ("NO93 8601 1117 947", DOCUMENT, None),
        ("", None, None),
        ("0000 00 00000", None, None),
        (OTHER_ACCOUNT, None, "bank_not_ours"),
        ("SE45 5000 0000 0583 9825 7466", None, "bank_not_ours"),
        ("XXXX", None, "bank_account"),
    ],
)
def test_a_table_may_say_which_account_was_paid(
    invoiced: Door, paid_to: str, document: dict[str, Any] | None, code: str | None
) -> None:
    header = CSV.replace("\n", ";paid_to\n")
    row = f"8.8.2026;1,00;{invoiced.kid()};A;debit;{paid_to}\n"
    other = "8.8.2026;1,00;;B;credit;anything\n"
    found = sent(invoiced, header + row + other, BERGEN)
    assert names(found) == (["B"] if code else ["A", "B"])
    assert [each["code"] for each in found["left_out"]] == ([code] if code else [])
    assert code or found["entries"][0]["document"] == document


@pytest.mark.parametrize("to", ["SE4550000000058398257466", "DE89370400440532013000"])
def test_what_is_exactly_outstanding_and_went_abroad_is_not_ours(
    invoiced: Door, to: str
) -> None:
    private = out(invoiced, f"{INVOICED_ORE / 100:.2f}", "P", to)
    ours = out(invoiced, "1.00", "OURS", ACCOUNT)
    found = sent(invoiced, paid_in(private, ours), BERGEN)
    assert names(found) == ["OURS"]
    assert left_out(found) == [("Ntry[1]", "bank_not_ours", False)]


def test_what_an_earlier_release_took_by_its_kid_or_of_any_day_stays_taken(
    invoiced: Door,
) -> None:
    """It is known when told again.

    Here it stands behind what a later release recorded; in a log of its time it is
    decided again as it was (tests/unit/test_earlier.py).
    """
    document: dict[str, Any] = {"seller": STAVANGER, "year": 2026, "number": 1}
    entry_of_it: dict[str, Any] = {
        **document,
        "organisation": BERGEN,
        "reference": "A",
        "direction": "debit",
        "amount_ore": 1_00,
        "booked_on": "2099-08-08",
        "kid": invoiced.kid(),
    }
    paid: dict[str, Any] = {**document, "amount_ore": 1_00, "paid_on": "2099-08-08"}
    of_entry = StoredEvent(
        f"vest:bank-entry:{BERGEN}:A",
        1,
        "bank.entry_imported.v1",
        canonical(entry_of_it),
    )
    of_document = StoredEvent(
        f"vest:payments:{STAVANGER}:2026:1", 1, "payment.registered.v1", canonical(paid)
    )
    first, _ = invoiced.node.journal.append([of_entry, of_document])
    invoiced.forged.add(first.id)
    assert paid_ore(invoiced) == 1_00
    found = sent(invoiced, f"{CSV}8.8.2099;1,00;{invoiced.kid()};A;debit\n", BERGEN)
    assert new(found) == [False]
    assert found["entries"][0]["document"] == DOCUMENT
    assert paid_ore(invoiced) == 1_00
