"""A real provider, and a node before it: each is a server on this machine."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
import uvicorn

from api.app import create_app
from api.auth import Role
from api.provider.outward import Outward
from api.provider.profile import Profile
from api.provider.provider import Provider
from api.services import Node
from deploy.local.process import free_ports
from tests.support.doors import Door, opened
from tests.support.examples import BERGEN
from tests.support.federation import desk_in_memory
from tests.support.provider import AUDIENCE, CLIENT, PROGRAM
from tests.support.real_provider import RealProvider, running

BEGIN_SECONDS: Final = 60


@pytest.fixture(params=[False, True], ids=["", "nonces"])
def real_provider(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[RealProvider]:
    """Run a provider, without nonces in DPoP proofs and with them."""
    port, node_port = free_ports(2)
    node_url = f"http://127.0.0.1:{node_port}"
    log = tmp_path / "provider.log"
    with running(port, [node_url], log, nonces=request.param) as provider:
        yield provider


@pytest.fixture
def node_server(real_provider: RealProvider, tmp_path: Path) -> Iterator[Door]:
    """Serve a node whose people that provider signs in."""
    with opened(tmp_path) as door:
        door.register(BERGEN)
        door.node.projector.catch_up()
        profile = Profile(
            issuer=real_provider.issuer,
            client_id=CLIENT,
            key=real_provider.client_key,
            public_url=real_provider.node_url,
            algorithms=frozenset({"ES256"}),
            audience=AUDIENCE,
            programs={PROGRAM: frozenset({Role.CONTROLLER})},
        )
        outward = Outward(profile.issuer)
        person, now = door.node.persons.who_acts, door.node.unix_seconds
        made = Provider(profile, outward, desk_in_memory(), person, now)
        node = replace(door.node, public_url=profile.public_url, provider=made)
        with _served(node, int(real_provider.node_url.rpartition(":")[2])):
            yield Door(node, door.client)


@contextlib.contextmanager
def _served(node: Node, port: int) -> Iterator[None]:
    config = uvicorn.Config(
        create_app(node), port=port, log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + BEGIN_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
