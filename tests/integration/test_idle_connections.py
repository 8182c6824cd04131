"""A thousand connections that say nothing leave a node as it is."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from deploy.local.database import Database
from deploy.local.federation import NODE, LocalFederation
from deploy.local.home import Home
from domain.values import Region
from tests.support import servers
from tests.support.commands import state, wait_for
from tests.support.nodes import Nodes

pytestmark = pytest.mark.servers

VEST, NORD = Region.VEST, Region.NORD
IDLE = 1000
FILES = 1024
NUMBERS = (("983974724", "983974899"), ("983974694", "993467049"))


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    """Run four nodes; vest's may have few files open."""
    few = ("sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh", *NODE)
    commands = {region: few if region is VEST else NODE for region in Region}
    with (
        servers.folder() as home,
        LocalFederation(
            Home(home), Database.SQLITE, command=commands.__getitem__
        ) as federation,
    ):
        yield Nodes(federation)


def test_idle_connections_without_a_token_leave_a_node_as_it_is(nodes: Nodes) -> None:
    url = httpx.URL(nodes.federation.urls[VEST])
    pid = state(nodes.federation.home.path)["pids"]["node-vest"]
    with ExitStack() as stack:
        for _ in range(IDLE):
            idle = socket.create_connection((url.host, url.port or 0))
            stack.callback(idle.close)
        for ours, theirs in NUMBERS:
            assert httpx.get(url.join("/readyz")).status_code == 200
            nodes.register(VEST, ours)
            nodes.register(NORD, theirs)
            nodes.arrived(VEST, NORD)
            nodes.arrived(NORD, VEST)
        ages: list[float] = []

        def heard() -> bool:
            ages.append(nodes.known(NORD, VEST)["heartbeat_age_seconds"] or 0.0)
            return ages[-1] < max(ages)

        wait_for(heard, "vest's next heartbeat")
        assert len([*Path(f"/proc/{pid}/fd").iterdir()]) < FILES
