"""Real servers for tests: one PostgreSQL for all, and NATS servers where asked for."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from eventsourcing.postgres import PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from deploy.local import nats, postgres
from deploy.local.process import Supervisor, free_ports
from deploy.settings import CliSettings
from domain.values import Region
from federation.journal.postgres import PostgresJournal
from tests.support.federation import instant

_numbers = itertools.count(1)


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder of its own, reachable for a service user, and remove it."""
    path = Path(tempfile.mkdtemp(prefix="fagnett-test-"))
    try:
        yield path
    finally:
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
            program = postgres.program(home, port)
            supervisor.keep({program: partial(postgres.wait_ready, program, port)})
            yield postgres.dsn(port, "postgres")
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


@contextmanager
def carrier_servers() -> Iterator[dict[Region, str]]:
    """Run a hub and a server for each region; give the regions' addresses."""
    with folder() as home:
        hub_port, leaf_port, *ports = free_ports(2 + len(Region))
        supervisor = Supervisor()
        wanted = {nats.hub(home, hub_port, leaf_port): lambda: None}
        for region, port in zip(Region, ports, strict=True):
            program = nats.leaf(home, region, port, leaf_port)
            wanted[program] = partial(nats.wait_and_declare, program, region, port)
        try:
            supervisor.keep(wanted)
            yield {
                region: f"nats://127.0.0.1:{port}"
                for region, port in zip(Region, ports, strict=True)
            }
        finally:
            supervisor.stop()
