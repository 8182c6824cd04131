"""Texts and files at real nodes: as large as they may be, and as an operator ends them."""

import subprocess
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from api.auth import Role
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from domain.values import Region
from tests.support import servers
from tests.support.commands import fagnett
from tests.support.nodes import Nodes

pytestmark = pytest.mark.servers

VEST, NORD = Region.VEST, Region.NORD
BERGEN: Final = "983974724"
BYTES_MAX: Final = 20 * 1024 * 1024


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Run four nodes."""
    with (
        servers.folder() as home,
        LocalFederation(Home(home), Database.SQLITE) as federation,
    ):
        yield Nodes(federation)


def call(
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
    given = call(nodes, "POST", "/v1/documents", whole, "application/pdf")
    assert given.status_code == 201, given.text
    read = call(nodes, "GET", given.headers["Location"])
    assert (read.status_code, read.content == whole) == (200, True)
    more = call(nodes, "POST", "/v1/documents", whole + b"\n", "application/pdf")
    assert more.status_code == 413
    folder = nodes.federation.home.documents(VEST)
    assert sum(each.is_file() for each in folder.rglob("*")) == 1


def test_an_operator_removes_what_a_running_node_has(nodes: Nodes) -> None:
    nodes.register(VEST, BERGEN)
    given = call(nodes, "POST", "/v1/documents", b"Referat")
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
    assert call(nodes, "GET", at).status_code == 410
    log = (home.path / "logs" / "node-vest.log").read_text()
    secret = home.documents_key(VEST).read_text().strip()
    assert secret not in log
    assert "Referat" not in log
