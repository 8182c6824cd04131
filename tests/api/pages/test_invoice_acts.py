"""What is sent about invoices from pages: payments, credits, and new documents."""

from typing import Any

import pytest

from api.auth import Role
from tests.support.doors import INVOICED, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.visitors import Visitor, hidden, words

PAGE = f"/invoices/{STAVANGER}/2026/1"
NEW = "/invoices/new"
YEAR_END = {"Fagnett_Business_Day": "2026-12-31"}


def _invoice(door: Door) -> dict[str, Any]:
    found: dict[str, Any] = door.get(INVOICED).json()
    return found


def test_a_payment_is_registered_from_its_page(invoiced: Door) -> None:
    buyer = Visitor(invoiced)
    asked = buyer.look(f"{PAGE}/payment")
    assert 'value="226,250.00"' in asked.text
    assert 'value="10.07.2026"' in asked.text
    sent = {**hidden(asked), "amount_ore": "226 250,00", "paid_on": "10.07.2026"}
    answer = buyer.press(f"{PAGE}/payment", **sent)
    assert answer.status_code == 303, words(answer)
    assert _invoice(invoiced)["outstanding_ore"] == 0
    # The button pressed twice.
    assert buyer.press(f"{PAGE}/payment", **sent).status_code in {200, 303}
    assert _invoice(invoiced)["paid_ore"] == 226_250_00


def test_what_is_doubtful_of_a_payment_is_seen_first(invoiced: Door) -> None:
    buyer = Visitor(invoiced)
    sent = {"amount_ore": "300 000", "paid_on": "11.07.2026"}
    warned = buyer.press(f"{PAGE}/payment", **sent)
    assert warned.status_code == 200
    assert "Look once more" in words(warned)
    assert "300,000.00 kr is more than the 226,250.00 kr" in words(warned)
    assert 'value="300 000"' in warned.text
    assert _invoice(invoiced)["paid_ore"] == 0
    answer = buyer.press(f"{PAGE}/payment", **sent, sure="yes")
    assert answer.status_code == 303, words(answer)
    assert _invoice(invoiced)["paid_ore"] == 300_000_00


@pytest.mark.parametrize(
    ("amount", "day", "fault"),
    [
        ("much", "10.07.2026", "amount_ore-e"),
        ("100", "31.02.2026", "paid_on-e"),
        ("", "10.07.2026", "amount_ore-e"),
        ("0", "10.07.2026", "amount_ore-e"),
        ("-5", "10.07.2026", "amount_ore-e"),
    ],
)
def test_a_payment_that_cannot_be_is_refused_at_its_field(
    invoiced: Door, amount: str, day: str, fault: str
) -> None:
    buyer = Visitor(invoiced)
    answer = buyer.press(f"{PAGE}/payment", amount_ore=amount, paid_on=day, sure="yes")
    assert answer.status_code == 200
    assert f'id="{fault}"' in answer.text
    assert f'value="{amount}"' in answer.text
    assert _invoice(invoiced)["paid_ore"] == 0


def test_only_the_payers_controller_registers_payments(invoiced: Door) -> None:
    for visitor in (
        Visitor(invoiced, STAVANGER),
        Visitor(invoiced, role=Role.APPROVER),
        Visitor(invoiced, role=Role.READER),
    ):
        assert visitor.look(f"{PAGE}/payment").status_code == 403


@pytest.mark.rule("S1-33")
def test_a_part_is_credited_as_it_was_shown(invoiced: Door) -> None:
    seller = Visitor(invoiced, STAVANGER)
    assert "Credit" in seller.read(PAGE)
    assert "of 1 lines" not in seller.read(f"{PAGE}/credit")
    sent = {"what": "lines", "line-0": "1 000,00", "reason": "agreed by phone"}
    shown = seller.press(f"{PAGE}/credit", **sent)
    assert shown.status_code == 200
    assert "Issue a credit note of 1,250.00 kroner" in words(shown)
    assert not _invoice(invoiced)["credited_by"]
    answer = seller.press(f"{PAGE}/credit", **hidden(shown))
    assert answer.status_code == 303, words(answer)
    assert answer.headers["location"].startswith(f"/invoices/{STAVANGER}/2026/2?")
    assert _invoice(invoiced)["outstanding_ore"] == 225_000_00
    assert "agreed by phone" in Visitor(invoiced).read(PAGE)
    assert "Is set off" in Visitor(invoiced).read(f"/invoices/{STAVANGER}/2026/2")


