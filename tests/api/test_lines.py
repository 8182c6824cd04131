"""Many commands in one request: in order, each with its own answer, once and for ever."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import orjson
import pytest
from stdnum.no import orgnr

import api.dependencies
from api.app import create_app
from api.auth import Role
from api.commands import ENDPOINTS
from api.lines import AT_LEAST, COMMAND, HEADERS
from api.threshold import BODY_BYTES_MAX
from api.xml_reading import BYTES_MAX as FILE_BYTES_MAX
from domain.refusal import Code, Refusal
from domain.values import REGIONAL_AUTHORITY, Region
from federation.log.executor import GROUP_MAX
from tests.api.test_lean import IN_PATHS, SCALARS
from tests.api.test_problems import is_problem
from tests.api.test_server import House, run
from tests.support.doors import DAY, NETWORK, VERSION, Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import token

PATH = "/v1/commands"
AUTHORITY: dict[str, Any] = {
    "organisation": REGIONAL_AUTHORITY[Region.VEST],
    "roles": (Role.REGISTRAR,),
}
NUMBERS = [str(n) for n in range(800_000_000, 800_002_000) if orgnr.is_valid(str(n))]
EACH = 12


def registering(number: str, **more: Any) -> dict[str, Any]:
    """Return the line that registers an organisation."""
    line = {"command": "register_organisation", "idempotency_key": f"key-{number}"}
    line |= {"org_number": number, "name": "A trust", "short_name": "T"}
    return {**line, "kind": "hf", "region": "vest", **more}


def written(lines: Sequence[Any]) -> bytes:
    """Return a request's body."""
    return b"".join(
        each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n"
        for each in lines
    )


def answers(answer: httpx.Response) -> list[dict[str, Any]]:
    """Return what is answered, line by line."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [orjson.loads(line) for line in answer.content.splitlines()]


def send(door: Door, *lines: Any, **who: Any) -> list[dict[str, Any]]:
    """Send lines; return their answers."""
    return answers(door.post(PATH, written(lines), **{**AUTHORITY, **who}))


def position(door: Door) -> int:
    """Return how much is recorded."""
    return door.node.journal.positions()["vest"].position


def bare(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What an answer says, but for what names the request and the line."""
    beside = {"line", "status", "instance", "correlation_id", "location", "replayed"}
    return {name: said for name, said in answer.items() if name not in beside}


