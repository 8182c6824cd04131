"""Signing in by a provider: everybody who should is let in, and nobody else."""

from base64 import urlsafe_b64encode
from typing import Any

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from api.desk.once import BEGUN_SECONDS, OnceOnly
from api.provider.known import KEPT_SECONDS
from tests.support.doors import Door
from tests.support.federation import desk_in_memory
from tests.support.provider import (
    CLIENT,
    CLIENT_KEY,
    ISSUER,
    NODE,
    FakeProvider,
    SignInDoor,
    public,
)
from tests.support.tokens import unverified

SESSION = "__Host-fagnett-vest"


def _refused(answer: httpx.Response, code: str = "sign_in_failed") -> None:
    assert f"Code: {code}." in answer.text
    assert "code=" not in answer.text
    assert "set-cookie" not in answer.headers


def test_somebody_signs_in_and_is_led_to_where_they_wanted_to_go(
    at: SignInDoor, provider: FakeProvider
) -> None:
    answer = at.finish(at.begin("/networks?x=1"))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/role?next=%2Fnetworks%3Fx%3D1"
    session = at.door.node.sessions.find(at.cookies[SESSION], provider.now)
    assert session is not None
    assert session.person.startswith("p-")
    assert at.door.node.persons.name(session.person) == "Liv Moe"
    assert session.role is None
    assert at.cookies["fagnett-vest-begun"] == ""


def test_the_same_person_has_the_same_pseudonym_and_others_have_another(
    at: SignInDoor, provider: FakeProvider
) -> None:
    people = []
    for subject in ("one", "one", "two"):
        provider.claims["sub"] = subject
        at.finish(at.begin())
        session = at.door.node.sessions.find(at.cookies[SESSION], provider.now)
        assert session is not None
        people.append(session.person)
    assert people[0] == people[1] != people[2]


def test_who_has_no_mandate_reads_the_code_to_give_to_an_administrator(
    at: SignInDoor, provider: FakeProvider
) -> None:
    at.finish(at.begin())
    session = at.door.node.sessions.find(at.cookies[SESSION], provider.now)
    assert session is not None
    page = at.go("/role")
    assert session.person in page.text
    assert "You have no valid mandate" in page.text
    assert at.go("/my-day").headers["location"] == "/role?next=%2Fmy-day"


def test_what_the_provider_is_asked_is_of_fapi_2(
    at: SignInDoor, provider: FakeProvider
) -> None:
    at.finish(at.begin())
    pushed = provider.pushed
    assert pushed["response_type"] == "code"
    assert pushed["code_challenge_method"] == "S256"
    assert pushed["redirect_uri"] == f"{NODE}/sign-in/done"
    assert len(pushed["state"]) == len(pushed["nonce"]) == 43
    assertion = jwt.decode(pushed["client_assertion"], CLIENT_KEY)
    assert assertion.header["kid"] == "client"
    assert assertion.claims["iss"] == assertion.claims["sub"] == CLIENT
    assert assertion.claims["aud"] == ISSUER
    assert assertion.claims["exp"] - assertion.claims["iat"] == 60
    secret = at.cookies.get("fagnett-vest-begun", "")
    assert secret not in pushed.values()


def test_a_provider_without_par_and_dpop_is_asked_by_the_browser(
    at: SignInDoor, provider: FakeProvider
) -> None:
    provider.metadata = {
        "pushed_authorization_request_endpoint": None,
        "dpop_signing_alg_values_supported": None,
        "authorization_response_iss_parameter_supported": None,
    }
    answer = at.go("/sign-in/begin")
    asked = httpx.URL(answer.headers["location"]).params
    assert asked["code_challenge_method"] == "S256"
    assert asked["client_id"] == CLIENT
    assert "client_assertion" not in asked


