"""The local federation: four regions on this machine, from an empty folder."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

import httpx

from api.auth import Role
from api.clock import ClockSource
from deploy.keyfiles import KeyFileError
from deploy.local import nats, postgres
from deploy.local.database import Database
from deploy.local.home import Home, read_state
from deploy.local.process import (
    Program,
    Still,
    Supervisor,
    WhenStarted,
    free_ports,
    wait_until,
)
from deploy.local.stored import stored_databases
from domain.values import Region
from federation.private import make_folder, replace_private

NODE: Final = (sys.executable, "-m", "deploy.cli", "node")
NURSERY: Final = (sys.executable, "-m", "deploy.cli.nursery")
FORKS: Final = sys.platform == "linux"
"""Elsewhere a system's own libraries may not outlive a fork."""
PORTS_COUNT: Final = 3 + 2 * len(Region)
"""Ports of the hub, its links and PostgreSQL; of each region's server and node."""


class LocalFederation:
    """Runs while it is entered; leaves nothing running, and its folder as it is."""

    def __init__(  # noqa: PLR0913 - all but two may be left out
        self,
        home: Home,
        database: Database,
        postgres_dsn: str | None = None,
        tell: Callable[[str], None] = lambda _: None,
        *,
        link: Callable[[Region, int], int] = lambda _, port: port,
        command: Callable[[Region], Sequence[str]] = lambda _: NODE,
        told: Callable[[Region], Mapping[str, str]] = lambda _: {},
    ) -> None:
        """Prepare; ``link`` gives the port at which a region's server finds the hub's.

        ``command`` is what a region's node is started by, ``told`` what it is told beside
        what all are, by the members of ``NodeSettings``.
        """
        self.home = home
        self._database = database
        self._given_dsn = postgres_dsn
        self._tell = tell
        self._link = link
        self._command = command
        self._told = told
        self._ports = free_ports(PORTS_COUNT, _ports_before(home))
        self._hub_port, self._leaf_port, self._postgres_port, *rest = self._ports
        self._nats_ports = dict(zip(Region, rest[:4], strict=True))
        self._http_ports = dict(zip(Region, rest[4:], strict=True))
        self._supervisor = Supervisor()

    @property
    def urls(self) -> Mapping[Region, str]:
        """The addresses of the nodes."""
        return {
            region: f"http://127.0.0.1:{port}"
            for region, port in self._http_ports.items()
        }

    def pids(self) -> Mapping[str, int]:
        """Process ids of everything that runs."""
        return self._supervisor.pids()

    def add(self, region: Region) -> tuple[str, str]:
        """Start another process of a region, on PostgreSQL; return its name and address.

        It keeps to itself: who asks for :attr:`urls` gets the first one's address.
        """
        assert self._database is Database.POSTGRES, "a file has one process"
        (port,) = free_ports(1)
        name = f"node-{region.value}-{port}"
        node = self._node(region, name, port)
        url = f"http://127.0.0.1:{port}"
        self._supervisor.keep({node: partial(wait_until, lambda: is_ready(url), node)})
        return name, url

    def token(self, organisation: str, *roles: Role, actor: str | None = None) -> str:
        """Token for one of an organisation's people."""
        return self.home.token_for(organisation, *roles, actor=actor)

    def __enter__(self) -> Self:
        """Start everything, and wait until it is ready.

        Raises :class:`HomeInUseError` where another one runs in this home.
        """
        make_folder(self.home.path)
        self._lock = self.home.lock()
        try:
            self.home.tighten()
            if not self.home.peers.exists():
                self._tell("keys")
            self.home.make_keys()
            self._start_carrier_and_databases()
            self._start_nodes()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self._stop()

    def _stop(self) -> None:
        self._supervisor.stop()
        self._lock.close()

    def _start_carrier_and_databases(self) -> None:
        self._tell("servers")
        path = self.home.path
        files = self.home.carrier
        hub = nats.hub_program(path, files, self._hub_port, self._leaf_port)
        programs: dict[Program, WhenStarted] = {hub: lambda _: None}
        for region, port in self._nats_ports.items():
            hub_port = self._link(region, self._leaf_port)
            leaf = nats.leaf(path, files, region, port, hub_port)
            programs[leaf] = partial(nats.wait_and_declare, leaf, files, region, port)
        if FORKS:
            log = path / "logs" / "nursery.log"
            nursery = Program("nursery", NURSERY, log, forks=True)
            programs[nursery] = partial(self._supervisor.nursery_ready, nursery)
        if self._database is Database.POSTGRES and self._given_dsn is None:
            program = postgres.program(path, self._postgres_port)
            ready = partial(postgres.wait_ready, program, self._server)
            programs = {program: ready, **programs}
        self._supervisor.keep(programs)
        if self._database is Database.POSTGRES:
            self._tell("database")
            names = [self.home.database_name(region) for region in Region]
            postgres.make_databases(self._server, names)

    @property
    def _server(self) -> str:
        """How to reach the PostgreSQL server."""
        return self._given_dsn or postgres.dsn(self.home.path, self._postgres_port)

    def _start_nodes(self) -> None:
        self._tell("nodes")
        # Whoever makes a journal makes the folders above its own as others are.
        make_folder(self.home.nodes)
        programs: dict[Program, WhenStarted] = {}
        for region in Region:
            name = f"node-{region.value}"
            node = self._node(region, name, self._http_ports[region])
            programs[node] = partial(self._when_node_started, node, region)
        self._supervisor.keep(programs)

    def _when_node_started(self, node: Program, region: Region, still: Still) -> None:
        wait_until(lambda: is_ready(self.urls[region]), node, still)
        self._write_state()

    def _node(self, region: Region, name: str, port: int) -> Program:
        home = self.home
        if self._database is Database.SQLITE:
            database = f"sqlite:///{home.journal(region)}"
        else:
            database = postgres.on_server(self._server, home.database_name(region))
        told = {
            **told_to_node(home, region, database, self._nats_ports[region], port),
            **self._told(region),
        }
        command = self._command(region)
        return Program(
            name=name,
            command=command,
            log=home.path / "logs" / f"{name}.log",
            environment={f"FAGNETT_{each.upper()}": told[each] for each in told},
            forked_by="nursery" if FORKS and command == NODE else None,
        )

    def _write_state(self) -> None:
        state = {
            "database": self._database.value,
            "postgres_port": self._postgres_port,
            "ports": self._ports,
            "nodes": {region.value: url for region, url in self.urls.items()},
            "pids": dict(self.pids()),
        }
        replace_private(self.home.state, json.dumps(state, indent=2) + "\n")


