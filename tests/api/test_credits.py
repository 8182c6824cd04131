"""Credits, corrections and disputes through the door, and what can be asked of them."""

from typing import Any

import pytest

from api.ehf.exact import faults
from api.ehf.reading import read_ehf
from domain.invoicing.billing import BillingCause
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.official_rules import broken

PERIOD = {"period_start": "2026-01-01", "period_end": "2026-06-30"}
FIRST = "/v1/agreements/a/invoices/2026-01-01"
SUMMER = {"Fagnett_Business_Day": "2026-07-10"}
AUTUMN = {"Fagnett_Business_Day": "2026-09-10"}
HOST: dict[str, Any] = {"organisation": STAVANGER}


@pytest.fixture
def invoiced(door: Door) -> Door:
    """Give a node where a half-year is invoiced, with VAT."""
    door.agree()
    filled = {"change": "filled", "effective_on": "2026-01-01", "holder": "Kari N"}
    door.post("/v1/posts/nurse/staffing", filled, **HOST)
    report = {"report": "r", "network": "ms", "trust": STAVANGER, **PERIOD}
    door.post("/v1/reports", {**report, "period_end": "2026-12-31"}, **HOST)
    door.post("/v1/reports/r/decisions", {"outcome": "approved"})
    answer = door.post("/v1/agreements/a/invoices", PERIOD, **HOST, **SUMMER)
    assert answer.status_code == 201
    return door


def ehf(door: Door, number: int, year: int = 2026) -> Any:
    """Return a document's EHF, which no judge finds fault with."""
    found = door.get(f"/v1/invoices/{STAVANGER}/{year}/{number}/ehf").content
    assert (faults(found), broken(found)) == ([], [])
    return read_ehf(found)


def test_a_line_is_given_up_and_the_document_taken_back(invoiced: Door) -> None:
    line = {"post": "nurse", "amount_ore": 1001}
    body = {"reason": "Vacant in June", "lines": [line]}
    answer = invoiced.post(f"{FIRST}/credits", body, **HOST, **AUTUMN)
    assert answer.headers["Location"] == f"/v1/invoices/{STAVANGER}/2026/2"
    note = ehf(invoiced, 2)
    assert (note.net_ore, note.vat_ore, note.note) == (1001, 250, "Vacant in June")
    assert note.corrects[0][0] == "2026-1"
    settled = invoiced.get("/v1/settlement?year=2026&as_of=2026-12-31").json()
    (agreement,) = settled["agreements"]
    assert agreement["conceded"] == 1001
    assert agreement["invoiced"] == 181 * 1000_00 - 1001
    assert agreement["unbilled"] == agreement["accrued"] - 181 * 1000_00

    path = f"/v1/invoices/{STAVANGER}/2026/1"
    gross_ore = 181 * 1250_00 - 1251
    assert invoiced.get(path).json()["outstanding_ore"] == gross_ore
    note = invoiced.get(f"/v1/invoices/{STAVANGER}/2026/2").json()
    assert note["outstanding_ore"] == 0, "it is set off against its document"
    answer = invoiced.post(f"{path}/credits", {"reason": "All"}, **HOST, **AUTUMN)
    assert answer.status_code == 201
    assert ehf(invoiced, 3).vat_ore == 181 * 250_00 - 250
    shown = invoiced.get(path).json()
    assert [each["whole"] for each in shown["credited_by"]] == [False, True]
    assert shown["lines"][0]["credited_ore"] == shown["net_ore"]
    assert shown["payment_state"] == "paid", "nothing is left to pay"
    settled = invoiced.get("/v1/settlement?year=2026&as_of=2026-12-31").json()
    (agreement,) = settled["agreements"]
    assert (agreement["conceded"], agreement["invoiced"], agreement["vat"]) == (0, 0, 0)
    again = invoiced.post("/v1/agreements/a/invoices", PERIOD, **HOST, **AUTUMN)
    assert again.headers["Location"] == f"/v1/invoices/{STAVANGER}/2026/4"


def test_too_much_is_refused_in_words(invoiced: Door) -> None:
    line = {"post": "nurse", "amount_ore": 10**9}
    body = {"reason": "x", "lines": [line]}
    answer = invoiced.post(f"{FIRST}/credits", body, **HOST, **AUTUMN)
    assert answer.status_code == 422
    assert answer.json()["code"] == "credit_exceeds_line"
    assert "181,000.00 kroner are left" in answer.json()["detail"]
    nothing = invoiced.post(f"{FIRST}/credits", {"reason": ""}, **HOST, **AUTUMN)
    assert nothing.json()["code"] == "invalid_row"


