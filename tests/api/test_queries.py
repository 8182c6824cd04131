"""Questions through the door: lists, pages, filters, as-of, and the settlement."""

import asyncio
import hashlib
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.auth import Role
from domain.values import REGIONAL_AUTHORITY, Region
from federation.checks.incidents import Observation, Observed, observe
from federation.signed.facts import QuarantineReason, UnreadableFactError
from federation.tasks import Part
from tests.support.doors import NETWORK, VERSION, WAIVED, Door
from tests.support.examples import BERGEN, OSLO, STAVANGER, UNKNOWN
from tests.support.federation import token

AUTHORITY = REGIONAL_AUTHORITY[Region.VEST]

READER = {"roles": (Role.READER,)}


def items(door: Door, path: str) -> list[dict[str, Any]]:
    """Return the items of a list."""
    answer = door.get(path, **READER)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_the_register_is_read_by_key_and_by_list(door: Door) -> None:
    door.agree()
    assert [each["org_number"] for each in items(door, "/v1/organisations")] == [
        STAVANGER,
        BERGEN,
    ]
    assert items(door, "/v1/organisations?region=nord") == []
    found = door.get(f"/v1/organisations/{BERGEN}", **READER).json()
    assert found["region"] == "vest"
    assert door.get("/v1/networks/ms", **READER).json()["coordinating_trust"] == BERGEN
    assert len(items(door, f"/v1/networks?trust={BERGEN}")) == 1
    assert items(door, f"/v1/networks?trust={STAVANGER}") == []
    (agreement,) = items(door, "/v1/agreements")
    assert agreement == door.get("/v1/agreements/a", **READER).json()
    (version,) = agreement["versions"]
    assert (version["version"], version["status"]) == (1, "accepted")
    assert version["posts"][0]["percent"] == "20.00"
    for trust, count in ((BERGEN, 1), (STAVANGER, 1), (UNKNOWN, 0)):
        assert len(items(door, f"/v1/agreements?trust={trust}")) == count
    assert len(items(door, "/v1/agreements?network=ms")) == 1
    assert items(door, "/v1/agreements?network=other") == []


@pytest.mark.rule("S1-13")
def test_the_register_of_posts_says_who_fills_them_and_since_when(door: Door) -> None:
    door.agree()
    (shown,) = items(door, "/v1/posts")
    post = shown["post"]
    assert (post["network"], post["host"], post["percent"]) == (
        "ms",
        STAVANGER,
        "20.00",
    )
    assert (post["annual_cost_ore"], post["filled"]) == (365_000_00, False)
    path, who = "/v1/posts/nurse/staffing", {"organisation": STAVANGER}
    changes = (
        ("filled", "2026-01-03"),
        ("vacated", "2026-01-04"),
        ("filled", "2026-01-04"),
    )
    for change, day in changes:
        body = {"change": change, "effective_on": day, "holder": "Kari"}
        door.post(path, body, **who)
    post = door.get("/v1/posts/nurse", **READER).json()["post"]
    assert (post["filled"], post["changed_on"]) == (True, "2026-01-04")
    vacated = {"change": "vacated", "effective_on": "2026-01-04"}
    door.post(path, vacated, **who)
    post = door.get("/v1/posts/nurse", **READER).json()["post"]
    assert (post["filled"], post["holder"]) == (False, None)
    assert items(door, "/v1/posts?agreement=other") == []


