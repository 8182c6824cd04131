"""The PostgreSQL server of a home lets nobody in but who may read its password's file."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from deploy.local import postgres
from deploy.local.postgres import SUPERUSER
from deploy.local.process import Supervisor, free_ports, wait_until
from tests.support.servers import folder

pytestmark = pytest.mark.servers


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a home that PostgreSQL's user can reach."""
    with folder() as made:
        yield made


@contextmanager
def running(home: Path) -> Iterator[str]:
    """Run a home's server."""
    (port,) = free_ports(1)
    program = postgres.program(home, port)
    reached = postgres.dsn(home, port)
    supervisor = Supervisor()
    try:
        supervisor.keep({program: partial(postgres.wait_ready, program, reached)})
        yield reached
    finally:
        supervisor.stop()


@contextmanager
def running_whoever_answers(home: Path, asker: Path) -> Iterator[int]:
    """Run a home's server until another home is answered, whatever the answer is."""
    (port,) = free_ports(1)
    program = postgres.program(home, port)
    supervisor = Supervisor()

    def answered() -> bool:
        unready = ("Connection refused", "starting up")
        return not any(each in refused(postgres.dsn(asker, port)) for each in unready)

    try:
        supervisor.keep({program: partial(wait_until, answered, program)})
        yield port
    finally:
        supervisor.stop()


def refused(dsn: str) -> str:
    """Return why a server does not let somebody in."""
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(dsn, connect_timeout=5).close()
    return str(caught.value)


def without_password(dsn: str) -> str:
    """Return how somebody comes who knows the port alone."""
    members = conninfo_to_dict(dsn)
    kept = {name: members[name] for name in ("host", "port", "user", "dbname")}
    return " ".join(f"{name}={value}" for name, value in kept.items())


def test_who_knows_the_port_alone_is_not_let_in(home: Path) -> None:
    with running(home) as dsn:
        anybody = without_password(dsn)
        assert "no password supplied" in refused(anybody)
        assert "password authentication failed" in refused(
            make_conninfo(anybody, password=SUPERUSER)
        )
        assert "no pg_hba.conf entry" in refused(
            make_conninfo(anybody, user="nobody", replication="true")
        ), "and nobody copies the server"
        with psycopg.connect(dsn) as connection:
            query = "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'"
            row = connection.execute(query).fetchone()
        assert row is not None
        assert str(row[0]).startswith("SCRAM-SHA-256$")


def test_the_password_stands_in_its_file_alone(home: Path) -> None:
    with running(home) as dsn:
        file = home / postgres.PASS_FILE
        password = file.read_text().strip().rsplit(":", 1)[1]
        assert len(password) == 64
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert password not in dsn
        shown = subprocess.run(
            ["ps", "-ewwo", "args"], capture_output=True, text=True, check=True
        )
        assert password not in shown.stdout
        others = [
            each
            for each in (home / "logs", home / "postgres")
            for each in each.rglob("*")
            if each.is_file() and password.encode() in each.read_bytes()
        ]
        assert not others


def test_another_server_on_the_port_is_not_believed(home: Path) -> None:
    postgres.program(home, 1)
    with folder() as elsewhere:
        postgres.program(elsewhere, 1)
        with running(elsewhere) as other:
            port = int(str(conninfo_to_dict(other)["port"]))
            assert not postgres.answers(postgres.dsn(home, port))
        trusting = elsewhere / "postgres" / "pg_hba.conf"
        trusting.write_text("host all all 127.0.0.1/32 trust\n")
        with running_whoever_answers(elsewhere, home) as port:
            assert "requirement" in refused(postgres.dsn(home, port))


def test_a_server_that_let_all_in_asks_once_it_is_started_again(home: Path) -> None:
    with running(home) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("ALTER ROLE postgres PASSWORD NULL")
            connection.execute("CREATE DATABASE kept")
        (home / "postgres" / "pg_hba.conf").write_text(
            "local all all trust\nhost all all 127.0.0.1/32 trust\n"
        )
        (home / postgres.PASS_FILE).unlink()
    with running(home) as dsn:
        assert "no password supplied" in refused(without_password(dsn))
        with psycopg.connect(make_conninfo(dsn, dbname="kept")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_password_that_was_not_written_is_made_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(postgres, "write_secret", dies)
        with pytest.raises(KeyboardInterrupt):
            postgres.program(home, 1)
    with running(home) as dsn:
        assert postgres.answers(dsn)


@pytest.mark.skipif(sys.platform != "linux", reason="tells of users of Linux")
def test_nobody_lists_the_home(home: Path) -> None:
    with running(home):
        assert stat.S_IMODE(home.stat().st_mode) & 0o66 == 0
        assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700
