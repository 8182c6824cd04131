"""Whatever signs says what is signed, and other than that is left alone."""

from typing import Any

import orjson
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app
from api.signing import signature_of
from domain.agreements.answer import AnswerVersion
from domain.agreements.counter import AdoptCounterProposal, CounterVersion
from domain.agreements.endorsement import EndorseVersion
from domain.agreements.withdrawal import WithdrawVersion
from domain.catalogue import COMMANDS
from domain.closing.closing import DrawUpStatement, SignStatement
from domain.closing.statement import Statement
from domain.grants.applying import EndorseApplication
from domain.grants.submission import SubmitApplication
from tests.api.test_problems import is_problem
from tests.support.doors import DAY, NETWORK, VERSION, Door, coded
from tests.support.examples import BERGEN, STAVANGER

PRECONDITION = "precondition_required"
PERIOD = {"period_start": "2026-01-01", "period_end": "2026-06-30"}
STATEMENT = f"/v1/statements/{STAVANGER}/{BERGEN}"
DRAFT = f"{STATEMENT}/draft?period_start=2026-01-01&period_end=2026-06-30"
V = "/v1/agreements/a/versions/1"
COUNTER = {**VERSION, "version": 2, "frequency": "monthly"}
ENDORSEMENT = {"role": "leader", "endorsed_by": "Anne", "endorsed_on": DAY}
HOST = {"organisation": STAVANGER}
SIGNING: list[tuple[str, Any, str]] = [
    (f"{V}/answer", {"answer": "accepted"}, V),
    (f"{V}/answer", {"answer": "declined"}, V),
    (f"{V}/endorsements", ENDORSEMENT, V),
    (f"{V}/counter-proposal", COUNTER, V),
    (STATEMENT, PERIOD, f"{STATEMENT}/draft"),
    (f"{STATEMENT}/2026-06-30/signature", None, f"{STATEMENT}/2026-06-30"),
    (f"{STATEMENT}/2026-06-30/rejection", {"reason": "no"}, f"{STATEMENT}/2026-06-30"),
]


@pytest.mark.parametrize(("path", "body", "read_at"), SIGNING)
@pytest.mark.parametrize("tag", [None, "*", ""])
def test_what_signs_is_refused_without_what_is_signed(
    door: Door, path: str, body: Any, read_at: str, tag: str | None
) -> None:
    sent = {} if tag is None else {"If_Match": tag}
    found = is_problem(door.post(path, body, **HOST, **sent), 428, PRECONDITION)
    assert "If-Match" in found["detail"]
    assert read_at in found["detail"]
    assert found["read_at"] == read_at
    assert coded(found["errors"]) == [{"field": "header.If-Match", "code": "missing"}]


def test_every_command_that_can_name_what_was_read_must_where_it_signs(
    door: Door,
) -> None:
    able = {kind for kind in COMMANDS if "fingerprint" in kind.model_fields}
    # Of an application its revision is named, and no revision ever changes.
    by_revision = {EndorseApplication, SubmitApplication}
    assert able - {WithdrawVersion} - by_revision == {
        AnswerVersion,
        CounterVersion,
        AdoptCounterProposal,
        EndorseVersion,
        DrawUpStatement,
        SignStatement,
    }
    routes = iter_route_contexts(create_app(door.node).routes)
    found = {
        each.name
        for each in routes
        if isinstance(each.original_route, APIRoute) and signature_of(each.dependant)
    }
    assert found == {
        "answer_version",
        "counter_version",
        "adopt_counter_proposal",
        "endorse_version",
        "draw_up_statement",
        "sign_statement",
        "reject_statement",
    }


def test_a_counter_proposal_is_adopted_as_it_was_read(door: Door) -> None:
    path = "/v1/agreements/a/counter-proposals/2"
    found = is_problem(door.post(f"{path}/adoption", None), 428, PRECONDITION)
    assert found["read_at"] == path


def test_a_name_in_the_address_is_one_there_as_well(door: Door) -> None:
    answer = door.post("/v1/agreements/a%20b/versions/1/answer", {"answer": "accepted"})
    found = is_problem(answer, 428, PRECONDITION)
    assert found["read_at"] == "/v1/agreements/a%20b/versions/1"


@pytest.mark.parametrize("tag", ['"other"', "other", '""', 'W/"{}"', '"{}", "b"'])
def test_nothing_but_what_is_there_is_signed(door: Door, tag: str) -> None:
    door.register(BERGEN, STAVANGER)
    door.post("/v1/networks", NETWORK)
    door.post("/v1/agreements/a/versions", VERSION)
    sent = tag.format(door.get(V).json()["fingerprint"])
    answer = door.post(f"{V}/answer", {"answer": "accepted"}, **HOST, If_Match=sent)
    is_problem(answer, 412, "outdated")
    assert door.get(V).json()["status"] == "proposed"


def test_the_tag_is_of_what_is_signed_and_the_answer_is_not_kept(door: Door) -> None:
    door.agree()
    read = door.get(V)
    assert read.headers["ETag"] == f'"{read.json()["fingerprint"]}"'
    assert read.headers["Cache-Control"] == "no-store"


def test_a_statement_is_read_before_it_is_drawn_up(invoiced: Door) -> None:
    draft = invoiced.get(DRAFT)
    assert draft.status_code == 200, draft.text
    content = draft.json()
    assert draft.headers["ETag"] == f'"{content["fingerprint"]}"'
    statement = Statement.model_validate_json(orjson.dumps(content["statement"]))
    assert statement.fingerprint == content["fingerprint"]
    assert [each.number for each in statement.documents] == [1]
    assert invoiced.get(DRAFT, **HOST).json() == content
    other = DRAFT.replace("06-30", "06-29")
    is_problem(invoiced.get(other), 422, "period_not_months")
    same = DRAFT.replace(STAVANGER, BERGEN)
    is_problem(invoiced.get(same), 422, "same_party")