def test_a_nonce_of_the_provider_is_put_into_the_proof(
    at: SignInDoor, provider: FakeProvider
) -> None:
    said = at.begin()
    provider.answers["/token"] = httpx.Response(
        400, json={"error": "use_dpop_nonce"}, headers={"DPoP-Nonce": "once"}
    )
    at.finish(said)
    proofs = [each.headers["dpop"] for each in provider.asked if "dpop" in each.headers]
    nonces = [unverified(each).get("nonce") for each in proofs]
    assert nonces == [None, "once"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.test"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 1},
        {"exp": None},
        {"exp": 0},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": None},
        {"iat": 0},
        {"iat": 2**40},
        {"nbf": 2**40},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": ["subject-of-liv"]},
        {"name": {"a": 1}},
    ],
)
def test_an_id_token_that_says_something_else_lets_nobody_in(
    at: SignInDoor, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    _refused(at.finish(at.begin()))
    assert SESSION not in at.cookies


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT]}, {"aud": [CLIENT, "b"], "azp": CLIENT}, {"name": None}],
)
def test_an_id_token_may_say_it_otherwise(
    at: SignInDoor, provider: FakeProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert at.finish(at.begin()).status_code == 303


@pytest.mark.parametrize(("seconds", "taken"), [(50, True), (90, False)])
def test_clocks_may_be_a_minute_apart(
    at: SignInDoor, provider: FakeProvider, seconds: int, taken: bool
) -> None:
    provider.claims = {"iat": provider.now + seconds, "exp": provider.now + 300}
    assert (at.finish(at.begin()).status_code == 303) is taken
    provider.claims = {"iat": provider.now - 300, "exp": provider.now - seconds}
    assert (at.finish(at.begin()).status_code == 303) is taken


def _unsigned(claims: dict[str, Any]) -> str:
    header = {"kid": "1", "typ": "JWT", "alg": "none"}
    parts = (urlsafe_b64encode(orjson.dumps(each)) for each in (header, claims))
    return ".".join(each.decode().rstrip("=") for each in parts) + "."


def _forged(kind: str, provider: FakeProvider) -> str:
    """Return a token that would be good, had the provider signed it."""
    said = {"iss": ISSUER, "aud": CLIENT, "sub": "x", "nonce": provider.pushed["nonce"]}
    claims: dict[str, Any] = {**said, "iat": provider.now, "exp": provider.now + 60}
    own = ECKey.generate_key("P-256")
    secret = OctKey.import_key(orjson.dumps(public(provider.key)))
    ways: dict[str, tuple[dict[str, Any], Any]] = {
        "shared secret": ({"alg": "HS256"}, secret),
        "another key": ({}, own),
        "a key it brings": ({"jwk": public(own)}, own),
        "an unknown key": ({"kid": "2"}, provider.key),
        "another kind": ({"typ": "at+jwt"}, provider.key),
        "another curve": ({"alg": "ES512"}, ECKey.generate_key("P-521")),
    }
    if kind == "none":
        return _unsigned(claims)
    if kind not in ways:
        return kind
    header, key = ways[kind]
    header = {"kid": "1", "typ": "JWT", "alg": "ES256", **header}
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


@pytest.mark.parametrize(
    "kind",
    [
        "none",
        "shared secret",
        "another key",
        "a key it brings",
        "an unknown key",
        "another kind",
        "another curve",
        "",
        "a.b.c",
        "æ.ø.å",
        "[].[].[]",
        "x" * 20_000,
    ],
)
def test_an_id_token_that_the_provider_has_not_signed_lets_nobody_in(
    at: SignInDoor, provider: FakeProvider, kind: str
) -> None:
    said = at.begin()
    token = _forged(kind, provider)
    provider.answers["/token"] = httpx.Response(200, json={"id_token": token})
    _refused(at.finish(said))


@pytest.mark.parametrize(
    "change",
    [
        {"state": "another"},
        {"state": ""},
        {"state": "å"},
        {"iss": "https://other.test"},
        {"iss": ""},
        {"code": ""},
        {"error": "server_error"},
    ],
)
def test_an_answer_that_is_not_to_this_sign_in_lets_nobody_in(
    at: SignInDoor, provider: FakeProvider, change: dict[str, str]
) -> None:
    _refused(at.finish({**at.begin(), **change}))
    assert not any(each.url.path == "/token" for each in provider.asked)


def test_who_turns_back_is_told_so_and_is_not_signed_in(at: SignInDoor) -> None:
    said = {**at.begin(), "error": "access_denied"}
    _refused(at.finish(said), "sign_in_turned_back")


def test_an_answer_is_good_once_and_in_the_browser_that_set_out(at: SignInDoor) -> None:
    said = at.begin()
    own = dict(at.cookies)
    at.cookies.clear()
    _refused(at.finish(said))
    at.cookies = own
    assert at.finish(said).status_code == 303
    at.cookies = own
    _refused(at.finish(said))


def test_nobody_takes_long_at_the_provider() -> None:
    once = OnceOnly(desk_in_memory())
    first, second = (once.begin("/my-day", 1000) for _ in range(2))
    assert once.take(first.secret, 1000 + BEGUN_SECONDS - 1) == first
    assert once.take(first.secret, 1000) is None
    assert once.take(second.secret, 1000 + BEGUN_SECONDS) is None
    assert len({first.state, first.nonce, first.verifier, second.state}) == 4


def test_who_signs_in_anew_has_another_session_and_the_one_before_is_over(
    at: SignInDoor, provider: FakeProvider
) -> None:
    at.cookies[SESSION] = "chosen-by-somebody-else"
    at.finish(at.begin())
    first = at.cookies[SESSION]
    assert first != "chosen-by-somebody-else"
    at.finish(at.begin())
    assert at.cookies[SESSION] != first
    assert at.door.node.sessions.find(first, provider.now) is None


@pytest.mark.parametrize("path", ["/pushed", "/token"])
def test_a_provider_that_refuses_lets_nobody_in(
    at: SignInDoor, provider: FakeProvider, path: str
) -> None:
    said = at.begin() if path == "/token" else {}
    provider.answers[path] = httpx.Response(401, json={"error": "invalid_client"})
    _refused(at.finish(said) if said else at.go("/sign-in/begin"))


class TestProviderIsDown:
    """Nobody is let in meanwhile, and nobody who is in is turned out."""

    def test_it_is_said_since_when(
        self, at: SignInDoor, provider: FakeProvider
    ) -> None:
        assert "has not answered" not in at.go("/sign-in").text
        at.finish(at.begin())
        for path in ("/pushed", "/.well-known/openid-configuration", "/keys"):
            provider.answers[path] = httpx.ConnectError("no route to host")
        answer = at.go("/sign-in/begin")
        assert answer.status_code == 503
        _refused(answer, "provider_unreachable")
        assert "HelseID has not answered since" in at.go("/sign-in").text
        assert at.go("/role").status_code == 200

    @pytest.mark.parametrize(
        "answered",
        [
            httpx.Response(500, json={}),
            httpx.Response(302, headers={"Location": "http://169.254.169.254/"}),
            httpx.Response(200, text="<html>"),
            httpx.Response(200, json=[]),
            httpx.Response(200, content=b'{"a":"' + b"x" * 300_000 + b'"}'),
            httpx.Response(200, content=b"{}", headers={"Content-Encoding": "zstd"}),
            httpx.Response(200, json={"issuer": "https://other.test"}),
            httpx.Response(200, json={"issuer": ISSUER}),
            httpx.ReadTimeout("slow"),
        ],
    )
    def test_what_is_no_answer_of_a_provider_is_none(
        self,
        at: SignInDoor,
        provider: FakeProvider,
        answered: httpx.Response | Exception,
    ) -> None:
        provider.answers["/.well-known/openid-configuration"] = answered
        _refused(at.go("/sign-in/begin"), "provider_unreachable")

    def test_one_that_has_just_failed_is_left_alone_for_a_moment(
        self, at: SignInDoor, provider: FakeProvider
    ) -> None:
        provider.answers["/.well-known/openid-configuration"] = httpx.ConnectError("")
        for _ in range(5):
            at.go("/sign-in/begin")
        assert len(provider.asked) == 1

    def test_what_it_said_before_counts_on_for_a_day(
        self, at: SignInDoor, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        at.finish(at.begin())
        assert at.door.node.provider is not None
        known = at.door.node.provider.people._known
        now = provider.now
        for kept in (known._keys, known._metadata):
            monkeypatch.setattr(kept, "_now", lambda: now)
        provider.answers["/keys"] = httpx.ConnectError("")
        now += KEPT_SECONDS
        assert known.key("1") is not None


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest",
        "https://169.254.169.254/latest",
        "https://provider.test:8443/token",
        "http://provider.test/token",
        "https://provider.test@evil.test/",
        "https://provider.test.evil.test/",
        "file:///etc/passwd",
        "//evil.test/",
        "https://[::1",
        "https://provider.test:x/",
        "https://provider.test\\@evil.test/",
    ],
)
@pytest.mark.parametrize(
    "name",
    ["jwks_uri", "token_endpoint", "authorization_endpoint", "end_session_endpoint"],
)
def test_no_other_host_is_asked_whatever_a_document_names(
    at: SignInDoor, provider: FakeProvider, name: str, address: str
) -> None:
    provider.metadata = {name: address}
    _refused(at.go("/sign-in/begin"), "provider_unreachable")
    assert {each.url.host for each in provider.asked} == {"provider.test"}


def test_keys_are_changed_without_a_restart_and_asked_for_once_a_minute(
    at: SignInDoor, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert at.finish(at.begin()).status_code == 303
    provider.key = ECKey.generate_key("P-256", parameters={"kid": "2"})
    provider.header = {"kid": "2"}
    for _ in range(3):
        _refused(at.finish(at.begin()))
    asked = [each for each in provider.asked if each.url.path == "/keys"]
    assert len(asked) == 1, "a key that is not known is asked for, but not yet again"
    assert at.door.node.provider is not None
    keys = at.door.node.provider.people._known._keys
    later = provider.now + 61
    monkeypatch.setattr(keys, "_now", lambda: later)
    assert at.finish(at.begin()).status_code == 303


def test_a_node_without_a_provider_has_none_of_these_pages(door: Door) -> None:
    for path in ("/sign-in/begin", "/sign-in/done", "/sign-in/over"):
        assert door.client.request("GET", path).status_code == 404
    told = door.client.request("POST", "/sign-in/ended", data={"logout_token": "x"})
    assert told.status_code == 404