def test_lines_are_decided_in_their_order_and_in_groups(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended: list[int] = []
    append = door.node.journal.append_after

    def count(after: Any, rows: Any, memories: Any) -> None:
        appended.append(len(rows))
        append(after, rows, memories)

    monkeypatch.setattr(door.node.journal, "append_after", count)
    numbers = NUMBERS[: GROUP_MAX + 10]
    told = send(door, *map(registering, numbers))
    assert [each["line"] for each in told] == [*range(1, len(numbers) + 1)]
    assert [each["position"] for each in told] == [
        f"vest:{n}" for n in range(1, len(numbers) + 1)
    ]
    assert told[0]["location"] == f"/v1/organisations/{numbers[0]}"
    assert appended == [GROUP_MAX, 10]


def test_a_line_rests_on_those_before_it(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    version = {**VERSION, "agreement": "a"}
    lines = [
        {"command": "establish_network", "idempotency_key": "1", **NETWORK},
        {"command": "propose_version", "idempotency_key": "2", **version},
    ]
    who = {"organisation": BERGEN, "roles": (Role.CONTROLLER,)}
    refused, *_ = send(door, lines[1], **who)
    assert (refused["status"], refused["code"]) == (404, "unknown_network")
    told = send(door, *lines, **who)
    assert [each["status"] for each in told] == [201, 201]
    assert told[1]["location"] == "/v1/agreements/a/versions/1"
    tag = door.get("/v1/agreements/a/versions/1").headers["ETag"]
    line = {"command": "answer_version", "agreement": "a", "version": 1}
    line |= {"answer": "accepted", "idempotency_key": "3"}
    host = {**who, "organisation": STAVANGER}
    unsigned, signed = send(door, line, {**line, "if_match": tag}, **host)
    assert (unsigned["status"], unsigned["code"]) == (428, "precondition_required")
    assert unsigned["read_at"] == "/v1/agreements/a/versions/1"
    assert unsigned["errors"][0]["field"] == "if_match"
    assert signed["status"] == 201


def test_what_is_refused_stands_at_its_place_and_stops_nothing(door: Door) -> None:
    first, second, third = NUMBERS[:3]
    told = send(
        door,
        registering(first),
        b"{\r\n",
        b"[]\n",
        b"\xff\n",
        b"\n \r\n",
        {**registering(second), "command": "register_everybody"},
        {**registering(second), "command": None},
        {**registering(second), "kind": "other kind"},
        {**registering(second), "surprise": 1},
        {**registering(second), "if_match": "x"},
        {**registering(second), "idempotency_key": None},
        {**registering(second), "idempotency_key": 1},
        {**registering(second), AT_LEAST: "vest:1"},
        {**registering(second), AT_LEAST: ["west:1"]},
        {"command": "record_staffing", "idempotency_key": "k", "post": True},
        orjson.dumps(registering(third)),
    )
    codes = {each["line"]: each.get("code") for each in told}
    assert codes.pop(1) is codes.pop(17) is None
    assert set(codes) == {2, 3, 4, *range(7, 17)}
    fields = {
        each["line"]: [(e["field"], e["code"]) for e in each["errors"]]
        for each in told
        if "errors" in each
    }
    assert fields[7] == [("command", "unknown_command")]
    assert fields[8] == [("command", "missing")]
    assert fields[10] == [("surprise", "extra_forbidden")]
    assert fields[11] == [("if_match", "extra_forbidden")]
    assert fields[12] == [("idempotency_key", "missing")]
    assert fields[13] == [("idempotency_key", "string_type")]
    assert fields[14] == [("at_least", "list_type")]
    assert position(door) == 2


def test_who_asks_is_the_caller_and_no_line_says_otherwise(door: Door) -> None:
    number = NUMBERS[0]
    (told,) = send(door, registering(number), roles=(Role.CONTROLLER,))
    assert (told["status"], told["code"]) == (403, "forbidden")
    (told,) = send(door, registering(number, organisation=BERGEN))
    assert told["errors"][0]["field"] == "organisation"
    (told,) = send(door, registering(number), organisation=BERGEN)
    assert (told["status"], told["code"]) == (403, "not_entitled")
    assert position(door) == 0
    headers = {"Authorization": "Bearer x"}
    answer = door.client.request("POST", PATH, content=b"{}", headers=headers)
    is_problem(answer, 401, "unauthenticated")


def test_the_same_lines_again_get_the_same_answers(door: Door) -> None:
    lines = [registering(number) for number in NUMBERS[:5]]
    first, again = send(door, *lines[:3]), send(door, *lines)
    assert [each.get("replayed") for each in again] == [True, True, True, None, None]
    assert [bare(each) for each in again[:3]] == [bare(each) for each in first]
    assert position(door) == 5
    (other,) = send(door, {**lines[0], "name": "Another trust"})
    assert (other["status"], other["code"]) == (422, Code.COMMAND_REUSED)
    both = registering(NUMBERS[6], idempotency_key="one")
    told = send(door, both, both, {**both, "name": "Another trust"})
    assert [each["status"] for each in told] == [201, 201, 422]
    assert told[1]["replayed"]


def test_a_line_that_is_too_large_is_refused_at_its_place(door: Door) -> None:
    first, second = NUMBERS[:2]
    huge = {**registering(first), "name": "x" * BODY_BYTES_MAX}
    told = send(door, registering(first), huge, registering(second))
    assert [each["status"] for each in told] == [201, 413, 201]
    large = {**registering(first, idempotency_key="l"), "name": "x" * 100_000}
    told = send(door, registering(NUMBERS[2]), large, registering(NUMBERS[3]))
    assert [each["status"] for each in told] == [201, 422, 201]


def test_a_request_is_taken_as_far_as_a_request_may_go(door: Door) -> None:
    number = NUMBERS[0]
    blank = b" " * 1000 + b"\n"
    count = FILE_BYTES_MAX // len(blank) + 1

    async def chunks() -> Any:
        yield written([registering(number)])
        for _ in range(count):
            yield blank

    bearer = token(AUTHORITY["organisation"], Role.REGISTRAR)
    headers = {"Authorization": f"Bearer {bearer}", "Fagnett-Business-Day": DAY}
    told = answers(door.client.request("POST", PATH, content=chunks(), headers=headers))
    assert [each["status"] for each in told] == [201, 413]
    assert told[1]["line"] > count // 2
    assert position(door) == 1


def test_days_go_forward_line_by_line(door: Door) -> None:
    days = ["2026-02-01", "2026-02-01", "2026-01-31", "2026-02-02", "1.3.2026"]
    lines = [
        registering(number, business_day=day)
        for number, day in zip(NUMBERS, days, strict=False)
    ]
    told = send(door, *lines, registering(NUMBERS[5]))
    codes = [each.get("code") for each in told]
    assert codes == [
        *(None, None, "business_day_refused", None, "invalid_row"),
        "business_day_refused",
    ], "the last has the day of the request"
    recorded = [row.recorded_at[:10] for row in door.node.journal.entries("vest", 0, 9)]
    assert recorded == ["2026-02-01", "2026-02-01", "2026-02-02"]


def test_a_line_waits_for_what_it_is_to_rest_on(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.dependencies, "READ_WAIT_SECONDS", 0.1)
    told = send(
        door,
        registering(NUMBERS[0], at_least=["vest:0", "nord:0"]),
        registering(NUMBERS[1], at_least=["vest:1"]),
        registering(NUMBERS[2], at_least=["nord:1"]),
        registering(NUMBERS[3]),
    )
    assert [each["status"] for each in told] == [201, 201, 503, 201]
    assert (told[2]["code"], told[2]["region"]) == ("not_yet_here", "nord")


def test_who_hangs_up_has_sent_what_came_and_may_send_it_again(door: Door) -> None:
    lines = [registering(number) for number in NUMBERS[:4]]
    body = written(lines)
    cut = len(written(lines[:2])) + 20
    sent: list[Any] = []
    coming = iter(
        [
            {"type": "http.request", "body": body[:cut], "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    bearer = token(AUTHORITY["organisation"], Role.REGISTRAR)
    headers = {"authorization": f"Bearer {bearer}", "fagnett-business-day": DAY}
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
    }

    async def receive() -> Any:
        return next(coming)

    async def keep(message: Any) -> None:
        sent.append(message)

    asyncio.run(create_app(door.node)(scope, receive, keep))
    assert position(door) == 2
    assert len(sent) == 3, "the head, and two lines; no end"
    told = send(door, *lines)
    assert [each.get("replayed") for each in told] == [True, True, None, None]
    assert position(door) == 4


def test_a_line_is_answered_before_the_next_is_sent(door: Door) -> None:
    bearer = token(AUTHORITY["organisation"], Role.REGISTRAR)
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer {bearer}\r\n"
        f"Fagnett-Business-Day: {DAY}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    async def act(there: House) -> None:
        reader, writer = await there.connect(head.encode())
        for number in NUMBERS[:5]:
            line = written([registering(number)])
            writer.write(b"%x\r\n%b\r\n" % (len(line), line))
            async with asyncio.timeout(10):
                while not (said := await reader.readline()).startswith(b'{"line"'):
                    continue
            assert orjson.loads(said)["status"] == 201
        writer.write(b"0\r\n\r\n")
        async with asyncio.timeout(10):
            while (await reader.readline()) != b"0\r\n":
                continue

    run(door, act)


def test_no_member_of_a_command_is_called_as_what_a_line_says_beside_it() -> None:
    beside = {COMMAND, AT_LEAST, *HEADERS}
    for endpoint in ENDPOINTS.values():
        body = endpoint.door.body
        members = [
            *endpoint.door.in_line.values(),
            *(body.model_fields if body else ()),
        ]
        assert len(members) == len(set(members)), endpoint.door.path
        assert not beside & set(members), endpoint.door.path


def test_a_line_is_read_and_refused_as_its_door_does(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take(*_: object) -> Refusal:
        return Refusal(Code.COMMAND_REUSED)

    async def take_all(_: object, commands: Sequence[Any]) -> Any:
        for _each in commands:
            yield await take()

    monkeypatch.setattr(type(door.node.executor), "executed", take)
    monkeypatch.setattr(type(door.node.executor), "executed_in_order", take_all)
    chosen = random.Random(14)
    roles = (Role.CONTROLLER, Role.REGISTRAR)
    for name, endpoint in ENDPOINTS.items():
        body = endpoint.door.body
        names = [*(body.model_fields if body else ()), *(["unknown"] if body else ())]
        for _ in range(EACH):
            said = {
                each: chosen.choice(SCALARS) for each in names if chosen.random() < 0.7
            }
            path = {each: chosen.choice(IN_PATHS) for each in endpoint.door.in_path}
            tag = chosen.choice((None, '"x"', "*", "x" * 300))
            headers = {"If_Match": tag} if tag else {}
            at = f"/v1{endpoint.door.path}".format_map(path)
            single = door.post(at, said, roles=roles, Idempotency_Key="k", **headers)
            named = {of: path[each] for each, of in endpoint.door.in_line.items()}
            line = {COMMAND: name, "idempotency_key": "k", **named, **said}
            if tag and (endpoint.door.way.signs or endpoint.door.way.tagged):
                line["if_match"] = tag
            (answer,) = send(door, line, organisation=BERGEN, roles=roles)
            told = single.text.replace('"header.If-Match"', '"if_match"')
            for each, of in endpoint.door.in_line.items():
                told = told.replace(f'"path.{each}"', f'"{of}"')
            expected = json.loads(told)
            assert answer["status"] == single.status_code, line
            assert [e["field"] for e in answer.get("errors", ())] == [
                e["field"] for e in expected.get("errors", ())
            ], line
            assert answer["code"] == expected["code"], line
