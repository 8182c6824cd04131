"""No secret is in what nodes write down, or say when they refuse: with all that they log."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from api.auth import Role
from deploy.keyfiles import write_secret
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from deploy.local.process import free_ports
from domain.values import Region
from tests.support import servers
from tests.support.examples import BERGEN
from tests.support.nodes import Nodes
from tests.support.surfer import Surfer

pytestmark = pytest.mark.servers

VEST: Final = Region.VEST
PASSWORD, S3_SECRET = "a-password-of-the-mail-server", "a-secret-of-the-bucket"
NAME, ADDRESS = "Kari Hemmeligsen", "kari.hemmeligsen@example.test"
IDENTITY_NUMBER: Final = "01017012345"
_SECRET: Final = re.compile(r"[A-Za-z0-9+/=_-]{20,}")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Tell nodes secrets, and to log all that they can; return the secrets."""
    (port,) = free_ports(1)
    nobody = f"127.0.0.1:{port}"
    files = {
        "SMTP_PASSWORD_FILE": PASSWORD,
        "DOCUMENTS_S3_SECRET_FILE": S3_SECRET,
    }
    for name, content in files.items():
        write_secret(tmp_path / name, content)
        monkeypatch.setenv(f"FAGNETT_{name}", str(tmp_path / name))
    settings = {
        "LOG_LEVEL": "DEBUG",
        "SMTP_URL": f"smtp://{nobody}",
        "SMTP_SENDER": "fagnett@example.test",
        "SMTP_USER": "fagnett",
        "DOCUMENTS_S3_URL": f"http://{nobody}/documents",
        "DOCUMENTS_S3_KEY_ID": "fagnett",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"FAGNETT_{name}", value)
    return {PASSWORD, S3_SECRET}


def kept(home: Home) -> Iterator[str]:
    """Give what the files hold that only their owner may read, keys above all."""
    for file in home.path.rglob("*"):
        if file.is_file() and file.suffix in {".key", ".persons", ".documents", ".nk"}:
            yield from _SECRET.findall(file.read_text())


class Caller:
    """Calls a node, and remembers the refusals."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.refusals: list[str] = []

    def call(self, method: str, path: str, token: str, **content: Any) -> int:
        """Return the status of an answer."""
        headers = {"Authorization": f"Bearer {token}", **content.pop("headers", {})}
        url = f"{self._url}{path}"
        answer = httpx.request(method, url, headers=headers, timeout=60, **content)
        if answer.is_error:
            self.refusals.append(f"{answer.headers} {answer.text}")
        return answer.status_code


def call_with_secrets(caller: Caller, token: str) -> None:
    """Have a node refuse what has secrets in it, and fail where it needs them."""
    text = {"Content-Type": "text/plain"}
    assert (
        caller.call("POST", "/v1/documents", token, content=NAME, headers=text) == 503
    )
    assert caller.call("GET", "/v1/networks", f"{token}x") == 401
    assert caller.call("GET", f"/v1/networks?cursor={NAME}", token) == 422
    assert caller.call("POST", "/v1/persons", token, json={"name": NAME}) == 201
    assert caller.call("POST", "/v1/persons", token, json={"called": NAME}) == 422
    network = {"network": f"n-{IDENTITY_NUMBER}", "name_nb": NAME, "name_en": NAME}
    assert caller.call("POST", "/v1/networks", token, json=network) == 422
    details = {"account": IDENTITY_NUMBER}
    at = f"/v1/organisations/{BERGEN}/billing-details"
    assert caller.call("POST", at, token, json=details) == 422
    assert caller.call("POST", at, token, content=f'{{"account": "{NAME}') == 422


def browse(url: str) -> tuple[set[str], list[str]]:
    """Sign in, ask for mail and a calendar; return the secrets, and what was refused."""
    with closing(Surfer(url)) as browser:
        page = browser.open("/sign-in")
        browser.fill_in(page, "/sign-in", person=f"{BERGEN}.controller")
        cookie = browser.cookie("fagnett-vest")
        assert cookie is not None
        page = browser.open("/notices")
        form = re.search(r'name="form" value="([^"]+)"', page.text)
        assert form is not None
        page = browser.fill_in(page, "/notices", address=ADDRESS, pace="at_once")
        assert page.status_code == 200
        made = browser.fill_in(browser.open("/obligations"), "/obligations/calendar")
        calendar = re.search(r"token=([A-Za-z0-9_-]+)", made.text)
        assert calendar is not None
        assert browser.open(f"/obligations.ics?token={calendar[1]}").status_code == 200
        refused = [
            browser.open(f"/obligations.ics?token={calendar[1]}x"),
            browser.open("/sign-in/begin"),
            browser.open(f"/sign-in/done?state={form[1]}&code={cookie}"),
        ]
        assert all(each.is_error for each in refused), [each.url for each in refused]
        return {cookie, form[1], calendar[1]}, [each.text for each in refused]


@pytest.mark.law(8)
def test_no_secret_is_logged_or_told_in_a_refusal(told: set[str]) -> None:
    with servers.folder() as path:
        home = Home(path)
        with LocalFederation(home, Database.SQLITE) as federation:
            Nodes(federation).register(VEST, BERGEN)
            token = federation.token(BERGEN, *Role)
            caller = Caller(federation.urls[VEST])
            call_with_secrets(caller, token)
            shown, refused = browse(federation.urls[VEST])
        logs = "\n".join(each.read_text() for each in path.glob("logs/*.log"))
        secrets = {*told, *kept(home), token.rpartition(".")[2]}
    assert '"document_not_kept"' in logs
    assert len(secrets) > len(told) + 10
    personal = {NAME, ADDRESS, IDENTITY_NUMBER}
    for what in secrets | shown | personal:
        assert what not in logs, what
    for what in secrets | shown | personal:
        assert not [each for each in (*caller.refusals, *refused) if what in each], what
