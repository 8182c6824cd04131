"""Requests that cannot be what they should be: named, refused, and nothing recorded."""

import asyncio
from typing import Any

import pytest

from api.app import create_app
from api.auth import Role
from api.threshold import UNANSWERED
from tests.api.test_problems import is_problem
from tests.support.doors import AUTHORITY, NETWORK, VERSION, Door, coded
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import token


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/networks", {**NETWORK, "kind": "other"}, "kind"),
        ("/v1/networks", {**NETWORK, "starts_on": "1.1.2026"}, "starts_on"),
        ("/v1/networks", {**NETWORK, "starts_on": "1026-01-01"}, "starts_on"),
        ("/v1/networks", {**NETWORK, "starts_on": 0}, "starts_on"),
        ("/v1/networks", {**NETWORK, "starts_on": "1767225600"}, "starts_on"),
        ("/v1/networks", {**NETWORK, "starts_on": "2026-01-01T00:00Z"}, "starts_on"),
        ("/v1/agreements/a/versions", {**VERSION, "ends_on": 1798675200}, "ends_on"),
        (
            "/v1/networks",
            {**NETWORK, "coordination_budget_ore": 1.5},
            "coordination_budget_ore",
        ),
        (
            "/v1/networks",
            {**NETWORK, "coordination_budget_ore": "1"},
            "coordination_budget_ore",
        ),
        (
            "/v1/networks",
            {**NETWORK, "coordination_budget_ore": -1},
            "coordination_budget_ore",
        ),
        ("/v1/networks", {**NETWORK, "network": "a:b"}, "network"),
        ("/v1/networks", {**NETWORK, "name_nb": "x" * 1001}, "name_nb"),
        ("/v1/networks", {**NETWORK, "extra": 1}, "extra"),
        ("/v1/networks", {}, "network"),
        ("/v1/agreements/a/versions", {**VERSION, "version": 0}, "version"),
        ("/v1/agreements/a%3Ab/versions", VERSION, "path.agreement"),
        (
            "/v1/agreements/a/versions",
            {**VERSION, "posts": [{"post": "a", "percent": "5,5"}]},
            "posts.0.percent",
        ),
        (
            "/v1/posts/p/staffing",
            {"change": "filled", "effective_on": "x"},
            "effective_on",
        ),
    ],
)
def test_what_cannot_be_read_is_named(
    door: Door, path: str, body: dict[str, Any], field: str
) -> None:
    found = is_problem(door.post(path, body), 422, "invalid_row")
    assert field in [each["field"] for each in found["errors"]]
    assert door.node.journal.positions()["vest"].position == 0


def test_amounts_that_add_up_to_more_than_an_amount_may_be_are_refused(
    door: Door,
) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    (post,) = VERSION["posts"]
    largest = {**post, "annual_cost_ore": 10**15}
    posts = [{**largest, "post": name} for name in "abc"]
    body = {**VERSION, "vacancy": "pay", "posts": posts, "ends_on": "2027-12-31"}
    door.post("/v1/agreements/a/versions", body)
    as_host = {"organisation": STAVANGER}
    answer = {"answer": "accepted"}
    door.sign("/v1/agreements/a/versions/1/answer", answer, **as_host)
    report = {"report": "r", "network": "ms", "trust": STAVANGER}
    half = {"period_start": "2026-01-01", "period_end": "2026-06-30"}
    door.post("/v1/reports", {**report, **half}, **as_host)
    door.post("/v1/reports/r/decisions", {"outcome": "approved"})
    summer = {"Fagnett_Business_Day": "2026-07-10"}
    refused = door.post("/v1/agreements/a/invoices", half, **as_host, **summer)
    found = is_problem(refused, 422, "invalid_row")
    assert "errors" not in found, "who asks has sent no amount"
    grown = {"version": 2, "effective_from": "2027-01-01"}
    grown |= {"factor": "1.5", "source": "the table of 2027"}
    refused = door.post("/v1/agreements/a/wage-growth", grown)
    found = is_problem(refused, 422, "invalid_row")
    assert "errors" not in found


def test_a_question_is_as_of_a_day_and_no_number(door: Door) -> None:
    found = is_problem(door.get("/v1/networks?as_of=0"), 422, "invalid_row")
    assert coded(found["errors"]) == [{"field": "query.as_of", "code": "date_parsing"}]
    is_problem(door.get("/v1/netting?period_end=0", **AUTHORITY), 422, "invalid_row")
    late = {"Fagnett_Business_Day": "9999-12-31"}
    is_problem(door.post("/v1/networks", NETWORK, **late), 422, "invalid_row")


@pytest.mark.parametrize("path", ["/v1/networks?cursor=x", "/v1/networks?cursor=WzFd"])
def test_a_cursor_of_somebody_elses_making_is_refused(door: Door, path: str) -> None:
    is_problem(door.get(path), 422, "invalid_row")


def test_bodies_that_are_not_json_or_too_large_are_refused(door: Door) -> None:
    headers = {
        "Authorization": f"Bearer {token(BERGEN, Role.CONTROLLER)}",
        "Content-Type": "application/json",
    }
    for content in (b"{", b'{"a":' + b"9" * 5000 + b"}"):
        answer = door.client.request(
            "POST", "/v1/networks", content=content, headers=headers
        )
        problem = is_problem(answer, 422, "invalid_row")
        assert problem["errors"][0]["code"] == "json_invalid"
    large = b'{"a":"' + b"x" * 2_000_000 + b'"}'
    answer = door.client.request("POST", "/v1/networks", content=large, headers=headers)
    is_problem(answer, 413, "too_large")


def test_who_hangs_up_is_no_fault_of_the_node(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    counted: list[int] = []

    def count(_method: str, _route: str, status: int, _seconds: float) -> None:
        counted.append(status)

    monkeypatch.setattr("api.threshold.count_request", count)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/bank-entries/import",
        "query_string": b"",
        "headers": [
            (b"authorization", f"Bearer {token(BERGEN, Role.CONTROLLER)}".encode())
        ],
    }

    async def left() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def keep(message: Any) -> None:
        sent.append(message)

    asyncio.run(create_app(door.node)(scope, left, keep))
    assert sent == []
    assert counted == [UNANSWERED]


def test_an_unknown_address_and_method_are_problems(door: Door) -> None:
    is_problem(door.call("GET", "/v1/nothing"), 404, "not_found")
    is_problem(door.call("GET", "/v1/networks/"), 404, "not_found")
    is_problem(door.call("DELETE", "/v1/networks"), 405, "method_not_allowed")
    is_problem(door.get("/v1/networks/none"), 404, "not_found")
    is_problem(door.get("/v1/problems/none"), 404, "not_found")
