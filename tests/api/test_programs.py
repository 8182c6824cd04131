"""Programs call with a token of the provider that is bound to a key of theirs."""

import re
from base64 import urlsafe_b64encode
from typing import Any

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from api.provider.claims import BadProviderTokenError
from api.provider.programs import ProgramCall
from domain.role import Role
from tests.api.test_problems import is_problem
from tests.support.doors import Door
from tests.support.examples import BERGEN, STAVANGER
from tests.support.provider import (
    AUDIENCE,
    CLAIM,
    NODE,
    PROGRAM_KEY,
    FakeProvider,
    SignInDoor,
    proof,
    public,
    with_provider,
)

PATH = "/v1/organisations"


@pytest.fixture
def at(door: Door, provider: FakeProvider) -> SignInDoor:
    door.register(BERGEN, STAVANGER)
    door.node.projector.catch_up()
    return with_provider(door, provider)


def _call(
    at: SignInDoor, token: str, *proofs: str, scheme: str = "DPoP"
) -> httpx.Response:
    headers = [("Authorization", f"{scheme} {token}")]
    headers += [("DPoP", each) for each in proofs]
    return at.client.request("GET", f"{NODE}{PATH}", headers=headers)


def test_a_program_asks_and_sends_for_the_organisation_of_its_token(
    at: SignInDoor, provider: FakeProvider
) -> None:
    token = provider.access_token()
    assert _call(at, token, proof(token, "GET", PATH)).status_code == 200
    path = f"/v1/organisations/{BERGEN}/billing-details"
    body = {"account": "86011117947", "kid_check": "mod10", "kid_length": 12}
    for whose, status in ((BERGEN, 201), (STAVANGER, 403)):
        at_path = path.replace(BERGEN, whose)
        headers = {
            "Authorization": f"DPoP {token}",
            "DPoP": proof(token, "POST", at_path),
            "Fagnett-Business-Day": "2026-01-05",
        }
        answer = at.client.request(
            "POST", f"{NODE}{at_path}", headers=headers, json=body
        )
        assert answer.status_code == status, answer.text


def test_a_program_reads_on_a_mandate_where_its_organisation_gives_any(
    at: SignInDoor, provider: FakeProvider
) -> None:
    token, path = provider.access_token(), "/v1/agreements"
    administrator: dict[str, Any] = {"roles": (Role.ADMINISTRATOR,), "actor": "kari"}

    def asked() -> httpx.Response:
        headers = {"DPoP": proof(token, "GET", path), "Accept-Language": "en"}
        headers |= {"Authorization": f"DPoP {token}"}
        return at.client.request("GET", f"{NODE}{path}", headers=headers)

    def give(person: str, role: Role) -> None:
        body = {"person": person, "role": role.value}
        to = f"/v1/organisations/{BERGEN}/mandates"
        assert at.door.post(to, body, **administrator).status_code == 201

    assert asked().status_code == 200
    give("kari", Role.ADMINISTRATOR)
    detail = is_problem(asked(), 403, "no_mandate")["detail"]
    code = re.search(r"given to (\S+)\.", detail)
    assert code is not None
    give(code[1], Role.CONTROLLER)
    assert asked().status_code == 200


def test_a_token_that_is_stolen_is_worth_nothing(
    at: SignInDoor, provider: FakeProvider
) -> None:
    token = provider.access_token()
    assert _call(at, token, proof(token, "GET", PATH)).status_code == 200
    assert _call(at, token).status_code == 401
    assert _call(at, token, scheme="Bearer").status_code == 401
    thief = ECKey.generate_key("P-256")
    assert _call(at, token, proof(token, "GET", PATH, thief)).status_code == 401
    as_owner = jwt.encode(
        {"alg": "ES256", "typ": "dpop+jwt", "jwk": public(PROGRAM_KEY)},
        {"htm": "GET"},
        thief,
    )
    assert _call(at, token, as_owner).status_code == 401


