"""People and programs before a real provider of FAPI 2.0, by its own forms."""

import re
import time
from contextlib import closing
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest
from joserfc import jwt

from tests.support.doors import Door
from tests.support.logged import logged
from tests.support.provider import AUDIENCE, PROGRAM, proof, public
from tests.support.real_provider import RealProvider
from tests.support.surfer import Surfer
from tests.support.tokens import unverified

pytestmark = [pytest.mark.oidc, pytest.mark.servers]


def sign_in(browser: Surfer, login: str) -> httpx.Response:
    """Sign in as somebody, whom the provider believes whatever they say."""
    page = browser.open("/sign-in")
    assert "Sign in with HelseID" in page.text
    page = browser.open("/sign-in/begin?next=/networks")
    page = browser.fill_in(page, login=login, password="x")  # noqa: S106 - any will do
    return browser.fill_in(page)


def test_somebody_signs_in_by_the_forms_of_a_real_provider(
    real_provider: RealProvider, node_server: Door
) -> None:
    with closing(Surfer(real_provider.node_url)) as browser:
        page = sign_in(browser, "liv")
        assert page.status_code == 200, page.text
        assert page.url.path == "/role"
        assert "Name of liv" in page.text
        back = next(each for each in browser.led if "/sign-in/done" in each)
        assert "iss=" in urlsplit(back).query
        again = browser.open(back)
        assert "sign_in_failed" in again.text
    with closing(Surfer(real_provider.node_url)) as stranger:
        assert "sign_in_failed" in stranger.open(back).text
    assert node_server.node.provider is not None
    assert node_server.node.provider.down_since is None


@pytest.mark.law(8)
@pytest.mark.usefixtures("node_server")
def test_nothing_that_lets_somebody_in_is_logged(
    real_provider: RealProvider, caplog: pytest.LogCaptureFixture
) -> None:
    with logged() as lines, closing(Surfer(real_provider.node_url)) as browser:
        sign_in(browser, "liv")
        back = next(each for each in browser.led if "/sign-in/done" in each)
        cookie = browser.cookie("fagnett-vest")
        refused = browser.open(f"{back}x")
        real_provider.process.terminate()
        real_provider.process.wait(10)
        unreachable = browser.open("/sign-in/begin")
    asked = dict(parse_qsl(urlsplit(back).query))
    secrets = {asked["code"], asked["state"], cookie, "Name of liv"}
    written = lines.getvalue().decode() + caplog.text
    assert "provider" in written
    for secret in secrets:
        assert secret
        assert secret not in written
        assert secret not in refused.text + unreachable.text


def test_a_session_that_ends_at_the_provider_ends_here(
    real_provider: RealProvider, node_server: Door
) -> None:
    with closing(Surfer(real_provider.node_url)) as browser:
        sign_in(browser, "liv")
        secret = browser.cookie("fagnett-vest")
        assert secret is not None
        sessions = node_server.node.sessions
        assert sessions.find(secret, int(time.time())) is not None
        page = browser.open(f"{real_provider.issuer}/session/end")
        browser.fill_in(page, "/session/end/confirm", logout="yes")
        until = time.monotonic() + 10
        while sessions.find(secret, int(time.time())) and time.monotonic() < until:
            time.sleep(0.05)
        ended = sessions.find(secret, int(time.time())) is None
        assert ended, real_provider.log.read_text()
        assert browser.open("/my-day").url.path == "/sign-in"


@pytest.mark.usefixtures("node_server")
def test_who_signs_out_here_is_asked_to_sign_out_there(
    real_provider: RealProvider,
) -> None:
    with closing(Surfer(real_provider.node_url)) as browser:
        page = sign_in(browser, "liv")
        over = browser.fill_in(page, "/sign-out")
        _, _, there = over.headers["refresh"].partition("url=")
        asked = browser.open(there)
        assert asked.url.path == "/session/end"
        ended = browser.fill_in(asked, "/session/end/confirm", logout="yes")
        assert str(ended.url).partition("?")[0] == f"{real_provider.node_url}/sign-in"
        # At the provider nobody is signed in any more: it asks again.
        page = browser.open("/sign-in/begin")
        assert 'name="login"' in page.text


@pytest.mark.usefixtures("node_server")
def test_who_turns_back_is_told_so(
    real_provider: RealProvider,
) -> None:
    with closing(Surfer(real_provider.node_url)) as browser:
        page = browser.open("/sign-in/begin")
        found = re.search(r'href="([^"]*/abort)"', page.text)
        assert found is not None
        assert (
            "sign_in_turned_back" in browser.open(urljoin(str(page.url), found[1])).text
        )


def _access_token(provider: RealProvider) -> str:
    """Ask for a token as a program does, with a nonce where one is wanted."""
    place = f"{provider.issuer}/token"
    nonce: dict[str, str] = {}
    answer = httpx.Response(500)
    for _ in range(2):
        now = int(time.time())
        said = {"iss": PROGRAM, "sub": PROGRAM, "aud": provider.issuer, "iat": now}
        said |= {"exp": now + 60, "jti": str(time.perf_counter_ns())}
        header = {"alg": "ES256", "kid": "program"}
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": kind,
            "client_assertion": jwt.encode(header, said, provider.program_key),
        }
        claims = {"htm": "POST", "htu": place, "iat": now, **nonce}
        claims["jti"] = str(time.perf_counter_ns())
        headed = {"alg": "ES256", "typ": "dpop+jwt"}
        key = provider.program_key
        shown = jwt.encode({**headed, "jwk": _plain(key)}, claims, key)
        answer = httpx.post(place, data=form, headers={"DPoP": shown})
        nonce = {"nonce": answer.headers.get("dpop-nonce", "")}
        if answer.status_code == 200:
            break
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def _plain(key: object) -> dict[str, str]:
    return {name: each for name, each in public(key).items() if name in "kty crv x y"}  # type: ignore[arg-type]


@pytest.mark.usefixtures("node_server")
def test_a_program_calls_with_a_token_of_the_real_provider(
    real_provider: RealProvider,
) -> None:
    token = _access_token(real_provider)
    path = "/v1/organisations"
    address = f"{real_provider.node_url}{path}"
    shown = proof(token, "GET", path, real_provider.program_key, htu=address)
    headers = {"Authorization": f"DPoP {token}", "DPoP": shown}
    assert httpx.get(address, headers=headers).status_code == 200
    assert httpx.get(address, headers=headers).status_code == 401
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(address, headers=bearer).status_code == 401
    assert AUDIENCE in jwt_audience(token)


def jwt_audience(token: str) -> str:
    """Return whom a token is for."""
    return str(unverified(token)["aud"])


@pytest.mark.usefixtures("node_server")
def test_a_provider_that_stops_turns_nobody_out(
    real_provider: RealProvider,
) -> None:
    with closing(Surfer(real_provider.node_url)) as browser:
        sign_in(browser, "liv")
        real_provider.process.terminate()
        real_provider.process.wait(10)
        assert "Name of liv" in browser.open("/role").text
        assert browser.open("/sign-in/begin").status_code == 503
        assert "has not answered since" in browser.open("/sign-in").text
