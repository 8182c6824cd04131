"""Commands through the door: a whole half-year between two trusts of a region."""

import pytest

from api.auth import Role
from api.ehf.exact import faults
from api.ehf.reading import read_ehf
from tests.support.doors import INVOICED, NETWORK, VERSION, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.official_rules import broken

PERIOD = {"period_start": "2026-01-01", "period_end": "2026-06-30"}
SUMMER = {"Fagnett_Business_Day": "2026-07-10"}


LACKS = ["no_account", "no_kid", "no_buyer_reference"]
HALF_YEAR = {
    "days_in_year": 365,
    "days": [
        {
            "starts_on": "2026-01-01",
            "ends_on": "2026-06-30",
            "days": 181,
            "annual_cost_ore": 365 * 1000_00,
            "version": 1,
        }
    ],
    "accrued_ore": 181 * 1000_00,
    "staffing": 1,
    "billed_ore": None,
    "conceded_ore": None,
}


LINE = {
    "post": "nurse",
    "amount_ore": 181 * 1000_00,
    "restatements": [],
    "disputed": True,
    "credited_ore": 0,
    "arithmetic": HALF_YEAR,
}


def test_a_half_year_is_agreed_reported_invoiced_disputed_and_paid(door: Door) -> None:
    door.agree()
    as_host = {"organisation": STAVANGER}
    filled = {
        "change": "filled",
        "effective_on": "2026-01-01",
        "holder": "Kari Nordmann",
    }
    answer = door.post("/v1/posts/nurse/staffing", filled, **as_host)
    assert answer.status_code == 201
    report = {"report": "r", "network": "ms", "trust": STAVANGER, **PERIOD}
    answer = door.post("/v1/reports", report, **as_host)
    assert answer.headers["Location"] == "/v1/reports/r"
    door.post("/v1/reports/r/decisions", {"outcome": "approved"})
    answer = door.post("/v1/agreements/a/invoices", PERIOD, **as_host, **SUMMER)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/invoices/{STAVANGER}/2026/1"
    warnings = {each["code"]: each["detail"] for each in answer.json()["warnings"]}
    assert list(warnings) == LACKS
    assert [each["type"] for each in answer.json()["recorded"]] == [
        "invoice.issued.v4",
        "billing.period_billed.v1",
    ]

    path = "/v1/agreements/a/invoices/2026-01-01"
    verdict = {"verdict": "disputed", "post": "nurse", "reason": "half of it"}
    assert door.post(f"{path}/decisions", verdict, **SUMMER).status_code == 201
    paid = {"amount_ore": 100_000_00, "paid_on": "2026-07-10"}
    answer = door.post(f"{path}/payments", paid, **SUMMER)
    assert (answer.status_code, answer.json()["warnings"]) == (201, [])

    invoice = door.get(f"/v1/invoices/{STAVANGER}/2026/1").json()
    assert invoice["net_ore"] == 181 * 1000_00
    assert invoice["vat_ore"] == 181 * 250_00
    assert invoice["paid_ore"] == 100_000_00
    assert invoice["lines"] == [LINE]
    assert invoice["lacks"] == LACKS
    assert invoice["warnings"] == list(warnings.values())
    ehf = door.get(f"/v1/invoices/{STAVANGER}/2026/1/ehf")
    assert read_ehf(ehf.content).number == "2026-1"
    assert (faults(ehf.content), broken(ehf.content)) == ([], [])
    settled = door.get("/v1/settlement?year=2026&as_of=2026-12-31").json()
    (agreement,) = settled["agreements"]
    assert agreement["outstanding"] == 181 * 1250_00 - 100_000_00
    assert agreement["disputed"] == 181 * 1000_00
    nets = [region["net"] for region in settled["regions"].values()]
    assert sum(net for net in nets if net is not None) == 0


def test_a_payment_that_may_be_mistyped_is_told_and_taken(invoiced: Door) -> None:
    path = "/v1/agreements/a/invoices/2026-01-01/payments"
    paid = {"amount_ore": 10 * 226_250_00, "paid_on": "2025-08-01"}
    key = {"Idempotency_Key": "ten-times"}
    answer = invoiced.post(path, paid, **SUMMER, **key)
    assert answer.status_code == 201
    warnings = answer.json()["warnings"]
    assert [each["code"] for each in warnings] == ["paid_beyond", "paid_before_issue"]
    assert warnings[0]["detail"].startswith("2,262,500.00 kr is more than")
    again = invoiced.post(path, paid, **SUMMER, **key)
    assert (again.status_code, again.json()) == (201, answer.json())
    by_number = f"/v1/invoices/{STAVANGER}/2026/1/payments"
    back = {**paid, "amount_ore": -20 * 226_250_00}
    answer = invoiced.post(by_number, back, **SUMMER)
    assert (answer.status_code, answer.json()["code"]) == (422, "takes_back_too_much")


