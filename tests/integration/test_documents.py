"""Texts and files at real nodes: as large as they may be, and as an operator ends them."""

import subprocess
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from api.auth import Role
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support import servers
from tests.support.commands import fagnett
from tests.support.nodes import LATER, Nodes

pytestmark = pytest.mark.servers

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
BERGEN, TROMSO, TRONDHEIM = "983974724", "983974899", "883974832"
FUNDER: Final = REGIONAL_AUTHORITY[NORD]
BYTES_MAX: Final = 20 * 1024 * 1024


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Run four nodes."""
    with (
        servers.folder() as home,
        LocalFederation(Home(home), Database.SQLITE) as federation,
    ):
        yield Nodes(federation)


def call_vest(
    nodes: Nodes, method: str, path: str, content: bytes = b"", said: str = "text/plain"
) -> httpx.Response:
    """Call vest's node as Bergen's people."""
    token = nodes.federation.token(BERGEN, Role.CONTROLLER)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": said}
    url = f"{nodes.federation.urls[VEST]}{path}"
    return httpx.request(method, url, content=content, headers=headers, timeout=60)


def test_a_document_is_as_large_as_the_node_takes_it_and_no_larger(
    nodes: Nodes,
) -> None:
    nodes.register(VEST, BERGEN)
    whole = b"%PDF-1.7\n" + b"\0\xff" * (BYTES_MAX // 2 - 8) + b"\n%%EOF\n"
    assert len(whole) == BYTES_MAX
    given = call_vest(nodes, "POST", "/v1/documents", whole, "application/pdf")
    assert given.status_code == 201, given.text
    read = call_vest(nodes, "GET", given.headers["Location"])
    assert (read.status_code, read.content == whole) == (200, True)
    more = call_vest(nodes, "POST", "/v1/documents", whole + b"\n", "application/pdf")
    assert more.status_code == 413
    folder = nodes.federation.home.documents(VEST)
    assert sum(each.is_file() for each in folder.rglob("*")) == 1


def as_of(
    nodes: Nodes,
    at: Region,
    who: tuple[str, Role],
    path: str,
    body: dict[str, Any] | None = None,
) -> httpx.Response:
    """Read at a node as somebody, or send it a command."""
    headers = {"Authorization": f"Bearer {nodes.federation.token(*who)}"}
    if body is not None:
        headers["Fagnett-Business-Day"] = LATER
    method = "GET" if body is None else "POST"
    url = f"{nodes.federation.urls[at]}{path}"
    answer = httpx.request(method, url, json=body, headers=headers, timeout=60)
    assert body is None or answer.is_success, answer.text
    return answer


RULES: Final[dict[str, Any]] = {
    "scheme": "s0",
    "title": "Nettverksmidler",
    "valid_from": "2027-01-01",
    "funder": FUNDER,
    "intake": "portal",
    "opens_on": "2027-01-01",
    "deadline": "2027-12-31",
    "applicant_kinds": ["hf"],
    "applicant_regions": ["vest"],
    "categories": [],
    "rules": {},
    "use": {"remainder": "lapses"},
}


def test_an_application_is_read_in_its_funders_region_until_it_is_announced(
    nodes: Nodes,
) -> None:
    nodes.register(VEST, BERGEN)
    nodes.register(NORD, TROMSO)
    nodes.register(NORD, FUNDER)
    nodes.register(MIDT, TRONDHEIM)
    funder = (FUNDER, Role.DECIDER)
    call: dict[str, Any] = {"version": 1, "rules": RULES}
    as_of(nodes, NORD, funder, "/v1/calls/hn/versions", call)
    nodes.arrived(NORD, VEST)
    nodes.arrived(VEST, NORD, MIDT)
    text = "Hensikten: å møtast.\n".encode() * 50_000
    given = call_vest(nodes, "POST", "/v1/documents", text)
    section = {"section": "purpose", "document": given.json()}
    content: dict[str, Any] = {
        "trust": BERGEN,
        "applicant": "Kari",
        "workplace": "Haukeland",
    }
    content |= {"title": "Netverk", "amount_ore": 1, "sections": [section]}
    presented: dict[str, Any] = {"call": "hn", "revision": 1, "content": content}
    path, who = "/v1/applications/kols/revisions", (BERGEN, Role.SECRETARY)
    as_of(nodes, VEST, who, path, presented)
    nodes.arrived(VEST, NORD, MIDT)
    nodes.folded(NORD, MIDT)
    at = given.headers["Location"]
    assert as_of(nodes, NORD, funder, at).content == text
    here = as_of(nodes, NORD, (TROMSO, Role.LEADER), at)
    there = as_of(nodes, MIDT, (TRONDHEIM, Role.AUDITOR), at)
    for refused in (here, there):
        assert refused.json()["code"] == "document_not_open"
    as_of(nodes, NORD, funder, "/v1/calls/hn/announcement", {})
    nodes.arrived(NORD, VEST, MIDT)
    nodes.folded(NORD, MIDT)
    for region, number in ((NORD, TROMSO), (MIDT, TRONDHEIM)):
        read = as_of(nodes, region, (number, Role.LEADER), at)
        assert (read.status_code, read.content == text) == (200, True), read.text
        assert read.headers["Content-Disposition"].startswith("attachment")


def test_an_operator_removes_what_a_running_node_has(nodes: Nodes) -> None:
    nodes.register(VEST, BERGEN)
    given = call_vest(nodes, "POST", "/v1/documents", b"Referat")
    assert given.status_code == 201, given.text
    at = given.headers["Location"]
    home, vest = nodes.federation.home, ("--region", "vest")
    folder = home.documents(VEST)
    sha256 = given.json()["sha256"]
    file = folder / sha256[:2] / sha256
    shown = subprocess.run(["sha256sum", file], capture_output=True, check=True)
    assert shown.stdout.decode().startswith(sha256)
    done = fagnett("documents", "check", "--home", home.path, *vest)
    assert (done.returncode, "unchanged" in done.stdout) == (0, True), done.stderr
    done = fagnett("documents", "remove", sha256, "--home", home.path, *vest)
    assert done.returncode == 0, done.stderr
    assert not file.exists()
    assert call_vest(nodes, "GET", at).status_code == 410
    log = (home.path / "logs" / "node-vest.log").read_text()
    secret = home.documents_key(VEST).read_text().strip()
    assert secret not in log
    assert "Referat" not in log
