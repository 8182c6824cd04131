"""The databases of a home, whether its federation runs or not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from deploy.local.database import Database
from deploy.local.home import Home, read_state
from deploy.local.process import Supervisor, free_ports
from domain.region import Region


@contextmanager
def stored_databases(
    home: Home, postgres_dsn: str | None = None
) -> Iterator[Mapping[Region, str]]:
    """Give each region's database; start PostgreSQL for it where it does not run."""
    state = read_state(home)
    assert state is not None, "the caller has looked"
    if Database(state["database"]) is Database.SQLITE:
        yield {region: f"sqlite:///{home.journal(region)}" for region in Region}
        return
    from deploy.local import postgres  # noqa: PLC0415 - files need none of it

    supervisor = Supervisor()
    server = postgres_dsn or postgres.dsn(home.path, state["postgres_port"])
    try:
        if postgres_dsn is None and not postgres.answers(server):
            (port,) = free_ports(1)
            program = postgres.program(home.path, port)
            server = postgres.dsn(home.path, port)
            supervisor.keep({program: partial(postgres.wait_ready, program, server)})
        yield {
            region: postgres.on_server(server, home.database_name(region))
            for region in Region
        }
    finally:
        supervisor.stop()