def _ports_before(home: Home) -> Sequence[int]:
    """Ports that a home's federation had; none where nobody can tell."""
    try:
        state = read_state(home) or {}
    except KeyFileError:
        return ()
    ports = state.get("ports", ())
    whole = isinstance(ports, list) and all(isinstance(port, int) for port in ports)
    return ports if whole and len(ports) == PORTS_COUNT else ()


def told_to_node(
    home: Home, region: Region, database: str, nats_port: int, http_port: int
) -> Mapping[str, Any]:
    """What a region's node is told, as text, by the members of ``NodeSettings``."""
    return {
        "region": region.value,
        "database": database,
        "nats_url": nats.url(nats_port),
        "nats_ca_file": str(home.carrier.authority),
        "nats_certificate_file": str(home.carrier.client(region)),
        "nats_nkey_file": str(home.carrier.nkey(region, "node")),
        "signing_key_file": str(home.signing_key(region)),
        "peers_file": str(home.peers),
        "persons_key_file": str(home.persons_key(region)),
        "documents_key_file": str(home.documents_key(region)),
        "documents": str(home.documents(region)),
        "token_key_file": str(home.token_public),
        "http_port": str(http_port),
        "clock": ClockSource.REQUEST.value,
    }


@contextmanager
def stored_nodes(
    home: Home, postgres_dsn: str | None = None
) -> Iterator[Mapping[Region, Mapping[str, Any]]]:
    """Give what each node of a home was told last, its database reachable."""
    ports = _ports_before(home)
    with stored_databases(home, postgres_dsn) as databases:
        yield {
            region: told_to_node(home, region, database, nats_port, http_port)
            for (region, database), nats_port, http_port in zip(
                databases.items(),
                ports[-8:-4] or [0] * 4,
                ports[-4:] or [0] * 4,
                strict=True,
            )
        }


def unready(url: str) -> Collection[str]:
    """Checks of a node that do not hold; none where it does not answer."""
    try:
        checks = httpx.get(f"{url}/readyz", timeout=2).json()["checks"]
        return [name for name, holds in checks.items() if holds is False]
    except (httpx.HTTPError, ValueError, LookupError, AttributeError, TypeError):
        return ()


def is_ready(url: str) -> bool:
    """Whether a node takes commands."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
