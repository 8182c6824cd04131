"""NATS for one machine: a hub, and one leaf node with its own domain per region."""

import asyncio
import shutil
import sysconfig
from pathlib import Path
from typing import Final

from deploy.local.process import Program, listens, wait_until
from domain.values import Region
from federation.jetstream import declare_stream

HUB: Final = "hub"

_HUB_CONFIGURATION: Final = """\
# The hub: joins the regions' servers; it stores nothing of theirs.
server_name: hub
listen: 127.0.0.1:{port}
jetstream {{ store_dir: "{store}", domain: hub }}
leafnodes {{ listen: 127.0.0.1:{leaf_port}, no_advertise: true }}
"""

_REGION_CONFIGURATION: Final = """\
# The server of one region: its own JetStream domain, synced on every write.
server_name: {name}
listen: 127.0.0.1:{port}
jetstream {{ store_dir: "{store}", domain: {name}, sync_interval: always }}
leafnodes {{
  reconnect: "1s"
  remotes: [ {{ url: "nats-leaf://127.0.0.1:{leaf_port}", ignore_discovered_servers: true }} ]
}}
"""


def binary() -> str:
    """Return the path of the NATS server that is installed beside this program."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        message = "there is no nats-server; `make setup` installs it"
        raise FileNotFoundError(message)
    return found


def hub(home: Path, port: int, leaf_port: int) -> Program:
    """Return the program of the hub."""
    text = _HUB_CONFIGURATION.format(
        port=port, leaf_port=leaf_port, store=home / "nats" / HUB
    )
    return _program(home, HUB, text)


def leaf(home: Path, region: Region, port: int, leaf_port: int) -> Program:
    """Return the program of a region's server."""
    name = region.value
    text = _REGION_CONFIGURATION.format(
        name=name, port=port, leaf_port=leaf_port, store=home / "nats" / name
    )
    return _program(home, name, text)


def _program(home: Path, name: str, configuration: str) -> Program:
    file = home / "nats" / f"{name}.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(configuration)
    return Program(
        name=f"nats-{name}",
        command=[binary(), "--config", str(file)],
        log=home / "logs" / f"nats-{name}.log",
    )


def wait_and_declare(program: Program, region: Region, port: int) -> None:
    """Wait until a region's server listens, and make its stream where it is missing."""
    wait_until(lambda: listens(port), program)
    asyncio.run(declare_stream(f"nats://127.0.0.1:{port}", region.value))
