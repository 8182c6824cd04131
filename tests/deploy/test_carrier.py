"""``fagnett carrier``: servers that are configured by hand."""

from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.app import app
from deploy.local.home import Home
from deploy.local.nats import binary
from deploy.local.process import (
    Program,
    Supervisor,
    WhenStarted,
    free_ports,
    listens,
    wait_until,
)
from domain.values import Region

pytestmark = pytest.mark.servers


Programs = dict[Program, WhenStarted]


def invoke(*arguments: str) -> Result:
    """Run ``fagnett``."""
    return CliRunner().invoke(app, arguments, env={"FAGNETT_LANGUAGE": "en"})


def run(*arguments: str) -> str:
    """Run ``fagnett`` and return what it prints."""
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def programs(folder: Path, keys: Path, printed: dict[str, tuple[str, str]]) -> Programs:
    """Return the programs of servers: names to addresses and configurations."""
    wanted: Programs = {}
    for name, (address, text) in printed.items():
        file = keys / f"{name}.conf"
        file.write_text(text)
        command = [binary(), "--config", str(file)]
        program = Program(name, command, folder / f"{name}.log")
        port = int(address.rpartition(":")[2])
        wanted[program] = partial(wait_until, partial(listens, port), program)
    return wanted


def test_a_cluster_starts_with_what_is_printed(tmp_path: Path) -> None:
    run("keys", "make", "--to", str(tmp_path), "--host", "127.0.0.1")
    keys = Home(tmp_path).carrier.path
    addresses = [f"127.0.0.1:{port}" for port in free_ports(8)]
    client, links, vest, routes = *addresses[:2], addresses[2:5], addresses[5:]
    where = ("--keys", str(keys), "--at", str(keys))
    hub = run("carrier", "hub", *where, "--listen", client, "--links", links)
    of_vest: tuple[str, ...] = ("carrier", "region", "vest", *where, "--hub", links)
    of_vest += tuple(each for route in routes for each in ("--route", route))
    printed = {"hub": (client, hub)}
    for number, address in enumerate(vest, start=1):
        member = ("--listen", address, "--member", str(number))
        store = ("--store", str(tmp_path / f"store-{number}"))
        printed[f"vest-{number}"] = (address, run(*of_vest, *member, *store))
    supervisor = Supervisor()
    try:
        supervisor.keep(programs(tmp_path, keys, printed))
        url = ",".join(f"tls://{address}" for address in vest)
        declare = ("carrier", "declare", "vest", "--keys", str(keys), "--url", url)
        while invoke(*declare, "--replicas", "3").exit_code:
            pass  # the servers have not found each other yet
    finally:
        supervisor.stop()
    refused = invoke(*of_vest, "--listen", client, "--store", "s", "--member", "4")
    assert refused.exit_code == 2
    assert "There are 3 routes" in refused.output


def test_keys_of_an_earlier_release_have_all_links(tmp_path: Path) -> None:
    """They had one for each region; those over which others read follow from it."""
    run("keys", "make", "--to", str(tmp_path), "--host", "127.0.0.1")
    files = Home(tmp_path).carrier
    made = {path: path.read_text() for path in files.links(Region.VEST).values()}
    assert len(set(made.values())) == len(Region)
    for path in made:
        if path != files.link(Region.VEST):
            path.unlink()
    public = files.links_public()
    assert {
        path: path.read_text() for path in files.links(Region.VEST).values()
    } == made
    assert len(set(public.values())) == len(Region) ** 2
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in made)


def test_servers_start_with_what_is_printed(tmp_path: Path) -> None:
    run("keys", "make", "--to", str(tmp_path), "--host", "127.0.0.1")
    keys = Home(tmp_path).carrier.path
    client, links, vest = (f"127.0.0.1:{port}" for port in free_ports(3))
    where = ("--keys", str(keys), "--at", str(keys))
    printed = {
        "hub": run("carrier", "hub", *where, "--listen", client, "--links", links),
        "vest": run(
            *("carrier", "region", "vest", *where, "--listen", vest),
            *("--store", str(tmp_path / "store"), "--hub", links),
        ),
    }
    at = {"hub": client, "vest": vest}
    wanted = programs(
        tmp_path, keys, {name: (at[name], text) for name, text in printed.items()}
    )
    supervisor = Supervisor()
    try:
        supervisor.keep(wanted)
        url = f"tls://{vest}"
        for _ in range(2):
            said = run("carrier", "declare", "vest", "--keys", str(keys), "--url", url)
            assert "as it should be" in said
        linked = "Leafnode connection created"
        while linked not in (tmp_path / "hub.log").read_text():
            pass  # the hub may not have listened yet when it was tried first
    finally:
        supervisor.stop()
