"""``fagnett carrier``: servers that are configured by hand."""

from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.app import app
from deploy.local.federation import Home
from deploy.local.nats import binary
from deploy.local.process import Program, Supervisor, free_ports, listens, wait_until

pytestmark = pytest.mark.servers


def run(*arguments: str) -> str:
    """Run ``fagnett`` and return what it prints."""
    result = CliRunner().invoke(app, arguments, env={"FAGNETT_LANGUAGE": "en"})
    assert result.exit_code == 0, result.output
    return result.output


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
    wanted = {}
    for name, address in {"hub": client, "vest": vest}.items():
        file = keys / f"{name}.conf"
        file.write_text(printed[name])
        command = [binary(), "--config", str(file)]
        program = Program(name, command, tmp_path / f"{name}.log")
        port = int(address.rpartition(":")[2])
        wanted[program] = partial(wait_until, partial(listens, port), program)
    supervisor = Supervisor()
    try:
        supervisor.keep(wanted)
        url = f"tls://{vest}"
        for _ in range(2):
            said = run("carrier", "declare", "vest", "--keys", str(keys), "--url", url)
            assert "as it should be" in said
    finally:
        supervisor.stop()
    assert "Leafnode connection created" in (tmp_path / "hub.log").read_text()