def test_the_whole_is_credited_once(invoiced: Door) -> None:
    seller = Visitor(invoiced, STAVANGER)
    sent = {"what": "whole", "reason": "wrong period"}
    first = hidden(seller.press(f"{PAGE}/credit", **sent))
    second = hidden(seller.press(f"{PAGE}/credit", **sent))
    assert seller.press(f"{PAGE}/credit", **first).status_code == 303
    refused = seller.press(f"{PAGE}/credit", **second)
    assert refused.status_code == 200
    assert "Nothing was issued" in words(refused)
    assert len(_invoice(invoiced)["credited_by"]) == 1


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"what": "lines", "line-0": "9 000 000", "reason": "x"}, "Nothing was issued"),
        ({"what": "lines", "reason": "x"}, "lines"),
        ({"what": "lines", "line-0": "a", "reason": "x"}, "line-0-e"),
        ({"what": "whole", "reason": ""}, "reason-e"),
        ({"what": "whole", "reason": "x", "fingerprint": "0"}, ""),
    ],
)
def test_a_credit_that_cannot_be_is_refused(
    invoiced: Door, sent: dict[str, str], fault: str
) -> None:
    answer = Visitor(invoiced, STAVANGER).press(f"{PAGE}/credit", **sent)
    assert answer.status_code == (200 if fault else 412)
    assert fault in answer.text
    assert not _invoice(invoiced)["credited_by"]


def _second_half(door: Door) -> None:
    """Let the year go by."""
    body = {"change": "vacated", "effective_on": "2026-06-01"}
    at = "/v1/posts/nurse/staffing"
    answer = door.post(at, body, organisation=STAVANGER, **YEAR_END)
    assert answer.status_code == 201, answer.text
    body = {"change": "filled", "effective_on": "2026-09-01", "holder": "Kim"}
    answer = door.post(at, body, organisation=STAVANGER, **YEAR_END)
    assert answer.status_code == 201, answer.text


def test_a_period_is_invoiced_as_it_was_shown(invoiced: Door) -> None:
    seller = Visitor(invoiced, STAVANGER)
    shown = seller.read(f"{NEW}/a")
    assert "0 periods can be invoiced now." in shown
    assert "The period has not ended yet." in shown
    _second_half(invoiced)
    assert "30/06/2026" in seller.read(NEW)
    shown = seller.read(f"{NEW}/a")
    assert "One period can be invoiced now. Trust 983974724 pays." in shown
    asked = seller.look(f"{NEW}/a", period_start="2026-07-01")
    shown = words(asked)
    # 122 days at 1 000 kroner, less 30 that were not filled, and VAT.
    assert "92,000.00 of which -30,000.00 for January–June 2026" in shown
    assert "Issue an invoice of 115,000.00 kroner" in shown
    assert "The buyer’s reference" in shown
    late = hidden(asked)
    answer = seller.press(f"{NEW}/a", **late)
    assert answer.status_code == 303, words(answer)
    assert answer.headers["location"].startswith(f"/invoices/{STAVANGER}/2026/2?")
    again = seller.press(f"{NEW}/a", **{**late, "key": "another"})
    assert again.status_code == 409
    assert "All is invoiced" in seller.read(f"{NEW}/a")


def test_what_has_changed_since_it_was_shown_is_not_issued(invoiced: Door) -> None:
    _second_half(invoiced)
    seller = Visitor(invoiced, STAVANGER)
    asked = hidden(seller.look(f"{NEW}/a", period_start="2026-07-01"))
    body = {"change": "vacated", "effective_on": "2026-12-01"}
    at = "/v1/posts/nurse/staffing"
    invoiced.post(at, body, organisation=STAVANGER, **YEAR_END)
    assert seller.press(f"{NEW}/a", **asked).status_code == 412


def test_changes_of_an_earlier_year_are_invoiced_by_themselves(invoiced: Door) -> None:
    next_year = {"Fagnett_Business_Day": "2027-01-10"}
    body = {"change": "vacated", "effective_on": "2026-06-01"}
    at = "/v1/posts/nurse/staffing"
    invoiced.post(at, body, organisation=STAVANGER, **next_year)
    seller = Visitor(invoiced, STAVANGER)
    assert "Changes of 2026" in seller.read(f"{NEW}/a")
    asked = seller.look(f"{NEW}/a", year="2026")
    assert "Issue a credit note of 37,500.00 kroner" in words(asked)
    answer = seller.press(f"{NEW}/a", **hidden(asked))
    assert answer.status_code == 303, words(answer)


def test_only_the_payees_controller_issues(invoiced: Door) -> None:
    assert Visitor(invoiced).look(f"{NEW}/a").status_code == 403
    reader = Visitor(invoiced, STAVANGER, Role.READER)
    assert reader.look(NEW).status_code == 403
    seller = Visitor(invoiced, STAVANGER)
    assert seller.look(f"{NEW}/nothing").status_code == 404
    assert "No agreements to invoice" in Visitor(invoiced, BERGEN).read(NEW)
    answer = seller.press(f"{NEW}/a", period_start="x", fingerprint="0")
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_all_is_said_in_each_language(invoiced: Door, language: str) -> None:
    _second_half(invoiced)
    seller = Visitor(invoiced, STAVANGER, language=language)
    for path in (f"{PAGE}/credit", NEW, f"{NEW}/a", f"{NEW}/a?period_start=2026-07-01"):
        assert "…" not in seller.read(path)
    assert "…" not in Visitor(invoiced, language=language).read(f"{PAGE}/payment")
