"""NATS for one machine: a hub, and one leaf node with its own domain per region."""

import asyncio
import os
import resource
import shutil
import sysconfig
from pathlib import Path
from typing import Final

from deploy.carrier import configuration
from deploy.carrier.configuration import CONNECTIONS_MAX, FILES_MIN, Member, Server
from deploy.carrier.files import HUB, CarrierFiles
from deploy.local.process import HOST, Program, Still, listens, wait_until
from domain.values import Region
from federation.private import make_folder
from federation.tasks import end_all
from federation.transport.connection import declare_stream

LOOK_SECONDS: Final = 0.1


def binary() -> str:
    """Path of the NATS server that is installed beside this program."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    path = str(beside) if beside.exists() else shutil.which("nats-server")
    if path is None:
        message = "there is no nats-server; `make setup` installs it"
        raise FileNotFoundError(message)
    return path


def url(port: int) -> str:
    """Address of a server of this machine."""
    return f"tls://{HOST}:{port}"


def hub_program(home: Path, files: CarrierFiles, port: int, leaf_port: int) -> Program:
    """Program of the hub."""
    server = _server(files, HUB, port)
    text = configuration.hub(server, f"{HOST}:{leaf_port}", files.links_public())
    return _program(home, HUB, text)


def leaf(
    home: Path,
    files: CarrierFiles,
    region: Region,
    port: int,
    leaf_port: int,
    member: Member | None = None,
) -> Program:
    """Program of a region's server, or of one of its cluster."""
    name = region.value if member is None else f"{region.value}-{member.number}"
    text = configuration.region(
        region,
        _server(files, region.value, port, member),
        home / "nats" / name,
        f"{HOST}:{leaf_port}",
        {
            between: os.path.relpath(file, home / "nats")
            for between, file in files.links(region).items()
        },
        files.users_public(region),
    )
    return _program(home, name, text)


def _server(
    files: CarrierFiles, name: str, port: int, member: Member | None = None
) -> Server:
    address = f"{HOST}:{port}"
    return Server(
        address, files.server(name), files.authority, member, _connections_max()
    )


def _connections_max() -> int:
    """How many connections leave a server the files that it stores in.

    A server takes as many files as the system lets it, by itself.
    """
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = FILES_MIN if hard == resource.RLIM_INFINITY else min(FILES_MIN, hard)
    return files * CONNECTIONS_MAX // FILES_MIN


def _program(home: Path, name: str, text: str) -> Program:
    file = home / "nats" / f"{name}.conf"
    make_folder(file.parent)
    file.write_text(text)
    return Program(
        name=f"nats-{name}",
        command=[binary(), "--config", str(file)],
        log=home / "logs" / f"nats-{name}.log",
    )


def wait_and_declare(
    program: Program, files: CarrierFiles, region: Region, port: int, still: Still
) -> None:
    """Wait until a region's server listens, and make its stream where it is missing."""
    wait_until(lambda: listens(port), program, still)
    asyncio.run(_declare(files, region, port, still))


async def _declare(
    files: CarrierFiles, region: Region, port: int, still: Still
) -> None:
    """Make a stream; a client waits for a server that is gone, so we look after it."""
    login = files.login(region, "operator")
    making = asyncio.ensure_future(declare_stream(url(port), region.value, login))
    try:
        while not making.done():
            still()
            await asyncio.wait([making], timeout=LOOK_SECONDS)
    finally:
        await end_all([making])
    making.result()