def test_a_post_of_a_declined_version_is_shown_as_such(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    door.post("/v1/agreements/a/versions", VERSION)
    assert door.get("/v1/posts/nurse").json()["post"]["status"] == "proposed"
    path = "/v1/agreements/a/versions/1/answer"
    door.sign(path, {"answer": "declined"}, organisation=STAVANGER)
    assert door.get("/v1/posts/nurse").json()["post"]["status"] == "declined"


@pytest.mark.parametrize(
    "names",
    [
        [f"n{number}" for number in range(5)],
        ["a\N{EM DASH}b", "b\N{CENT SIGN}", "e", "å", "\N{HONEYBEE}" * 80],
    ],
)
def test_lists_are_paged_by_cursor(door: Door, names: list[str]) -> None:
    door.register(BERGEN)
    for name in reversed(names):
        door.post("/v1/networks", {**NETWORK, "network": name})
    found: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page = door.get(f"/v1/networks?limit=2{more}", **READER).json()
        found += [each["network"] for each in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert (found, pages) == (names, 3)


def test_answers_are_as_of_a_day(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK, Fagnett_Business_Day="2026-02-01")
    later = {**NETWORK, "network": "later"}
    door.post("/v1/networks", later, Fagnett_Business_Day="2026-03-01")
    for day, count in (("2026-01-31", 0), ("2026-02-01", 1), ("2026-03-01", 2)):
        assert len(items(door, f"/v1/networks?as_of={day}")) == count
    assert len(items(door, "/v1/networks")) == 2


def test_the_settlement_is_asked_of_a_trust_a_network_or_an_agreement(
    door: Door,
) -> None:
    door.agree()
    whole = door.get("/v1/settlement?year=2026", **READER).json()
    assert [each["agreement"] for each in whole["agreements"]] == ["a"]
    assert whole["as_of"] == "2026-01-05"
    assert set(whole["regions"]) == {"midt", "nord", "sorost", "vest"}
    for scope, count in (
        (f"trust={BERGEN}", 1),
        (f"trust={STAVANGER}", 1),
        (f"trust={UNKNOWN}", 0),
        ("network=ms", 1),
        ("network=other", 0),
        ("agreement=a", 1),
        ("agreement=b", 0),
    ):
        found = door.get(f"/v1/settlement?year=2026&{scope}", **READER).json()
        assert len(found["agreements"]) == count, scope
        assert len(found["posts"]) == count
    assert door.get("/v1/settlement?year=1600", **READER).status_code == 422


def test_reports_and_invoices_are_listed(door: Door) -> None:
    door.agree()
    period = {"period_start": "2026-01-01", "period_end": "2026-06-30"}
    report = {"report": "r", "network": "ms", "trust": STAVANGER, **period}
    who: dict[str, Any] = {"organisation": STAVANGER}
    door.post("/v1/reports", report, **who)
    (found,) = items(door, f"/v1/reports?network=ms&trust={STAVANGER}")
    assert (found["status"], found["submission"]) == ("submitted", 1)
    door.post("/v1/reports/r/decisions", {"outcome": "approved"})
    assert items(door, "/v1/reports")[0]["status"] == "approved"
    filled = {"change": "filled", "effective_on": "2026-01-01"}
    door.post("/v1/posts/nurse/staffing", filled, **who)
    summer = {"Fagnett_Business_Day": "2026-07-10"}
    door.post("/v1/agreements/a/invoices", period, **who, **summer)
    (invoice,) = items(door, "/v1/invoices")
    for query, count in (
        ("agreement=a", 1),
        ("agreement=b", 0),
        (f"payer={BERGEN}", 1),
        (f"payer={STAVANGER}", 0),
        (f"payee={STAVANGER}&year=2026", 1),
        ("year=2027", 0),
        ("period_start=2026-01-01", 1),
        ("period_start=2026-07-01", 0),
    ):
        assert len(items(door, f"/v1/invoices?{query}")) == count, query
    page = door.get("/v1/invoices?limit=1", **READER).json()
    more = door.get(f"/v1/invoices?limit=1&cursor={page['next_cursor']}", **READER)
    assert page["items"] == [invoice]
    assert more.json() == {"items": [], "next_cursor": None}
    assert door.get(f"/v1/invoices/{STAVANGER}/2026/2", **READER).status_code == 404


def test_an_operator_sees_how_far_the_node_is(door: Door) -> None:
    door.register(BERGEN)
    found = door.get("/v1/federation", **READER).json()
    assert found["region"] == "vest"
    assert found["regions"]["vest"]["position"] == 1
    assert found["regions"]["vest"]["projected"] == 1
    assert found["regions"]["nord"]["position"] == 0
    held = door.get("/v1/federation/positions?at_least=vest:1", **READER).json()
    assert held == {"midt": 0, "nord": 0, "sorost": 0, "vest": 1}


def test_health_and_figures_need_no_token(door: Door) -> None:
    door.register(BERGEN)
    door.node.projector.catch_up()
    assert door.client.request("GET", "/healthz").json() == {"status": "alive"}
    ready = door.client.request("GET", "/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    (row,) = door.node.journal.entries("vest", 0, 1)
    stop = UnreadableFactError(row, QuarantineReason.UNKNOWN, "x.y.v1")
    door.node.projector.state.stopped_at["nord"] = stop
    ready = door.client.request("GET", "/readyz")
    assert (ready.status_code, ready.json()["checks"]["read_models"]) == (200, False)
    door.node.background.parts["courier"] = Part("courier", "still", faults=2)
    ready = door.client.request("GET", "/readyz")
    assert (ready.status_code, ready.json()["down"]) == (503, {"courier": "still"})
    told = door.get("/v1/federation", **READER).json()
    assert told["background"] == {"courier": "still"}
    assert "courier" in told["regions"]["vest"]["attention"][0]
    figures = door.client.request("GET", "/metrics").text
    assert 'fagnett_journal_position{origin="vest"} 1.0' in figures
    assert 'fagnett_projected_position{origin="vest"} 1.0' in figures
    assert 'fagnett_projection_stopped{origin="nord"} 1.0' in figures
    assert 'fagnett_background_down{part="courier"} 1.0' in figures
    assert 'fagnett_background_begun_again_total{part="courier"} 2.0' in figures
    assert 'route="/v1/organisations"' in figures
    assert BERGEN not in figures


def test_a_store_that_takes_nothing_is_told(door: Door) -> None:
    assert door.client.request("GET", "/readyz").json()["checks"]["store"] is True
    door.node.outbox.full = True
    ready = door.client.request("GET", "/readyz")
    assert (ready.status_code, ready.json()["checks"]["store"]) == (200, False)
    figures = door.client.request("GET", "/metrics").text
    assert "fagnett_stream_not_stored 1.0" in figures


def test_a_database_that_takes_nothing_is_told(door: Door) -> None:
    assert door.client.request("GET", "/readyz").json()["checks"]["database"] is True
    door.node.database.refused = "ReadOnlySqlTransaction"
    ready = door.client.request("GET", "/readyz")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, False)
    figures = door.client.request("GET", "/metrics").text
    assert "fagnett_database_refuses 1.0" in figures


def test_what_is_foreign_on_a_stream_is_counted(door: Door) -> None:
    door.register(BERGEN)
    door.node.outbox.foreign = 3
    door.node.inboxes[Region.NORD].foreign = 5
    figures = door.client.request("GET", "/metrics").text
    assert 'fagnett_foreign_messages_total{origin="vest"} 3.0' in figures
    assert 'fagnett_foreign_messages_total{origin="nord"} 5.0' in figures
    regions = door.get("/v1/federation", **READER).json()["regions"]
    assert [regions[each]["foreign"] for each in ("vest", "nord")] == [3, 5]


def test_what_was_seen_of_a_region_is_told_with_what_it_rests_on(door: Door) -> None:
    door.register(BERGEN)
    seen = Observation(
        Observed.NOT_SIGNED, "fagnett.checkpoints.nord", "by nobody", b"note"
    )
    observe(door.node.journal, "nord", seen)
    answer = door.get("/v1/federation/incidents", **READER)
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()
    assert (told["origin"], told["kind"]) == ("nord", Observed.NOT_SIGNED.value)
    assert (told["proved"], told["reason"], told["decided_at"]) == (False, None, None)
    assert told["evidence"]["seen"] == "by nobody"
    assert told["noticed_at"]
    regions = door.get("/v1/federation", **READER).json()["regions"]
    assert (regions["nord"]["observed"], regions["nord"]["incidents"]) == (1, 0)


def test_the_first_page_and_the_meaning_of_a_problem_are_there(door: Door) -> None:
    home = door.client.request("GET", "/").json()
    for path in (home["openapi"], home["ready"], home["metrics"]):
        assert door.client.request("GET", path).status_code == 200
    meaning = door.client.request("GET", "/v1/problems/frame_exceeded").json()
    assert meaning["code"] == "frame_exceeded"


def test_a_correlation_id_is_kept_or_made(door: Door) -> None:
    given = door.get("/v1/networks", X_Correlation_Id="c-42", **READER)
    assert given.headers["x-correlation-id"] == "c-42"
    for odd in ("", "a b", "x" * 101):
        made = door.get("/v1/networks", X_Correlation_Id=odd, **READER)
        assert len(made.headers["x-correlation-id"]) == 32
    door.register(BERGEN)
    door.post("/v1/networks", NETWORK, X_Correlation_Id="c-43")
    (row,) = door.node.journal.entries("vest", 1, 10)
    travels_as = door.node.executor.digests.of("correlation", "c-43")
    assert f'"correlationid":"{travels_as}"'.encode() in row.body


@pytest.mark.law(8)
def test_what_a_caller_chooses_does_not_travel(door: Door) -> None:
    door.register(BERGEN)
    chosen = {"X_Correlation_Id": "kari.nordmann", "Idempotency_Key": "olanordmann-1"}
    assert door.post("/v1/networks", NETWORK, **chosen).status_code == 201
    assert door.post("/v1/networks", NETWORK, **chosen).headers["idempotency-replayed"]
    rows = door.node.journal.entries("vest", 0, 10)
    texts = [value for said in chosen.values() for value in (said, *_hashes(said))]
    assert not [
        each for each in texts if each.encode() in b"".join(r.body for r in rows)
    ]


def _hashes(text: str) -> list[str]:
    """Return what anybody can make of a text without a key."""
    content = text.encode()
    made = (hashlib.new(name, content) for name in ("md5", "sha1", "sha256", "sha512"))
    return [each.hexdigest()[:16] for each in made]


def test_more_questions_at_once_than_threads_are_answered(door: Door) -> None:
    door.register(BERGEN)
    door.node.projector.catch_up()
    headers = {"Authorization": f"Bearer {token(BERGEN, Role.READER)}"}

    async def ask_all() -> set[int]:
        transport = httpx.ASGITransport(create_app(door.node))
        async with (
            httpx.AsyncClient(
                transport=transport, base_url="http://node.test"
            ) as client,
            asyncio.timeout(20),
        ):
            asked = [
                client.get("/v1/organisations", headers=headers) for _ in range(120)
            ]
            return {answer.status_code for answer in await asyncio.gather(*asked)}

    assert asyncio.run(ask_all()) == {200}


def test_a_fact_that_cannot_be_read_is_no_fault_of_the_caller(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.register(BERGEN)

    (row,) = door.node.journal.entries("vest", 0, 1)

    async def unreadable(*_: object) -> None:
        raise UnreadableFactError(row, QuarantineReason.UNKNOWN, row.type)

    monkeypatch.setattr(door.node.executor, "executed", unreadable)
    body = {"org_number": OSLO, "name": "x", "short_name": "x", "kind": "hf"}
    body["region"] = "vest"
    answer = door.post(
        "/v1/organisations", body, organisation=AUTHORITY, roles=(Role.REGISTRAR,)
    )
    assert (answer.status_code, answer.json()["code"]) == (503, "fact_unreadable")
    assert answer.json()["region"] == "vest"
    assert "entry vest/1/1 of " in answer.json()["detail"]


def test_billing_details_are_those_recorded_last(door: Door) -> None:
    door.register(BERGEN)
    path = f"/v1/organisations/{BERGEN}/billing-details"
    assert door.get(path).status_code == 404
    details = {"account": "86011117947", "kid_check": "mod11", "kid_length": 12}
    assert door.post(path, details).status_code == 201
    assert door.post(path, {**details, "city": "Bergen"}).status_code == 201
    found = door.get(path).json()
    assert (found["city"], found["kid_check"]) == ("Bergen", "mod11")
    refused = door.post(path, {**details, "account": "86011117948"})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_account")
    refused = door.post(path, {**details, "account": "8601"})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_an_account")
    written = {**details, "account": "NO93 8601 1117 947", "city": "Voss"}
    assert door.post(path, written).status_code == 201
    assert door.get(path).json()["account"] == "86011117947"


def test_a_document_that_is_not_there_has_no_ehf(door: Door) -> None:
    answer = door.get(f"/v1/invoices/{BERGEN}/2026/1/ehf", organisation=AUTHORITY)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.rule("S1-34")
def test_the_frame_says_what_is_left_and_what_would_fit(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    assert door.get("/v1/networks/ms/frame").json()["years"] == [], "it has none"
    name = "Norwegian National Network for Coping"
    national = {**NETWORK, "network": "c", "kind": "national", "name_en": name}
    door.post("/v1/networks", national)
    door.post("/v1/agreements/a/versions", {**VERSION, **WAIVED, "network": "c"})
    found = door.get("/v1/networks/c/frame").json()
    first = next(each for each in found["years"] if each["year"] == 2026)
    assert first["accepted_ore"] == 0, "it awaits its answer"
    assert first["reserved_ore"] == VERSION["posts"][0]["annual_cost_ore"]
    used = first["coordination_ore"] + first["reserved_ore"]
    assert first["left_ore"] == first["frame_ore"] - used
    extra = (
        "extra_annual_cost_ore={}&extra_starts_on=2027-01-01&extra_ends_on=2028-12-31"
    )
    fits = door.get("/v1/networks/c/frame?" + extra.format(first["frame_ore"])).json()
    assert fits["fits_until"] == found["fits_until"]
    over = door.get("/v1/networks/c/frame?" + extra.format(200_000_000_00)).json()
    assert over["fits_until"] == 2026
    half = door.get("/v1/networks/c/frame?extra_annual_cost_ore=1")
    assert (half.status_code, half.json()["code"]) == (422, "invalid_row")
    assert door.get("/v1/networks/none/frame").status_code == 404