def test_what_is_there_already_is_not_recorded_again(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    first = door.post("/v1/networks", NETWORK)
    assert first.status_code == 201
    assert first.json()["position"] == "vest:3"
    again = door.post("/v1/networks", NETWORK)
    assert again.status_code == 200
    assert again.json() == {"recorded": [], "position": None}


def test_a_command_is_known_by_its_key_for_ever(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    key = {"Idempotency_Key": "k-1"}
    first = door.post("/v1/networks", NETWORK, **key)
    again = door.post("/v1/networks", NETWORK, **key)
    assert again.status_code == first.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    other = door.post("/v1/networks", {**NETWORK, "network": "other"}, **key)
    assert other.status_code == 422
    assert other.json()["code"] == "command_reused"
    theirs = door.post(
        "/v1/networks",
        {**NETWORK, "network": "theirs", "coordinating_trust": STAVANGER},
        organisation=STAVANGER,
        **key,
    )
    assert theirs.status_code == 201, "a key is its organisation's own"


def test_a_repetition_is_its_senders_own_and_says_what_was_read(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    door.post("/v1/agreements/a/versions", VERSION)
    path, body = "/v1/agreements/a/versions/1/answer", {"answer": "accepted"}
    etag = door.get("/v1/agreements/a/versions/1").headers["ETag"]
    mine = {"organisation": STAVANGER, "Idempotency_Key": "k", "If_Match": etag}
    first = door.post(path, body, **mine)
    again = door.post(path, body, **mine)
    assert (again.status_code, again.json()) == (201, first.json())
    somebody = door.post(path, body, **mine, actor="another")
    assert (somebody.status_code, somebody.json()["code"]) == (422, "command_reused")
    for key in ("k", "other"):
        stale = {**mine, "If_Match": '"other"', "Idempotency_Key": key}
        assert door.post(path, body, **stale).status_code == 412
    outside = door.post(path, body, **{**mine, "organisation": BERGEN})
    assert (outside.status_code, outside.json()["code"]) == (403, "not_entitled")
    unkeyed = {"organisation": STAVANGER, "If_Match": etag, "actor": "another"}
    nothing = door.post(path, body, **unkeyed)
    assert (nothing.status_code, nothing.json()["recorded"]) == (200, [])


def test_a_refused_command_leaves_its_key_free(door: Door) -> None:
    door.register(BERGEN)
    key = {"Idempotency_Key": "k-1"}
    refused = door.post("/v1/agreements/a/versions", VERSION, **key)
    assert refused.status_code == 404
    assert refused.json()["code"] == "unknown_organisation"
    assert door.post("/v1/networks", NETWORK, **key).status_code == 201


def test_terms_are_accepted_as_they_were_read(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    door.post("/v1/agreements/a/versions", VERSION)
    read = door.get("/v1/agreements/a/versions/1")
    assert read.headers["ETag"] == f'"{read.json()["fingerprint"]}"'
    path, body = "/v1/agreements/a/versions/1/answer", {"answer": "accepted"}
    stale = door.post(path, body, organisation=STAVANGER, If_Match='"other"')
    assert stale.status_code == 412
    assert stale.json()["code"] == "outdated"
    etag = read.headers["ETag"]
    fresh = door.post(path, body, organisation=STAVANGER, If_Match=etag)
    assert fresh.status_code == 201


def test_a_decision_is_on_the_submission_that_was_read(door: Door) -> None:
    door.agree()
    report = {"report": "r", "network": "ms", "trust": STAVANGER, **PERIOD}
    door.post("/v1/reports", report, organisation=STAVANGER)
    etag = door.get("/v1/reports/r").headers["ETag"]
    path = "/v1/reports/r/decisions"
    door.post(path, {"outcome": "returned"}, If_Match=etag)
    door.post("/v1/reports", report, organisation=STAVANGER)
    for old in (etag, '"x"', '"99"'):
        stale = door.post(path, {"outcome": "approved"}, If_Match=old)
        assert stale.status_code == 412
    assert door.get("/v1/reports/r").json()["submission"] == 2
    assert door.post(path, {"outcome": "approved"}, If_Match='"2"').status_code == 201


def test_one_person_does_not_approve_under_another_spelling(invoiced: Door) -> None:
    path = "/v1/agreements/a/invoices/2026-01-01"
    registered = invoiced.post(f"{path}/registration", {}, actor="Per", **SUMMER)
    assert registered.status_code == 201
    approval = {"verdict": "approved"}
    for spelling in ("per", "PER", "\uff30er", "p\u00ader"):
        refused = invoiced.post(f"{path}/decisions", approval, actor=spelling, **SUMMER)
        assert refused.json()["code"] == "four_eyes"
    shown = invoiced.get(INVOICED).json()
    assert [each["registered_by"] for each in shown["registrations"]] == ["per"]
    approved = invoiced.post(f"{path}/decisions", approval, actor="kari", **SUMMER)
    assert approved.status_code == 201


def test_a_clock_is_set_by_the_request_and_never_back(door: Door) -> None:
    door.register(BERGEN)
    later = door.post("/v1/networks", NETWORK, Fagnett_Business_Day="2026-03-01")
    assert later.json()["recorded"][0]["recorded_at"].startswith("2026-03-01T12:00")
    other = {**NETWORK, "network": "other"}
    early = door.post("/v1/networks", other, Fagnett_Business_Day="2026-02-28")
    assert early.status_code == 409
    assert early.json()["code"] == "business_day_refused"


@pytest.mark.law(2)
def test_a_node_records_nothing_for_a_trust_of_another_region(door: Door) -> None:
    body = {
        "org_number": "993467049",
        "name": "OUS",
        "short_name": "OUS",
        "kind": "hf",
        "region": "sorost",
    }
    refused = door.post("/v1/organisations", body, organisation="991324968", roles=())
    assert refused.status_code == 403
    refused = door.post(
        "/v1/organisations", body, organisation="991324968", roles=(Role.REGISTRAR,)
    )
    assert refused.status_code == 421
    problem = refused.json()
    assert (problem["code"], problem["region"]) == ("wrong_region", "sorost")
    assert door.node.journal.positions()["vest"].position == 0
