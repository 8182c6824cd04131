"""An OpenID provider in this process: it answers as one does, or as a test wants."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from api.app import create_app
from api.auth import Role
from api.provider.outward import Outward
from api.provider.profile import Profile
from api.provider.provider import Provider
from tests.support.doors import Client, Door
from tests.support.examples import BERGEN
from tests.support.federation import desk_in_memory

ISSUER = "https://provider.test"
NODE = "https://node.test"
CLIENT = "fagnett-vest"
AUDIENCE = "nhn:fagnett"
PROGRAM = "a-program"
CLAIM = "helseid://claims/client/claims/orgnr_parent"
CLIENT_KEY = ECKey.generate_key("P-256", parameters={"kid": "client"})
PROGRAM_KEY = ECKey.generate_key("P-256")
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}
PROFILE = Profile(
    issuer=ISSUER,
    client_id=CLIENT,
    key=CLIENT_KEY,
    public_url=NODE,
    audience=AUDIENCE,
    programs={PROGRAM: frozenset({Role.CONTROLLER})},
)


@dataclass
class FakeProvider:
    """Answers what the node asks of its provider, and remembers it."""

    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", parameters={"kid": "1"})
    )
    metadata: dict[str, Any] = field(default_factory=dict)
    """What its document says otherwise."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What its id tokens say otherwise; None leaves a claim out."""
    header: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    """By path, what is answered in place of what should be."""
    asked: list[httpx.Request] = field(default_factory=list)
    pushed: dict[str, str] = field(default_factory=dict)
    now: int = field(default_factory=lambda: int(time.time()))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request)
        planned = self.answers.get(request.url.path)
        if isinstance(planned, Exception):
            raise planned
        if planned is not None:
            return planned
        form = dict(parse_qsl(request.content.decode()))
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self.document())
            case "/keys":
                return httpx.Response(200, json={"keys": [public(self.key)]})
            case "/pushed":
                self.pushed = form
                return httpx.Response(201, json={"request_uri": "urn:pushed:1"})
            case "/token":
                return self._exchange(request, form)
            case _:
                return httpx.Response(404)

    def document(self) -> dict[str, Any]:
        """Return what the provider says of itself."""
        said = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "pushed_authorization_request_endpoint": f"{ISSUER}/pushed",
            "end_session_endpoint": f"{ISSUER}/end",
            "dpop_signing_alg_values_supported": ["ES256"],
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }
        return {name: value for name, value in said.items() if value is not None}

    def _exchange(
        self, request: httpx.Request, form: Mapping[str, str]
    ) -> httpx.Response:
        digest = sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        assertion = jwt.decode(form["client_assertion"], CLIENT_KEY).claims
        if challenge != self.pushed["code_challenge"] or assertion["aud"] != ISSUER:
            return httpx.Response(400, json={"error": "invalid_grant"})
        assert request.headers["dpop"]
        token = self.id_token(nonce=self.pushed["nonce"])
        return httpx.Response(200, json={"access_token": "x", "id_token": token})

    def id_token(self, **claims: Any) -> str:
        """Return a token that says who has signed in."""
        said = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "subject-of-liv",
            "name": "Liv Moe",
            "sid": "their-session",
            "iat": self.now,
            "exp": self.now + 300,
            **claims,
            **self.claims,
        }
        return self.signed(said, typ="JWT")

    def logout_token(self, **claims: Any) -> str:
        """Return a token that says who has signed out."""
        said = {
            "iss": ISSUER,
            "aud": CLIENT,
            "iat": self.now,
            "exp": self.now + 120,
            "jti": "logout-1",
            "sid": "their-session",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **claims,
        }
        return self.signed(said, typ="logout+jwt")

    def access_token(self, key: ECKey = PROGRAM_KEY, **claims: Any) -> str:
        """Return a token of a program, bound to a key."""
        said = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": PROGRAM,
            "client_id": PROGRAM,
            CLAIM: BERGEN,
            "iat": self.now,
            "exp": self.now + 300,
            "cnf": {"jkt": key.thumbprint()},
            **claims,
        }
        return self.signed(said, typ="at+jwt")

    def signed(self, claims: Mapping[str, Any], typ: str) -> str:
        """Sign what is said; a claim of None is left out."""
        said = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "ES256", "kid": "1", "typ": typ, **self.header}
        return jwt.encode(header, said, self.key, algorithms=["ES256"])


def public(key: ECKey) -> dict[str, Any]:
    """Return the public half of a key."""
    return dict(key.as_dict(private=False))


def proof(
    token: str, method: str, path: str, key: ECKey = PROGRAM_KEY, **claims: Any
) -> str:
    """Return a program's proof that a call is its own."""
    digest = sha256(token.encode()).digest()
    said = {
        "htm": method,
        "htu": f"{NODE}{path}",
        "iat": int(time.time()),
        "jti": str(time.perf_counter_ns()),
        "ath": urlsafe_b64encode(digest).rstrip(b"=").decode(),
        **claims,
    }
    header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": public(key)}
    return jwt.encode(header, said, key, algorithms=["ES256"])


@dataclass
class SignInDoor:
    """A node that has a provider, and a browser before it."""

    door: Door
    provider: FakeProvider
    client: Client
    cookies: dict[str, str] = field(default_factory=dict)

    def go(
        self, path: str, method: str = "GET", headers: Any = BROWSER, **content: Any
    ) -> httpx.Response:
        """Open an address as a browser does, and keep its cookies."""
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**headers, **({"Cookie": held} if held else {})}
        answer = self.client.request(method, f"{NODE}{path}", headers=sent, **content)
        for set_one in answer.headers.get_list("set-cookie"):
            name, _, value = set_one.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    def begin(self, back_to: str = "/my-day") -> dict[str, str]:
        """Set out for the provider; return what it would answer."""
        answer = self.go(f"/sign-in/begin?next={back_to}")
        assert answer.status_code == 303, answer.text
        asked = urlsplit(answer.headers["location"])
        assert f"{asked.scheme}://{asked.netloc}" == ISSUER
        assert parse_qs(asked.query)["request_uri"] == ["urn:pushed:1"]
        return {"code": "a-code", "state": self.provider.pushed["state"], "iss": ISSUER}

    def finish(self, said: Mapping[str, str]) -> httpx.Response:
        """Come back from the provider."""
        return self.go(f"/sign-in/done?{httpx.QueryParams(dict(said))}")


def with_provider(door: Door, provider: FakeProvider) -> SignInDoor:
    """Return the door of a node that has a provider."""
    outward = Outward(ISSUER, httpx.MockTransport(provider))
    desk = desk_in_memory()
    node = replace(
        door.node,
        public_url=NODE,
        provider=Provider(
            PROFILE,
            outward,
            desk,
            door.node.persons.who_acts,
            door.node.unix_seconds,
        ),
    )
    app = create_app(node)
    return SignInDoor(Door(node, Client(app)), provider, Client(app))
