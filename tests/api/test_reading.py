"""Who may read what: every question, every role, every relation to those it concerns."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.access import MAY_READ
from api.app import create_app
from api.clock import Clock, ClockSource
from api.desk.reading_log import ReadingLog
from api.routers import PREFIX
from api.webhooks.subscribing import SUBSCRIBERS
from domain.history import ShownTo
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Region
from tests.api.test_access import ELSEWHERE, PUBLIC, REGISTER
from tests.api.test_problems import is_problem
from tests.support.doors import INVOICED, INVOICED_ORE, Client, Door
from tests.support.examples import BERGEN, STAVANGER, UNKNOWN
from tests.support.federation import desk_in_memory

MEMBERS, PARTIES, OWN = ShownTo.MEMBERS, ShownTo.PARTIES, ShownTo.OWN
OF: Mapping[str, ShownTo] = {
    "/activity-reports/{year}/{of:path}": MEMBERS,
    "/agreements": MEMBERS,
    "/agreements/{agreement}": MEMBERS,
    "/agreements/{agreement}/counter-proposals/{version}": MEMBERS,
    "/agreements/{agreement}/versions/{version}": MEMBERS,
    "/agreements/{agreement}/versions/{version}/pdf": MEMBERS,
    "/agreements/{agreement}/warnings": MEMBERS,
    "/asserted-balances": PARTIES,
    "/bank-entries": OWN,
    "/bank-entries/{reference}": OWN,
    "/applications/{application}/warnings": MEMBERS,
    "/bodies": MEMBERS,
    "/bodies/{body}/compiled-report/{year}": MEMBERS,
    "/bodies/{body}/warnings": MEMBERS,
    "/calls/{call}/portfolio": MEMBERS,
    "/calls/{call}/warnings": MEMBERS,
    "/disputes": PARTIES,
    "/documents/{sha256}": MEMBERS,
    "/entries/{region}/{epoch}/{position}": MEMBERS,
    "/exports/{what}": MEMBERS,
    "/federation": MEMBERS,
    "/federation/incidents": MEMBERS,
    "/federation/positions": MEMBERS,
    "/grants": MEMBERS,
    "/invoices": PARTIES,
    "/invoices/{payee}/{year}/{number}": PARTIES,
    "/invoices/{payee}/{year}/{number}/ehf": PARTIES,
    "/invoices/{payee}/{year}/{number}/pdf": PARTIES,
    "/ledger/balances": PARTIES,
    "/netting": PARTIES,
    "/network-standings": MEMBERS,
    "/networks/{network}/frame": MEMBERS,
    "/networks/{network}/warnings": MEMBERS,
    "/obligations": MEMBERS,
    "/obligations/{obligation:path}": MEMBERS,
    "/organisations/{org_number}/billing-details": PARTIES,
    "/organisations/{organisation}/mandates": MEMBERS,
    "/overviews/{overview}": MEMBERS,
    "/posts": MEMBERS,
    "/posts/{post}": MEMBERS,
    "/reconciliation": PARTIES,
    "/reports": MEMBERS,
    "/reports/{report}": MEMBERS,
    "/settlement": MEMBERS,
    "/settlement/difference": MEMBERS,
    "/settlement/pdf": MEMBERS,
    "/statements": PARTIES,
    "/statements/{first}/{second}/draft": PARTIES,
    "/statements/{first}/{second}/{period_end}": PARTIES,
    "/statements/{first}/{second}/{period_end}/pdf": PARTIES,
    "/waiting": PARTIES,
    "/webhooks": MEMBERS,
    "/webhooks/{webhook}": MEMBERS,
    "/webhooks/{webhook}/dead-letters": MEMBERS,
}
"""Each question's row; a new one without a row fails here."""
ONLY = {each: SUBSCRIBERS for each in OF if each.startswith("/webhooks")}
"""Questions that some roles alone ask, whatever else they read."""
NAMED = {
    "payee": STAVANGER,
    "year": "2026",
    "number": "1",
    "network": "ms",
    "first": STAVANGER,
    "second": BERGEN,
    "period_end": "2026-06-30",
    "org_number": STAVANGER,
    "agreement": "a",
    "version": "1",
    "what": "posts",
    "overview": "funds",
    "region": "vest",
    "epoch": "1",
    "position": "1",
    "post": "p",
    "reference": "b",
    "report": "r",
}
ASKED = (
    f"trust={STAVANGER}&counterpart={BERGEN}&year=2026&period_end=2026-06-30"
    "&period_start=2026-01-01"
)
RELATIONS = {
    "payer": (BERGEN, True),
    "payee": (STAVANGER, True),
    "authority": (REGIONAL_AUTHORITY[Region.VEST], True),
    "another": (UNKNOWN, False),
    "another_authority": (REGIONAL_AUTHORITY[Region.NORD], False),
}
AUTHORITY_OF_VEST = REGIONAL_AUTHORITY[Region.VEST]
KARI: dict[str, Any] = {
    "organisation": AUTHORITY_OF_VEST,
    "roles": (Role.ADMINISTRATOR,),
    "actor": "kari",
    "Fagnett_Business_Day": "2026-07-10",
}
EVA: dict[str, Any] = {"organisation": AUTHORITY_OF_VEST, "actor": "eva"}
SECRET = (str(INVOICED_ORE), str(INVOICED_ORE * 4 // 5), "86011117947")
"""What the invoice and its payee's details say: it stands nowhere for others."""


@pytest.fixture
def between(door: Door) -> Door:
    """Open a door behind which two have business, and a third has none."""
    door.register(UNKNOWN)
    door.invoice()
    door.node.projector.catch_up()
    return door


@pytest.fixture
def engaging(door: Door) -> Door:
    """Open such a door, where the health authority has given a mandate."""
    door.register(AUTHORITY_OF_VEST)
    door.invoice()
    body = {"person": "kari", "role": Role.ADMINISTRATOR.value}
    given = door.post(f"/v1/organisations/{AUTHORITY_OF_VEST}/mandates", body, **KARI)
    assert given.status_code == 201, given.text
    door.node.projector.catch_up()
    return door


def engage(
    door: Door, role: Role, starts_on: str = "2026-07-10", person: str = "eva"
) -> None:
    """Give somebody a role for the health authority, until the year ends."""
    body = {"person": person, "role": role.value, "purpose": "Audit of 2026"}
    body |= {"starts_on": starts_on, "ends_on": "2026-12-31"}
    given = door.post(f"/v1/organisations/{AUTHORITY_OF_VEST}/mandates", body, **KARI)
    assert given.status_code == 201, given.text


def in_production(door: Door, day: date) -> Door:
    """Open the same node's door, on a day of its own clock."""
    noon = datetime.combine(day, time(12, tzinfo=UTC))
    clock = Clock(ClockSource.SYSTEM, lambda: noon, lambda: "", lambda: "")
    node = replace(door.node, clock=clock)
    return Door(node, Client(create_app(node)))


def questions(door: Door) -> Iterator[tuple[str, str]]:
    for each in iter_route_contexts(create_app(door.node).routes):
        template = str(each.path)
        own = isinstance(each.original_route, APIRoute) and "GET" in (
            each.methods or ()
        )
        if (
            own
            and template.startswith(PREFIX)
            and template not in PUBLIC | REGISTER | ELSEWHERE
        ):
            path = re.sub(r"{(\w+)}", lambda m: NAMED.get(m[1], "1"), template)
            yield template.removeprefix(PREFIX), f"{path}?{ASKED}"


def test_every_question_has_its_row(between: Door) -> None:
    assert {template for template, _ in questions(between)} == OF.keys()


@pytest.mark.parametrize("role", Role)
def test_each_role_reads_what_its_row_says(between: Door, role: Role) -> None:
    for template, path in questions(between):
        answer = between.call("GET", path, roles=(role,))
        told = (template, role, answer.text[:200])
        if role in ONLY.get(template, MAY_READ[OF[template]]):
            assert answer.status_code != 403, told
        else:
            is_problem(answer, 403, "forbidden")


def test_a_token_reads_in_the_roles_that_mandates_give_its_person(
    engaging: Door,
) -> None:
    """Each question, each role: with a mandate of that role, and with none."""
    for role in Role:
        engage(engaging, role, person=f"a-{role}")
        held = {"organisation": AUTHORITY_OF_VEST, "actor": f"a-{role}"}
        for template, path in questions(engaging):
            kind = MAY_READ[OF[template]]
            allowed = role in ONLY.get(template, kind)
            own = engaging.call("GET", path, **held, roles=(role,))
            told = (template, role, own.text[:200])
            assert (own.status_code != 403) is allowed, told
            without = engaging.call("GET", path, **EVA, roles=(role,))
            if role is Role.AUDITOR:
                is_problem(without, 403, "no_engagement")
            elif role is Role.READER and allowed:
                assert without.status_code != 403, "as which a machine's programs ask"
            elif role in kind and role is not Role.READER:
                refused = is_problem(without, 403, "no_mandate")
                assert "given to eva" in refused["detail"], told
            else:
                is_problem(without, 403, "forbidden")
    register = engaging.call("GET", "/v1/organisations", **EVA, roles=(Role.AUDITOR,))
    assert register.status_code == 200, "the register is open to who has no role"


@pytest.mark.parametrize(
    ("held", "said", "code"),
    [
        (Role.LEADER, (Role.CONTROLLER,), 200),
        (Role.READER, (Role.READER, Role.CONTROLLER), 200),
        (Role.READER, (Role.CONTROLLER,), 403),
        (Role.CONTROLLER, (Role.READER,), 200),
        (Role.CONTROLLER, (Role.CONTROLLER, Role.AUDITOR), 403),
    ],
)
def test_a_token_may_say_several_roles(
    engaging: Door, held: Role, said: tuple[Role, ...], code: int
) -> None:
    """One stands for others as in commands; none is more than the mandate."""
    engage(engaging, held)
    assert engaging.call("GET", INVOICED, **EVA, roles=said).status_code == code


def test_an_auditor_reads_from_the_first_day_of_an_engagement_to_its_last(
    engaging: Door,
) -> None:
    def read(day: date) -> httpx.Response:
        there = in_production(engaging, day)
        return there.call("GET", INVOICED, **EVA, roles=(Role.AUDITOR,))

    days = [date(2026, 7, 11), date(2026, 7, 12), date(2026, 12, 31), date(2027, 1, 1)]
    for day in days:
        is_problem(read(day), 403, "no_engagement")
    engage(engaging, Role.AUDITOR, starts_on="2026-07-12")
    for day, code in zip(days, (403, 200, 200, 403), strict=True):
        assert read(day).status_code == code, day
    is_problem(read(days[-1]), 403, "no_engagement")
    end = {"ended_on": "2026-07-20"}
    at = f"/v1/organisations/{AUTHORITY_OF_VEST}/mandates/2/end"
    assert engaging.post(at, end, **KARI).status_code == 201
    assert read(date(2026, 7, 19)).status_code == 200
    is_problem(read(date(2026, 7, 20)), 403, "no_engagement")


@pytest.mark.parametrize("relation", RELATIONS)
def test_what_is_between_two_trusts_is_theirs(between: Door, relation: str) -> None:
    organisation, concerned = RELATIONS[relation]
    shown: list[str] = []
    for template, path in questions(between):
        answer = between.call(
            "GET", path, organisation=organisation, roles=(Role.READER,)
        )
        if OF[template] is PARTIES and template.startswith("/invoices/"):
            assert (answer.status_code == 200) is concerned, (template, answer.text)
        if not answer.headers["content-type"].endswith("json"):
            continue
        said = answer.text
        if OF[template] is PARTIES and any(secret in said for secret in SECRET):
            shown.append(template)
    expected = {"/invoices", "/organisations/{org_number}/billing-details"}
    assert not shown or concerned, shown
    assert expected <= {*shown} or not concerned


def test_an_auditor_reads_all_but_decides_nothing(between: Door) -> None:
    who: dict[str, Any] = {"organisation": UNKNOWN, "roles": (Role.AUDITOR,)}
    assert between.call("GET", INVOICED, **who).status_code == 200
    (item,) = between.call("GET", "/v1/invoices", **who).json()["items"]
    assert item["payer"] == BERGEN
    assert between.call("POST", f"{INVOICED}/credits", {}, **who).status_code == 403


def test_the_settlement_names_others_sums_and_not_their_invoices(between: Door) -> None:
    path = f"/v1/settlement?year=2026&as_of={'2026-12-31'}"
    ours = between.call("GET", path, organisation=BERGEN).json()
    others = between.call("GET", path, organisation=UNKNOWN).json()
    assert ours["invoices"]
    assert others["invoices"] == []
    assert {k: v for k, v in ours.items() if k != "invoices"} == {
        k: v for k, v in others.items() if k != "invoices"
    }


def test_entries_of_what_is_between_others_are_not_found(between: Door) -> None:
    last = between.node.journal.positions()["vest"].position
    seen: dict[str, set[str]] = {}
    for relation, (organisation, _) in RELATIONS.items():
        seen[relation] = set()
        for position in range(1, last + 1):
            answer = between.call(
                "GET",
                f"/v1/entries/vest/1/{position}",
                organisation=organisation,
                roles=(Role.READER,),
            )
            if answer.status_code == 200:
                seen[relation].add(json.loads(answer.json()["entry"])["type"])
    assert "invoice.issued.v4" in seen["payer"] & seen["payee"] & seen["authority"]
    assert "network.established.v1" in seen["another"] & seen["another_authority"]
    assert not {
        kind
        for relation in ("another", "another_authority")
        for kind in seen[relation]
        if kind.startswith(("invoice.", "billing.", "organisation.billing", "payment."))
    }


def test_what_is_read_of_others_is_written_down(between: Door) -> None:
    log = between.node.reading_log
    before = len([*log.lines()])
    authority = REGIONAL_AUTHORITY[Region.VEST]
    between.call("GET", INVOICED, organisation=BERGEN)
    between.call("GET", INVOICED, organisation=authority, roles=(Role.READER,))
    between.call("GET", INVOICED, organisation=UNKNOWN, roles=(Role.AUDITOR,))
    noted = [(line.organisation, line.role, line.what) for line in log.lines()]
    assert noted[before:] == [
        (authority, "reader", INVOICED),
        (UNKNOWN, "auditor", INVOICED),
    ]
    assert log.first_broken() is None


def test_what_an_auditor_takes_out_of_others_is_written_down_too(between: Door) -> None:
    journal, log = between.node.journal, between.node.reading_log
    last = journal.positions()["vest"].position
    kinds = {
        json.loads(row.body)["type"]: row.position
        for row in journal.entries("vest", 0, last)
    }
    invoice = f"/v1/entries/vest/1/{kinds['invoice.issued.v4']}"
    network = f"/v1/entries/vest/1/{kinds['network.established.v1']}"
    before = len([*log.lines()])
    for path in (network, "/v1/exports/posts", invoice, "/v1/exports/ledger"):
        for who in ((UNKNOWN, Role.AUDITOR), (BERGEN, Role.READER)):
            answer = between.call("GET", path, organisation=who[0], roles=who[1:])
            assert answer.status_code == 200, answer.text
    noted = [(line.organisation, line.what) for line in log.lines()]
    assert noted[before:] == [(UNKNOWN, invoice), (UNKNOWN, "/v1/exports/ledger")]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE read_log SET what = 'x' WHERE number = 2", 2),
        ("DELETE FROM read_log WHERE number = 2", 3),
        ("DELETE FROM read_log WHERE number = 1", 2),
        ("UPDATE read_log SET number = 9 WHERE number = 3", 4),
    ],
)
def test_whoever_changes_the_log_of_readings_breaks_its_chain(
    change: str, broken: int
) -> None:
    engine = desk_in_memory()
    log = ReadingLog(engine)
    for number in range(4):
        log.note("person-1", BERGEN, "auditor", f"/v1/invoices/{number}", 1000)
    assert log.first_broken() is None
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert log.first_broken() == broken


def test_a_persons_name_is_shown_to_their_own_and_written_down(door: Door) -> None:
    door.agree()
    body = {"change": "filled", "effective_on": "2026-01-01", "holder": "Kari N"}
    door.post("/v1/posts/nurse/staffing", body, organisation=STAVANGER)
    noted = door.node.reading_log
    door.get("/v1/posts/nurse", organisation=BERGEN)
    assert not [*noted.lines()]
    shown = door.get("/v1/posts/nurse", organisation=STAVANGER).json()
    assert shown["holder_name"] == "Kari N"
    (line,) = noted.lines()
    assert (line.person, line.organisation) == ("tester", STAVANGER)
    assert line.what == shown["post"]["holder"]