def test_a_year_is_corrected_and_says_why(invoiced: Door) -> None:
    later = {"Fagnett_Business_Day": "2027-02-01"}
    vacated = {"change": "vacated", "effective_on": "2026-06-21"}
    invoiced.post("/v1/posts/nurse/staffing", vacated, **HOST, **later)
    path = "/v1/agreements/a/corrections/2026"
    answer = invoiced.post(path, None, **HOST, **later)
    assert answer.headers["Location"] == f"/v1/invoices/{STAVANGER}/2027/1"
    (line,) = ehf(invoiced, 1, 2027).lines
    assert (line.restates, line.cause) == (True, BillingCause.STAFFING)
    assert line.amount_ore == 10 * 1000_00
    settled = invoiced.get("/v1/settlement?year=2026&as_of=2027-12-31").json()
    (agreement,) = settled["agreements"]
    assert (agreement["unbilled"], agreement["invoiced"]) == (0, 171 * 1000_00)
    again = invoiced.post(path, None, **HOST, **later)
    assert again.json()["code"] == "nothing_to_invoice"


def test_a_dispute_is_told_credited_and_ended(invoiced: Door) -> None:
    verdict = {"verdict": "disputed", "post": "nurse", "reason": "Vacant in June"}
    invoiced.post(f"{FIRST}/decisions", verdict, **SUMMER)
    said = {"post": "nurse", "text": "Only ten days"}
    answer = invoiced.post(f"{FIRST}/dispute-comments", said, **HOST, **SUMMER)
    assert answer.status_code == 201
    listed = f"/v1/disputes?trust={BERGEN}&as_of=2026-09-10"
    (found,) = invoiced.get(f"{listed}&state=open").json()["items"]
    assert (found["reason"], found["age_days"]) == ("Vacant in June", 62)
    assert (found["opened_on"], found["opened_by"]) == ("2026-07-10", "tester")
    assert [each["text"] for each in found["thread"]] == ["Only ten days"]

    ended = {"post": "nurse", "outcome": "credited", "text": "Agreed"}
    path = f"/v1/invoices/{STAVANGER}/2026/1"
    early = invoiced.post(f"{path}/dispute-resolutions", ended, **AUTUMN)
    assert (early.status_code, early.json()["code"]) == (409, "not_credited")
    line = {"post": "nurse", "amount_ore": 10_000_00}
    body = {"reason": "Ten days in June", "lines": [line]}
    invoiced.post(f"{path}/credits", body, **HOST, **AUTUMN)
    settled = invoiced.get("/v1/settlement?year=2026&as_of=2026-12-31").json()
    assert settled["agreements"][0]["disputed"] == 171 * 1000_00
    invoiced.post(f"{path}/dispute-resolutions", ended, **AUTUMN)
    assert invoiced.get(f"{listed}&state=open").json()["items"] == []
    (found,) = invoiced.get(f"{listed}&state=resolved&limit=1").json()["items"]
    assert found["resolution"]["outcome"] == "credited"
    assert invoiced.get(path).json()["decisions"][-1]["verdict"] == "credited"
    again = invoiced.post(f"{path}/dispute-comments", said, **AUTUMN)
    assert again.json()["code"] == "not_disputed"


def test_disputes_of_one_line_and_day_are_each_on_a_page(invoiced: Door) -> None:
    for reason in ("wrong post", "wrong amount", "wrong payer"):
        disputed = {"verdict": "disputed", "post": "nurse", "reason": reason}
        invoiced.post(f"{FIRST}/decisions", disputed, **SUMMER)
        invoiced.post(f"{FIRST}/registration", {}, **SUMMER)
        upheld = {"outcome": "upheld", "post": "nurse"}
        answer = invoiced.post(
            f"{FIRST}/dispute-resolutions", upheld, actor="other", **SUMMER
        )
        assert answer.status_code == 201, answer.text
    found: list[str] = []
    question = "/v1/disputes?limit=1"
    cursor: str | None = ""
    while cursor is not None:
        page = invoiced.get(f"{question}&cursor={cursor}" if cursor else question)
        found += [each["reason"] for each in page.json()["items"]]
        cursor = page.json()["next_cursor"]
    assert found == ["wrong post", "wrong amount", "wrong payer"]
