"""Everything that can go wrong at a door, as problem documents without secrets."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import OperationalError
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from psycopg.conninfo import conninfo_to_dict

from api.app import create_app
from api.auth import ALGORITHM, Caller, Role, issue_token
from api.clock import BusinessDayRefusedError, Clock, ClockSource
from api.words import Language, kroner, negotiate, problem, sentence
from projections.database import open_postgres, open_sqlite
from tests.support import servers
from tests.support.doors import AUTHORITY, NETWORK, Client, Door, coded
from tests.support.examples import BERGEN, STAVANGER
from tests.support.federation import TOKEN_KEY, instant

SECRET = "13097248022"


def is_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a problem document, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    content: dict[str, Any] = answer.json()
    assert content["code"] == code
    assert content["status"] == status
    assert content["type"] == f"/v1/problems/{code}"
    assert content["title"]
    assert content["detail"]
    assert content["correlation_id"] == answer.headers["x-correlation-id"]
    return content


def test_a_refusal_names_its_code_and_member(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    body = {**NETWORK, "kind": "national", "name_en": "Something"}
    answer = door.post("/v1/networks", body)
    found = is_problem(answer, 422, "name_not_allowed")
    assert coded(found["errors"]) == [{"field": "name_en", "code": "name_not_allowed"}]
    assert found["instance"].endswith(found["correlation_id"])


def test_a_refusal_says_who_may_and_where(door: Door) -> None:
    door.register(BERGEN, STAVANGER)
    answer = door.post("/v1/networks", NETWORK, organisation=STAVANGER)
    found = is_problem(answer, 403, "not_entitled")
    assert (found["organisation"], found["region"]) == (BERGEN, "vest")


@pytest.mark.law(8)
def test_a_national_identity_number_is_refused_and_repeated_nowhere(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    door.agree()
    before = door.node.journal.positions()["vest"].position
    body = {**NETWORK, "network": "x", "name_nb": f"Ring {SECRET}"}
    answer = door.post("/v1/networks", body)
    is_problem(answer, 422, "personal_data")
    for answered in (
        answer,
        door.post(f"/v1/posts/{SECRET}/staffing", {"change": "x"}),
        door.post(f"/v1/agreements/x/versions/{SECRET}/answer", {}, If_Match=""),
        door.post("/v1/networks", {**NETWORK, SECRET: 1}),
        door.post("/v1/networks", {**NETWORK, "coordinating_trust": SECRET}),
    ):
        assert SECRET not in answered.text
    assert door.node.journal.positions()["vest"].position == before
    assert SECRET not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("nb", "name_nb: tegn nummer 5 er U+202E. Det vises ikke, eller styrer hvordan teksten vises, og kan ikke stå i den."),
        ("nn", "name_nb: teikn nummer 5 er U+202E. Det viser ikkje, eller styrer korleis teksten blir vist, og kan ikkje stå i han."),
        ("en", "name_nb: character number 5 is U+202E. It is not shown, or controls how the text is, and cannot stand in it."),
    ],
)  # fmt: skip
def test_what_turns_a_text_around_is_refused_with_its_place(
    door: Door, language: str, detail: str
) -> None:
    door.register(BERGEN)
    body = {**NETWORK, "name_nb": "Ring\u202e"}
    answer = door.post("/v1/networks", body, Accept_Language=language)
    found = is_problem(answer, 422, "control_character")
    assert coded(found["errors"]) == [{"field": "name_nb", "code": "control_character"}]
    assert found["detail"] == detail


def test_a_name_is_the_same_however_its_letters_are_composed(door: Door) -> None:
    door.register(BERGEN)
    decomposed, composed = "A\u030as", "\u00c5s"
    body = {**NETWORK, "network": decomposed, "name_nb": decomposed}
    assert door.post("/v1/networks", body).status_code == 201
    again = {**NETWORK, "network": composed, "name_nb": composed}
    assert door.post("/v1/networks", again).status_code == 200
    for name in (composed, decomposed):
        assert door.get(f"/v1/networks/{name}").json()["name_nb"] == composed


@pytest.mark.law(8)
@pytest.mark.law(8)
def test_an_identity_number_is_nobodys_name(door: Door) -> None:
    door.agree()
    before = door.node.journal.positions()["vest"].position
    name = f"Kari {SECRET[:6]} {SECRET[6:]}"
    filled = {"change": "filled", "effective_on": "2026-01-01", "holder": name}
    endorsed = {"role": "leader", "endorsed_by": name, "endorsed_on": "2026-01-01"}
    for member, path, body in (
        ("holder", "/v1/posts/p/staffing", filled),
        ("endorsed_by", "/v1/agreements/a/versions/1/endorsements", endorsed),
        ("vat_decided_by", "/v1/agreements/b/versions", {"vat_decided_by": name}),
    ):
        found = is_problem(
            door.post(path, body, organisation=STAVANGER, If_Match='"x"'),
            422,
            "personal_data",
        )
        assert {"field": member, "code": "personal_data"} in coded(found["errors"])
        assert SECRET[6:] not in str(found)
    assert door.node.journal.positions()["vest"].position == before


def test_a_holders_name_stays_behind_its_pseudonym(door: Door) -> None:
    door.agree()
    name = "Kari Nordmann"
    body = {"change": "filled", "effective_on": "2026-01-01", "holder": name}
    path = "/v1/posts/nurse/staffing"
    assert door.post(path, body, organisation=STAVANGER).status_code == 201
    entries = door.node.journal.entries("vest", 0, 100)
    assert all(name.encode() not in row.body for row in entries)
    assert any(b'"holder":"p-' in row.body for row in entries)
    journal = door.node.journal
    with journal.reading() as cursor:
        cursor.execute("SELECT sealed FROM person")
        assert name.encode() not in bytes(cursor.fetchone()["sealed"])
    ours = door.get("/v1/posts/nurse", organisation=STAVANGER).json()
    assert ours["holder_name"] == name
    theirs = door.get("/v1/posts/nurse", organisation=BERGEN).json()
    assert theirs["holder_name"] is None
    assert theirs["post"]["holder"].startswith("p-")
    assert theirs["post"]["filled"] is True


def valid(**changes: Any) -> str:
    """Return a token, with some claims changed."""
    now = int(time.time())
    claims = {
        "iss": "fagnett",
        "aud": "fagnett",
        "sub": "somebody",
        "organisation": BERGEN,
        "roles": ["controller"],
        "iat": now,
        "exp": now + 60,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": ALGORITHM}, kept, TOKEN_KEY, algorithms=[ALGORITHM])


def shared() -> str:
    """Return a token that is signed with the public key as a shared secret."""
    public = str(TOKEN_KEY.as_dict(private=False)["x"])
    return jwt.encode({"alg": "HS256"}, {"sub": "x"}, OctKey.import_key(public))


TOKENS: dict[str, Callable[[], str]] = {
    "none at all": lambda: "",
    "not a token": lambda: "abc",
    "expired": lambda: valid(exp=int(time.time()) - 120),
    "never expires": lambda: valid(exp=None),
    "for another audience": lambda: valid(aud="other"),
    "from another issuer": lambda: valid(iss="other"),
    "for nobody": lambda: valid(sub=None),
    "for a name": lambda: valid(sub="Kari Nordmann"),
    "for no organisation": lambda: valid(organisation=None),
    "for an odd organisation": lambda: valid(organisation="1/../2"),
    "with an unknown role": lambda: valid(roles=["king"]),
    "with odd roles": lambda: valid(roles=7),
    "of another algorithm": shared,
    "of another key": lambda: issue_token(
        Caller("x", BERGEN, frozenset({Role.CONTROLLER})),
        OKPKey.generate_key("Ed25519"),
        int(time.time()),
        60,
    ),
}


@pytest.mark.parametrize("what", TOKENS)
def test_every_call_needs_a_good_token(door: Door, what: str) -> None:
    headers = {"Authorization": f"Bearer {TOKENS[what]()}"} if TOKENS[what]() else {}
    for method, path in (("GET", "/v1/networks"), ("POST", "/v1/networks")):
        answer = door.client.request(method, path, headers=headers)
        is_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_good_token_is_good(door: Door) -> None:
    headers = {"Authorization": f"Bearer {valid()}"}
    assert (
        door.client.request("GET", "/v1/networks", headers=headers).status_code == 200
    )


def test_recording_needs_the_role_for_it(door: Door) -> None:
    found = is_problem(
        door.post("/v1/networks", NETWORK, roles=(Role.READER,)), 403, "forbidden"
    )
    assert "controller" in found["detail"]
    is_problem(door.post("/v1/organisations", {}, roles=()), 403, "forbidden")


def test_a_database_that_is_away_is_said_so(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError

    monkeypatch.setattr(type(door.node.executor), "executed", away)
    answer = door.post("/v1/networks", NETWORK)
    is_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "1"


def test_read_models_that_are_made_anew_are_asked_again_later(
    door: Door, tmp_path: Path, postgres_dsn: str
) -> None:
    postgres = open_postgres(conninfo_to_dict(servers.new_database(postgres_dsn)))
    for empty in (open_sqlite(tmp_path / "empty.sqlite"), postgres):
        client = Client(create_app(replace(door.node, views=empty)))
        headers = {"Authorization": f"Bearer {valid()}"}
        answer = client.request("GET", "/v1/networks", headers=headers)
        is_problem(answer, 503, "unavailable")
        empty.dispose()


def test_what_nobody_thought_of_is_a_problem_without_details(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(type(door.node.executor), "executed", broken)
    answer = door.post("/v1/networks", NETWORK)
    is_problem(answer, 500, "internal")
    assert SECRET not in answer.text


def test_an_answer_that_would_rest_on_too_little_is_refused(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.dependencies.READ_WAIT_SECONDS", 0.01)
    for positions in ("at_least=nord:7", "at_least=nord:7&at_least=nord:0"):
        answer = door.call("GET", f"/v1/networks?{positions}")
        found = is_problem(answer, 503, "not_yet_here")
        assert found["region"] == "nord"
    path = "/v1/federation/positions?at_least=nord:7&timeout_seconds=0.01"
    is_problem(door.call("GET", path, **AUTHORITY), 503, "not_yet_here")
    for wrong in ("oslo:1", "nord", "nord:-1"):
        answer = door.call("GET", f"/v1/networks?at_least={wrong}")
        is_problem(answer, 422, "invalid_row")


def test_a_production_clock_is_nobodys_but_the_machines() -> None:
    clock = Clock(ClockSource.SYSTEM, instant, str, str)
    assert clock.now() == instant()
    with pytest.raises(BusinessDayRefusedError):
        clock.now(instant().date())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, Language.NB),
        ("", Language.NB),
        ("en-GB,en;q=0.9", Language.EN),
        ("nn", Language.NN),
        ("no", Language.NB),
        ("fr;q=1, nn;q=0.2, en;q=0.3", Language.EN),
        ("en;q=x", Language.NB),
        ("en;q=\N{SUPERSCRIPT TWO}", Language.NB),
        ("en;q=0", Language.NB),
        ("en;q=0.0, nn;q=0.001", Language.NN),
    ],
)
def test_the_language_is_the_callers(header: str | None, language: Language) -> None:
    assert negotiate(header) is language


def test_a_problem_is_told_in_the_callers_language(door: Door) -> None:
    answer = door.call("GET", "/v1/nothing", Accept_Language="nn")
    assert answer.headers["content-language"] == "nn"
    assert answer.json()["title"] == "Ikkje funne"


def test_amounts_are_kroner_in_the_words() -> None:
    values: dict[str, str | int] = {"cost_ore": 1_250_798_60, "frame_ore": 100}
    said = problem(Language.NB, "frame_exceeded", values).detail
    assert "1\N{NO-BREAK SPACE}250\N{NO-BREAK SPACE}798,60 kr" in said
    assert kroner(-5) == "\N{MINUS SIGN}0,05"
    assert kroner(123456, Language.EN) == "1,234.56"
    assert "…" in sentence(Language.EN, "cell", "empty")