def test_a_proof_is_good_once(at: SignInDoor, provider: FakeProvider) -> None:
    token = provider.access_token()
    shown = proof(token, "GET", PATH)
    assert _call(at, token, shown).status_code == 200
    assert _call(at, token, shown).status_code == 401
    first, second = (proof(token, "GET", PATH) for _ in range(2))
    assert _call(at, token, first, second).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "POST"},
        {"htm": "get"},
        {"htu": f"{NODE}/v1/networks"},
        {"htu": f"https://evil.test{PATH}"},
        {"htu": f"http://node.test{PATH}"},
        {"iat": 0},
        {"iat": 2**40},
        {"iat": "now"},
        {"ath": "another"},
        {"ath": ""},
        {"jti": ""},
        {"jti": 1},
    ],
)
def test_a_proof_of_something_else_is_none(
    at: SignInDoor, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    token = provider.access_token()
    assert _call(at, token, proof(token, "GET", PATH, **claims)).status_code == 401


def test_what_rfc_9449_leaves_out_of_an_address_is_not_compared(
    at: SignInDoor, provider: FakeProvider
) -> None:
    token = provider.access_token()
    shown = proof(token, "GET", PATH, htu=f"{NODE}{PATH}?as_of=2026-01-01#x")
    assert _call(at, token, shown).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"alg": "none"},
        {"jwk": None},
        {"jwk": {"kty": "oct", "k": "eA"}},
        {"jwk": PROGRAM_KEY.as_dict(private=True)},
        {"jwk": {"kty": "EC"}},
        {"jwk": []},
    ],
)
def test_a_proof_of_no_public_key_is_none(
    at: SignInDoor, provider: FakeProvider, header: dict[str, Any]
) -> None:
    token = provider.access_token()
    good = {"alg": "ES256", "typ": "dpop+jwt", "jwk": public(PROGRAM_KEY)}
    said = jwt.encode({**good, "jwk": public(PROGRAM_KEY)}, {"htm": "GET"}, PROGRAM_KEY)
    _, _, rest = said.partition(".")
    first = urlsafe_b64encode(orjson.dumps({**good, **header})).decode().rstrip("=")
    assert _call(at, token, f"{first}.{rest}").status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.test"},
        {"aud": "another"},
        {"aud": None},
        {"exp": 0},
        {"exp": None},
        {"nbf": 2**40},
        {"client_id": "unknown"},
        {"client_id": None},
        {"cnf": None},
        {"cnf": {}},
        {"cnf": {"jkt": 1}},
        {"cnf": "x"},
        {CLAIM: None},
        {CLAIM: ""},
        {CLAIM: "98366007"},
        {CLAIM: "٩٨٣٦٦٠٠٧٧"},
        {CLAIM: 983660077},
    ],
)
def test_a_token_that_says_something_else_is_not_taken(
    at: SignInDoor, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    token = provider.access_token(**claims)
    assert _call(at, token, proof(token, "GET", PATH)).status_code == 401


def test_an_id_token_is_no_access_token(at: SignInDoor, provider: FakeProvider) -> None:
    said = {"aud": AUDIENCE, "cnf": {"jkt": PROGRAM_KEY.thumbprint()}}
    token = provider.id_token(client_id="a-program", **said, **{CLAIM: BERGEN})
    assert _call(at, token, proof(token, "GET", PATH)).status_code == 401


def test_a_token_signed_with_the_public_key_as_a_secret_is_not_taken(
    at: SignInDoor, provider: FakeProvider
) -> None:
    secret = OctKey.import_key(orjson.dumps(public(provider.key)))
    header = {"alg": "HS256", "kid": "1", "typ": "at+jwt"}
    token = jwt.encode(header, {"iss": "x"}, secret)
    assert _call(at, token, proof(token, "GET", PATH)).status_code == 401


def test_a_token_that_was_good_ends_when_it_says(
    at: SignInDoor, provider: FakeProvider
) -> None:
    node = at.door.node
    assert node.provider is not None
    programs = node.provider.programs
    token = provider.access_token(exp=provider.now + 10)
    assert _call(at, token, proof(token, "GET", PATH)).status_code == 200
    later = provider.now + 71
    shown = proof(token, "GET", PATH, iat=later)
    with pytest.raises(BadProviderTokenError, match="ended"):
        programs.caller(ProgramCall(token, shown, "GET", PATH), later)


def test_where_the_provider_does_not_answer_it_is_said_so(
    at: SignInDoor, provider: FakeProvider
) -> None:
    provider.answers["/keys"] = httpx.ConnectError("")
    token = provider.access_token()
    answer = _call(at, token, proof(token, "GET", PATH))
    assert answer.status_code == 503
    assert answer.json()["code"] == "provider_unreachable"


def test_a_node_without_a_provider_takes_none(
    door: Door, provider: FakeProvider
) -> None:
    token = provider.access_token()
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof(token, "GET", PATH)}
    assert door.client.request("GET", PATH, headers=headers).status_code == 401
