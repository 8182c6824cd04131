"""Real servers for tests: one PostgreSQL for all, and NATS servers where asked for."""

import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from eventsourcing.postgres import PostgresDatastore
from nats.aio.client import Client
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from deploy.carrier.files import CarrierFiles
from deploy.local import nats, postgres
from deploy.local.process import HOST, Supervisor, free_ports
from deploy.settings import CliSettings
from domain.values import Region
from federation.journal.postgres import PostgresJournal
from federation.transport.connection import connect, declare_stream
from federation.transport.jetstream import JetStreamTransport
from federation.transport.subjects import operator_name
from tests.support.federation import instant

_numbers = itertools.count(1)


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder of its own, reachable for a service user; what fails leaves it."""
    path = Path(tempfile.mkdtemp(prefix="fagnett-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[str]:
    """Give a PostgreSQL server: the one that a DSN names, or one of our own."""
    given = CliSettings().postgres_dsn
    if given is not None:
        yield given
        return
    with folder() as home:
        (port,) = free_ports(1)
        supervisor = Supervisor()
        try:
            # What it holds is thrown away, and need not reach the disk at the end.
            program = postgres.program(home, port)
            program = replace(program, stop_signal=signal.SIGQUIT)
            reached = postgres.dsn(home, port)
            supervisor.keep({program: partial(postgres.wait_ready, program, reached)})
            # Given on to other homes and programs, so the password is in it.
            *_, password = (home / postgres.PASS_FILE).read_text().split(":")
            yield make_conninfo(reached, password=password.strip())
        finally:
            supervisor.stop()


def new_database(server: str) -> str:
    """Make an empty database, and return how to reach it."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    postgres.make_databases(server, [name])
    return postgres.on_server(server, name)


def postgres_journal(database: str, region: Region = Region.VEST) -> PostgresJournal:
    """Open a journal in a database."""
    dsn = conninfo_to_dict(database)
    datastore = PostgresDatastore(
        dbname=str(dsn["dbname"]),
        host=str(dsn["host"]),
        port=str(dsn["port"]),
        user=str(dsn["user"]),
        password=str(dsn.get("password", "")),
        connect_timeout=30,
        pool_size=2,
        max_overflow=20,
        originator_id_type="text",
    )
    return PostgresJournal(datastore, region, instant)


@dataclass(frozen=True, slots=True)
class Servers:
    """NATS servers that run, and what is known by those who may connect."""

    urls: Mapping[Region, str]
    files: CarrierFiles
    hub_port: int
    leaf_port: int
    logs: Path
    supervisor: Supervisor

    def node(self, region: Region) -> JetStreamTransport:
        """Return a transport with the login of a region's node."""
        return JetStreamTransport(region.value, self.files.login(region, "node"))

    async def declare(self, region: Region) -> None:
        """Make a region's stream, as its operator does."""
        login = self.files.login(region, "operator")
        await declare_stream(self.urls[region], region.value, login)

    def wipe(self) -> None:
        """Kill all servers and delete all that they store; they are started anew."""
        for pid in self.supervisor.pids().values():
            os.kill(pid, signal.SIGKILL)
        for name in self.supervisor.pids():
            store = self.logs.parent / "nats" / name.removeprefix("nats-")
            shutil.rmtree(store, ignore_errors=True)

    async def as_operator(self, region: Region) -> Client:
        """Connect as a region's operator."""
        login = self.files.login(region, "operator")
        return await connect(self.urls[region], operator_name(region.value), login)


def straight(_: Region, port: int) -> int:
    """Have a region's server reach the hub without anything between."""
    return port


@contextmanager
def carrier_servers(link: Callable[[Region, int], int] = straight) -> Iterator[Servers]:
    """Run a hub and a server for each region, under the rules of every federation.

    ``link`` gives the port at which a region's server finds the hub's.
    """
    with folder() as home:
        files = CarrierFiles(home / "keys")
        files.make(datetime.now(UTC), [HOST])
        hub_port, leaf_port, *rest = free_ports(2 + len(Region))
        ports = dict(zip(Region, rest, strict=True))
        supervisor = Supervisor()
        wanted = {nats.hub_program(home, files, hub_port, leaf_port): lambda _: None}
        for region, port in ports.items():
            leaf = nats.leaf(home, files, region, port, link(region, leaf_port))
            wanted[leaf] = partial(nats.wait_and_declare, leaf, files, region, port)
        try:
            supervisor.keep(wanted)
            urls = {region: nats.url(port) for region, port in ports.items()}
            yield Servers(urls, files, hub_port, leaf_port, home / "logs", supervisor)
        finally:
            supervisor.stop()
